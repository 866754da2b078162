//! Ten thousand margin accounts in four markets on the local validator, a crash that makes a thousand of them liquidatable, and
//! `perp-keeper` as a program of its own. Prints what it has measured, and ends with 1 where anybody is left below the margin, was
//! liquidated without cause, or left a debt. Build the keeper first:
//!
//!     cargo build --release -p perp-keeper && cargo run --release -p perp-keeper --example scale
//!     cargo run --release -p perp-keeper --example scale -- --lost-percent 30 --keepers 2 --gaps 2

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/scale/planted.rs"]
mod planted;
#[path = "../tests/scale/run.rs"]
mod run;

use std::process::ExitCode;

use clap::Parser;

use run::{run, Plan};

/// What is played.
#[derive(Parser)]
struct Flags {
    /// Margin accounts.
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// How many of them fall below their margin.
    #[arg(long, default_value_t = 1_000)]
    fragile: usize,
    /// Seconds in which the prices fall.
    #[arg(long, default_value_t = 240)]
    seconds: u64,
    /// How many of a hundred transactions are lost on their way.
    #[arg(long, default_value_t = 0)]
    lost_percent: u64,
    /// Keepers that compete.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=2))]
    keepers: u64,
    /// How often the node goes away within the crash.
    #[arg(long, default_value_t = 0)]
    gaps: u64,
    /// For how many seconds each time.
    #[arg(long, default_value_t = 60)]
    gap_seconds: u64,
}

fn main() -> ExitCode {
    let Flags { accounts, fragile, seconds, lost_percent, keepers, gaps, gap_seconds } = Flags::parse();
    if !common::program().exists() {
        eprintln!("error: there is no {}: build it with cargo build -p perp-keeper", common::program().display());
        return ExitCode::FAILURE;
    }
    let keepers = if keepers == 2 { 2 } else { 1 };
    let measured = run(&Plan { accounts, fragile, seconds, lost_percent, keepers, gaps, gap_seconds });
    println!("{measured}");
    let is_well = (measured.below, measured.wronged, measured.lost) == (0, 0, (0, 0));
    if !is_well {
        eprintln!("{}", measured.record);
    }
    ExitCode::from(u8::from(!is_well))
}
