//! One file per verb: arguments, accounts with their checks, handler. A handler validates, plans with the engine,
//! applies the plan and emits one event.

pub mod admin;
pub mod allocate_backing;
pub mod claims;
pub mod create_exchange;
pub mod create_market;
pub mod deposit;
pub mod fund_insurance;
pub mod funding;
pub mod liquidate;
pub mod liquidity_deposit;
pub mod liquidity_request;
pub mod liquidity_withdrawal;
pub mod margin_account;
pub mod price;
pub mod resolve_bankruptcy;
pub mod settle_pnl;
pub mod trade;
pub mod withdraw;

pub use admin::*;
pub use allocate_backing::*;
pub use claims::*;
pub use create_exchange::*;
pub use create_market::*;
pub use deposit::*;
pub use fund_insurance::*;
pub use funding::*;
pub use liquidate::*;
pub use liquidity_deposit::*;
pub use liquidity_request::*;
pub use liquidity_withdrawal::*;
pub use margin_account::*;
pub use price::*;
pub use resolve_bankruptcy::*;
pub use settle_pnl::*;
pub use trade::*;
pub use withdraw::*;
