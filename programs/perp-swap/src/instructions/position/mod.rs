//! A position: trading it, settling it, and what happens when it cannot be paid for.

pub mod liquidate;
pub mod liquidate_if_due;
pub mod redeem_claim;
pub mod resolve_bankruptcy;
pub mod settle_funding;
pub mod settle_pnl;
pub mod trade;
pub mod waive_claim;

pub use liquidate::*;
pub use liquidate_if_due::*;
pub use redeem_claim::*;
pub use resolve_bankruptcy::*;
pub use settle_funding::*;
pub use settle_pnl::*;
pub use trade::*;
pub use waive_claim::*;
