//! How large a position ought to be, what a move makes of it, and what it costs to hold, for whoever trades. Sizes come from
//! the trader's own numbers and the engine's quotes; `docs/sizing.md` has each formula with its source and its limits.
//!
//! Prices are those that the markets have cached: [`Exchange::ingest_price`](crate::Exchange::ingest_price) takes in newer ones
//! first. A size says nothing of whether the exchange fills it: [`Exchange::largest_order`](crate::Exchange::largest_order) does.

mod candles;
mod cascade;
mod error;
mod holding_cost;
mod kelly;
mod ladder;
pub(crate) mod leverage;
mod risk;
mod survival;
#[cfg(test)]
mod tests;
mod volatility;

pub use candles::{adverse_move_ceil, divergence_ceil, volatility_ceil, Candle};
pub use cascade::CascadeStep;
pub use error::SizingError;
pub use holding_cost::{holding_costs, HoldingCost, SECONDS_A_DAY};
pub use kelly::{kelly, Edge, Kelly};
pub use ladder::{Rung, LADDER};
pub use leverage::{Leverage, MarketLeverage, SystemLeverage};
pub use risk::{risk_of_equity, RiskSize};
pub use volatility::{size_for_volatility, size_of_leverage};
