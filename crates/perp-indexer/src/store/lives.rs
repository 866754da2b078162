//! What is known of margin accounts, for comparing it with the chain.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sqlx::Row;

use super::life::AccountCounters;
use super::rows::{row, Rows};
use super::streams::{stream, StreamState};
use super::{Store, StoreError};

/// The latest life of a margin account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeRow {
    /// Its numbers.
    pub stream: StreamState,
    /// When it was closed, in Unix seconds; none while it is open.
    pub closed_at: Option<i64>,
    /// Its balance after its last event, in atoms.
    pub balance: u64,
    /// What it has counted.
    pub counters: AccountCounters,
    /// The size of its position in each market where it has one, in base units.
    pub sizes: BTreeMap<u16, i64>,
    /// Number and lamports of the order that rests at each place, where one does.
    pub orders: BTreeMap<u8, (u64, u64)>,
}

/// A counter of which the chain says something else than the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Whose counter.
    pub subject: String,
    /// Its name.
    pub counter: String,
    /// The chain's.
    pub chain: String,
    /// The database's.
    pub database: String,
    /// The chain's less the database's, as the counter wraps around.
    pub difference: String,
}

impl Store {
    /// The latest life of each account whose address comes after that one, at most `limit` of them, by address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lives_after(&self, address: &str, limit: usize) -> Result<Vec<LifeRow>, StoreError> {
        const SELECT: &str = "SELECT s.id, s.kind, s.address, s.opened, s.contiguous, s.highest, l.closed_at, \
             l.balance, l.deposited, l.withdrawn, l.realized, l.funding, l.fees, l.penalties, l.bounties \
             FROM lives l JOIN streams s ON s.id = l.stream WHERE l.account > $1 AND l.last_place = \
             (SELECT MAX(last_place) FROM lives latest WHERE latest.account = l.account) ORDER BY l.account LIMIT $2";
        let rows = sqlx::query(SELECT)
            .bind(address)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.pool())
            .await?;
        let mut lives = Vec::with_capacity(rows.len());
        for row in &rows {
            let count = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
            let stream = stream(row)?;
            lives.push(LifeRow {
                closed_at: row.try_get(6)?,
                balance: count(7)?,
                counters: AccountCounters {
                    deposited: count(8)?,
                    withdrawn: count(9)?,
                    realized: row.try_get(10)?,
                    funding: row.try_get(11)?,
                    fees: count(12)?,
                    penalties: count(13)?,
                    bounties: count(14)?,
                },
                sizes: BTreeMap::new(),
                orders: BTreeMap::new(),
                stream,
            });
        }
        for life in &mut lives {
            life.sizes = self.sizes(&life.stream).await?;
            life.orders = self.resting(&life.stream.address).await?;
        }
        Ok(lives)
    }

    async fn sizes(&self, stream: &StreamState) -> Result<BTreeMap<u16, i64>, StoreError> {
        const SELECT: &str = "SELECT market, size FROM positions WHERE account = $1 AND stream = $2 AND size <> 0";
        let rows = sqlx::query(SELECT).bind(&stream.address).bind(stream.id).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                let market: i64 = row.try_get(0)?;
                let market = u16::try_from(market)
                    .map_err(|_| StoreError::Foreign { what: "the market", found: market.to_string() })?;
                Ok((market, row.try_get(1)?))
            })
            .collect()
    }

    async fn resting(&self, account: &str) -> Result<BTreeMap<u8, (u64, u64)>, StoreError> {
        const SELECT: &str = "SELECT slot, number, held FROM orders WHERE account = $1 AND ended_at IS NULL";
        let rows = sqlx::query(SELECT).bind(account).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                let slot: i64 = row.try_get(0)?;
                let slot = u8::try_from(slot)
                    .map_err(|_| StoreError::Foreign { what: "the place of an order", found: slot.to_string() })?;
                let count = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
                Ok((slot, (count(1)?, count(2)?)))
            })
            .collect()
    }

    /// Differences that are known to stay, by subject and counter.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accepted(&self) -> Result<HashMap<(String, String), String>, StoreError> {
        let rows = sqlx::query("SELECT subject, counter, difference FROM accepted").fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?))).collect()
    }

    /// Notes that differences are known to stay, since history is lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accept(&self, differences: &[Difference]) -> Result<(), StoreError> {
        let columns = &["subject", "counter", "difference"];
        let mut rows = Rows::replacing("accepted", &["subject", "counter"], columns);
        for difference in differences {
            rows.push(row![difference.subject.as_str(), difference.counter.as_str(), difference.difference.as_str()]);
        }
        rows.write(&mut *self.pool().acquire().await?).await
    }
}
