//! `perp-keeper`: keeps an exchange solvent and current until it is stopped.

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use perp_client::rpc::Venue;
use perp_keeper::cli::{Cli, Command};
use perp_keeper::config::{Config, Format, Log};
use perp_keeper::doctor::{authorities, examine};
use perp_keeper::explain::{explain, explain_order};
use perp_keeper::keeper::Keeper;
use perp_keeper::operations::tally::{FAILED, FINE, UNFINISHED, WRONG};
use perp_keeper::operations::Operations;
use solana_signer::Signer;
use tracing_subscriber::EnvFilter;

mod signals;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.explain_config {
        print!("{}", cli.settings.layers(std::env::vars_os()).explain());
    }
    let config = match cli.config() {
        Ok(_) if cli.explain_config => return ExitCode::from(FINE),
        Ok(config) => config,
        Err(problems) => return ended(WRONG, &problems),
    };
    let done = match &cli.command {
        None => run(&cli, config),
        Some(Command::Explain { account, order }) => look_at(&config, account, *order),
        Some(Command::Doctor) => {
            let report = examine(&config);
            println!("{report}");
            Ok(if report.is_good() { FINE } else { FAILED })
        }
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err((code, reason)) => ended(code, &reason),
    }
}

fn ended(code: u8, reason: &dyn std::fmt::Display) -> ExitCode {
    let mut errors = std::io::stderr();
    for line in reason.to_string().lines() {
        // Where it cannot be written the exit code says enough.
        let _ = writeln!(errors, "error: {line}");
    }
    ExitCode::from(code)
}

/// An exit code, and why.
type Failed = (u8, String);

fn run(cli: &Cli, config: Config) -> Result<u8, Failed> {
    record(&config.log).map_err(|reason| (WRONG, reason))?;
    let patience = Duration::from_secs(config.pace.stop_seconds);
    let keeper = Keeper::new(config, cli.mode()).map_err(|error| (WRONG, error.to_string()))?;
    let operations = keeper.operations();
    operations.start(cli.mode()).map_err(|reason| (FAILED, reason))?;
    let stop = Arc::new(AtomicBool::new(false));
    heed_signals(&stop, &operations, patience)
        .map_err(|error| (FAILED, format!("signals cannot be heeded: {error}")))?;
    let result = keeper.run(&stop);
    operations.finish();
    result.map_err(|reason| (FAILED, reason))?;
    Ok(if cli.once { operations.tally().code() } else { FINE })
}

/// Events go to the standard output.
fn record(log: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        format!("log.filter is \"{}\", and must be such as \"warn,perp_keeper=info\" ({error})", log.filter)
    })?;
    // What cannot be recorded, as where a disk is full, stops nobody: telling the standard error of it panics where that is full too.
    let events = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    match log.format {
        Format::Json => events.json().flatten_event(true).with_current_span(false).init(),
        Format::Text => events.with_ansi(false).init(),
    }
    Ok(())
}

/// The first signal lets what is on its way land, for so long; the second does not wait for it.
fn heed_signals(stop: &Arc<AtomicBool>, operations: &Arc<Operations>, patience: Duration) -> std::io::Result<()> {
    let (stop, operations) = (Arc::clone(stop), Arc::clone(operations));
    signals::heed(move || {
        operations.ending();
        if stop.swap(true, Ordering::Relaxed) {
            give_up(&operations);
        }
        let operations = Arc::clone(&operations);
        std::thread::spawn(move || {
            std::thread::sleep(patience);
            give_up(&operations);
        });
    })
}

/// Ends the program; what is on its way is recorded, to be looked up.
fn give_up(operations: &Operations) -> ! {
    operations.record_unfinished();
    std::process::exit(UNFINISHED.into())
}

fn look_at(config: &Config, account: &str, order: Option<u8>) -> Result<u8, Failed> {
    let failed = |reason: String| (FAILED, reason);
    let wrong = |error: perp_keeper::config::ConfigError| (WRONG, error.to_string());
    let (exchange, wallets) = (config.exchange().map_err(wrong)?, config.wallets().map_err(wrong)?);
    let venue = Venue::open(&config.rpc_url, exchange).map_err(|error| failed(error.to_string()))?;
    let wallets: Vec<_> = wallets.iter().map(Signer::pubkey).collect();
    let keepers = authorities(&venue, &wallets, config.sub_account);
    let text = match order {
        None => explain(config, &venue, &keepers, account),
        Some(place) => explain_order(config, &venue, &keepers, account, place),
    };
    print!("{}", text.map_err(failed)?);
    Ok(FINE)
}
