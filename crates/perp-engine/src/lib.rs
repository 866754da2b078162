//! Every formula of the perpetual swap exchange, once.
//!
//! The program, the client, the local validator and the tests all call this crate: it knows no accounts, no
//! instructions and no clock, has no floats and allocates nothing. A verb is a function
//! `plan_*(&state, …) -> Result<Plan, EngineError>` that reads the state and returns the values that replace it;
//! an error has changed nothing.
// The IDL's derives write for std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod bankruptcy;
pub mod claims;
pub mod deposit;
pub mod error;
pub mod fees;
pub mod fill;
#[cfg(test)]
mod fixtures;
pub mod funding;
pub mod insurance;
pub mod invariants;
pub mod ledger;
pub mod liquidation;
pub mod liquidity;
pub mod margin;
pub mod oracle;
pub mod portfolio;
pub mod price;
pub mod settlement;
pub mod solvency;
pub mod state;
pub mod status;
pub mod trade;
pub mod units;
pub mod withdrawal;

pub use error::EngineError;
