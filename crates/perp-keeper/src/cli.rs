//! The command line.
#![allow(missing_docs)] // a comment on a flag is its help text

use std::path::PathBuf;

use clap::Parser;
use serde::Deserialize;

use crate::config::{Config, ConfigError, Fees, Pace};
use crate::job::Kind;
use crate::keeper::Mode;

/// Keeps an exchange solvent and current: liquidates, settles, closes epochs, accrues funding, tidies up after a crash, posts
/// prices. What it decides and what comes of it is printed as lines of JSON.
#[derive(Debug, Parser)]
#[command(name = "perp-keeper", version)]
pub struct Cli {
    /// Configuration file; flags replace what is in it
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Folder of a running localnet's keypairs: where the node, its exchange and its prices are, and the liquidator's wallet
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = ".localnet/keys")]
    pub localnet: Option<PathBuf>,
    /// JSON RPC server of a node
    #[arg(long, value_name = "URL")]
    pub rpc_url: Option<String>,
    /// WebSocket server of the node
    #[arg(long, value_name = "URL")]
    pub websocket_url: Option<String>,
    /// Address of the exchange
    #[arg(long)]
    pub exchange: Option<String>,
    /// Keypair file of a wallet (repeatable)
    #[arg(long, value_name = "FILE")]
    pub keypair: Vec<PathBuf>,
    /// Server of signed prices
    #[arg(long, value_name = "URL")]
    pub prices_url: Option<String>,
    /// What to do [default: everything]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub jobs: Vec<Kind>,
    /// Does what pays nothing as well: for whoever operates the exchange
    #[arg(long)]
    pub unpaid: bool,
    /// Decides and records, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Looks once, waits for what it has sent, and ends
    #[arg(long)]
    pub once: bool,
}

/// What is needed of the localnet's exchange.json.
#[derive(Deserialize)]
struct AddressFile {
    rpc_url: String,
    websocket_url: String,
    prices_url: String,
    exchange: String,
}

impl Cli {
    /// The configuration: the file's, then the localnet's, then the flags'.
    ///
    /// # Errors
    /// [`ConfigError`] where a file cannot be read, or a setting without a default is missing.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config {
                rpc_url: String::new(),
                websocket_url: String::new(),
                exchange: String::new(),
                keypairs: Vec::new(),
                sub_account: 0,
                prices_url: None,
                lookup_tables: Vec::new(),
                jobs: Kind::all(),
                unpaid: false,
                fees: Fees::default(),
                pace: Pace::default(),
            },
        };
        if let Some(folder) = &self.localnet {
            let path = folder.join("exchange.json");
            let failed = |reason: String| ConfigError::Localnet { path: path.clone(), reason };
            let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
            let found: AddressFile = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
            (config.rpc_url, config.websocket_url) = (found.rpc_url, found.websocket_url);
            (config.exchange, config.prices_url) = (found.exchange, Some(found.prices_url));
            config.keypairs = vec![folder.join("liquidator.json")];
        }
        replace(&mut config.rpc_url, &self.rpc_url);
        replace(&mut config.websocket_url, &self.websocket_url);
        replace(&mut config.exchange, &self.exchange);
        if !self.keypair.is_empty() {
            config.keypairs.clone_from(&self.keypair);
        }
        if self.prices_url.is_some() {
            config.prices_url.clone_from(&self.prices_url);
        }
        if !self.jobs.is_empty() {
            config.jobs.clone_from(&self.jobs);
        }
        config.unpaid |= self.unpaid;
        for (setting, value) in
            [("rpc_url", &config.rpc_url), ("websocket_url", &config.websocket_url), ("exchange", &config.exchange)]
        {
            if value.is_empty() {
                return Err(ConfigError::Missing { setting });
            }
        }
        Ok(config)
    }

    /// How it runs.
    pub const fn mode(&self) -> Mode {
        Mode { dry_run: self.dry_run, once: self.once }
    }
}

fn replace(setting: &mut String, flag: &Option<String>) {
    if let Some(flag) = flag {
        setting.clone_from(flag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(flags: &[&str]) -> Cli {
        Cli::try_parse_from([&["perp-keeper"], flags].concat()).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_replace_the_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/keeper.toml");
        let flags = ["--config", file, "--rpc-url", "http://other", "--jobs", "liquidate,prices", "--unpaid"];
        let config = parsed(&flags).config().unwrap();
        assert_eq!((config.rpc_url.as_str(), config.unpaid), ("http://other", true));
        assert_eq!(config.websocket_url, "ws://127.0.0.1:8900");
        assert_eq!(config.jobs, [Kind::Liquidate, Kind::Prices]);
    }

    #[test]
    fn flags_alone_are_enough() {
        let place = ["--rpc-url", "http://node", "--websocket-url", "ws://node"];
        let missing = parsed(&place).config().unwrap_err();
        assert!(missing.to_string().starts_with("exchange is missing"), "{missing}");
        let config = parsed(&[&place[..], &["--exchange", "X", "--keypair", "a", "--keypair", "b"]].concat()).config();
        assert_eq!(config.unwrap().keypairs, ["a", "b"].map(PathBuf::from));
    }

    #[test]
    fn a_localnet_that_does_not_run_is_named() {
        let error = parsed(&["--localnet", "/nowhere"]).config().unwrap_err();
        assert!(error.to_string().contains("/nowhere/exchange.json"), "{error}");
    }
}
