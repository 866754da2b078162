//! The liquidity providers' side: what the pool is worth, how shares are issued and redeemed, and how cash reaches the
//! markets.
//!
//! The pool is liable for nothing beyond what it has placed in markets. Deposits buy shares at the upper end of what the
//! pool may be worth and withdrawals sell them at the lower end, both at prices published a delay after the request, so
//! that neither a stale price nor knowing the next one is worth anything.

mod allocation;
mod requests;
mod valuation;

#[cfg(test)]
mod tests;

pub use allocation::{plan_allocate_backing, AllocationPlan};
pub use requests::{
    lapses_at, matures_at, plan_execute_deposit, plan_execute_withdrawal, plan_request_deposit,
    plan_request_withdrawal, plan_return_lapsed, DepositPlan, Executor, RequestPlan, ReturnPlan, WithdrawalPlan,
};
pub use valuation::{market_value_ceil, market_value_floor, pool_value_ceil, pool_value_floor, Valuation};
