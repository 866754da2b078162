//! Numbers that are missing, and where their events should be.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sqlx::{AnyConnection, Row};

use super::rows::{row, Rows, Value};
use super::streams::{stream, StreamState};
use super::{Store, StoreError};
use crate::place::Place;

/// Numbers of a stream that are missing between two that are known, or before the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose numbers.
    pub stream: StreamState,
    /// The first that is missing.
    pub first: u64,
    /// The last that is missing.
    pub last: u64,
    /// How often they were looked for.
    pub attempts: i64,
    /// Why they were not found; empty where nobody has looked yet.
    pub reason: String,
}

/// A transaction, and where it is.
pub type Located = (String, Place);

/// What is known of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its signature.
    pub signature: String,
    /// Its place.
    pub place: Place,
    /// Why its events may not be all.
    pub fault: Option<String>,
    /// How many of its events are known.
    pub events: usize,
    /// How often it was read again.
    pub attempts: i64,
}

/// What is known of attempts to fill a gap: how many, when the next one is due, and why the last one found nothing.
pub(super) type Attempts = (i64, i64, String);

pub(super) fn gap_rows() -> Rows {
    let columns = &["stream", "first", "last", "attempts", "next_attempt", "reason"];
    Rows::replacing("gaps", &["stream", "first"], columns)
}

pub(super) fn gap_row(stream: i64, (first, last): (u64, u64), attempts: Option<&Attempts>) -> Vec<Value> {
    let (attempts, next, reason) = attempts.cloned().unwrap_or_default();
    row![stream, first, last, attempts, next, reason]
}

/// The attempts to fill each gap at an address.
pub(super) async fn attempts_at(
    connection: &mut AnyConnection,
    address: &str,
) -> Result<HashMap<(u64, u64), Attempts>, StoreError> {
    const SELECT: &str = "SELECT g.first, g.last, g.attempts, g.next_attempt, g.reason FROM gaps g \
                          JOIN streams s ON s.id = g.stream WHERE s.address = $1";
    let rows = sqlx::query(SELECT).bind(address).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let number = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
            Ok(((number(0)?, number(1)?), (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?)))
        })
        .collect()
}

/// Looks up what is missing of a stream around numbers that have come or gone, once that is written; of what was missing before,
/// the attempts stay. Returns up to which number all are known, as long as any is.
pub(super) async fn renew(
    connection: &mut AnyConnection,
    stream: &StreamState,
    around: &RangeInclusive<u64>,
    attempts: &HashMap<(u64, u64), Attempts>,
) -> Result<u64, StoreError> {
    use futures::TryStreamExt;
    const EDGES: &str = "SELECT (SELECT MAX(sequence) FROM numbers WHERE stream = $1 AND sequence < $2), \
         (SELECT MIN(sequence) FROM numbers WHERE stream = $1 AND sequence > $3)";
    const SELECT: &str =
        "SELECT sequence FROM numbers WHERE stream = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence";
    let edges = sqlx::query(EDGES)
        .bind(stream.id)
        .bind(around.start().cast_signed())
        .bind(around.end().cast_signed())
        .fetch_one(&mut *connection)
        .await?;
    // Both are known, so no gap goes beyond them.
    let before = edges.try_get::<Option<i64>, _>(0)?.unwrap_or(0);
    let after = edges.try_get::<Option<i64>, _>(1)?.unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM gaps WHERE stream = $1 AND first > $2 AND first < $3")
        .bind(stream.id)
        .bind(before)
        .bind(after)
        .execute(&mut *connection)
        .await?;
    let mut gaps = gap_rows();
    let mut expected = before.cast_unsigned() + 1;
    {
        let mut numbers = sqlx::query(SELECT).bind(stream.id).bind(before).bind(after).fetch(&mut *connection);
        while let Some(row) = numbers.try_next().await? {
            let sequence = row.try_get::<i64, _>(0)?.cast_unsigned();
            if sequence > expected {
                let missing = (expected, sequence - 1);
                gaps.push(gap_row(stream.id, missing, attempts.get(&missing)));
            }
            expected = sequence + 1;
        }
    }
    gaps.write(connection).await?;
    let first =
        sqlx::query("SELECT MIN(first) FROM gaps WHERE stream = $1").bind(stream.id).fetch_one(connection).await?;
    Ok(first.try_get::<Option<i64>, _>(0)?.map_or(stream.highest, |first| first.cast_unsigned().saturating_sub(1)))
}

