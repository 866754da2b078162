//! What a keeper does and where: a file, whose settings flags replace.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use solana_keypair::{read_keypair_file, Keypair};
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::job::Kind;

/// A configuration, as its file has it. Every setting but the first four has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// JSON RPC server of a node.
    pub rpc_url: String,
    /// WebSocket server of the node.
    pub websocket_url: String,
    /// Address of the exchange, in base 58.
    pub exchange: String,
    /// Keypair files of the operator's wallets, at least one. They pay in turn, and each is credited in a margin account of its own.
    pub keypairs: Vec<PathBuf>,
    /// Which of the wallets' margin accounts are credited.
    #[serde(default)]
    pub sub_account: u16,
    /// Server of signed prices of Hermes' interface; without one no prices are posted.
    #[serde(default)]
    pub prices_url: Option<String>,
    /// Address lookup tables of the exchange's own addresses, in base 58.
    #[serde(default)]
    pub lookup_tables: Vec<String>,
    /// What to do.
    #[serde(default = "Kind::all")]
    pub jobs: Vec<Kind>,
    /// Whether to do what pays nothing as well: for whoever operates the exchange.
    #[serde(default)]
    pub unpaid: bool,
    /// What may be spent.
    #[serde(default)]
    pub fees: Fees,
    /// How often, and how long after what.
    #[serde(default)]
    pub pace: Pace,
}

/// What may be spent. Lamports are the network's, atoms the quote token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fees {
    /// Price of a compute unit, in millionths of a lamport.
    pub micro_lamports: u64,
    /// Most lamports for one transaction.
    pub most_lamports: u64,
    /// Most lamports within an hour, refused transactions that landed included.
    pub most_lamports_an_hour: u64,
    /// What 10^9 lamports are worth, in atoms.
    pub atoms_per_sol: u64,
    /// Least profit of a transaction after its fee, in atoms.
    pub least_profit: u64,
}

impl Default for Fees {
    fn default() -> Self {
        Self {
            micro_lamports: 10_000,
            most_lamports: 1_000_000,
            most_lamports_an_hour: 1_000_000_000,
            atoms_per_sol: 200_000_000,
            least_profit: 0,
        }
    }
}

/// How often, and how long after what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// Milliseconds between two looks at prices, at most; an account that changes is looked at sooner.
    pub pass_ms: u64,
    /// Milliseconds between two looks at everything that is no liquidation.
    pub upkeep_ms: u64,
    /// Seconds that funding may be late.
    pub funding_seconds: u64,
    /// Seconds that a market's price may be old before one is posted.
    pub post_after_seconds: u64,
    /// Milliseconds to stay away from what somebody else was first at; doubled each time.
    pub contention_ms: u64,
    /// Milliseconds to wait after what failed otherwise; doubled each time.
    pub backoff_ms: u64,
    /// The longest of these waits, in milliseconds.
    pub most_backoff_ms: u64,
    /// Seconds that the node's clock may be behind this machine's before nothing is sent; zero not to look.
    pub most_lag_seconds: u64,
    /// Most batches of transactions on their way at once.
    pub batches: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pass_ms: 100,
            upkeep_ms: 1_000,
            funding_seconds: 600,
            post_after_seconds: 2,
            contention_ms: 400,
            backoff_ms: 500,
            most_backoff_ms: 60_000,
            most_lag_seconds: 30,
            batches: 16,
        }
    }
}

/// So many milliseconds.
pub(crate) const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Why a configuration is none.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{path}: {reason}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: Box<toml::de::Error>,
    },
    /// A setting is missing.
    #[error("{setting} is missing: set it in the configuration, or give its flag")]
    Missing {
        /// The setting.
        setting: &'static str,
    },
    /// An address is none.
    #[error("{setting} is \"{text}\", which is no address")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What it is.
        text: String,
    },
    /// A keypair file is none.
    #[error("{path} is no keypair file: {reason}")]
    Keypair {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The localnet has not said where it is.
    #[error("no localnet wrote {path} ({reason}): start one")]
    Localnet {
        /// The file it writes.
        path: PathBuf,
        /// Why it cannot be read.
        reason: String,
    },
}

