//! `perp-indexer`: see the library.

use std::process::ExitCode;

use clap::Parser;
use perp_indexer::api::description;
use perp_indexer::config::{Cli, Command};
use perp_indexer::run;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Cli { command, options } = Cli::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::try_new(&options.log)?)
        .with_writer(std::io::stderr)
        .init();
    if command == Some(Command::Openapi) {
        println!("{}", description().to_pretty_json()?);
        return Ok(ExitCode::SUCCESS);
    }

    let end = CancellationToken::new();
    let signals = run::signals()?;
    tokio::spawn({
        let end = end.clone();
        async move {
            signals.await;
            end.cancel();
        }
    });
    let mut follower = run::connect(&options).await?;
    match command.unwrap_or(Command::Run) {
        Command::Run if options.once => {
            // What was not written is asked for by the next run.
            if let Some(outcome) = end.run_until_cancelled(run::catch_up(&mut follower)).await {
                outcome?;
            }
        }
        Command::Run => run::serve(follower, &options, end).await?,
        Command::Check | Command::Accept | Command::Openapi => {
            run::catch_up(&mut follower).await?;
            let report = run::check_twice(&mut follower).await?;
            println!("{}", serde_json::to_string_pretty(&report)?);
            if command == Some(Command::Accept) {
                follower.writer().store().accept(&report.differences).await?;
            } else if !report.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
