//! The liquidity providers' side: what the pool is worth, how shares are issued and redeemed, and how cash reaches the
//! markets.
//!
//! The pool is liable for nothing beyond what it has placed in markets. Requests wait for a boundary. When it comes, every ledger is kept as
//! it stands, and valued afterwards at the one reading of that moment; with all markets valued, the requests are served in
//! sums: withdrawals sell shares at what is left once winners are paid, deposits buy them at the cash there is. Each is paid out by
//! itself.

pub mod allocate_backing;
pub mod boundaries;
pub mod close_epoch;
pub mod pay_request;
pub mod request;
pub mod valuation;
pub mod value_market;

#[cfg(test)]
mod tests;

pub use allocate_backing::{plan_allocate_backing, AllocationPlan};
pub use boundaries::{boundary_after, next_boundary, BOUNDARY_REST_SECONDS};
pub use close_epoch::{plan_close_epoch, EpochPlan};
pub use pay_request::{plan_pay_request, PaymentPlan};
pub use request::{
    plan_request_deposit, plan_request_withdrawal, valuation_lamports, RequestPlan, CLOSE_LAMPORTS, PAYMENT_LAMPORTS,
    VALUATION_LAMPORTS,
};
pub use valuation::{MarketValue, LARGEST_UNSETTLED};
pub use value_market::{value_market, Valuation, NEAR_SECONDS, READING_ALLOWANCE_SECONDS};
