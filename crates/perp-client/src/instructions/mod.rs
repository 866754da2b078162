//! One function per instruction of the program, named as in the IDL and filed as in the program, with every account it needs
//! in order.
//!
//! Instructions that look at an account's other positions are handed the account's state, so that their markets can be named.
//! Markets it has left since are passed over; one it has entered since is missing, and the program refuses with
//! `MarketMissing`.

mod account;
mod exchange;
mod liquidity;
mod market;
mod orders;
mod position;
mod tokens;
mod views;

pub use account::*;
pub use exchange::*;
pub use liquidity::*;
pub use market::*;
pub use orders::*;
pub use position::*;
pub use tokens::*;
pub use views::*;

/// Where a new market's price comes from, what a market or a pool is listed with, and an order's terms, as they are sent.
pub use perp_swap::arguments::{LiquidityParameters, MarketParameters, OracleSource, OrderTerms};
/// What views answer, as it is found in the return data.
pub use perp_swap::views as answers;

use crate::addresses::Addresses;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{Discriminator, InstructionData, ToAccountMetas};
use perp_engine::state::Account;

/// A signer and the margin account it acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Owner of the margin account; where the instruction allows it, its delegate.
    pub signer: Pubkey,
    /// The margin account.
    pub margin_account: Pubkey,
}

/// The market an instruction acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetMarket {
    /// The market's index.
    pub market: u16,
    /// Account a price is taken from first; none to use the cached price.
    pub oracle: Option<Pubkey>,
}

impl TargetMarket {
    /// The market at its cached price.
    pub fn at_cached_price(market: u16) -> Self {
        Self { market, oracle: None }
    }

    /// The market after it has read this price account.
    pub fn with_oracle(market: u16, oracle: Pubkey) -> Self {
        Self { market, oracle: Some(oracle) }
    }
}

fn instruction(
    accounts: impl ToAccountMetas,
    data: impl InstructionData,
    rest: impl IntoIterator<Item = AccountMeta>,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(rest);
    Instruction { program_id: perp_swap::ID, accounts: metas, data: data.data() }
}

/// The form of an instruction that does nothing where a rule refuses it: it takes the same accounts and arguments, and begins with
/// `discriminator`.
pub fn if_due(instruction: Instruction, discriminator: &[u8]) -> Instruction {
    let arguments = instruction.data.get(discriminator.len()..).unwrap_or_default();
    Instruction { data: [discriminator, arguments].concat(), ..instruction }
}

/// The form that does nothing where a rule refuses it, of an instruction that has one: for a transaction of several.
pub fn in_company(single: &Instruction) -> Option<Instruction> {
    use perp_swap::instruction as data;
    let forms = [
        (data::Liquidate::DISCRIMINATOR, data::LiquidateIfDue::DISCRIMINATOR),
        (data::ArmOrder::DISCRIMINATOR, data::ArmOrderIfDue::DISCRIMINATOR),
        (data::ExecuteOrder::DISCRIMINATOR, data::ExecuteOrderIfDue::DISCRIMINATOR),
    ];
    let is_known = single.program_id == perp_swap::ID;
    let (_, form) = forms.into_iter().find(|(own, _)| is_known && single.data.starts_with(own))?;
    Some(if_due(single.clone(), form))
}

const NO_OTHERS: [AccountMeta; 0] = [];

/// Markets of the account's occupied slots in order, but for `target`.
fn markets_of<'a>(
    addresses: &'a Addresses,
    account: &'a Account,
    target: Option<u16>,
) -> impl Iterator<Item = Pubkey> + 'a {
    account
        .occupied()
        .map(|(_, position)| position.market)
        .filter(move |market| Some(*market) != target)
        .map(|market| addresses.market(market))
}

fn read_only(address: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(address, false)
}

fn writable(address: Pubkey) -> AccountMeta {
    AccountMeta::new(address, false)
}

#[cfg(test)]
mod tests;
