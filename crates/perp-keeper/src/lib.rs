//! Keeps an exchange solvent and current.
//!
//! Discovers its accounts, follows them, orders them by what would move them below their margin, plans by the engine on the
//! newest state, and sends what is worth it. Readings that orders need are brought from a price server. Every decision is recorded before anything is sent, and every transaction's
//! outcome after.

pub mod alerts;
pub mod changes;
pub mod cli;
pub mod config;
pub mod decision;
pub mod doctor;
pub mod explain;
#[cfg(test)]
mod fixtures;
#[cfg(feature = "geyser")]
pub mod geyser;
pub mod job;
pub mod journal;
pub mod keeper;
pub mod memory;
pub mod operations;
pub mod outcome;
pub mod plan;
pub mod poster;
pub mod prices;
pub mod readings;
pub mod watch;
