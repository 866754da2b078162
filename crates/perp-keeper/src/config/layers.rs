//! Settings from everywhere, one above the other, and where each came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use perp_client::operator::LocalnetAddresses;
use toml::{Table, Value};

use super::problem::{shown, shown_text};
use super::setting::nearest;
use super::{Config, ConfigError, Form, Problems, Setting, SETTINGS};

/// What the names of environment variables begin with.
pub const PREFIX: &str = "PERP_KEEPER_";
/// What programs that use `tracing` are told by; this one's own name for it comes before.
const TRACING: (&str, &str) = ("RUST_LOG", "log.filter");
/// Environment variables that are flags and no settings.
const NO_SETTINGS: [&str; 1] = ["PERP_KEEPER_CONFIG"];
/// Settings without a default.
const NEEDED: [&str; 4] = ["rpc_url", "websocket_url", "exchange", "keypairs"];
/// Settings with a flag of their own.
const FLAGS: [(&str, &str); 10] = [
    ("rpc_url", "--rpc-url"),
    ("websocket_url", "--websocket-url"),
    ("geyser_url", "--geyser-url"),
    ("exchange", "--exchange"),
    ("keypairs", "--keypair"),
    ("prices_url", "--prices-url"),
    ("jobs", "--jobs"),
    ("unpaid", "--unpaid"),
    ("http.listen", "--listen"),
    ("log.format", "--log"),
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody has set it.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// What a running localnet has written.
    Localnet(PathBuf),
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(formatter, "default"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Localnet(path) => write!(formatter, "localnet {}", path.display()),
            Self::Variable(name) => write!(formatter, "environment variable {name}"),
            Self::Flag(name) => write!(formatter, "flag {name}"),
        }
    }
}

impl Origin {
    /// The environment variable of a setting.
    pub fn variable_of(setting: &str) -> String {
        format!("{PREFIX}{}", setting.to_uppercase().replace('.', "_"))
    }

    /// The flag of a setting.
    pub fn flag_of(setting: &str) -> String {
        let own = FLAGS.iter().find(|(name, _)| *name == setting);
        own.map_or_else(|| format!("--set {setting}=…"), |(_, flag)| (*flag).into())
    }
}

/// Settings, each of the highest layer that has it. Layers are added from the lowest to the highest.
#[derive(Debug)]
pub struct Layers {
    values: BTreeMap<&'static str, (Value, Origin)>,
    problems: Vec<ConfigError>,
}

impl Layers {
    /// The defaults.
    pub fn defaults() -> Self {
        let mut layers = Self { values: BTreeMap::new(), problems: Vec::new() };
        let bare = Table::try_from(Config::bare()).unwrap_or_default();
        for (name, value) in flat(&bare) {
            if let Some(setting) = Setting::named(&name).filter(|setting| !NEEDED.contains(&setting.name)) {
                layers.values.insert(setting.name, (value, Origin::Default));
            }
        }
        layers
    }

