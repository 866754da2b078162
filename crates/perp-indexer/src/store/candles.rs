//! Candles of the prices a market has used, what was traded meanwhile, and its funding and open interest at their ends.

use std::collections::{BTreeMap, BTreeSet};

use perp_client::events::Event;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::rows::{row, Rows};
use super::{exact, Store, StoreError};
use crate::facts::{index_notional, moment, Fill};

/// Widths that can be asked for, in seconds.
pub const CANDLE_WIDTHS: [i64; 6] = [60, 300, 900, 3_600, 14_400, 86_400];
/// Widths that are stored, in seconds: every other is made of one of these.
pub const STORED_WIDTHS: [i64; 2] = [60, 3_600];

/// Prices of an interval, in 2^-40 atoms per base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it begins, in Unix seconds.
    pub start: i64,
    /// The first price.
    pub open: u64,
    /// The highest.
    pub high: u64,
    /// The lowest.
    pub low: u64,
    /// The last.
    pub close: u64,
    /// Σ notional of fills at the index, in 2^-40 atoms.
    pub volume: i128,
    /// Fills.
    pub trades: i64,
    /// The market at the end of the interval.
    pub end: Moment,
}

/// A market's funding and open interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Funding rate per second, in 2^-60; positive where longs pay.
    pub funding_rate: i64,
    /// What a long has owed per base unit so far, in 2^-40 atoms.
    pub long_funding_index: i64,
    /// What a short has owed per base unit so far, in 2^-40 atoms.
    pub short_funding_index: i64,
    /// Σ size of all longs, in base units.
    pub long_open_interest: u64,
    /// Σ size of all shorts, in base units.
    pub short_open_interest: u64,
}

impl Moment {
    /// From five columns of a row.
    fn from_row(row: &AnyRow, column: usize) -> Result<Self, sqlx::Error> {
        Ok(Self {
            funding_rate: row.try_get(column)?,
            long_funding_index: row.try_get(column + 1)?,
            short_funding_index: row.try_get(column + 2)?,
            long_open_interest: row.try_get::<i64, _>(column + 3)?.cast_unsigned(),
            short_open_interest: row.try_get::<i64, _>(column + 4)?.cast_unsigned(),
        })
    }
}

impl Candle {
    /// This and what follows it, as one.
    fn then(self, next: Self) -> Self {
        Self {
            start: self.start,
            open: self.open,
            high: self.high.max(next.high),
            low: self.low.min(next.low),
            close: next.close,
            volume: self.volume.wrapping_add(next.volume),
            trades: self.trades + next.trades,
            end: next.end,
        }
    }

    fn from_row(row: &AnyRow) -> Result<Self, StoreError> {
        let price = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        Ok(Self {
            start: row.try_get(0)?,
            open: price(1)?,
            high: price(2)?,
            low: price(3)?,
            close: price(4)?,
            volume: exact(row.try_get(5)?)?,
            trades: row.try_get(6)?,
            end: Moment::from_row(row, 7)?,
        })
    }
}

/// Candles that change.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What comes after everything that is known, by market, width and beginning.
    later: BTreeMap<(u16, i64, i64), Candle>,
    /// Minutes of markets whose candles are to be made again.
    stale: BTreeSet<(u16, i64)>,
}

impl Changes {
    /// Takes in an event that is later than all that is known.
    pub(super) fn extend(&mut self, event: &Event) {
        let Some((market, moment)) = moment(event).filter(|(_, moment)| moment.index_price > 0) else { return };
        let (volume, trades) = Fill::of(event).map_or((0, 0), |fill| (fill.index_notional(), 1));
        let price = moment.index_price;
        let end = Moment {
            funding_rate: moment.funding_rate,
            long_funding_index: moment.long_funding_index,
            short_funding_index: moment.short_funding_index,
            long_open_interest: moment.long_open_interest,
            short_open_interest: moment.short_open_interest,
        };
        for width in STORED_WIDTHS {
            let start = begin(event.time(), width);
            let next = Candle { start, open: price, high: price, low: price, close: price, volume, trades, end };
            let candle = self.later.entry((market, width, start));
            candle.and_modify(|candle| *candle = candle.then(next)).or_insert(next);
        }
    }

