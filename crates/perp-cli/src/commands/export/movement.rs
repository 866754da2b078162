//! What moved an account's positions and cash: from the chain's transactions, or from an indexer.

use std::collections::BTreeMap;
use std::time::Duration;

use perp_client::events::Event;
use perp_client::operator::origin;
use perp_engine::units::QuoteX40;
use serde_json::Value;
use solana_pubkey::Pubkey;

use crate::chain::Chain;
use crate::failure::Failure;

/// Rows that an indexer hands out at once.
const AT_ONCE: usize = 1_000;
const TIMEOUT: Duration = Duration::from_secs(30);

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fill, or a close by a liquidation.
    Trade,
    /// Cash alone.
    Settlement,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When, in Unix seconds.
    pub time: i64,
    /// What it was.
    pub kind: Kind,
    /// The market.
    pub market: u16,
    /// What was traded, positive for a buy.
    pub size: i64,
    /// For how much.
    pub notional: QuoteX40,
    /// What the chain realized, in atoms.
    pub realized: i64,
    /// The fee.
    pub fee: u64,
    /// The penalty.
    pub penalty: u64,
    /// Funding received.
    pub funding: i64,
}

const NOTHING: Movement = Movement {
    time: 0,
    kind: Kind::Settlement,
    market: 0,
    size: 0,
    notional: QuoteX40::ZERO,
    realized: 0,
    fee: 0,
    penalty: 0,
    funding: 0,
};

/// What a liquidation sold or bought.
fn closed(size_before: i64, closed: u64) -> i64 {
    let size = i64::try_from(closed).unwrap_or(i64::MAX);
    if size_before > 0 {
        -size
    } else {
        size
    }
}

/// From the events of the account's transactions, the oldest first.
///
/// # Errors
/// [`Failure`] where the node keeps no history.
pub fn from_chain(chain: &Chain, account: &Pubkey, most: usize) -> Result<Vec<Movement>, Failure> {
    let told = chain.venue.connection.history(account, most)?;
    let mut found = BTreeMap::new();
    for event in told.iter().flat_map(|told| &told.events) {
        if let Some((number, movement)) = of_event(event, account) {
            found.insert(number, movement);
        }
        if matches!(event, Event::AccountOpened(opened) if opened.account == *account) {
            // The counters began anew.
            found.clear();
        }
    }
    Ok(found.into_values().collect())
}

/// What an event moved for the account, with its number among the account's.
fn of_event(event: &Event, account: &Pubkey) -> Option<(u64, Movement)> {
    match event {
        Event::Traded(it) if it.account == *account => Some((
            it.account_sequence,
            Movement {
                time: it.time,
                kind: Kind::Trade,
                market: it.market_index,
                size: it.size,
                notional: QuoteX40::new(it.notional),
                realized: it.realized,
                fee: it.fee,
                funding: it.funding,
                ..NOTHING
            },
        )),
        Event::OrderExecuted(it) if it.account == *account => {
            let bare = Movement { time: it.time, market: it.market_index, fee: it.forfeited, ..NOTHING };
            let movement = it.fill.as_ref().map_or(bare, |fill| Movement {
                kind: Kind::Trade,
                size: fill.size,
                notional: QuoteX40::new(fill.notional),
                realized: fill.realized,
                fee: fill.fee.saturating_add(it.forfeited),
                funding: fill.funding,
                ..bare
            });
            Some((it.account_sequence, movement))
        }
        Event::Liquidated(it) if it.account == *account => Some((
            it.account_sequence,
            Movement {
                time: it.time,
                kind: if it.closed > 0 { Kind::Trade } else { Kind::Settlement },
                market: it.market_index,
                size: closed(it.size_before, it.closed),
                notional: QuoteX40::new(it.notional),
                realized: it.realized,
                penalty: it.penalty,
                funding: it.funding,
                ..NOTHING
            },
        )),
        Event::ProfitSettled(it) if it.account == *account => Some((
            it.account_sequence,
            Movement { time: it.time, market: it.market_index, realized: it.profit, funding: it.funding, ..NOTHING },
        )),
        Event::FundingSettled(it) if it.account == *account => Some((
            it.account_sequence,
            Movement { time: it.time, market: it.market_index, funding: it.funding, ..NOTHING },
        )),
        _ => None,
    }
}

