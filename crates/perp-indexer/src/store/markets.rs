//! What markets have counted, as they count it themselves.

use std::collections::BTreeMap;

use perp_client::events::Event;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection, Row};

use super::rows::{row, Rows};
use super::{exact, Store, StoreError};
use crate::facts::Fill;

/// Those of a market's own counters that its events tell exactly. They wrap around as the market's do. Not among them are
/// fees, of which events tell what was charged, and the market counts what was paid in cash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketTotals {
    /// Σ notional of fills at the index, in 2^-40 atoms.
    pub volume: i128,
    /// Σ notional closed by liquidations, in 2^-40 atoms.
    pub liquidated: i128,
    /// Σ what the spread added to traders' costs, in 2^-40 atoms.
    pub spread: i128,
    /// Σ what the impact added to traders' costs, in 2^-40 atoms.
    pub impact: i128,
    /// Σ traders' realized profit, in atoms.
    pub traders_result: i64,
    /// Σ penalties that stayed in the backing, in atoms.
    pub penalties: u64,
    /// Σ penalties that went to the insurance, in atoms.
    pub penalties_to_insurance: u64,
    /// Σ bounties, in atoms.
    pub bounties: u64,
    /// Fills.
    pub trades: u64,
    /// Liquidations.
    pub liquidations: u64,
}

impl MarketTotals {
    /// What one event adds, with the market's index; none for an event that adds nothing to any market.
    pub(super) fn of(event: &Event) -> Option<(u16, Self)> {
        if let Some(fill) = Fill::of(event) {
            let totals = Self {
                volume: fill.index_notional(),
                spread: fill.spread,
                impact: fill.impact,
                traders_result: fill.realized,
                trades: 1,
                ..Self::default()
            };
            return Some((fill.market, totals));
        }
        Some(match event {
            Event::ProfitSettled(event) => {
                (event.market_index, Self { traders_result: event.profit, ..Self::default() })
            }
            Event::Liquidated(event) => (
                event.market_index,
                Self {
                    liquidated: event.notional,
                    traders_result: event.realized,
                    penalties: event.backing,
                    penalties_to_insurance: event.insurance,
                    bounties: event.bounty,
                    // Where settling the profit was enough, nothing was closed and none is counted.
                    liquidations: u64::from(event.closed > 0),
                    ..Self::default()
                },
            ),
            _ => return None,
        })
    }

    /// Both together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            volume: self.volume.wrapping_add(other.volume),
            liquidated: self.liquidated.wrapping_add(other.liquidated),
            spread: self.spread.wrapping_add(other.spread),
            impact: self.impact.wrapping_add(other.impact),
            traders_result: self.traders_result.wrapping_add(other.traders_result),
            penalties: self.penalties.wrapping_add(other.penalties),
            penalties_to_insurance: self.penalties_to_insurance.wrapping_add(other.penalties_to_insurance),
            bounties: self.bounties.wrapping_add(other.bounties),
            trades: self.trades.wrapping_add(other.trades),
            liquidations: self.liquidations.wrapping_add(other.liquidations),
        }
    }

    /// What undoes them.
    pub(super) fn negated(&self) -> Self {
        Self {
            volume: self.volume.wrapping_neg(),
            liquidated: self.liquidated.wrapping_neg(),
            spread: self.spread.wrapping_neg(),
            impact: self.impact.wrapping_neg(),
            traders_result: self.traders_result.wrapping_neg(),
            penalties: self.penalties.wrapping_neg(),
            penalties_to_insurance: self.penalties_to_insurance.wrapping_neg(),
            bounties: self.bounties.wrapping_neg(),
            trades: self.trades.wrapping_neg(),
            liquidations: self.liquidations.wrapping_neg(),
        }
    }
}

/// What markets gain, on its way into the table.
#[derive(Debug, Default)]
pub(super) struct MarketChanges(BTreeMap<u16, MarketTotals>);

impl MarketChanges {
    /// Notes what the event adds.
    pub(super) fn add(&mut self, event: &Event) {
        if let Some((market, totals)) = MarketTotals::of(event) {
            let sum = self.0.entry(market).or_default();
            *sum = sum.plus(&totals);
        }
    }

    /// Notes that the event never happened.
    pub(super) fn remove(&mut self, event: &Event) {
        if let Some((market, totals)) = MarketTotals::of(event) {
            let sum = self.0.entry(market).or_default();
            *sum = sum.plus(&totals.negated());
        }
    }

    /// Adds them to what is stored.
    pub(super) async fn write(self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let mut rows = Rows::replacing("market_totals", &["market"], &COLUMNS);
        for (market, change) in self.0 {
            let totals = stored(connection, market).await?.plus(&change);
            // All that it counted was rolled back.
            if totals == MarketTotals::default() {
                sqlx::query("DELETE FROM market_totals WHERE market = $1")
                    .bind(i64::from(market))
                    .execute(&mut *connection)
                    .await?;
                continue;
            }
            rows.push(row![
                market,
                totals.volume,
                totals.liquidated,
                totals.spread,
                totals.impact,
                totals.traders_result,
                totals.penalties,
                totals.penalties_to_insurance,
                totals.bounties,
                totals.trades,
                totals.liquidations
            ]);
        }
        rows.write(connection).await
    }
}

