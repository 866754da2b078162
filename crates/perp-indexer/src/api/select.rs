//! Questions to the database, put together from what is asked for.

use std::collections::BTreeMap;
use std::fmt::Write;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Arguments, AssertSqlSafe, Row};

use super::error::Problem;
use super::numbers::Writing;
use super::parameters::{MarketName, Numbers, Time};
use super::App;
use crate::place::Place;
use crate::store::MarketRow;

/// Rows of a table with the signature of their transaction, under conditions that are added one by one.
pub(super) struct Select {
    text: String,
    arguments: AnyArguments,
    count: usize,
}

impl Select {
    /// Columns of a table that is called `r`, each row with its place; the signature comes after the columns.
    pub(super) fn from(columns: &str, table: &str) -> Self {
        let text = format!(
            "SELECT {columns}, t.signature FROM {table} r LEFT JOIN transactions t ON t.place = r.place - r.place % 1024 \
             WHERE 1 = 1"
        );
        Self { text, arguments: AnyArguments::default(), count: 0 }
    }

    /// Anything else; its conditions are added.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), arguments: AnyArguments::default(), count: 0 }
    }

    /// Only rows for which the condition is true of the number that takes the place of its `?`.
    pub(super) fn number(mut self, condition: &str, number: Option<i64>) -> Result<Self, Problem> {
        if let Some(number) = number {
            self.arguments.add(number).map_err(sqlx::Error::Encode)?;
            self.condition(condition);
        }
        Ok(self)
    }

    /// Only rows for which the condition is true of the text that takes the place of its `?`.
    pub(super) fn text(mut self, condition: &str, text: Option<String>) -> Result<Self, Problem> {
        if let Some(text) = text {
            self.arguments.add(text).map_err(sqlx::Error::Encode)?;
            self.condition(condition);
        }
        Ok(self)
    }

    /// Only rows for which the condition is true, where that is asked for.
    pub(super) fn only(mut self, condition: &str, is_asked: bool) -> Self {
        if is_asked {
            self.text.push_str(" AND ");
            self.text.push_str(condition);
        }
        self
    }

    fn condition(&mut self, condition: &str) {
        self.count += 1;
        self.text.push_str(" AND ");
        self.text.push_str(&condition.replace('?', &format!("${}", self.count)));
    }

    /// Only rows that happened from one moment on and before another.
    pub(super) async fn between(self, app: &App, from: Option<Time>, to: Option<Time>) -> Result<Self, Problem> {
        in_order(from, to)?;
        let (from, to) = (first_place(app, from).await?, first_place(app, to).await?);
        self.number("r.place >= ?", from)?.number("r.place < ?", to)
    }

    /// The rows in that order, one more than `limit`.
    pub(super) async fn rows(mut self, app: &App, order: &str, limit: i64) -> Result<Vec<AnyRow>, Problem> {
        self.arguments.add(limit + 1).map_err(sqlx::Error::Encode)?;
        let _ = write!(self.text, " ORDER BY {order} LIMIT ${}", self.count + 1);
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        Ok(query.fetch_all(app.store.pool()).await?)
    }
}

/// Refuses a time that ends before it begins.
pub(super) fn in_order(from: Option<Time>, to: Option<Time>) -> Result<(), Problem> {
    match (from, to) {
        (Some(Time(from)), Some(Time(to))) if from > to => {
            Err(Problem::parameter("to", Some(&to.to_string()), format!("a moment not before \"from\", {from}")))
        }
        _ => Ok(()),
    }
}

/// The place of the first event at or after a moment; beyond all where there is none.
async fn first_place(app: &App, time: Option<Time>) -> Result<Option<i64>, Problem> {
    let Some(Time(time)) = time else { return Ok(None) };
    let row = sqlx::query("SELECT place FROM events WHERE time >= $1 ORDER BY time, place LIMIT 1")
        .bind(time)
        .fetch_optional(app.store.pool())
        .await?;
    Ok(Some(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(i64::MAX)))
}

/// What a row says besides its numbers: when and where it happened.
pub(super) struct Stamp {
    pub(super) slot: u64,
    pub(super) signature: String,
    pub(super) is_final: bool,
}

/// What is needed to write rows.
pub(super) struct Context {
    pub(super) markets: BTreeMap<u16, MarketRow>,
    pub(super) quote_decimals: u8,
    final_slot: u64,
    numbers: Numbers,
}

impl Context {
    pub(super) async fn load(app: &App, numbers: Option<Numbers>) -> Result<Self, Problem> {
        let scope = app.store.scope().await?;
        let anchor = app.store.anchor().await?;
        Ok(Self {
            markets: app.store.markets().await?,
            quote_decimals: scope.map_or(0, |scope| scope.quote_decimals),
            final_slot: anchor.map_or(0, |anchor| anchor.slot),
            numbers: numbers.unwrap_or_default(),
        })
    }

    /// The market that is asked for by its index or symbol.
    pub(super) fn market(&self, name: &MarketName) -> Result<&MarketRow, Problem> {
        let MarketName(name) = name;
        let by_index = name.parse::<u16>().ok().and_then(|index| self.markets.get(&index));
        let found = by_index.or_else(|| self.markets.values().find(|market| market.symbol == *name));
        found.ok_or_else(|| {
            let known: Vec<_> = self.markets.values().map(|row| format!("{} ({})", row.symbol, row.market)).collect();
            let known = if known.is_empty() { "a market; none is listed yet".into() } else { known.join(", ") };
            Problem::missing("market", name, format!("symbol or index of one of: {known}"))
        })
    }

    /// The index of the market that is asked for, if any is.
    pub(super) fn market_index(&self, name: Option<&MarketName>) -> Result<Option<i64>, Problem> {
        name.map(|name| self.market(name).map(|market| i64::from(market.market))).transpose()
    }

    /// How numbers of a market are written.
    pub(super) fn writing(&self, market: i64) -> Writing {
        let market = u16::try_from(market).ok().and_then(|market| self.markets.get(&market));
        Writing::of_market(self.numbers, market, self.quote_decimals)
    }

    /// How amounts are written.
    pub(super) fn amounts(&self) -> Writing {
        Writing::of_quote(self.numbers, self.quote_decimals)
    }

    /// The symbol of a market; its index where it is not known.
    pub(super) fn symbol(&self, market: i64) -> String {
        let row = u16::try_from(market).ok().and_then(|market| self.markets.get(&market));
        row.map_or_else(|| market.to_string(), |row| row.symbol.clone())
    }

    /// Where a row happened.
    pub(super) fn stamp(&self, place: i64, signature: Option<String>) -> Stamp {
        let slot = Place::from_number(place).slot();
        Stamp { slot, signature: signature.unwrap_or_default(), is_final: self.is_final(slot) }
    }

    /// Whether a slot can no longer be abandoned.
    pub(super) fn is_final(&self, slot: u64) -> bool {
        slot <= self.final_slot
    }
}
