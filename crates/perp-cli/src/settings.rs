//! Where the exchange is and who signs.
//!
//! One order of precedence: flags, then environment variables, then a running localnet's addresses, then the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use perp_client::operator::{key_file, origin, LocalnetAddresses};
use serde::Deserialize;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

use crate::failure::Failure;

/// What the names of environment variables begin with.
pub const PREFIX: &str = "PERP_";
/// Environment variables of other programs of the project begin with these.
const OTHERS: [&str; 2] = ["PERP_KEEPER_", "PERP_INDEXER_"];
/// Those of this one.
const VARIABLES: [&str; 9] = [
    "PERP_CONFIG",
    "PERP_LOCALNET",
    "PERP_RPC_URL",
    "PERP_WEBSOCKET_URL",
    "PERP_INDEXER_URL",
    "PERP_PRICES_URL",
    "PERP_EXCHANGE",
    "PERP_KEYPAIR",
    "PERP_OPEN_KEYS",
];
/// Similar enough to be what was meant.
const SIMILAR: f64 = 0.8;

// Flags that say where the exchange is and who signs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct SettingFlags {
    /// File with rpc_url, websocket_url, indexer_url, prices_url, exchange and keypair
    #[arg(long, value_name = "TOML", global = true, env = "PERP_CONFIG")]
    pub config: Option<PathBuf>,
    /// Takes what a running localnet says from the folder of its keypairs; alice signs unless --keypair says who
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".localnet/keys",
        global = true,
        env = "PERP_LOCALNET"
    )]
    pub localnet: Option<PathBuf>,
    /// JSON RPC server of a node
    #[arg(long, value_name = "URL", global = true, env = "PERP_RPC_URL", hide_env_values = true)]
    pub rpc_url: Option<String>,
    /// WebSocket server of the node
    #[arg(long, value_name = "URL", global = true, env = "PERP_WEBSOCKET_URL", hide_env_values = true)]
    pub websocket_url: Option<String>,
    /// HTTP server of an indexer, for what is long past
    #[arg(long, value_name = "URL", global = true, env = "PERP_INDEXER_URL", hide_env_values = true)]
    pub indexer_url: Option<String>,
    /// Server of signed prices, such as Hermes: prices that are old are brought along
    #[arg(long, value_name = "URL", global = true, env = "PERP_PRICES_URL", hide_env_values = true)]
    pub prices_url: Option<String>,
    /// Address of the exchange
    #[arg(long, value_name = "ADDRESS", global = true, env = "PERP_EXCHANGE")]
    pub exchange: Option<String>,
    /// Keypair file of the wallet that signs and pays
    #[arg(long, value_name = "FILE", global = true, env = "PERP_KEYPAIR")]
    pub keypair: Option<PathBuf>,
    /// Signs with a keypair file that other users of the machine may read
    #[arg(long, global = true, env = "PERP_OPEN_KEYS")]
    pub open_keys: bool,
}

/// What a file may set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rpc_url: Option<String>,
    websocket_url: Option<String>,
    indexer_url: Option<String>,
    prices_url: Option<String>,
    exchange: Option<String>,
    keypair: Option<PathBuf>,
}

/// Settings, of whatever place comes first.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    rpc_url: Option<String>,
    websocket_url: Option<String>,
    indexer_url: Option<String>,
    prices_url: Option<String>,
    exchange: Option<String>,
    keypair: Option<PathBuf>,
    open_keys: bool,
}

impl SettingFlags {
    /// Settings from everywhere. Nothing is asked of any server.
    ///
    /// # Errors
    /// [`Failure::Input`] with what is wrong, where it is and what would be right.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let file = self.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let found = match &self.localnet {
            Some(folder) => Some(LocalnetAddresses::read(folder).map_err(|error| Failure::Input(error.to_string()))?),
            None => None,
        };
        let set = |own: &Option<String>, localnet: Option<String>, file: Option<String>| {
            own.clone().filter(|text| !text.is_empty()).or(localnet).or(file)
        };
        let localnet = |of: fn(&LocalnetAddresses) -> &String| found.as_ref().map(|found| of(found).clone());
        let settings = Settings {
            rpc_url: set(&self.rpc_url, localnet(|found| &found.rpc_url), file.rpc_url),
            websocket_url: set(&self.websocket_url, localnet(|found| &found.websocket_url), file.websocket_url),
            indexer_url: set(&self.indexer_url, None, file.indexer_url),
            prices_url: set(&self.prices_url, localnet(|found| &found.prices_url), file.prices_url),
            exchange: set(&self.exchange, localnet(|found| &found.exchange), file.exchange),
            keypair: self
                .keypair
                .clone()
                .filter(|path| !path.as_os_str().is_empty())
                .or_else(|| self.localnet.as_ref().map(|folder| folder.join("alice.json")))
                .or(file.keypair),
            open_keys: self.open_keys,
        };
        for (name, value, schemes) in [
            ("rpc_url", &settings.rpc_url, ["http", "https"]),
            ("websocket_url", &settings.websocket_url, ["ws", "wss"]),
            ("indexer_url", &settings.indexer_url, ["http", "https"]),
            ("prices_url", &settings.prices_url, ["http", "https"]),
        ] {
            if let Some(url) = value {
                check_url(name, url, schemes)?;
            }
        }
        if let Some(text) = &settings.exchange {
            address("exchange", text)?;
        }
        Ok(settings)
    }
}

