//! The command line.
#![allow(missing_docs)] // a comment on a flag is its help text

use crate::work::Part;
use clap::Parser;
use std::path::PathBuf;

/// Puts the exchange under stress: recorded crashes, late liquidators, silent oracles, attackers.
#[derive(Debug, Parser)]
#[command(name = "perp-stress", version)]
pub struct Cli {
    /// A further folder of candle files (repeatable)
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
