//! Each operation: what it would do, and doing it.

mod account;
mod exchange;
mod liquidity;
mod market;
mod position;

#[cfg(test)]
mod tests;

use perp_engine::operations::position::{BankruptcyPlan, LiquidationPlan};
use perp_engine::state::{Account, Market};

pub use liquidity::ExecutedRequest;

/// What an operation on one position and its market came to, and both after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After<P> {
    /// What was planned, with every number.
    pub plan: P,
    /// The account after it.
    pub account: Account,
    /// The market after it.
    pub market: Market,
}

/// What a liquidation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidationAfter {
    /// What was planned, with every number.
    pub plan: LiquidationPlan,
    /// The liquidated account after it.
    pub account: Account,
    /// The liquidator's account after it.
    pub liquidator: Account,
    /// The market after it.
    pub market: Market,
}

/// What resolving a bankruptcy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankruptcyAfter {
    /// What was planned, with every number and the pool after it.
    pub plan: BankruptcyPlan,
    /// The account after it.
    pub account: Account,
    /// The markets it writes: those on which a claim of the account was used, then the one that is owed.
    pub markets: alloc::vec::Vec<Market>,
}
