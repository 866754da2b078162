//! `perp-migrate exchange.toml --url … --keypair …`

use clap::Parser;
use perp_client::rpc::Connection;
use perp_migrations::{Description, FileError, Migration, MigrationError};
use solana_keypair::read_keypair_file;
use solana_signer::Signer;
use std::path::PathBuf;
use std::process::ExitCode;

/// Brings a cluster to the exchange and markets described in a file.
#[derive(Parser)]
#[command(name = "perp-migrate", version)]
struct Options {
    /// The description, such as migrations/localnet.toml.
    file: PathBuf,
    /// The cluster's RPC node.
    #[arg(long, default_value = "http://127.0.0.1:8899")]
    url: String,
    /// Keypair file of the exchange's creator or admin, who pays.
    #[arg(long)]
    keypair: PathBuf,
    /// Says what would be done and sends nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path} is not a Solana keypair file ({reason}): name another with --keypair")]
    Keypair { path: PathBuf, reason: String },
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

fn run(options: Options) -> Result<(), Failure> {
    let description = Description::read(&options.file)?;
    let signer = read_keypair_file(&options.keypair)
        .map_err(|error| Failure::Keypair { path: options.keypair, reason: error.to_string() })?;
    let connection = Connection::new(&options.url);
    let migration = Migration::plan(&connection, &description, signer.pubkey())?;
    if options.dry_run {
        for step in &migration.steps {
            println!("would {step}");
        }
        return Ok(());
    }
    migration.apply(&connection, &signer, |step| println!("{}", step.outcome()))?;
    Ok(())
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
