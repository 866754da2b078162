//! The liquidity providers' side: what the pool is worth, how shares are issued and redeemed, and how cash reaches the
//! markets.
//!
//! The pool is liable for nothing beyond what it has placed in markets. Deposits buy shares at the upper end of what the
//! pool may be worth and withdrawals sell them at the lower end, both at prices published a delay after the request, so
//! that neither a stale price nor knowing the next one is worth anything.

pub mod allocate_backing;
pub mod execute_liquidity_deposit;
pub mod execute_liquidity_withdrawal;
pub mod refund;
pub mod request_liquidity_deposit;
pub mod request_liquidity_withdrawal;
mod timing;
pub mod valuation;

#[cfg(test)]
mod tests;

pub use allocate_backing::{plan_allocate_backing, AllocationPlan};
pub use execute_liquidity_deposit::{plan_execute_deposit, LiquidityDepositPlan};
pub use execute_liquidity_withdrawal::{plan_execute_withdrawal, Executor, LiquidityWithdrawalPlan};
pub use refund::{plan_refund_expired, RefundPlan};
pub use request_liquidity_deposit::{plan_request_deposit, RequestPlan};
pub use request_liquidity_withdrawal::plan_request_withdrawal;
pub use timing::{expires_at, matures_at};
pub use valuation::{market_value_ceil, market_value_floor, pool_value_ceil, pool_value_floor, Valuation};
