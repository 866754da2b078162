//! What questions are made of. Each parameter says itself what would be right.

use std::fmt::Display;
use std::str::FromStr;

use anchor_lang::prelude::Pubkey;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::error::Problem;
use crate::place::Place;
use crate::store::{OrderState, CANDLE_WIDTHS};

/// Rows in an answer where nobody says how many.
const USUAL_LIMIT: i64 = 100;
const LARGEST_LIMIT: i64 = 1_000;

/// Defines the parameters of a question that is answered with rows: its own, and which rows and how they are written. Serde cannot
/// flatten them in from one struct and still refuse what is unknown.
macro_rules! question {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        #[derive(serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(super) struct $name {
            $($(#[$meta])* #[param(inline)] $field: $type,)+
            /// How many rows.
            #[param(inline)]
            limit: Option<$crate::api::parameters::Limit>,
            /// The `next` of the last answer.
            #[param(inline)]
            cursor: Option<$crate::api::parameters::Cursor>,
            /// How numbers are written.
            #[param(inline)]
            numbers: Option<$crate::api::parameters::Numbers>,
            /// How the answer is written.
            #[param(inline)]
            format: Option<$crate::api::parameters::Format>,
        }
    };
}
pub(super) use question;

/// The parameters of a question, of which none is unknown and none wrong.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        asked(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn asked<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(Problem::parameter(name, Some(value), "every parameter at most once"));
        }
    }
    // The first page's cursor is empty. Of anything else nothing is not everything.
    let given: Vec<_> = pairs.iter().filter(|(name, value)| !(name == "cursor" && value.is_empty())).collect();
    if let Some((name, _)) = given.iter().find(|(_, value)| value.is_empty()) {
        return Err(Problem::parameter(name, Some(""), "a value, or the parameter left away"));
    }
    let given = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let parser = serde_urlencoded::Deserializer::new(form_urlencoded::parse(given.as_bytes()));
    serde_path_to_error::deserialize(parser).map_err(|error| {
        let name = error.path().to_string();
        let value = pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        Problem::parameter(&name, value, error.inner().to_string())
    })
}

fn read<'de, D: Deserializer<'de>, T: FromStr>(
    deserializer: D,
    is_right: impl FnOnce(&T) -> bool,
    expected: impl Display,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value = text.parse().ok().filter(is_right);
    value.ok_or_else(|| Error::custom(format!("expected {expected}")))
}

/// How many rows, from 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64)]
pub struct Limit(pub i64);

impl Default for Limit {
    fn default() -> Self {
        Self(USUAL_LIMIT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_right = |limit: &i64| (1..=LARGEST_LIMIT).contains(limit);
        read(deserializer, is_right, format_args!("a whole number from 1 to {LARGEST_LIMIT}")).map(Self)
    }
}

/// Where the last answer ended: its `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Cursor(pub i64);

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |cursor: &i64| *cursor >= 0, "the \"next\" of an earlier answer").map(Self)
    }
}

impl Cursor {
    /// Only what is older.
    pub fn place(cursor: Option<Self>) -> Place {
        Place::from_number(cursor.map_or(i64::MAX, |cursor| cursor.0))
    }
}

/// A moment, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64)]
pub struct Time(pub i64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "whole Unix seconds, such as 1618660800";
        // Ten thousand years: enough, and sums of such numbers fit.
        read(deserializer, |time: &i64| (0..=300_000_000_000).contains(time), EXPECTED).map(Self)
    }
}

/// Width of an interval, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64, example = 3600)]
pub struct Width(pub i64);

impl Default for Width {
    fn default() -> Self {
        Self(3_600)
    }
}

impl<'de> Deserialize<'de> for Width {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let widths = CANDLE_WIDTHS.map(|width| width.to_string()).join(", ");
        read(deserializer, |width| CANDLE_WIDTHS.contains(width), format_args!("seconds, one of {widths}")).map(Self)
    }
}

/// An address in base 58.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Address(pub String);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address: Pubkey = read(deserializer, |_| true, "an address of 32 bytes in base 58")?;
        Ok(Self(address.to_string()))
    }
}

/// A market by its index or symbol.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "SOL-PERP")]
pub struct MarketName(pub String);

/// The market that a path names.
pub struct Named(pub MarketName);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(MarketName(name))),
            Err(_) => {
                Err(Problem::parameter("market", Some(parts.uri.path()), "symbol or index of a market, in UTF-8"))
            }
        }
    }
}