impl Store {
    /// Gaps, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gaps(&self, limit: usize) -> Result<Vec<Gap>, StoreError> {
        self.gaps_due(i64::MAX, i64::MAX.unsigned_abs(), limit).await
    }

    /// Gaps whose events are to be looked for at that time, where the event after is in a slot up to `slot`: what is later
    /// can still go, or be told. At most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gaps_due(&self, now: i64, slot: u64, limit: usize) -> Result<Vec<Gap>, StoreError> {
        const SELECT: &str = "SELECT s.id, s.kind, s.address, s.opened, s.contiguous, s.highest, g.first, g.last, \
             g.attempts, g.reason FROM gaps g JOIN streams s ON s.id = g.stream \
             JOIN numbers n ON n.stream = g.stream AND n.sequence = g.last + 1 \
             WHERE g.next_attempt <= $1 AND n.place < $2 ORDER BY g.next_attempt, g.stream, g.first LIMIT $3";
        let rows = sqlx::query(SELECT)
            .bind(now)
            .bind(Place::first_of(slot.saturating_add(1)).number())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let number = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
                Ok(Gap {
                    stream: stream(row)?,
                    first: number(6)?,
                    last: number(7)?,
                    attempts: row.try_get(8)?,
                    reason: row.try_get(9)?,
                })
            })
            .collect()
    }

    /// How many gaps there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_gaps(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query("SELECT COUNT(*) FROM gaps").fetch_one(self.pool()).await?.try_get(0)?)
    }

    /// Notes that the events of a gap were not found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_attempt(&self, gap: &Gap, next: i64, reason: &str) -> Result<(), StoreError> {
        const UPDATE: &str = "UPDATE gaps SET attempts = attempts + 1, next_attempt = $4, reason = $5 \
                              WHERE stream = $1 AND first = $2 AND last = $3";
        sqlx::query(UPDATE)
            .bind(gap.stream.id)
            .bind(gap.first.cast_signed())
            .bind(gap.last.cast_signed())
            .bind(next)
            .bind(reason)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The transaction with the event of that number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transaction_of(&self, stream: i64, sequence: u64) -> Result<Option<Located>, StoreError> {
        const SELECT: &str = "SELECT t.signature, t.place FROM numbers n \
             JOIN transactions t ON t.place = n.place - n.place % 1024 WHERE n.stream = $1 AND n.sequence = $2";
        let row = sqlx::query(SELECT).bind(stream).bind(sequence.cast_signed()).fetch_optional(self.pool()).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_get(0)?, Place::from_number(row.try_get(1)?))))
    }

    /// What is known of a transaction; none where it is not known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transaction(&self, signature: &str) -> Result<Option<Known>, StoreError> {
        const SELECT: &str = "SELECT t.signature, t.place, t.fault, (SELECT COUNT(*) FROM events e \
             WHERE e.place >= t.place AND e.place < t.place + 1024), CAST(0 AS BIGINT) FROM transactions t WHERE t.signature = $1";
        let row = sqlx::query(SELECT).bind(signature).fetch_optional(self.pool()).await?;
        row.as_ref().map(known).transpose()
    }

    /// Transactions in slots up to `slot` of which not everything is known and that are to be read again at that time, at
    /// most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn faulty_due(&self, now: i64, slot: u64, limit: usize) -> Result<Vec<Known>, StoreError> {
        const SELECT: &str = "SELECT t.signature, t.place, t.fault, (SELECT COUNT(*) FROM events e \
             WHERE e.place >= t.place AND e.place < t.place + 1024), r.attempts \
             FROM retries r JOIN transactions t ON t.signature = r.signature \
             WHERE r.next_attempt <= $1 AND t.fault IS NOT NULL AND t.place < $2 ORDER BY r.next_attempt, t.place LIMIT $3";
        let rows = sqlx::query(SELECT)
            .bind(now)
            .bind(Place::first_of(slot.saturating_add(1)).number())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(known).collect()
    }

    /// Notes that a transaction was read again in vain.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_retry(&self, known: &Known, next: i64) -> Result<(), StoreError> {
        let columns = &["signature", "attempts", "next_attempt"];
        let mut rows = Rows::replacing("retries", &["signature"], columns);
        rows.push(row![known.signature.as_str(), known.attempts + 1, next]);
        rows.write(&mut *self.pool().acquire().await?).await
    }

    /// How many events of a stream are known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_numbers(&self, stream: &StreamState) -> Result<u64, StoreError> {
        const SELECT: &str = "SELECT CAST(COALESCE(SUM(last - first + 1), 0) AS BIGINT) FROM gaps WHERE stream = $1";
        let missing: i64 = sqlx::query(SELECT).bind(stream.id).fetch_one(self.pool()).await?.try_get(0)?;
        Ok(stream.highest.saturating_sub(missing.unsigned_abs()))
    }

    /// How many transactions are not fully known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn faulty_transactions(&self) -> Result<i64, StoreError> {
        let row =
            sqlx::query("SELECT COUNT(*) FROM transactions WHERE fault IS NOT NULL").fetch_one(self.pool()).await?;
        Ok(row.try_get(0)?)
    }
}

/// A transaction from its row: signature, place, fault, events, attempts.
fn known(row: &sqlx::any::AnyRow) -> Result<Known, StoreError> {
    let events: i64 = row.try_get(3)?;
    Ok(Known {
        signature: row.try_get(0)?,
        place: Place::from_number(row.try_get(1)?),
        fault: row.try_get(2)?,
        events: usize::try_from(events).unwrap_or_default(),
        attempts: row.try_get(4)?,
    })
}
