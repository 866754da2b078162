//! Follows the exchange's events into a database and answers questions about its past. Nothing that trades needs it: every
//! number it has can be checked against the chain, which counts for itself.

pub mod api;
pub mod chain;
pub mod check;
pub mod config;
pub mod facts;
pub mod fill;
pub mod follow;
pub mod place;
pub mod run;
pub mod store;