/// From an indexer: its fills and liquidations. What was settled without a trade it sums up by position, which is what is compared with
/// the chain's counters.
///
/// # Errors
/// [`Failure::Unreachable`] where it does not answer as expected.
pub fn from_indexer(chain: &Chain, url: &str, account: &Pubkey) -> Result<Vec<Movement>, Failure> {
    let client = reqwest::blocking::Client::builder()
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| Failure::Unreachable(format!("no HTTP client: {error}")))?;
    let asked = Asked { client, url: url.trim_end_matches('/'), account };
    let market = |row: &Value| -> Result<u16, Failure> {
        let symbol = row["market"].as_str().unwrap_or_default();
        Ok(chain.market(symbol)?.state.index)
    };
    let mut found = Vec::new();
    for row in asked.all("/v1/fills")? {
        found.push(Movement {
            time: asked.number(&row, "time")?,
            kind: Kind::Trade,
            market: market(&row)?,
            size: asked.number(&row, "size")?,
            notional: QuoteX40::new(asked.number(&row, "notional")?),
            realized: asked.number(&row, "realized")?,
            fee: asked.number(&row, "fee")?,
            funding: asked.number(&row, "funding")?,
            ..NOTHING
        });
    }
    for row in asked.all("/v1/liquidations")? {
        let size: u64 = asked.number(&row, "closed")?;
        found.push(Movement {
            time: asked.number(&row, "time")?,
            kind: if size > 0 { Kind::Trade } else { Kind::Settlement },
            market: market(&row)?,
            size: closed(asked.number(&row, "size_before")?, size),
            notional: QuoteX40::new(asked.number(&row, "notional")?),
            realized: asked.number(&row, "realized")?,
            penalty: asked.number(&row, "penalty")?,
            funding: asked.number(&row, "funding")?,
            ..NOTHING
        });
    }
    found.sort_by_key(|movement| movement.time);
    // What positions have besides their trades was settled.
    let sums = |of: fn(&Movement) -> i128| found.iter().map(of).sum::<i128>();
    let (mut realized, mut funding, mut fees, mut penalties) = (0i128, 0i128, 0i128, 0i128);
    for row in asked.all("/v1/positions")? {
        realized += asked.number::<i128>(&row, "realized")?;
        funding += asked.number::<i128>(&row, "funding")?;
        fees += asked.number::<i128>(&row, "fees")?;
        penalties += asked.number::<i128>(&row, "penalties")?;
    }
    let rest = |all: i128, trades: i128| i64::try_from(all - trades).unwrap_or(i64::MAX);
    let settled = Movement {
        time: found.last().map_or(0, |last| last.time),
        realized: rest(realized, sums(|it| it.realized.into())),
        funding: rest(funding, sums(|it| it.funding.into())),
        fee: u64::try_from(fees - sums(|it| it.fee.into())).unwrap_or(0),
        penalty: u64::try_from(penalties - sums(|it| it.penalty.into())).unwrap_or(0),
        ..NOTHING
    };
    found.push(settled);
    Ok(found)
}

/// An indexer, and the account that it is asked about.
struct Asked<'a> {
    client: reqwest::blocking::Client,
    url: &'a str,
    account: &'a Pubkey,
}

impl Asked<'_> {
    /// Every row of a list, the oldest first.
    fn all(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![("account", self.account.to_string()), ("limit", AT_ONCE.to_string())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let failed = |error: reqwest::Error| {
                Failure::Unreachable(format!(
                    "the indexer at {} does not answer {path} ({}): check indexer_url, or leave it out and read the chain",
                    origin(self.url),
                    error.without_url()
                ))
            };
            let answer = self.client.get(format!("{}{path}", self.url)).query(&query).send();
            let answer: Value =
                answer.and_then(|answer| answer.error_for_status()).and_then(|answer| answer.json()).map_err(failed)?;
            rows.extend(answer["data"].as_array().cloned().unwrap_or_default());
            match answer["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        rows.reverse();
        Ok(rows)
    }

    /// A number of a row, which is text or a number.
    fn number<T: std::str::FromStr>(&self, row: &Value, name: &str) -> Result<T, Failure> {
        let text = match &row[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        text.parse().map_err(|_| {
            Failure::Unreachable(format!(
                "the indexer at {} has {name} \"{text}\", which is no number",
                origin(self.url)
            ))
        })
    }
}
