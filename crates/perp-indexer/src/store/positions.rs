//! Positions of a margin account: from the order that opens one until its size is zero again.

use std::collections::BTreeMap;

use anchor_lang::{AnchorDeserialize, AnchorSerialize};
use sqlx::{AnyConnection, Row};

use super::rows::{row, Rows, Value};
use super::streams::StreamState;
use super::{exact, StoreError};
use crate::place::Place;

/// What an event did to a position.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    /// Its size before and after, where that may have changed.
    pub(super) sizes: Option<(i64, i64)>,
    /// Profit realized, in atoms.
    pub(super) realized: i64,
    /// Funding received, in atoms.
    pub(super) funding: i64,
    /// The fee, in atoms.
    pub(super) fee: u64,
    /// The penalty, in atoms.
    pub(super) penalty: u64,
    /// Notional at the index, in 2^-40 atoms.
    pub(super) volume: i128,
    /// Orders filled.
    pub(super) trades: i64,
}

#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug)]
struct Position {
    opened: i64,
    opened_at: i64,
    closed_at: Option<i64>,
    size: i64,
    largest: i64,
    realized: i64,
    funding: i64,
    fees: u64,
    penalties: u64,
    volume: i128,
    trades: i64,
    #[borsh(skip)]
    changed: bool,
}

impl Position {
    fn new(place: Place, time: i64, size: i64) -> Self {
        Self {
            opened: place.number(),
            opened_at: time,
            closed_at: None,
            size,
            largest: size.saturating_abs(),
            realized: 0,
            funding: 0,
            fees: 0,
            penalties: 0,
            volume: 0,
            trades: 0,
            changed: true,
        }
    }

    fn row(&self, market: u16, stream: &StreamState, owner: &str) -> Vec<Value> {
        row![
            self.opened,
            stream.address.as_str(),
            market,
            stream.id,
            owner,
            self.opened_at,
            self.closed_at,
            self.size,
            self.largest,
            self.realized,
            self.funding,
            self.fees,
            self.penalties,
            self.volume,
            self.trades
        ]
    }
}

/// The latest position in each market, and those before it that are not written yet.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug, Default)]
pub(super) struct Positions {
    latest: BTreeMap<u16, Position>,
    #[borsh(skip)]
    past: Vec<(u16, Position)>,
}

pub(super) fn position_rows() -> Rows {
    Rows::replacing(
        "positions",
        &["account", "market", "opened"],
        &[
            "opened",
            "account",
            "market",
            "stream",
            "owner",
            "opened_at",
            "closed_at",
            "size",
            "largest",
            "realized",
            "funding",
            "fees",
            "penalties",
            "volume",
            "trades",
        ],
    )
}

impl Positions {
    /// Takes in what an event did in a market. A position that the event opens counts it; what is settled after a position
    /// was closed still counts for it.
    pub(super) fn post(&mut self, place: Place, time: i64, market: u16, outcome: &Outcome) {
        let latest = self.latest.get(&market);
        let begins = match outcome.sizes {
            Some((before, _)) => latest.is_none_or(|position| before == 0 && position.size == 0),
            None => false,
        };
        if begins {
            let position = Position::new(place, time, outcome.sizes.map_or(0, |(before, _)| before));
            if let Some(past) = self.latest.insert(market, position) {
                self.past.push((market, past));
            }
        }
        // A settlement in a market whose position nobody has seen open belongs to none.
        let Some(position) = self.latest.get_mut(&market) else { return };
        if let Some((_, after)) = outcome.sizes {
            position.size = after;
            position.largest = position.largest.max(after.saturating_abs());
            position.closed_at = (after == 0).then_some(time);
        }
        position.realized = position.realized.wrapping_add(outcome.realized);
        position.funding = position.funding.wrapping_add(outcome.funding);
        position.fees = position.fees.wrapping_add(outcome.fee);
        position.penalties = position.penalties.wrapping_add(outcome.penalty);
        position.volume = position.volume.wrapping_add(outcome.volume);
        position.trades = position.trades.wrapping_add(outcome.trades);
        position.changed = true;
    }

    /// All of them have to be written again.
    pub(super) fn change(&mut self) {
        self.latest.values_mut().for_each(|position| position.changed = true);
    }

