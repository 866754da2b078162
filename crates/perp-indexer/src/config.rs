//! What the program is told by flags and by the environment.

use std::net::SocketAddr;
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use clap::{Args, Parser, Subcommand};

use crate::follow::Pace;

/// Follows the exchange's events into a database and answers questions about its past. Trading works without it.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do; without one, follow and answer.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Everything else.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Follow the chain and answer over HTTP and WebSocket.
    Run,
    /// Take in what is new, compare everything with what the chain has counted itself, and say what differs; ends with 1 where
    /// anything does.
    Check,
    /// Like check, but note the differences as known: history that is lost for good is not reported again.
    Accept,
    /// Print the description of the HTTP interface.
    Openapi,
}

/// Where the chain and the database are, and how they are treated.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The RPC node. It must keep a history of transactions.
    #[arg(long, global = true, env = "PERP_INDEXER_RPC_URL", default_value = "http://127.0.0.1:8899")]
    pub rpc_url: String,
    /// The exchange's address; may be left away once the database knows it.
    #[arg(long, global = true, env = "PERP_INDEXER_EXCHANGE")]
    pub exchange: Option<Pubkey>,
    /// sqlite:<file> or postgres://<user>@<host>/<database>.
    #[arg(long, global = true, env = "PERP_INDEXER_DATABASE", default_value = "sqlite:perp-indexer.db")]
    pub database: String,
    /// Where to answer.
    #[arg(long, global = true, env = "PERP_INDEXER_LISTEN", default_value = "127.0.0.1:8890")]
    pub listen: SocketAddr,
    /// Take in everything there is, look for what is missing, and end.
    #[arg(long, global = true)]
    pub once: bool,
    /// Milliseconds between two looks at the chain.
    #[arg(long, global = true, env = "PERP_INDEXER_INTERVAL", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub interval: u64,
    /// Transactions asked for at the same time.
    #[arg(long, global = true, env = "PERP_INDEXER_CONCURRENCY", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Transactions written at once.
    #[arg(long, global = true, env = "PERP_INDEXER_BATCH", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub batch: u16,
    /// Seconds to wait for an answer of the node.
    #[arg(long, global = true, env = "PERP_INDEXER_TIMEOUT", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// Seconds between two comparisons with the chain's counters; 0 for none.
    #[arg(long, global = true, env = "PERP_INDEXER_CHECK_INTERVAL", default_value_t = 600)]
    pub check_interval: u64,
    /// /readyz refuses where the chain was last read so many seconds ago.
    #[arg(long, global = true, env = "PERP_INDEXER_LATE_AFTER", default_value_t = 60)]
    pub late_after: u64,
    /// What is logged, such as info or perp_indexer=debug.
    #[arg(long, global = true, env = "PERP_INDEXER_LOG", default_value = "info,sqlx=warn")]
    pub log: String,
}

impl Options {
    /// How the chain is followed.
    pub fn pace(&self) -> Pace {
        Pace { concurrency: self.concurrency.into(), batch: self.batch.into(), ..Pace::default() }
    }

    /// How long to wait for an answer of the node.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_are_consistent_and_checked() {
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["perp-indexer", "check", "--database", "sqlite:a.db", "--once"]).unwrap();
        assert_eq!(
            (cli.command, cli.options.once, &*cli.options.database),
            (Some(Command::Check), true, "sqlite:a.db")
        );
        for wrong in [&["--interval", "0"][..], &["--exchange", "me"], &["--listen", "here"], &["--batch", "0"]] {
            let error = Cli::try_parse_from([&["perp-indexer"], wrong].concat()).unwrap_err().to_string();
            assert!(error.contains(wrong[0]), "{error}");
        }
    }
}