const COLUMNS: [&str; 11] = [
    "market",
    "volume",
    "liquidated",
    "spread",
    "impact",
    "traders_result",
    "penalties",
    "penalties_to_insurance",
    "bounties",
    "trades",
    "liquidations",
];

async fn stored(connection: &mut AnyConnection, market: u16) -> Result<MarketTotals, StoreError> {
    const SELECT: &str =
        "SELECT volume, liquidated, spread, impact, traders_result, penalties, penalties_to_insurance, \
                          bounties, trades, liquidations FROM market_totals WHERE market = $1";
    let row = sqlx::query(SELECT).bind(i64::from(market)).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(MarketTotals::default()) };
    let wide = |column: usize| -> Result<i128, StoreError> { exact(row.try_get(column)?) };
    let count = |column: usize| -> Result<u64, StoreError> { Ok(row.try_get::<i64, _>(column)?.cast_unsigned()) };
    Ok(MarketTotals {
        volume: wide(0)?,
        liquidated: wide(1)?,
        spread: wide(2)?,
        impact: wide(3)?,
        traders_result: row.try_get(4)?,
        penalties: count(5)?,
        penalties_to_insurance: count(6)?,
        bounties: count(7)?,
        trades: count(8)?,
        liquidations: count(9)?,
    })
}

impl Store {
    /// What a market has counted, as far as is known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn market_totals(&self, market: u16) -> Result<MarketTotals, StoreError> {
        stored(&mut *self.pool().acquire().await?, market).await
    }

    /// What both sides of a market have come to owe, funding and carry together, in 2^-40 atoms: over its events in their
    /// order, open interest times what the side's index has risen since. Goes on where it ended last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accrued(&self, market: u16) -> Result<i128, StoreError> {
        use futures::TryStreamExt;
        const KEPT: &str = "SELECT a.place, a.sum, m.long_funding_index, m.short_funding_index, m.long_open_interest, \
             m.short_open_interest FROM accruals a JOIN moments m ON m.place = a.place WHERE a.market = $1";
        const SELECT: &str = "SELECT place, '', long_funding_index, short_funding_index, long_open_interest, \
             short_open_interest FROM moments WHERE market = $1 AND place > $2 ORDER BY place";
        let writes = self.writes().await?;
        let kept = sqlx::query(KEPT).bind(i64::from(market)).fetch_optional(self.pool()).await?;
        let (begun, mut sum, mut before) = match &kept {
            Some(row) => (row.try_get(0)?, exact(row.try_get(1)?)?, sides(row)?),
            None => (-1, 0, [0; 4]),
        };
        let mut reached: i64 = begun;
        let mut moments = sqlx::query(SELECT).bind(i64::from(market)).bind(begun).fetch(self.pool());
        while let Some(row) = moments.try_next().await? {
            let now = sides(&row)?;
            for side in 0..2 {
                sum = sum.wrapping_add((now[side] - before[side]).wrapping_mul(before[side + 2]));
            }
            (reached, before) = (row.try_get(0)?, now);
        }
        drop(moments);
        if reached > begun {
            self.keep_accrued(market, (reached, sum), writes).await?;
        }
        Ok(sum)
    }

    /// Notes what had accrued up to a place, unless somebody has written history since it was read.
    async fn keep_accrued(&self, market: u16, (place, sum): (i64, i128), writes: i64) -> Result<(), StoreError> {
        let mut connection = self.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let unchanged = sqlx::query("UPDATE writes SET number = number WHERE id = 1 AND number = $1").bind(writes);
        if unchanged.execute(&mut *transaction).await?.rows_affected() == 1 {
            let mut rows = Rows::replacing("accruals", &["market"], &["market", "place", "sum"]);
            rows.push(row![market, place, sum]);
            rows.write(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// Funding indices and open interest of both sides, from a row whose third column is the first of them.
fn sides(row: &AnyRow) -> Result<[i128; 4], sqlx::Error> {
    let number = |column: usize| row.try_get::<i64, _>(column).map(i128::from);
    Ok([number(2)?, number(3)?, number(4)?, number(5)?])
}

/// What has accrued from a place on is added up anew.
pub(super) async fn forget_accrued(connection: &mut AnyConnection, from: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM accruals WHERE place >= $1").bind(from).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_leaves_nothing_even_where_a_counter_wraps() {
        let before = MarketTotals { trades: u64::MAX, traders_result: i64::MAX, volume: 7, ..MarketTotals::default() };
        let change = MarketTotals { trades: 2, traders_result: 1, volume: -9, ..MarketTotals::default() };
        let after = before.plus(&change);
        // One before the end and two more are one after the beginning.
        assert_eq!((after.trades, after.traders_result, after.volume), (1, i64::MIN, -2));
        assert_eq!(after.plus(&change.negated()), before);
    }
}
