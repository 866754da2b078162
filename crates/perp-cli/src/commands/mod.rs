//! One file for each command.

pub mod account;
pub mod admin;
pub mod completions;
pub mod deposit;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod export;
pub mod funding;
pub mod health;
pub mod liquidate;
pub mod liquidity;
pub mod markets;
pub mod oracle;
pub mod order;
pub mod size;
pub mod terms;
pub mod trade;
#[cfg(feature = "watch")]
pub mod watch;
pub mod withdraw;
