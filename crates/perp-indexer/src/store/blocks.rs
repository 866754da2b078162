//! Slots that were taken in: which are final, and which may still be abandoned.

use sqlx::{AnyConnection, Row};

use super::{Store, StoreError};

/// The newest slot that cannot be abandoned, from which on the chain is listed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The slot.
    pub slot: u64,
    /// The last signature in it.
    pub signature: String,
}

/// A slot that may still be abandoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The slot.
    pub slot: u64,
    /// What tells its list of signatures from another.
    pub digest: String,
}

impl Store {
    /// The newest slot that cannot be abandoned; none in a new database.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        let row = sqlx::query("SELECT slot, newest FROM blocks WHERE final = 1 ORDER BY slot DESC LIMIT 1")
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let slot: i64 = row.try_get(0)?;
        Ok(Some(Anchor { slot: slot.unsigned_abs(), signature: row.try_get(1)? }))
    }

    /// Slots that may still be abandoned, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        let rows =
            sqlx::query("SELECT slot, digest FROM blocks WHERE final = 0 ORDER BY slot").fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                let slot: i64 = row.try_get(0)?;
                Ok(Pending { slot: slot.unsigned_abs(), digest: row.try_get(1)? })
            })
            .collect()
    }

    /// The newest slot with an event of the program that was taken in; zero in a new database.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn newest_slot(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT MAX(slot) FROM blocks").fetch_one(self.pool()).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0).unsigned_abs())
    }
}

/// Nothing up to `slot` can be abandoned any more: of such slots the newest is all that has to be known.
pub(super) async fn finalize(connection: &mut AnyConnection, slot: u64) -> Result<(), StoreError> {
    const FORGET: &str = "DELETE FROM blocks WHERE final = 1 AND slot < (SELECT MAX(slot) FROM blocks WHERE final = 1)";
    sqlx::query("UPDATE blocks SET final = 1 WHERE final = 0 AND slot <= $1")
        .bind(i64::try_from(slot).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    sqlx::query(FORGET).execute(connection).await?;
    Ok(())
}
