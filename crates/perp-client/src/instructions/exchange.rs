use super::{instruction, NO_OTHERS};
use crate::addresses::{exchange_address, Addresses};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_engine::state::{PoolParameters, Status};
use perp_swap::accounts::{AcceptAdmin, CreateExchange, ProposeAdmin, SetExchangeStatus, SetRoles};
use perp_swap::instruction as data;

/// Name, roles and pool parameters of a new exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewExchange {
    /// UTF-8, zero-padded; part of the exchange's address together with its creator.
    pub name: [u8; 32],
    /// Sets statuses and backing targets.
    pub risk_admin: Pubkey,
    /// Can make a status stricter, within half of what may be spent on it.
    pub guardian: Pubkey,
    /// The liquidity providers' delays and limits.
    pub parameters: PoolParameters,
}

/// Creates an exchange. The creator pays and becomes the admin.
pub fn create_exchange(
    creator: Pubkey,
    quote_mint: Pubkey,
    token_program: Pubkey,
    exchange: &NewExchange,
) -> Instruction {
    let addresses = Addresses::new(exchange_address(&creator, &exchange.name), quote_mint, token_program);
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
    let NewExchange { name, risk_admin, guardian, parameters } = *exchange;
    let data = data::CreateExchange { name, risk_admin, guardian, parameters: parameters.into() };
    instruction(accounts, data, NO_OTHERS)
}

/// The admin names a successor.
pub fn propose_admin(addresses: &Addresses, admin: Pubkey, successor: Pubkey) -> Instruction {
    let accounts = ProposeAdmin { admin, exchange: addresses.exchange };
    instruction(accounts, data::ProposeAdmin { successor }, NO_OTHERS)
}

/// The proposed successor takes over.
pub fn accept_admin(addresses: &Addresses, successor: Pubkey) -> Instruction {
    let accounts = AcceptAdmin { pending_admin: successor, exchange: addresses.exchange };
    instruction(accounts, data::AcceptAdmin {}, NO_OTHERS)
}

/// The admin names the risk admin and the guardian.
pub fn set_roles(addresses: &Addresses, admin: Pubkey, risk_admin: Pubkey, guardian: Pubkey) -> Instruction {
    let accounts = SetRoles { admin, exchange: addresses.exchange };
    instruction(accounts, data::SetRoles { risk_admin, guardian }, NO_OTHERS)
}

/// Sets the exchange's status for so many seconds. Risk admin: any, within its allowance. Guardian: a stricter one, within
/// the upper half of it.
pub fn set_exchange_status(addresses: &Addresses, signer: Pubkey, status: Status, seconds: u32) -> Instruction {
    let accounts = SetExchangeStatus { authority: signer, exchange: addresses.exchange };
    instruction(accounts, data::SetExchangeStatus { status, seconds }, NO_OTHERS)
}
