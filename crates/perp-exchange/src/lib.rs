//! The whole exchange in memory, by the engine that the program runs: every operation, what it would do, and what an
//! account may ask.
//!
//! An [`Exchange`] is built market by market, or from accounts as they lie on chain. [`Exchange::execute`] does one
//! [`Operation`]: all of it or nothing. Its `preview_*` methods say what the same operation would do to an account without
//! doing it. Simulators, keepers, the demo, the tests and the web page run this one.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod chain;
pub mod convert;
mod error;
mod exchange;
#[cfg(test)]
mod fixtures;
mod guest;
mod operation;
mod operations;
mod portfolio;
pub mod quotes;
pub mod sizing;

pub use error::Refusal;
pub use exchange::{Changes, Exchange, OpenRequest, Provider};
pub use operation::{Operation, Outcome};
pub use operations::{After, Change, LiquidationAfter, OpenProposal, OrderExecution, OrdersAfter, Proposals};
pub use perp_engine::operations::governance::Listing;
