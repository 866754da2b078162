//! What a keeper can do now and what it pays, planned on accounts in memory.
//!
//! Nothing here talks to a node. Every job comes from a preview of the engine on the state that [`Fresh`] holds, so what it says is what
//! happens where nobody is first and the transaction lands at that clock. Plans are the same whatever the order of what they
//! are made from: the most valuable job first, of equal ones that of the lower address and market.

mod after_crash;
mod budgets;
mod compute;
mod epochs;
mod fresh;
mod job;
mod liquidations;
mod orders;
mod settlements;
mod shown;
mod upkeep;

#[cfg(test)]
mod tests;

pub use after_crash::after_crash;
pub use compute::{compute_units, UNITS_OF_A_TRY};
pub use epochs::{epochs, payments, PostedPrice, TOKEN_ACCOUNT_LAMPORTS};
pub use fresh::Fresh;
pub use job::{Job, Pays, Task};
pub use liquidations::{liquidations, liquidations_of_all_positions};
pub use orders::{armings, executions, fills_at, readings_to_arm, readings_to_fill, sweeps, PostedPrices};
pub use settlements::settlements_before_boundary;
pub use shown::{shows, silences, undone_settlements, Shown};
pub use upkeep::{backing, funding, outages, prices, second_prices};
