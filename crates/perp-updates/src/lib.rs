//! A fresh price on chain, in the user's own transactions.
//!
//! Pyth signs the prices of all feeds several times a second; servers hand the signatures out, and anybody may post them to
//! Pyth's receiver, whose account a market then reads. This crate [asks a server](server), [reads](update) what it answers,
//! and [plans](posting) the transactions that post it and use it at once. How a price gets on chain, and what it costs:
//! docs/prices.md.

pub mod bridge;
pub mod destination;
#[cfg(feature = "rpc")]
pub mod legs;
pub mod merkle;
pub mod posting;
pub mod receiver;
#[cfg(feature = "rpc")]
pub mod rpc;
#[cfg(feature = "http")]
pub mod server;
pub mod update;
pub mod vaa;
mod wire;

pub use destination::{Destination, DestinationError};
#[cfg(feature = "rpc")]
pub use legs::Legs;
pub use posting::{Plan, PlanError, Post, Posting};
pub use receiver::{Receiver, ReceiverConfig};
#[cfg(feature = "http")]
pub use server::{PriceServer, ServerError};
pub use update::{FeedId, SignedPrice, Update, UpdateError};
