//! The command line.
#![allow(missing_docs)] // a comment on a flag is its help text

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use toml::Value;

use crate::config::{Config, Layers, Problems};
use crate::job::Kind;
use crate::keeper::Mode;

/// Keeps an exchange solvent and current: liquidates, fills orders, settles, closes epochs, accrues funding, tidies up after a crash, posts
/// prices. What it decides and what comes of it is printed as lines of JSON.
///
/// Every setting can be set in the file, as an environment variable PERP_KEEPER_NAME, and by a flag. Flags come before environment
/// variables, these before --localnet, that before the file, and that before defaults.
///
/// With --once the exit code says what happened: 0 all that was sent took place or was not needed any more, 1 it could not look, 2 a
/// setting is wrong, 3 something that was sent failed, 4 the node's state was too old to act on, 5 no wallet could pay, 6 it was made
/// to end before everything had landed.
#[derive(Debug, Parser)]
#[command(name = "perp-keeper", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub settings: SettingFlags,
    /// Decides and records, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Looks once, waits for what it has sent, and ends
    #[arg(long)]
    pub once: bool,
    /// Prints every setting, its value and where that came from, and ends
    #[arg(long, global = true)]
    pub explain_config: bool,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Says what would be decided about a margin account now, or about one of its orders, and by which numbers
    Explain {
        /// Address of the margin account
        account: String,
        /// Place of the order, from 0 to 15; the account itself without
        #[arg(value_name = "ORDER")]
        order: Option<u8>,
    },
    /// Looks whether everything that is needed is there, and says what to do about what is not
    Doctor,
}

#[derive(Debug, Args)]
pub struct SettingFlags {
    /// Configuration file
    #[arg(long, value_name = "TOML", global = true, env = "PERP_KEEPER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of a running localnet's keypairs: where the node, its exchange and its prices are, and the liquidator's wallet
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = ".localnet/keys", global = true)]
    pub localnet: Option<PathBuf>,
    /// JSON RPC server of a node
    #[arg(long, value_name = "URL", global = true)]
    pub rpc_url: Option<String>,
    /// WebSocket server of the node
    #[arg(long, value_name = "URL", global = true)]
    pub websocket_url: Option<String>,
    /// Geyser server of Yellowstone's interface, for accounts' changes; takes a build with the feature geyser
    #[arg(long, value_name = "URL", global = true)]
    pub geyser_url: Option<String>,
    /// Address of the exchange
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub exchange: Option<String>,
    /// Keypair file of a wallet (repeatable)
    #[arg(long, value_name = "FILE", global = true)]
    pub keypair: Vec<PathBuf>,
    /// Server of signed prices
    #[arg(long, value_name = "URL", global = true)]
    pub prices_url: Option<String>,
    /// What to do [default: everything]
    #[arg(long, value_enum, value_delimiter = ',', global = true)]
    pub jobs: Vec<Kind>,
    /// Does what pays nothing as well: for whoever operates the exchange
    #[arg(long, global = true)]
    pub unpaid: bool,
    /// Where metrics are served, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT", global = true)]
    pub listen: Option<String>,
    /// How events are printed: json or text
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log: Option<String>,
    /// Any other setting, such as pace.pass_ms=200 (repeatable)
    #[arg(long, value_name = "NAME=VALUE", global = true)]
    pub set: Vec<String>,
}

impl SettingFlags {
    /// Settings from everywhere, one above the other.
    pub fn layers(&self, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Layers {
        let mut layers = Layers::defaults();
        if let Some(path) = &self.config {
            layers.file(path);
        }
        if let Some(folder) = &self.localnet {
            layers.localnet(folder);
        }
        layers.environment(environment);
        layers.flags(self.own(), &self.set);
        layers
    }

    /// What the flags with a name of their own set.
    fn own(&self) -> Vec<(&'static str, Value)> {
        let text = |text: &String| Value::String(text.clone());
        let texts = [
            ("rpc_url", &self.rpc_url),
            ("websocket_url", &self.websocket_url),
            ("geyser_url", &self.geyser_url),
            ("exchange", &self.exchange),
            ("prices_url", &self.prices_url),
            ("http.listen", &self.listen),
            ("log.format", &self.log),
        ];
        let texts = texts.into_iter().filter_map(|(name, value)| Some((name, text(value.as_ref()?))));
        let mut own: Vec<(&'static str, Value)> = texts.collect();
        let mut list = |name: &'static str, items: Vec<String>| {
            if !items.is_empty() {
                own.push((name, Value::Array(items.into_iter().map(Value::String).collect())));
            }
        };
        list("keypairs", self.keypair.iter().map(|path| path.to_string_lossy().into_owned()).collect());
        list("jobs", self.jobs.iter().map(|kind| kind.name().to_owned()).collect());
        if self.unpaid {
            own.push(("unpaid", Value::Boolean(true)));
        }
        own
    }
}

impl Cli {
    /// The configuration, of flags, this process's environment, and the file.
    ///
    /// # Errors
    /// [`Problems`]: everything that is wrong with it.
    pub fn config(&self) -> Result<Config, Problems> {
        self.settings.layers(std::env::vars_os()).config()
    }

    /// How it runs.
    pub const fn mode(&self) -> Mode {
        Mode { dry_run: self.dry_run, once: self.once }
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
    fn a_command_stands_before_or_after_flags() {
        let explain = |order| Some(Command::Explain { account: "A".into(), order });
        let account = || explain(None);
        assert_eq!(parsed(&["explain", "A", "3", "--unpaid"]).command, explain(Some(3)));
        let flags = parsed(&["explain", "A", "--localnet", "--unpaid"]);
        assert_eq!((flags.command, flags.settings.unpaid), (account(), true));
        assert_eq!(flags.settings.localnet, Some(".localnet/keys".into()));
        let flags = parsed(&["--localnet=keys", "explain", "A"]);
        assert_eq!((flags.command, flags.settings.localnet), (account(), Some("keys".into())));
    }

    #[test]
    fn how_it_runs_is_no_setting() {
        let cli = parsed(&["--once", "--dry-run"]);
        assert_eq!(cli.mode(), Mode { dry_run: true, once: true });
        assert_eq!(parsed(&[]).mode(), Mode::default());
    }
}
