//! Every setting by its name, and what its value must be.

use std::net::SocketAddr;

use clap::ValueEnum;
use solana_pubkey::Pubkey;
use toml::Value;

use super::problem::{origin, shown_text};
use super::ALL;
use crate::job::Kind;

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, with its table's before it.
    pub name: &'static str,
    /// What its value must be.
    pub form: Form,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A URL of one of two schemes.
    Url([&'static str; 2]),
    /// A list of URLs of one of two schemes.
    Urls([&'static str; 2]),
    /// An address in base 58.
    Address,
    /// A list of them.
    Addresses,
    /// A list of them, or "all" alone.
    Accounts,
    /// A list of files.
    Files,
    /// A whole number from one to another.
    Number(u64, u64),
    /// A list of such, each smaller than the one before.
    Falling(u64, u64),
    /// Yes or no.
    Switch,
    /// A list of kinds of jobs.
    Jobs,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An address and a port to listen on.
    Socket,
    /// Any text.
    Text,
    /// Text that is never shown.
    Secret,
}

const HTTP: [&str; 2] = ["http", "https"];
const WS: [&str; 2] = ["ws", "wss"];
/// TOML has no larger numbers.
const LARGEST: u64 = i64::MAX as u64;
const DAY: u64 = 86_400;

/// Every setting, as `keeper.toml` lists them.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "rpc_url", form: Form::Url(HTTP) },
    Setting { name: "websocket_url", form: Form::Url(WS) },
    Setting { name: "geyser_url", form: Form::Url(HTTP) },
    Setting { name: "geyser_token", form: Form::Secret },
    Setting { name: "exchange", form: Form::Address },
    Setting { name: "keypairs", form: Form::Files },
    Setting { name: "sub_account", form: Form::Number(0, 65_535) },
    Setting { name: "prices_url", form: Form::Url(HTTP) },
    Setting { name: "lookup_tables", form: Form::Addresses },
    Setting { name: "jobs", form: Form::Jobs },
    Setting { name: "unpaid", form: Form::Switch },
    Setting { name: "fees.micro_lamports", form: Form::Number(0, LARGEST) },
    Setting { name: "fees.most_lamports", form: Form::Number(5_000, LARGEST) },
    Setting { name: "fees.most_lamports_an_hour", form: Form::Number(5_000, LARGEST) },
    Setting { name: "fees.atoms_per_sol", form: Form::Number(0, LARGEST) },
    Setting { name: "fees.least_profit", form: Form::Number(0, LARGEST) },
    Setting { name: "pace.pass_ms", form: Form::Number(1, 60_000) },
    Setting { name: "pace.upkeep_ms", form: Form::Number(1, 3_600_000) },
    Setting { name: "pace.funding_seconds", form: Form::Number(1, DAY) },
    Setting { name: "pace.post_after_seconds", form: Form::Number(0, DAY) },
    Setting { name: "pace.contention_ms", form: Form::Number(0, 3_600_000) },
    Setting { name: "pace.backoff_ms", form: Form::Number(1, 3_600_000) },
    Setting { name: "pace.most_backoff_ms", form: Form::Number(1, 86_400_000) },
    Setting { name: "pace.most_lag_seconds", form: Form::Number(0, DAY) },
    Setting { name: "pace.batches", form: Form::Number(1, 1_024) },
    Setting { name: "pace.stop_seconds", form: Form::Number(0, 3_600) },
    Setting { name: "wallet.floor_lamports", form: Form::Number(0, LARGEST) },
    Setting { name: "wallet.resume_lamports", form: Form::Number(0, LARGEST) },
    Setting { name: "wallet.check_seconds", form: Form::Number(1, 3_600) },
    Setting { name: "wallet.open_keys", form: Form::Switch },
    Setting { name: "alerts.webhooks", form: Form::Urls(HTTP) },
    Setting { name: "alerts.accounts", form: Form::Accounts },
    Setting { name: "alerts.margin_percent", form: Form::Falling(101, 10_000) },
    Setting { name: "alerts.rearm_percent", form: Form::Number(0, 1_000) },
    Setting { name: "alerts.price_seconds", form: Form::Number(1, DAY) },
    Setting { name: "alerts.node_seconds", form: Form::Number(1, DAY) },
    Setting { name: "alerts.websocket_seconds", form: Form::Number(1, DAY) },
    Setting { name: "http.listen", form: Form::Socket },
    Setting { name: "log.format", form: Form::Word(&["json", "text"]) },
    Setting { name: "log.filter", form: Form::Text },
];

impl Setting {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}

impl Form {
    /// What is right, in words that end "… must be".
    pub fn wanted(&self) -> String {
        match self {
            Self::Url(schemes) => format!("a URL in quotes that begins with {}", begins(schemes)),
            Self::Urls(schemes) => format!("a list of URLs in quotes that begin with {}", begins(schemes)),
            Self::Address => "an address in base 58, in quotes".into(),
            Self::Addresses => "a list of addresses in base 58, each in quotes".into(),
            Self::Accounts => format!("a list of margin accounts' addresses, each in quotes, or [\"{ALL}\"]"),
            Self::Files => "a list of files, each in quotes".into(),
            Self::Number(least, most) => format!("a whole number without quotes {}", between(*least, *most)),
            Self::Falling(least, most) => {
                format!("a list of whole numbers {}, each less than the one before", between(*least, *most))
            }
            Self::Switch => "true or false, without quotes".into(),
            Self::Jobs => {
                let names: Vec<&str> = Kind::all().iter().map(|kind| kind.name()).collect();
                format!("a list of kinds of jobs, each in quotes: {}", names.join(", "))
            }
            Self::Word(words) => format!("one of these in quotes: {}", words.join(", ")),
            Self::Socket => "an IP address and a port in quotes, such as \"127.0.0.1:9464\"".into(),
            Self::Text | Self::Secret => "text in quotes".into(),
        }
    }

    /// Whether it is a list.
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::Urls(_) | Self::Addresses | Self::Accounts | Self::Files | Self::Falling(..) | Self::Jobs)
    }

    /// Whether the value is of the type that is wanted, whatever it says.
    pub fn has_type(&self, value: &Value) -> bool {
        match self {
            Self::Number(..) => value.is_integer(),
            Self::Switch => value.is_bool(),
            Self::Falling(..) => value.as_array().is_some_and(|list| list.iter().all(Value::is_integer)),
            _ if self.is_list() => value.as_array().is_some_and(|list| list.iter().all(Value::is_str)),
            _ => value.is_str(),
        }
    }

    /// The piece of a value of the right type that is not what is wanted, as it may be shown, and what is wrong with it.
    pub fn fault(&self, value: &Value) -> Option<(String, Option<String>)> {
        if let Some(list) = value.as_array() {
            return self.fault_in(list);
        }
        if let (Self::Number(least, most), Some(number)) = (self, value.as_integer()) {
            let holds = u64::try_from(number).is_ok_and(|number| (*least..=*most).contains(&number));
            return (!holds).then(|| (number.to_string(), None));
        }
        value.as_str().and_then(|text| self.fault_of(text))
    }

    fn fault_in(&self, list: &[Value]) -> Option<(String, Option<String>)> {
        if let Self::Falling(least, most) = self {
            let number = |value: &Value| value.as_integer().and_then(|number| u64::try_from(number).ok());
            let numbers: Option<Vec<u64>> = list.iter().map(number).collect();
            let holds = numbers.is_some_and(|numbers| {
                numbers.iter().all(|number| (*least..=*most).contains(number))
                    && numbers.windows(2).all(|pair| pair[0] > pair[1])
            });
            return (!holds).then(|| (Value::Array(list.to_vec()).to_string(), None));
        }
        let mut texts = list.iter().filter_map(Value::as_str);
        if *self == Self::Accounts && list.len() == 1 && list[0].as_str() == Some(ALL) {
            return None;
        }
        texts.find_map(|text| self.fault_of(text))
    }

    fn fault_of(&self, text: &str) -> Option<(String, Option<String>)> {
        let shown = || shown_text(text);
        match self {
            Self::Url(schemes) | Self::Urls(schemes) => {
                url_fault(text, schemes).map(|reason| (origin(text), Some(reason)))
            }
            Self::Address | Self::Addresses | Self::Accounts => {
                text.parse::<Pubkey>().is_err().then(|| (shown(), address_fault(text)))
            }
            Self::Files | Self::Secret => text.is_empty().then(|| (shown(), None)),
            Self::Jobs => {
                let is_kind = Kind::value_variants().iter().any(|kind| kind.name() == text);
                let names = Kind::value_variants().iter().map(|kind| kind.name());
                (!is_kind).then(|| (shown(), nearest(text, names).map(|name| format!("did you mean {name}?"))))
            }
            Self::Word(words) => (!words.contains(&text)).then(|| (shown(), None)),
            Self::Socket => {
                let no_host = text.starts_with(':') || text.parse::<u16>().is_ok();
                let reason = no_host.then(|| "it names no IP address".into());
                text.parse::<SocketAddr>().is_err().then(|| (shown(), reason))
            }
            _ => None,
        }
    }

    /// The value that a flag or an environment variable means; lists are divided at commas. None where it is of no such type.
    pub fn value_of(&self, text: &str) -> Option<Value> {
        match self {
            Self::Number(..) => text.trim().parse().ok().map(Value::Integer),
            Self::Switch => text.trim().parse().ok().map(Value::Boolean),
            _ if self.is_list() => {
                let pieces = text.split(',').map(str::trim).filter(|piece| !piece.is_empty());
                let value = |piece: &str| match self {
                    Self::Falling(..) => piece.parse().ok().map(Value::Integer),
                    _ => Some(Value::String(piece.into())),
                };
                pieces.map(value).collect::<Option<_>>().map(Value::Array)
            }
            _ => Some(Value::String(text.into())),
        }
    }

    /// Whether values may hold a secret: of URLs nothing is shown but scheme, host and port.
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Url(_) | Self::Urls(_) | Self::Secret)
    }

    /// A value as it may be shown, where it is of the right type.
    pub fn shown(&self, value: &Value) -> String {
        match value {
            _ if *self == Self::Secret => "(kept back)".into(),
            Value::String(text) if self.is_secret() => origin(text),
            Value::Array(list) if self.is_secret() => {
                let hosts: Vec<String> = list.iter().filter_map(Value::as_str).map(origin).collect();
                format!("[{}]", hosts.join(", "))
            }
            value => value.to_string(),
        }
    }
}