    /// The settings of a file.
    pub fn file(&mut self, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.text(path, &text),
            Err(reason) => self.problems.push(ConfigError::File { path: path.into(), reason }),
        }
    }

    /// The settings of a file's text.
    fn text(&mut self, path: &Path, text: &str) {
        let origin = Origin::File(path.into());
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => return self.problems.push(syntax(path, text, &error)),
        };
        for (name, value) in flat(&table) {
            match Setting::named(&name) {
                Some(setting) => self.put(setting, value, &origin),
                None if is_table(&name) => {
                    let (found, wanted) =
                        (shown(&value, false), format!("a table: [{name}], and its settings after it"));
                    self.problems
                        .push(ConfigError::Together(format!("{origin}: {name} is {found}, and must be {wanted}")));
                }
                None => {
                    let near = near(&name);
                    self.problems.push(ConfigError::Unknown { origin: origin.clone(), name, near });
                }
            }
        }
    }

    /// What a running localnet says: where it is, and its liquidator's wallet.
    pub fn localnet(&mut self, folder: &Path) {
        let path = folder.join(LocalnetAddresses::NAME);
        let found = match LocalnetAddresses::read(folder) {
            Ok(found) => found,
            Err(error) => {
                let is_command = ["doctor", "explain", "help"].iter().any(|command| Path::new(command) == folder);
                let hint = if is_command { "; a command comes before --localnet" } else { "" };
                return self.problems.push(ConfigError::Localnet { error, hint });
            }
        };
        let wallet = folder.join("liquidator.json").to_string_lossy().into_owned();
        let keypairs = Value::Array(vec![Value::String(wallet)]);
        let texts = [
            ("rpc_url", found.rpc_url),
            ("websocket_url", found.websocket_url),
            ("prices_url", found.prices_url),
            ("exchange", found.exchange),
        ];
        let values = texts.map(|(name, text)| (name, Value::String(text)));
        for (name, value) in values.into_iter().chain([("keypairs", keypairs)]) {
            if let Some(setting) = Setting::named(name) {
                self.put(setting, value, &Origin::Localnet(path.clone()));
            }
        }
    }

    /// Environment variables. Empty ones are not set.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        let names: Vec<String> = SETTINGS.iter().map(|setting| Origin::variable_of(setting.name)).collect();
        let mut variables: Vec<(OsString, OsString)> = variables.into_iter().collect();
        variables.sort_by_key(|(name, _)| name != TRACING.0);
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| !value.is_empty() && !NO_SETTINGS.contains(name)) else {
                continue;
            };
            let origin = Origin::Variable(name.into());
            let setting = match name == TRACING.0 {
                true => Setting::named(TRACING.1),
                false => names.iter().position(|own| own == name).and_then(|place| SETTINGS.get(place)),
            };
            match (setting, value.to_str()) {
                (Some(setting), Some(text)) => self.put_text(setting, text, &origin),
                (Some(setting), None) => self.problems.push(ConfigError::Value {
                    origin,
                    setting: setting.name,
                    found: "no UTF-8".into(),
                    wanted: setting.form.wanted(),
                    reason: None,
                }),
                (None, _) if name.starts_with(PREFIX) => {
                    let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
                    self.problems.push(ConfigError::Unknown { origin, name: name.into(), near });
                }
                (None, _) => {}
            }
        }
    }

    /// What flags say: own ones as values, and each `NAME=VALUE` of `--set`.
    pub fn flags(&mut self, own: Vec<(&'static str, Value)>, set: &[String]) {
        for text in set {
            let origin = Origin::Flag(format!("--set {}", text.split('=').next().unwrap_or_default()));
            let Some((name, value)) = text.split_once('=') else {
                let problem = format!("{origin}: what it sets must be NAME=VALUE, such as pace.pass_ms=200");
                self.problems.push(ConfigError::Together(problem));
                continue;
            };
            match Setting::named(name) {
                Some(setting) if self.is_free(setting, &origin) => self.put_text(setting, value, &origin),
                Some(_) => {}
                None => {
                    let near = near(name);
                    self.problems.push(ConfigError::Unknown { origin, name: name.into(), near });
                }
            }
        }
        for (name, value) in own {
            let origin = Origin::Flag(Origin::flag_of(name));
            if let Some(setting) = Setting::named(name).filter(|setting| self.is_free(setting, &origin)) {
                self.put(setting, value, &origin);
            }
        }
    }

    /// Whether no flag has set it yet; one that has is a problem.
    fn is_free(&mut self, setting: &Setting, flag: &Origin) -> bool {
        match self.values.get(setting.name) {
            Some((_, before @ Origin::Flag(_))) => {
                let flags = [before.clone(), flag.clone()];
                self.problems.push(ConfigError::Twice { setting: setting.name, flags });
                false
            }
            _ => true,
        }
    }

    fn put_text(&mut self, setting: &'static Setting, text: &str, origin: &Origin) {
        match setting.form.value_of(text) {
            Some(value) => self.put(setting, value, origin),
            None => self.problems.push(ConfigError::Value {
                origin: origin.clone(),
                setting: setting.name,
                found: shown_text(text),
                wanted: setting.form.wanted(),
                reason: None,
            }),
        }
    }

    fn put(&mut self, setting: &'static Setting, value: Value, origin: &Origin) {
        if setting.form.has_type(&value) {
            self.values.insert(setting.name, (value, origin.clone()));
            return;
        }
        let found = match setting.form {
            Form::Secret => "something else".into(),
            form => shown(&value, form.is_secret()),
        };
        self.problems.push(ConfigError::Value {
            origin: origin.clone(),
            setting: setting.name,
            found,
            wanted: setting.form.wanted(),
            reason: None,
        });
    }

    /// Every setting, its value and where that came from, a line each; of URLs nothing but scheme, host and port.
    pub fn explain(&self) -> String {
        let mut text = String::from("# flags come before environment variables, --localnet, the file, and defaults\n");
        for setting in SETTINGS {
            let (value, origin) = match self.values.get(setting.name) {
                Some((value, origin)) => (setting.form.shown(value), origin.to_string()),
                None if NEEDED.contains(&setting.name) => ("missing".into(), "nobody has set it".into()),
                None => ("none".into(), Origin::Default.to_string()),
            };
            text.push_str(&format!("{:<27} = {value:<46} # {origin}\n", setting.name));
        }
        text
    }

    /// The configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn config(mut self) -> Result<Config, Problems> {
        let mut table = Table::new();
        // What a file or a localnet that cannot be read would have said is not known.
        let unread = |problem: &ConfigError| {
            matches!(problem, ConfigError::File { .. } | ConfigError::Toml { .. } | ConfigError::Localnet { .. })
        };
        let all_read = !self.problems.iter().any(unread);
        for setting in SETTINGS {
            let Some((value, origin)) = self.values.get(setting.name) else {
                if NEEDED.contains(&setting.name) && all_read {
                    self.problems.push(ConfigError::Missing { setting: setting.name });
                }
                continue;
            };
            if let Some((piece, reason)) = setting.form.fault(value) {
                let found = if setting.form.is_list() { format!("a list with {piece}") } else { piece };
                let (origin, wanted) = (origin.clone(), setting.form.wanted());
                self.problems.push(ConfigError::Value { origin, setting: setting.name, found, wanted, reason });
            }
            put_into(&mut table, setting.name, value.clone());
        }
        if !self.problems.is_empty() {
            return Err(Problems(self.problems));
        }
        let config: Config = table.try_into().map_err(|error: toml::de::Error| {
            Problems::from(ConfigError::Together(format!("the settings cannot be read: {}", error.message())))
        })?;
        config.check_together().map(|()| config)
    }
}

