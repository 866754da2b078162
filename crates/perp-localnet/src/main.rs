//! `perp-localnet`: the exchange on a local validator, or its demo.

use std::process::ExitCode;

use clap::Parser;
use perp_localnet::cli::{Cli, Command};
use perp_localnet::run::run;
use perp_localnet::{demo, desk};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The validator warns of every transaction it refuses, and the demo has some refused to show that they are.
    let default = if cli.command.is_some() { "warn,validator=error" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match &cli.command {
        Some(Command::Demo(options)) => demo::play(options).map(drop).map_err(|error| error.to_string()),
        Some(Command::Desk(options)) => desk::open(options).map_err(|error| error.to_string()),
        None => run(&cli.options).map_err(|error| error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