/// What an environment variable that begins like this program's and is none was meant to be.
///
/// # Errors
/// [`Failure::Input`].
pub fn check_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<(), Failure> {
    let mut names: Vec<String> = variables.into_iter().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    for name in names {
        let is_ours = name.starts_with(PREFIX) && !OTHERS.iter().any(|other| name.starts_with(other));
        if is_ours && !VARIABLES.contains(&name.as_str()) {
            let near = nearest(&name, VARIABLES);
            let near = near
                .map_or_else(|| format!("there are {}", VARIABLES.join(", ")), |near| format!("did you mean {near}?"));
            return Err(Failure::Input(format!(
                "environment variable {name}: there is no setting of that name; {near}"
            )));
        }
    }
    Ok(())
}

/// The most similar of some names, where one is similar enough.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let rated = names.into_iter().map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other));
    let best = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= SIMILAR).then_some(best.1)
}

fn read_file(path: &Path) -> Result<File, Failure> {
    let text = std::fs::read_to_string(path).map_err(|reason| {
        Failure::Input(format!(
            "the configuration file {} cannot be read ({reason}): check its name, or give none and use flags",
            path.display()
        ))
    })?;
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        // The line itself may hold a secret.
        Failure::Input(format!("{}, line {line}: {}", path.display(), error.message().trim().replace('\n', ", ")))
    })
}

fn check_url(name: &str, url: &str, schemes: [&str; 2]) -> Result<(), Failure> {
    let is_right = schemes.iter().any(|scheme| {
        url.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")).is_some_and(|rest| {
            !rest.is_empty() && !rest.starts_with(['/', ':', '?']) && !rest.contains(char::is_whitespace)
        })
    });
    if is_right {
        return Ok(());
    }
    let [plain, secure] = schemes;
    Err(Failure::Input(format!(
        "{name} is {}, and must be a URL that begins with {plain}:// or {secure}://",
        origin(url)
    )))
}

/// An address in base 58.
///
/// # Errors
/// [`Failure::Input`] that names what it was given for.
pub fn address(name: &str, text: &str) -> Result<Pubkey, Failure> {
    text.parse()
        .map_err(|_| Failure::Input(format!("{name} is \"{text}\", which is no address: it must be one in base 58")))
}

impl Settings {
    /// The node's RPC server.
    ///
    /// # Errors
    /// [`Failure::Input`] where nobody has set it.
    pub fn rpc_url(&self) -> Result<&str, Failure> {
        self.rpc_url.as_deref().ok_or_else(|| missing("rpc_url", "--rpc-url", "PERP_RPC_URL"))
    }

    /// The node's WebSocket server.
    ///
    /// # Errors
    /// [`Failure::Input`] where nobody has set it.
    pub fn websocket_url(&self) -> Result<&str, Failure> {
        self.websocket_url.as_deref().ok_or_else(|| missing("websocket_url", "--websocket-url", "PERP_WEBSOCKET_URL"))
    }

    /// The indexer, where one is set.
    pub fn indexer_url(&self) -> Option<&str> {
        self.indexer_url.as_deref()
    }

    /// The price server, where one is set.
    pub fn prices_url(&self) -> Option<&str> {
        self.prices_url.as_deref()
    }

    /// The exchange.
    ///
    /// # Errors
    /// [`Failure::Input`] where nobody has set it.
    pub fn exchange(&self) -> Result<Pubkey, Failure> {
        let text = self.exchange.as_deref().ok_or_else(|| missing("exchange", "--exchange", "PERP_EXCHANGE"))?;
        address("exchange", text)
    }

    /// Who signs and pays.
    ///
    /// # Errors
    /// [`Failure::Input`] where nobody has said who, or the file is none.
    pub fn keypair(&self) -> Result<Keypair, Failure> {
        let path = self.keypair.as_deref().ok_or_else(|| missing("keypair", "--keypair", "PERP_KEYPAIR"))?;
        key_file::read(path, self.open_keys, "--open-keys")
            .map_err(|reason| Failure::Input(format!("keypair: {} {reason}", path.display())))
    }

    /// The file of the key that signs, where one is set.
    pub fn key_path(&self) -> Option<&Path> {
        self.keypair.as_deref()
    }
}

fn missing(name: &str, flag: &str, variable: &str) -> Failure {
    Failure::Input(format!("{name} is missing: give {flag}, {variable}, --localnet, or a file with --config"))
}