/// Every value with its table's name before its own.
fn flat(table: &Table) -> Vec<(String, Value)> {
    let mut values = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if is_table(name) => {
                values.extend(inner.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            _ => values.push((name.clone(), value.clone())),
        }
    }
    values
}

fn put_into(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(table.insert(name.into(), value)),
        Some((outer, key)) => {
            if let Value::Table(inner) = table.entry(outer).or_insert_with(|| Value::Table(Table::new())) {
                inner.insert(key.into(), value);
            }
        }
    }
}

/// Whether settings are in a table of this name.
fn is_table(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.name.split_once('.').is_some_and(|(table, _)| table == name))
}

/// The setting that was meant by this name, perhaps: one of the same name in another table, or the most similar.
fn near(name: &str) -> Option<String> {
    let leaf = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let elsewhere = SETTINGS.iter().find(|setting| leaf(setting.name) == leaf(name));
    let similar = || {
        let tables = ["fees", "pace", "wallet", "alerts", "http", "log"];
        let names = SETTINGS.iter().map(|setting| setting.name).chain(tables);
        nearest(name, names).map(str::to_owned)
    };
    elsewhere.map(|setting| setting.name.to_owned()).or_else(similar)
}

/// What is wrong with a file that is no TOML. The line itself may hold a secret.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count();
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim().to_owned());
    let reason = match error.message().trim() {
        said if said.starts_with("invalid type: integer") => "the number is too large: at most 2^63 − 1".into(),
        said => said.replace('\n', ", "),
    };
    ConfigError::Toml { path: path.into(), line: line + 1, key, reason }
}
