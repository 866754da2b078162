//! What a keeper does and where.
//!
//! One order of precedence: flags, then environment variables, then a running localnet's addresses, then the file, then defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

use crate::job::Kind;

pub mod keys;
mod layers;
mod problem;
mod setting;
#[cfg(test)]
mod tests;
mod together;

pub use layers::{Layers, Origin, PREFIX};
pub use problem::{origin, ConfigError, Problems};
pub use setting::{Form, Setting, SETTINGS};

/// A configuration. Every setting but the first four has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// JSON RPC server of a node.
    pub rpc_url: String,
    /// WebSocket server of the node.
    pub websocket_url: String,
    /// Geyser server of Yellowstone's interface, from which changes come instead while it is there.
    #[serde(default)]
    pub geyser_url: Option<String>,
    /// What tells it who asks.
    #[serde(default)]
    pub geyser_token: Option<String>,
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
    /// When wallets are held for empty, and who may read their keys.
    #[serde(default)]
    pub wallet: Wallet,
    /// Who is told of what.
    #[serde(default)]
    pub alerts: Alerts,
    /// Where metrics are served.
    #[serde(default)]
    pub http: Http,
    /// What is printed, and how.
    #[serde(default)]
    pub log: Log,
}

/// What may be spent. Lamports are the network's, atoms the quote token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Seconds that what is on its way may still take to land once the keeper was asked to end.
    pub stop_seconds: u64,
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
            stop_seconds: 60,
        }
    }
}

/// When wallets are held for empty, and who may read their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wallet {
    /// A wallet with fewer lamports pays for nothing more.
    pub floor_lamports: u64,
    /// One that was held for empty pays again from so many lamports on.
    pub resume_lamports: u64,
    /// Seconds between two looks at what wallets hold.
    pub check_seconds: u64,
    /// Whether key files may be readable by other users of the machine.
    pub open_keys: bool,
}

impl Default for Wallet {
    fn default() -> Self {
        Self { floor_lamports: 10_000_000, resume_lamports: 20_000_000, check_seconds: 10, open_keys: false }
    }
}

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Where alerts are posted as JSON. Each may hold a secret.
    pub webhooks: Vec<String>,
    /// Margin accounts whose margin is watched, in base 58, or "all".
    pub accounts: Vec<String>,
    /// Equity in percent of the maintenance margin below which each call is made.
    pub margin_percent: Vec<u64>,
    /// So many percent above a call equity must be until the same call can be made again.
    pub rearm_percent: u64,
    /// Seconds that a market's price may be old.
    pub price_seconds: u64,
    /// Seconds without any answer of the node.
    pub node_seconds: u64,
    /// Seconds without a subscription.
    pub websocket_seconds: u64,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            webhooks: Vec::new(),
            accounts: Vec::new(),
            margin_percent: vec![150, 120, 105],
            rearm_percent: 5,
            price_seconds: 60,
            node_seconds: 15,
            websocket_seconds: 15,
        }
    }
}

/// Where metrics are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port; nothing is served without.
    pub listen: Option<SocketAddr>,
}

/// What is printed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// As lines of JSON, or of text.
    pub format: Format,
    /// Which events, as the `tracing` crates write it.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::Json, filter: "warn,perp_keeper=info".into() }
    }
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object a line.
    Json,
    /// For people.
    Text,
}

/// So many milliseconds.
pub(crate) const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

impl Config {
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

    /// The margin accounts whose margin is watched; none for all.
    ///
    /// # Errors
    /// [`ConfigError::Address`].
    pub fn watched(&self) -> Result<Option<Vec<Pubkey>>, ConfigError> {
        if self.alerts.accounts == [ALL] {
            return Ok(None);
        }
        self.alerts.accounts.iter().map(|text| address("alerts.accounts", text)).collect::<Result<_, _>>().map(Some)
    }

    /// The operator's wallets.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] without any, [`ConfigError::Key`].
    pub fn wallets(&self) -> Result<Vec<Keypair>, ConfigError> {
        if self.keypairs.is_empty() {
            return Err(ConfigError::Missing { setting: "keypairs" });
        }
        keys::read_all(&self.keypairs, self.wallet.open_keys)
    }
}

/// What stands for every margin account.
pub const ALL: &str = "all";

fn address(setting: &'static str, text: &str) -> Result<Pubkey, ConfigError> {
    text.parse().map_err(|_| ConfigError::Address { setting, text: text.into() })
}
