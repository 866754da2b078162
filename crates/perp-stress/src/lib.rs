//! Stress benchmark of the exchange: thousands of traders, recorded crashes, late liquidators and silent oracles on the exchange in
//! memory, and attackers who know what they should not.

pub mod exchange_venue;
pub mod market;
pub mod outcome;
pub mod path;
pub mod population;
pub mod simulation;
pub mod venue;
