//! Random decisions of every role between random trades, each followed by what is to hold, and days lived twice, with decisions and
//! without:
//!
//! ```text
//! cargo run --release -p perp-exchange --example decisions -- --steps 1000000 --seed 1
//! ```

#[path = "../tests/common/decisions.rs"]
mod decisions;
#[path = "../tests/common/markets.rs"]
#[allow(dead_code)] // what other tests take from there
mod markets;

use clap::Parser;

/// Random decisions on an exchange on which people trade.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many steps.
    #[arg(long, default_value_t = 1_000_000)]
    steps: u64,
    /// What the random numbers begin with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() {
    let Arguments { steps, seed } = Arguments::parse();
    // An exchange that has lived for long has few parameters left to change: begin again now and then.
    let each = 20_000;
    let mut left = steps;
    let mut all = decisions::Found::default();
    let mut round = 0;
    while left > 0 {
        let mut one = decisions::Decisions::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let steps = left.min(each);
        one.run(steps);
        all.add(&one.found);
        (left, round) = (left - steps, round + 1);
    }
    println!("{} steps, {} trades", all.steps, all.trades);
    for (name, count) in &all.decisions {
        println!("{count:>9} {name}");
    }
    println!("{} accounts compared across a decision, {} pushed below by less than a step", all.compared, all.pushed);
    println!("{} days lived twice, {} accounts, at most {} ppm of notional", all.days, all.lived, all.worst_day_ppm);
}
