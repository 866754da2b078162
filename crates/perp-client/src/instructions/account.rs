use super::{instruction, markets_of, read_only, Authority, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_engine::state::Account;
use perp_engine::units::Atoms;
use perp_swap::accounts::{CloseAccount, Deposit, OpenAccount, SetDelegate, Withdraw};
use perp_swap::instruction as data;

/// Opens the owner's margin account of this number, isolated where a market is named.
pub fn open_account(
    addresses: &Addresses,
    owner: Pubkey,
    payer: Pubkey,
    sub_account: u16,
    isolated_market: Option<u16>,
) -> Instruction {
    let accounts = OpenAccount {
        owner,
        payer,
        exchange: addresses.exchange,
        margin_account: addresses.margin_account(&owner, sub_account),
        system_program: system_program::ID,
    };
    instruction(accounts, data::OpenAccount { sub_account, isolated_market }, NO_OTHERS)
}

/// Closes an empty account; its rent returns to the owner.
pub fn close_account(owner: Authority) -> Instruction {
    let accounts = CloseAccount { owner: owner.signer, margin_account: owner.margin_account };
    instruction(accounts, data::CloseAccount {}, NO_OTHERS)
}

/// Names who may trade for the account; the default key names nobody.
pub fn set_delegate(owner: Authority, delegate: Pubkey) -> Instruction {
    let accounts = SetDelegate { owner: owner.signer, margin_account: owner.margin_account };
    instruction(accounts, data::SetDelegate { delegate }, NO_OTHERS)
}

/// Adds collateral from the token account `source`.
pub fn deposit(addresses: &Addresses, owner: Authority, source: Pubkey, amount: Atoms) -> Instruction {
    let accounts = Deposit {
        owner: owner.signer,
        exchange: addresses.exchange,
        margin_account: owner.margin_account,
        source,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::Deposit { amount: amount.get() }, NO_OTHERS)
}

/// Takes collateral out to the token account `destination`. Markets are handed in only where `account` has open
/// positions: without them no price is needed.
pub fn withdraw(
    addresses: &Addresses,
    owner: Authority,
    account: &Account,
    destination: Pubkey,
    amount: Atoms,
) -> Instruction {
    let accounts = Withdraw {
        owner: owner.signer,
        exchange: addresses.exchange,
        margin_account: owner.margin_account,
        vault: addresses.vault,
        destination,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
    };
    let markets = account.has_open_position().then(|| markets_of(addresses, account, None)).into_iter().flatten();
    instruction(accounts, data::Withdraw { amount: amount.get() }, markets.map(read_only))
}