    /// Adds the rows of those that others have followed.
    pub(super) fn push_closed(&mut self, rows: &mut Rows, stream: &StreamState, owner: &str) {
        for (market, position) in self.past.drain(..) {
            if position.changed {
                rows.push(position.row(market, stream, owner));
            }
        }
    }

    /// Adds the rows of all that changed.
    pub(super) fn push_changed(&mut self, rows: &mut Rows, stream: &StreamState, owner: &str) {
        self.push_closed(rows, stream, owner);
        for (market, position) in &mut self.latest {
            if std::mem::take(&mut position.changed) {
                rows.push(position.row(*market, stream, owner));
            }
        }
    }

    /// The latest position in each market of an account's life.
    pub(super) async fn load(connection: &mut AnyConnection, account: &str, stream: i64) -> Result<Self, StoreError> {
        // From market to market, since an account can have had any number of positions in one.
        const SELECT: &str = "WITH RECURSIVE traded (market) AS (\
                 SELECT MIN(market) FROM positions WHERE account = $1 \
                 UNION ALL SELECT (SELECT MIN(p.market) FROM positions p WHERE p.account = $1 AND p.market > traded.market) \
                 FROM traded WHERE traded.market IS NOT NULL) \
             SELECT p.market, p.opened, p.opened_at, p.closed_at, p.size, p.largest, p.realized, p.funding, p.fees, \
             p.penalties, p.volume, p.trades FROM traded JOIN positions p ON p.account = $1 AND p.market = traded.market \
             AND p.opened = (SELECT MAX(l.opened) FROM positions l WHERE l.account = $1 AND l.market = traded.market) \
             WHERE p.stream = $2";
        let mut positions = Self::default();
        for row in sqlx::query(SELECT).bind(account).bind(stream).fetch_all(connection).await? {
            let market: i64 = row.try_get(0)?;
            let market = u16::try_from(market)
                .map_err(|_| StoreError::Foreign { what: "the market", found: market.to_string() })?;
            let position = Position {
                opened: row.try_get(1)?,
                opened_at: row.try_get(2)?,
                closed_at: row.try_get(3)?,
                size: row.try_get(4)?,
                largest: row.try_get(5)?,
                realized: row.try_get(6)?,
                funding: row.try_get(7)?,
                fees: row.try_get::<i64, _>(8)?.cast_unsigned(),
                penalties: row.try_get::<i64, _>(9)?.cast_unsigned(),
                volume: exact(row.try_get(10)?)?,
                trades: row.try_get(11)?,
                changed: false,
            };
            positions.latest.insert(market, position);
        }
        Ok(positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(before: i64, after: i64, realized: i64) -> Outcome {
        Outcome { sizes: Some((before, after)), realized, trades: 1, ..Outcome::default() }
    }

    #[test]
    fn a_position_ends_at_zero_and_what_is_settled_afterwards_still_counts() {
        let mut positions = Positions::default();
        let place = |number| Place::from_number(number);
        positions.post(place(1), 100, 3, &sizes(0, 5, 0));
        positions.post(place(2), 200, 3, &sizes(5, -2, 7));
        positions.post(place(3), 300, 3, &sizes(-2, 0, -1));
        positions.post(place(4), 400, 3, &Outcome { funding: -2, ..Outcome::default() });
        positions.post(place(5), 500, 3, &sizes(0, -9, 0));
        let (market, first) = &positions.past[0];
        // Five long, turned over to two short, closed: 7 − 1 realized in three orders.
        assert_eq!((*market, first.realized, first.funding, first.trades), (3, 6, -2, 3));
        assert_eq!((first.largest, first.size, first.closed_at), (5, 0, Some(300)));
        let second = &positions.latest[&3];
        assert_eq!((second.opened, second.opened_at, second.size, second.closed_at), (5, 500, -9, None));
    }

    #[test]
    fn a_settlement_without_a_position_counts_for_none() {
        let mut positions = Positions::default();
        positions.post(Place::from_number(1), 100, 3, &Outcome { funding: 1, ..Outcome::default() });
        assert!(positions.latest.is_empty());
    }
}
