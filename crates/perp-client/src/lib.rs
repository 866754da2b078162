//! Addresses, accounts, instructions, quotes and errors of the exchange, for every program outside the chain.
//!
//! Nothing but [`rpc`], a feature of its own, talks to a node: whoever fetched an account hands in its bytes, and sends
//! the instruction that comes out.

pub mod accounts;
pub mod addresses;
pub mod convert;
pub mod errors;
pub mod events;
pub mod health;
pub mod instructions;
pub mod oracle_account;
pub mod quote;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod snapshot;

pub use addresses::Addresses;
