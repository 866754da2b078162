//! A margin account: opening and closing it, collateral in and out.

pub mod close_account;
pub mod delegate;
pub mod deposit;
pub mod withdraw;

pub use close_account::check_closable;
pub use delegate::{check_delegated_orders, check_delegated_trade, plan_delegate_limits};
pub use deposit::{plan_deposit, DepositPlan};
pub use withdraw::{plan_margined_withdrawal, plan_withdrawal, WithdrawalPlan};
