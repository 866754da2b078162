//! An account's risk: margin fractions, the value of one position and of all of them, and what whoever asks is told of them.

pub mod group;
pub mod liquidation_price;
pub mod margin;
pub mod portfolio;
pub mod terms;