    /// Notes the minute of an event that comes late, or goes.
    pub(super) fn note(&mut self, event: &Event) {
        if let Some((market, moment)) = moment(event) {
            if moment.index_price > 0 {
                self.stale.insert((market, begin(event.time(), STORED_WIDTHS[0])));
            }
        }
    }

    /// Writes the candles, once all that happened is written.
    pub(super) async fn write(self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let [minute, hour] = STORED_WIDTHS;
        let mut rows = candle_rows();
        for ((market, width, start), later) in self.later {
            let known = stored(connection, market, width, start, start + 1).await?.pop();
            let candle = known.map_or(later, |known| known.then(later));
            replace(connection, &mut rows, market, width, start, Some(candle)).await?;
        }
        rows.write(connection).await?;
        for (market, start) in &self.stale {
            let candle = from_events(connection, *market, *start).await?;
            replace(connection, &mut rows, *market, minute, *start, candle).await?;
        }
        rows.write(connection).await?;
        let hours: BTreeSet<_> = self.stale.iter().map(|(market, start)| (*market, begin(*start, hour))).collect();
        for (market, start) in hours {
            let minutes = stored(connection, market, minute, start, start + hour).await?;
            replace(connection, &mut rows, market, hour, start, minutes.into_iter().reduce(Candle::then)).await?;
        }
        rows.write(connection).await
    }
}

fn candle_rows() -> Rows {
    Rows::replacing(
        "candles",
        &["market", "width", "start"],
        &[
            "market",
            "width",
            "start",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "trades",
            "funding_rate",
            "long_funding_index",
            "short_funding_index",
            "long_open_interest",
            "short_open_interest",
        ],
    )
}

/// When the interval of that width begins in which `time` is.
fn begin(time: i64, width: i64) -> i64 {
    time.div_euclid(width) * width
}

async fn replace(
    connection: &mut AnyConnection,
    rows: &mut Rows,
    market: u16,
    width: i64,
    start: i64,
    candle: Option<Candle>,
) -> Result<(), StoreError> {
    match candle {
        Some(candle) => rows.push(row![
            market,
            width,
            start,
            candle.open,
            candle.high,
            candle.low,
            candle.close,
            candle.volume,
            candle.trades,
            candle.end.funding_rate,
            candle.end.long_funding_index,
            candle.end.short_funding_index,
            candle.end.long_open_interest,
            candle.end.short_open_interest
        ]),
        // All that happened in it was rolled back.
        None => {
            sqlx::query("DELETE FROM candles WHERE market = $1 AND width = $2 AND start = $3")
                .bind(i64::from(market))
                .bind(width)
                .bind(start)
                .execute(connection)
                .await?;
        }
    }
    Ok(())
}

