//! What hedges in one risk group ask against what may happen to them: recorded prices, and every scenario of a fine grid.
//!
//! ```text
//! cargo run --release -p perp-exchange --example hedges -- tests/data/prices
//! ```
//!
//! Of each pair of markets in a folder that was recorded on the same days, in files named `MARKET_usd_INTERVAL_DAYS.csv`: how far both
//! moved apart from one close to the next at most, one and a half times that, how many such steps take more from a pair of positions
//! than it asks for maintenance, where no market moves further than its own margin, and what becomes of pairs that are opened at their
//! initial margin along the way. Then random accounts of up to four positions against the grid.

#[path = "../../tests/exchange/hedges/candles.rs"]
mod candles;
#[path = "../../tests/exchange/hedges/recorded.rs"]
mod recorded;
#[path = "../../tests/exchange/hedges/scenarios.rs"]
mod scenarios;
#[path = "../../tests/exchange/hedges/stage.rs"]
mod stage;

use clap::Parser;
use fastrand::Rng;
use perp_engine::state::Parameters;
use perp_engine::units::Ppm;
use recorded::{divergence, followed, steps_beyond};
use stage::{plain, Held, Stage};
use std::path::PathBuf;

#[derive(Parser)]
struct Arguments {
    /// Folders of candles.
    folders: Vec<PathBuf>,
    /// Random accounts.
    #[arg(long, default_value_t = 2_000)]
    accounts: u32,
    /// Steps of a common move up to a margin.
    #[arg(long, default_value_t = 12)]
    steps: i64,
    /// What the random numbers begin with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Candles from one pair of positions that is opened to the next.
    #[arg(long, default_value_t = 60)]
    every: usize,
}

const SIZES: [[i64; 2]; 6] = [
    [100_000, -100_000],
    [-100_000, 100_000],
    [100_000, -60_000],
    [60_000, -100_000],
    [-100_000, 60_000],
    [-60_000, 100_000],
];

fn main() {
    let arguments = Arguments::parse();
    for folder in &arguments.folders {
        for (name, pairs) in candles::pairs_in(folder) {
            let apart = divergence(&pairs);
            let beyond: usize = SIZES.map(|sizes| steps_beyond(&pairs, sizes).1).iter().sum();
            let held = [0, 1].map(|long| followed(&pairs, long, arguments.every));
            let least = held.iter().map(|(_, least)| *least).min().unwrap_or(0);
            println!(
                "{name}: apart by {apart} ppm, one and a half times that is {}; {beyond} of {} steps beyond what is asked; of {} pairs {} were \
                 liquidated, least equity {least} atoms",
                apart * 3 / 2,
                (pairs.len() - 1) * SIZES.len(),
                2 * pairs.len().div_ceil(arguments.every),
                held[0].0 + held[1].0,
            );
        }
    }
    let mut random = Rng::with_seed(arguments.seed);
    let most = (0..arguments.accounts).map(|_| beyond_what_is_asked(&mut random, arguments.steps)).max().unwrap_or(0);
    println!(
        "{} random accounts: the worst scenario takes at most {most} atoms more than is asked",
        arguments.accounts
    );
}

/// What the worst scenario takes from a random account beyond what it asks, in atoms.
fn beyond_what_is_asked(random: &mut Rng, steps: i64) -> i128 {
    let markets: Vec<(Parameters, u64)> = (0..random.usize(2..=4))
        .map(|_| {
            let credit = Ppm::new(random.u32(0..=100_000));
            let base_margin = Ppm::new(random.u32(50_000..=150_000));
            (Parameters { group_credit: credit, base_margin, ..plain() }, 10u64.pow(random.u32(0..6)) - 1)
        })
        .collect();
    let mut stage = Stage::of(&markets);
    let held: Vec<Held> = (0..markets.len())
        .map(|market| Held {
            market: market as u16,
            size: random.i64(1_000..300_000) * if random.bool() { 1 } else { -1 },
            entry: random.u64(900_000..1_100_000),
        })
        .collect();
    let account = stage.holding(1_000_000_000_000, &held);
    let divergence = i64::from(plain().group_divergence.get());
    let [maintenance, initial] = scenarios::beyond(&stage, account, divergence, steps);
    maintenance.max(initial)
}
