use super::{instruction, NO_OTHERS};
use crate::addresses::{exchange_address, Addresses};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_engine::status::Status;
use perp_swap::accounts::{Administer, CreateExchange};
use perp_swap::instruction as data;
use perp_swap::instructions::CreateExchangeArguments;

/// Creates the exchange of `creator` and the arguments' name. The creator pays and becomes the admin.
pub fn create_exchange(
    creator: Pubkey,
    quote_mint: Pubkey,
    token_program: Pubkey,
    arguments: CreateExchangeArguments,
) -> Instruction {
    let addresses = Addresses::new(exchange_address(&creator, &arguments.name), quote_mint, token_program);
    let accounts = CreateExchange {
        creator,
        exchange: addresses.exchange,
        pool: addresses.pool,
        quote_mint,
        vault: addresses.vault,
        share_mint: addresses.share_mint,
        share_escrow: addresses.share_escrow,
        token_program,
        system_program: system_program::ID,
    };
    instruction(accounts, data::CreateExchange { arguments }, NO_OTHERS)
}

fn administer(addresses: &Addresses, signer: Pubkey) -> Administer {
    Administer { signer, exchange: addresses.exchange }
}

/// The admin names a successor.
pub fn propose_admin(addresses: &Addresses, admin: Pubkey, successor: Pubkey) -> Instruction {
    instruction(administer(addresses, admin), data::ProposeAdmin { successor }, NO_OTHERS)
}

/// The proposed successor takes over.
pub fn accept_admin(addresses: &Addresses, successor: Pubkey) -> Instruction {
    instruction(administer(addresses, successor), data::AcceptAdmin {}, NO_OTHERS)
}

/// The admin names the risk admin and the guardian.
pub fn set_roles(addresses: &Addresses, admin: Pubkey, risk_admin: Pubkey, guardian: Pubkey) -> Instruction {
    instruction(administer(addresses, admin), data::SetRoles { risk_admin, guardian }, NO_OTHERS)
}

/// Risk admin: any status without end. Guardian: a stricter one for a day.
pub fn set_exchange_status(addresses: &Addresses, signer: Pubkey, status: Status) -> Instruction {
    instruction(administer(addresses, signer), data::SetExchangeStatus { status: status as u8 }, NO_OTHERS)
}
