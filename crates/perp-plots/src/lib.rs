//! The plots of the guides, drawn from the engine's own functions: what a reader sees is what the program computes.
//!
//! Every plot is of SOL-PERP as it is [listed to start with](../../../docs/parameters.md#numbers-to-start-from), at $250
//! where nothing else is said.

pub mod chart;
mod crash;
mod execution;
mod funding;
mod liquidation;
mod margin;
mod market;
mod providing;

use anyhow::Result;
use chart::Figure;

/// Every figure, in the order of the guides.
///
/// # Errors
/// Where the engine refuses what is drawn.
pub fn figures() -> Result<Vec<Figure>> {
    [
        execution::price_by_skew,
        execution::cost_by_size,
        execution::spread,
        execution::spread_in_a_run,
        funding::rate_by_time,
        funding::holding_cost,
        margin::by_size,
        margin::in_a_crash,
        liquidation::price_by_leverage,
        liquidation::by_depth,
        providing::in_a_crash,
    ]
    .into_iter()
    .map(|figure| figure())
    .collect()
}
