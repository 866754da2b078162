//! `perp`, the exchange's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    perp_cli::cli::run(std::env::args_os(), std::env::vars_os())
}
