//! Undoing what happened in slots that the chain has abandoned, or that are taken in once more.

use std::ops::Range;

use sqlx::{AnyConnection, Connection, Row};

use super::append::Writer;
use super::candles;
use super::markets::{forget_accrued, MarketChanges};
use super::rebuild::{decode, rebuild, touched};
use super::streams::{forget, Ids};
use super::tables::TABLES;
use super::StoreError;
use crate::place::Place;

impl Writer {
    /// Removes everything from a slot on, as if it had never been there. Returns how many events that were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_from(&mut self, slot: u64) -> Result<u64, StoreError> {
        self.forget_accounts();
        let mut connection = self.store.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let written = self.lock(&mut transaction).await?;
        sqlx::query("DELETE FROM retries WHERE signature IN (SELECT signature FROM transactions WHERE place >= $1)")
            .bind(Place::first_of(slot).number())
            .execute(&mut *transaction)
            .await?;
        let removed = remove(&mut transaction, &(Place::first_of(slot).number()..i64::MAX)).await?;
        sqlx::query("DELETE FROM blocks WHERE slot >= $1")
            .bind(i64::try_from(slot).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.written(written);
        Ok(removed)
    }
}

/// Removes what happened at places from one on and before another. Returns how many events that were.
pub(super) async fn remove(connection: &mut AnyConnection, places: &Range<i64>) -> Result<u64, StoreError> {
    let mut changes = MarketChanges::default();
    let mut candles = candles::Changes::default();
    let rows = sqlx::query("SELECT data FROM events WHERE place >= $1 AND place < $2")
        .bind(places.start)
        .bind(places.end)
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let event = decode(row.try_get(0)?)?;
        changes.remove(&event);
        candles.note(&event);
    }
    let mut ids = Ids::load(connection).await?;
    for address in touched(connection, places).await? {
        rebuild(connection, &mut ids, &address, Vec::new(), places).await?;
    }
    forget(connection, places).await?;
    forget_accrued(connection, places.start).await?;
    for table in TABLES.into_iter().chain(["transactions"]) {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE place >= $1 AND place < $2")))
            .bind(places.start)
            .bind(places.end)
            .execute(&mut *connection)
            .await?;
    }
    changes.write(connection).await?;
    candles.write(connection).await?;
    Ok(rows.len() as u64)
}
