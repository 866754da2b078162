//! Writes random operations as JSON lines, each with what became of it, for another implementation to be compared with.
//!
//! ```text
//! cargo run --release -p perp-exchange --example transcript -- --operations 100000 --seed 1 > FILE
//! ```
//!
//! The format is described in `tests/reference/README.md`.

mod collateral;
mod crowd;
mod deciding;
mod description;
mod endings;
mod epochs;
mod liquidity;
mod markets;
mod orders;
mod placing;
mod positions;
mod pressure;
mod prices;
mod record;
mod silences;
mod state;
mod statuses;

use clap::Parser;
use crowd::Crowd;
use std::io::{self, BufWriter, Write};

/// Random operations on an exchange of three markets.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many operations to write.
    #[arg(long, default_value_t = 10_000)]
    operations: u64,
    /// What the random numbers begin with: the same operations every time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Roles decide, too: parameters, oracles, insurance.
    #[arg(long)]
    decisions: bool,
}

fn main() -> io::Result<()> {
    let Arguments { operations, seed, decisions } = Arguments::parse();
    let mut crowd = Crowd::new(BufWriter::new(io::stdout().lock()), seed)?;
    crowd.decides = decisions;
    crowd.found()?;
    // Two markets end, late enough that much happens before.
    crowd.act_until(operations / 20 * 16)?;
    crowd.delist()?;
    crowd.act_until(operations / 20 * 18)?;
    crowd.die()?;
    crowd.act_until(operations)?;
    crowd.finish().flush()
}
