//! An account's risk: margin fractions, the value of one position and of all of them.

pub mod group;
pub mod margin;
pub mod portfolio;
