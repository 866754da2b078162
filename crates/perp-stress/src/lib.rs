//! Stress benchmark of the exchange: thousands of traders, recorded crashes, late liquidators and silent oracles on the exchange in
//! memory, and attackers who know what they should not.

pub mod boundary;
pub mod case;
pub mod choice;
pub mod cli;
pub mod document;
pub mod epochs;
pub mod exchange_venue;
pub mod market;
pub mod orders;
pub mod outcome;
pub mod page;
pub mod path;
pub mod peer_venue;
pub mod population;
pub mod simulation;
pub mod strategies;
pub mod table;
pub mod variant;
pub mod venue;
pub mod work;
