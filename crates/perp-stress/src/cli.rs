//! The command line.
#![allow(missing_docs)] // a comment on a flag is its help text

use crate::case::ELSEWHERE;
use crate::variant::{Change, Variant};
use crate::work::Part;
use clap::Parser;
use std::path::PathBuf;

/// Puts the exchange under stress: recorded crashes, late liquidators, silent oracles, attackers.
#[derive(Debug, Parser)]
#[command(name = "perp-stress", version)]
pub struct Cli {
    /// A folder of candle files of calm weeks, on which nothing is chosen (repeatable)
    #[arg(long, value_name = "DIR")]
    pub prices: Vec<PathBuf>,
    /// Only paths whose name contains this (repeatable)
    #[arg(long, value_name = "TEXT")]
    pub path: Vec<String>,
    /// Seed of a population (repeatable) [default: 1 to 5]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Vec<u64>,
    /// Only this part of the benchmark (repeatable) [default: all]
    #[arg(long, value_name = "PART")]
    pub only: Vec<Part>,
    /// Only this set of parameters (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<Variant>,
    /// Another number, as it is stored, for a parameter of all rules together, or `insurance` in millionths of the cap (repeatable)
    #[arg(long, value_name = "PARAMETER=NUMBER")]
    pub set: Vec<Change>,
    /// Only this open interest, in percent of the cap (repeatable) [default: 30, 60, 95]
    #[arg(long, value_name = "PERCENT")]
    pub fill: Vec<u32>,
    /// Only the case of this name, such as `1 min late` (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub case: Vec<String>,
    /// Only strategies whose name contains this (repeatable)
    #[arg(long, value_name = "TEXT")]
    pub strategy: Vec<String>,
    /// Places beside the worst at which an outage is tried
    #[arg(long, value_name = "NUMBER", default_value_t = ELSEWHERE)]
    pub places: usize,
    /// So many resampled paths for each recorded day, on which strategies are tried
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub resampled: u64,
    /// Where results are kept, and continued from
    #[arg(long, value_name = "FILE", default_value = "stress.json")]
    pub json: PathBuf,
    /// Results that the tables show beside the new ones
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json"))]
    pub baseline: PathBuf,
    /// Writes the tables as a page too
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Runs at a time [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
}
