//! Undoing what happened in slots that the chain has abandoned.

use sqlx::{AnyConnection, Connection, Row};

use super::account::{decode, rebuild, touched_from, Accounts};
use super::append::Writer;
use super::candles;
use super::markets::MarketChanges;
use super::streams::{forget_from, Ids};
use super::tables::TABLES;
use super::StoreError;
use crate::place::Place;

impl Writer {
    /// Removes everything from a slot on, as if it had never been there. Returns how many events that were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_from(&mut self, slot: u64) -> Result<u64, StoreError> {
        self.accounts = Accounts::default();
        let mut connection = self.store.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let removed = remove_from(&mut transaction, slot).await?;
        transaction.commit().await?;
        Ok(removed)
    }
}

async fn remove_from(connection: &mut AnyConnection, slot: u64) -> Result<u64, StoreError> {
    let first = Place::first_of(slot);
    let mut changes = MarketChanges::default();
    let mut candles = candles::Changes::default();
    let rows = sqlx::query("SELECT data FROM events WHERE place >= $1")
        .bind(first.number())
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let event = decode(row.try_get(0)?)?;
        changes.remove(&event);
        candles.note(&event);
    }
    let mut ids = Ids::load(connection).await?;
    for address in touched_from(connection, first).await? {
        rebuild(connection, &mut ids, &address, Vec::new(), Some(first)).await?;
    }
    forget_from(connection, first).await?;
    for table in TABLES.into_iter().chain(["transactions"]) {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE place >= $1")))
            .bind(first.number())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("DELETE FROM blocks WHERE slot >= $1")
        .bind(i64::try_from(slot).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    changes.write(connection).await?;
    candles.write(connection).await?;
    Ok(rows.len() as u64)
}