impl Config {
    /// The configuration in a file.
    ///
    /// # Errors
    /// [`ConfigError::File`], [`ConfigError::Toml`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::File { path: path.into(), reason })?;
        toml::from_str(&text).map_err(|reason| ConfigError::Toml { path: path.into(), reason: Box::new(reason) })
    }

    /// The exchange's address.
    ///
    /// # Errors
    /// [`ConfigError::Address`].
    pub fn exchange(&self) -> Result<Pubkey, ConfigError> {
        address("exchange", &self.exchange)
    }

    /// The lookup tables' addresses.
    ///
    /// # Errors
    /// [`ConfigError::Address`].
    pub fn lookup_tables(&self) -> Result<Vec<Pubkey>, ConfigError> {
        self.lookup_tables.iter().map(|text| address("lookup_tables", text)).collect()
    }

    /// The operator's wallets.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] without any, [`ConfigError::Keypair`].
    pub fn wallets(&self) -> Result<Vec<Keypair>, ConfigError> {
        if self.keypairs.is_empty() {
            return Err(ConfigError::Missing { setting: "keypairs" });
        }
        let read = |path: &PathBuf| {
            read_keypair_file(path)
                .map_err(|reason| ConfigError::Keypair { path: path.clone(), reason: reason.to_string() })
        };
        self.keypairs.iter().map(read).collect()
    }
}

fn address(setting: &'static str, text: &str) -> Result<Pubkey, ConfigError> {
    text.parse().map_err(|_| ConfigError::Address { setting, text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
        rpc_url = "http://127.0.0.1:8899"
        websocket_url = "ws://127.0.0.1:8900"
        exchange = "Perp111111111111111111111111111111111111111"
        keypairs = ["keeper.json"]
    "#;

    #[test]
    fn four_settings_are_enough() {
        let config: Config = toml::from_str(LEAST).unwrap();
        assert_eq!(config.jobs, Kind::all());
        assert!(!config.unpaid && config.prices_url.is_none());
        assert_eq!((config.fees, config.pace), (Fees::default(), Pace::default()));
    }

    #[test]
    fn the_example_sets_everything_and_is_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("keeper.toml");
        let config = Config::read(&path).unwrap();
        // The file says the defaults, so that they can be read somewhere.
        assert_eq!((config.fees, config.pace), (Fees::default(), Pace::default()));
        assert_eq!(config.jobs, Kind::all());
        let text = std::fs::read_to_string(&path).unwrap();
        for (table, count) in [("fees", 5), ("pace", 9)] {
            let (_, rest) = text.split_once(&format!("[{table}]")).unwrap();
            let settings = rest.lines().skip(1).take_while(|line| !line.starts_with('['));
            assert_eq!(settings.filter(|line| line.contains(" = ")).count(), count, "{table}");
        }
    }

    #[test]
    fn a_setting_that_is_none_is_refused() {
        let error = toml::from_str::<Config>(&format!("{LEAST}\nunpayed = true")).unwrap_err();
        assert!(error.to_string().contains("unpayed"), "{error}");
        let error = toml::from_str::<Config>(&format!("{LEAST}\njobs = [\"liquidation\"]")).unwrap_err();
        assert!(error.to_string().contains("liquidate"), "{error}");
        let config = Config { exchange: "0".into(), ..toml::from_str(LEAST).unwrap() };
        assert_eq!(config.exchange().unwrap_err().to_string(), "exchange is \"0\", which is no address");
        let config = Config { keypairs: Vec::new(), ..config };
        assert!(config.wallets().unwrap_err().to_string().starts_with("keypairs is missing"));
    }
}
