//! Every formula of the perpetual swap exchange, once.
//!
//! The program, the client, the local validator and the tests all call this crate: it knows no accounts, no
//! instructions and no clock, has no floats and allocates nothing. An operation is a function
//! `plan_*(&state, …) -> Result<Plan, EngineError>` that reads the state and returns the values that replace it;
//! an error has changed nothing.
// The IDL's derives write for std.
#![cfg_attr(not(feature = "idl-build"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
pub mod invariants;
pub mod ledger;
pub mod market;
pub mod operations;
pub mod oracle;
pub mod parameters;
pub mod risk;
pub mod session;
pub mod state;
pub mod units;

pub use error::EngineError;
pub use session::Session;
