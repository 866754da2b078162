//! What can be done on the exchange: one file an operation, in the folder of what it is about, as everywhere in the project.
//!
//! An operation is a function `plan_*(&state, …) -> Result<Plan, EngineError>` that reads the state; applying the plan
//! stores what it changes. What depends on a market's price takes a [`Ready`](crate::market::Ready).

pub mod account;
pub mod exchange;
pub mod governance;
pub mod liquidity;
pub mod market;
pub mod orders;
pub mod position;
