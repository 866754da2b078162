//! What the keys of all roles, stolen together, can cost within a day, three days and thirty, by every sequence of their instructions:
//!
//! ```text
//! cargo run --release -p perp-exchange --example stolen_keys -- --depth 4
//! ```

#[path = "../tests/common/keys.rs"]
mod keys;
#[path = "../tests/common/markets.rs"]
#[allow(dead_code)] // what other tests take from there
mod markets;

use clap::Parser;

/// Every sequence of instructions of all roles.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many instructions a sequence has at most.
    #[arg(long, default_value_t = 4)]
    depth: usize,
}

fn main() {
    let Arguments { depth } = Arguments::parse();
    let dollars = |atoms: i128| atoms / 1_000_000;
    for (hours, worst) in keys::HORIZONS.into_iter().zip(keys::enumerate(depth)) {
        println!("{hours} hours, {} sequences", worst.sequences);
        for (who, (lost, acts)) in [
            ("users", &worst.users),
            ("providers", &worst.providers),
            ("insurance", &worst.insurance),
            ("stolen", &worst.stolen),
        ] {
            println!("  {who:<10} ${:<10} {acts:?}", dollars(*lost));
        }
    }
}