/// The parameters of a question that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident: $expected:literal { $($(#[$choice_meta:meta])* $choice:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
        pub enum $name {
            $($(#[$choice_meta])* #[schema(rename = $text)] $choice,)+
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($text => Ok(Self::$choice),)+
                    _ => Err(()),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read(deserializer, |_: &Self| true, $expected)
            }
        }
    };
}

choice! {
    /// How the answer is written.
    Format: "json or csv" {
        /// As JSON.
        #[default]
        Json = "json",
        /// As CSV with a header.
        Csv = "csv",
    }
}

choice! {
    /// How numbers are written.
    Numbers: "raw or decimal" {
        /// As on chain: atoms, base units, prices in 2^-40 atoms per base unit.
        #[default]
        Raw = "raw",
        /// In quote tokens and whole units of the asset; prices to 8 decimals, exact amounts down to atoms.
        Decimal = "decimal",
    }
}

choice! {
    /// What a leaderboard is ordered by.
    Ranking: "net, realized, funding, fees, penalties, bounties, volume or trades" {
        /// Realized profit and funding, less fees and penalties, and bounties.
        #[default]
        Net = "net",
        /// Realized profit.
        Realized = "realized",
        /// Funding received.
        Funding = "funding",
        /// Fees charged.
        Fees = "fees",
        /// Penalties charged.
        Penalties = "penalties",
        /// Bounties received.
        Bounties = "bounties",
        /// Notional of fills.
        Volume = "volume",
        /// Fills.
        Trades = "trades",
    }
}

choice! {
    /// Which positions.
    Standing: "open, closed or all" {
        /// Both.
        #[default]
        All = "all",
        /// With a size.
        Open = "open",
        /// Without.
        Closed = "closed",
    }
}

/// Which orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    /// Those that rest.
    Open,
    /// Those that do not.
    Over,
    /// Those in this state.
    In(OrderState),
}

/// Orders that are open, over, or in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "open")]
pub struct OrderFilter(pub Orders);

impl<'de> Deserialize<'de> for OrderFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let orders = match &*text {
            "open" => Some(Orders::Open),
            "over" => Some(Orders::Over),
            name => OrderState::from_name(name).map(Orders::In),
        };
        orders
            .map(Self)
            .ok_or_else(|| Error::custom(format!("expected open, over or one of {}", OrderState::NAMES.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Question {
        limit: Option<Limit>,
        width: Option<Width>,
        account: Option<Address>,
        format: Option<Format>,
        from: Option<Time>,
        state: Option<OrderFilter>,
        cursor: Option<Cursor>,
    }

    #[test]
    fn a_question_is_read() {
        let question: Question = asked("limit=7&width=300&format=csv&state=swept&cursor=").unwrap();
        let expected = Question {
            limit: Some(Limit(7)),
            width: Some(Width(300)),
            format: Some(Format::Csv),
            state: Some(OrderFilter(Orders::In(OrderState::Swept))),
            ..Question::default()
        };
        assert_eq!(question, expected);
        assert_eq!(asked::<Question>("").unwrap(), Question::default());
    }

    #[test]
    fn what_is_wrong_names_itself_and_what_would_be_right() {
        for (query, parameter, given, expected) in [
            ("limit=0", "limit", Some("0"), "expected a whole number from 1 to 1000"),
            ("limit=ten", "limit", Some("ten"), "expected a whole number from 1 to 1000"),
            ("width=61", "width", Some("61"), "expected seconds, one of 60, 300, 900, 3600, 14400, 86400"),
            ("account=me", "account", Some("me"), "expected an address of 32 bytes in base 58"),
            ("format=xml", "format", Some("xml"), "expected json or csv"),
            (
                "state=open+",
                "state",
                Some("open "),
                "expected open, over or one of asleep, waiting, armed, filled, disarmed, forfeited, cancelled, group, parent, \
                 swept, lost",
            ),
            ("from=noon", "from", Some("noon"), "expected whole Unix seconds, such as 1618660800"),
            ("account=", "account", Some(""), "a value, or the parameter left away"),
            ("cursor=-1", "cursor", Some("-1"), "expected the \"next\" of an earlier answer"),
            ("limit=1&limit=2", "limit", Some("2"), "every parameter at most once"),
            (
                "limt=5",
                "limt",
                Some("5"),
                "unknown field `limt`, expected one of `limit`, `width`, `account`, `format`, `from`, `state`, `cursor`",
            ),
        ] {
            let problem = asked::<Question>(query).unwrap_err();
            let found = (problem.parameter.as_deref(), problem.given.as_deref(), &*problem.expected);
            assert_eq!(found, (Some(parameter), given, expected), "{query}");
        }
    }
}