/// A minute's candle from what happened in it.
async fn from_events(connection: &mut AnyConnection, market: u16, start: i64) -> Result<Option<Candle>, StoreError> {
    let end = start + STORED_WIDTHS[0];
    let places = sqlx::query("SELECT MIN(place), MAX(place) FROM events WHERE time >= $1 AND time < $2")
        .bind(start)
        .bind(end)
        .fetch_one(&mut *connection)
        .await?;
    let (Some(first), Some(last)) = (places.try_get::<Option<i64>, _>(0)?, places.try_get::<Option<i64>, _>(1)?) else {
        return Ok(None);
    };
    const PRICES: &str = "SELECT price, funding_rate, long_funding_index, short_funding_index, \
                          long_open_interest, short_open_interest FROM moments \
                          WHERE market = $1 AND place >= $2 AND place <= $3 AND time >= $4 AND time < $5 AND price > 0 ORDER BY place";
    let prices = sqlx::query(PRICES)
        .bind(i64::from(market))
        .bind(first)
        .bind(last)
        .bind(start)
        .bind(end)
        .fetch_all(&mut *connection)
        .await?;
    let mut candle: Option<Candle> = None;
    for row in &prices {
        let price = row.try_get::<i64, _>(0)?.cast_unsigned();
        let end = Moment::from_row(row, 1)?;
        let next = Candle { start, open: price, high: price, low: price, close: price, volume: 0, trades: 0, end };
        candle = Some(candle.map_or(next, |candle| candle.then(next)));
    }
    let Some(mut candle) = candle else { return Ok(None) };
    const FILLS: &str = "SELECT size, notional, spread, impact FROM fills WHERE market = $1 AND place >= $2 \
                         AND place <= $3 AND time >= $4 AND time < $5";
    let fills = sqlx::query(FILLS)
        .bind(i64::from(market))
        .bind(first)
        .bind(last)
        .bind(start)
        .bind(end)
        .fetch_all(connection)
        .await?;
    for row in &fills {
        let charge = exact(row.try_get(2)?)?.wrapping_add(exact(row.try_get(3)?)?);
        let volume = index_notional(row.try_get(0)?, exact(row.try_get(1)?)?, charge);
        candle.volume = candle.volume.wrapping_add(volume);
        candle.trades += 1;
    }
    Ok(Some(candle))
}

async fn stored(
    connection: &mut AnyConnection,
    market: u16,
    width: i64,
    from: i64,
    to: i64,
) -> Result<Vec<Candle>, StoreError> {
    const SELECT: &str = "SELECT start, open, high, low, close, volume, trades, funding_rate, \
                          long_funding_index, short_funding_index, long_open_interest, short_open_interest FROM candles \
                          WHERE market = $1 AND width = $2 AND start >= $3 AND start < $4 ORDER BY start";
    let rows =
        sqlx::query(SELECT).bind(i64::from(market)).bind(width).bind(from).bind(to).fetch_all(connection).await?;
    rows.iter().map(Candle::from_row).collect()
}

impl Store {
    /// Candles of a market that begin from `from` on and before `to`, the oldest first. Intervals in which nothing happened
    /// have none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn candles(&self, market: u16, width: i64, from: i64, to: i64) -> Result<Vec<Candle>, StoreError> {
        let source = if width % STORED_WIDTHS[1] == 0 { STORED_WIDTHS[1] } else { STORED_WIDTHS[0] };
        let mut connection = self.pool().acquire().await?;
        let parts = stored(&mut connection, market, source, begin(from, width), to).await?;
        let mut candles: Vec<Candle> = Vec::new();
        for part in parts {
            let part = Candle { start: begin(part.start, width), ..part };
            match candles.last_mut().filter(|last| last.start == part.start) {
                Some(last) => *last = last.then(part),
                None => candles.push(part),
            }
        }
        candles.retain(|candle| candle.start >= from);
        Ok(candles)
    }

    /// When the oldest and the newest interval of that width begin in which anything happened; none where nothing did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn candle_range(&self, market: u16, width: i64) -> Result<Option<(i64, i64)>, StoreError> {
        let source = if width % STORED_WIDTHS[1] == 0 { STORED_WIDTHS[1] } else { STORED_WIDTHS[0] };
        // Each by itself is found without looking at what lies between.
        const SELECT: &str = "SELECT (SELECT MIN(start) FROM candles WHERE market = $1 AND width = $2), \
                              (SELECT MAX(start) FROM candles WHERE market = $1 AND width = $2)";
        let row = sqlx::query(SELECT).bind(i64::from(market)).bind(source).fetch_one(self.pool()).await?;
        let range = row.try_get::<Option<i64>, _>(0)?.zip(row.try_get::<Option<i64>, _>(1)?);
        Ok(range.map(|(oldest, newest)| (begin(oldest, width), begin(newest, width))))
    }
}
