//! Each operation: what it would do, and doing it.

mod account;
mod exchange;
mod governance;
mod liquidity;
mod market;
mod orders;
mod position;

#[cfg(test)]
mod tests;

pub use governance::{Change, OpenProposal, Proposals};
pub use orders::{OrderExecution, OrdersAfter};

use perp_engine::operations::position::LiquidationPlan;
use perp_engine::state::{Account, Market};

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