/// What is wrong with a URL.
fn url_fault(text: &str, schemes: &[&str; 2]) -> Option<String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some(format!("it has no scheme such as {}://", schemes[1]));
    };
    if !schemes.contains(&scheme) {
        let is_other = ["http", "https", "ws", "wss"].contains(&scheme);
        let mixed = is_other.then(|| match schemes[0] {
            "ws" => " is of the node's JSON RPC server, and this is to be its WebSocket server",
            _ => " is of a WebSocket server, and this is to be an HTTP server",
        });
        return Some(format!("{scheme}://{}", mixed.unwrap_or(" is no scheme that is spoken here")));
    }
    match reqwest::Url::parse(text) {
        Err(reason) => Some(reason.to_string()),
        Ok(_) if rest.is_empty() || rest.starts_with(['/', ':', '?']) => Some("it names no host".into()),
        Ok(url) => (url.port() == Some(0)).then(|| "port 0 is none to connect to".into()),
    }
}

fn address_fault(text: &str) -> Option<String> {
    if text.starts_with("0x") {
        return Some("that is an address of another kind of chain".into());
    }
    if text.ends_with(".json") || text.contains('/') {
        return Some("that is a file".into());
    }
    if let Some(wrong) = text.chars().find(|letter| !letter.is_ascii_alphanumeric() || "0OIl".contains(*letter)) {
        return Some(format!("base 58 has no {wrong:?}"));
    }
    Some(format!("it is {} letters long, and addresses have 32 to 44 that mean 32 bytes", text.len()))
}

/// The name that is most like this one, where one is like it.
pub(super) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &&str| strsim::jaro_winkler(text, name);
    let best = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(&best) > 0.75).then_some(best)
}

fn begins(schemes: &[&str; 2]) -> String {
    format!("{}:// or {}://", schemes[0], schemes[1])
}

fn between(least: u64, most: u64) -> String {
    match most {
        LARGEST => format!("from {least} to 2^63 − 1"),
        _ => format!("from {least} to {most}"),
    }
}
