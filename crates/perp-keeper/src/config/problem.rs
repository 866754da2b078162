//! What is wrong with a configuration: every message names where the value came from, the setting, the value and what is right.

use std::fmt;
use std::path::PathBuf;

pub use perp_client::operator::origin;
pub(super) use perp_client::operator::shown_text;
use perp_client::operator::LocalnetError;
use thiserror::Error;
use toml::Value;

use super::layers::Origin;

/// Why a configuration is none.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read ({reason}): check its name, or give none and use flags")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}, line {line}{}: {reason}", key.as_ref().map(|key| format!(", at {key}")).unwrap_or_default())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from one on.
        line: usize,
        /// What is set there.
        key: Option<String>,
        /// What is wrong with it, and what is right.
        reason: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting {name}; {}", near.as_ref().map_or_else(
        || "--explain-config lists all".to_owned(), |near| format!("did you mean {near}?")))]
    Unknown {
        /// Where it is set.
        origin: Origin,
        /// Its name there.
        name: String,
        /// The setting that was meant, perhaps.
        near: Option<String>,
    },
    /// A value is not what it must be.
    #[error("{origin}: {setting} is {found}, and must be {wanted}{}",
        reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default())]
    Value {
        /// Where it is set.
        origin: Origin,
        /// The setting.
        setting: &'static str,
        /// What it is, without what may be secret.
        found: String,
        /// What it must be.
        wanted: String,
        /// What is wrong with it, where that is not plain.
        reason: Option<String>,
    },
    /// Two settings do not go together.
    #[error("{0}")]
    Together(String),
    /// A flag sets what another sets.
    #[error("{setting} is set twice, by {} and by {}: give one of them", flags[0], flags[1])]
    Twice {
        /// The setting.
        setting: &'static str,
        /// The two flags.
        flags: [Origin; 2],
    },
    /// A setting is missing.
    #[error(
        "{setting} is missing: set it in the configuration file, as {}, or by its flag {}",
        Origin::variable_of(setting),
        Origin::flag_of(setting)
    )]
    Missing {
        /// The setting.
        setting: &'static str,
    },
    /// An address is none.
    #[error("{setting} is \"{text}\", which is no address: it must be one in base 58")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What it is.
        text: String,
    },
    /// A keypair file is none.
    #[error("keypairs: {path} {reason}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The localnet has not said where it is.
    #[error("{error}{hint}")]
    Localnet {
        /// What is wrong with its file.
        error: LocalnetError,
        /// What else may be wrong.
        hint: &'static str,
    },
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct Problems(pub Vec<ConfigError>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(formatter, "{}", lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl From<ConfigError> for Problems {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

/// A value of the wrong type, without what may be secret.
pub(super) fn shown(value: &Value, is_secret: bool) -> String {
    match value {
        Value::String(text) if is_secret => format!("{} (text)", origin(text)),
        Value::String(text) => format!("{} (text)", shown_text(text)),
        Value::Integer(number) => format!("{number} (a number)"),
        Value::Float(number) => format!("{number} (a number with a fraction)"),
        Value::Boolean(value) => format!("{value} (a switch)"),
        Value::Datetime(value) => format!("{value} (a date)"),
        Value::Array(list) => match list.iter().find(|value| !value.is_str()) {
            Some(value) if list.iter().any(Value::is_str) => format!("a list with {}", shown(value, is_secret)),
            Some(value) => format!("a list of {}", shown(value, is_secret)),
            None => "a list of text".into(),
        },
        Value::Table(_) => "a table".into(),
    }
}
