use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_spl::associated_token::spl_associated_token_account::instruction::create_associated_token_account_idempotent;

/// Makes the owner's associated account for the quote token where there is none.
pub fn create_token_account(addresses: &Addresses, payer: Pubkey, owner: Pubkey) -> Instruction {
    create_associated_token_account_idempotent(&payer, &owner, &addresses.quote_mint, &addresses.token_program)
}

/// Makes the owner's associated account for liquidity shares where there is none.
pub fn create_share_account(addresses: &Addresses, payer: Pubkey, owner: Pubkey) -> Instruction {
    create_associated_token_account_idempotent(&payer, &owner, &addresses.share_mint, &addresses.token_program)
}
