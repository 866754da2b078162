//! Addresses, accounts, instructions, quotes and errors of the exchange, for every program outside the chain.
//!
//! Nothing but [`rpc`], a feature of its own, talks to a node: whoever fetched an account hands in its bytes, and sends
//! the instruction that comes out. What needs neither the program nor a node, the accounts' bytes and the exchange in memory
//! with all its quotes, is [`accounts`] and [`exchange`], crates of their own.

pub mod addresses;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod jobs;
#[cfg(feature = "rpc")]
pub mod operator;
pub mod oracles;
#[cfg(feature = "rpc")]
pub mod rpc;

/// Accounts of the program, decoded from their bytes.
pub use perp_accounts as accounts;
/// Every formula.
pub use perp_engine as engine;
/// The exchange in memory: operations, previews, health, largest order, liquidation price, decimal numbers.
pub use perp_exchange as exchange;

pub use addresses::Addresses;
