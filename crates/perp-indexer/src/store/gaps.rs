//! Numbers that are missing, and where their events should be.

use sqlx::{AnyPool, Row};

use super::rows::{row, Rows};
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

/// Transactions between which missing events should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbors {
    /// Signature and place of the transaction with the event before; none where the stream begins with the gap.
    pub before: Option<(String, Place)>,
    /// Signature and place of the transaction with the event after.
    pub after: (String, Place),
}

/// What is known of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its place.
    pub place: Place,
    /// Why its events may not be all.
    pub fault: Option<String>,
    /// Whether any of its events are known.
    pub has_events: bool,
}

impl Store {
    /// Every gap, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gaps(&self, limit: usize) -> Result<Vec<Gap>, StoreError> {
        self.gaps_due(i64::MAX, limit).await
    }

    /// Gaps whose events are to be looked for at that time, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gaps_due(&self, now: i64, limit: usize) -> Result<Vec<Gap>, StoreError> {
        const SELECT: &str = "SELECT id, kind, address, opened, contiguous, highest FROM streams \
                              WHERE contiguous < highest ORDER BY id";
        let rows = sqlx::query(SELECT).fetch_all(self.pool()).await?;
        let streams = rows.iter().map(stream).collect::<Result<Vec<_>, _>>()?;
        let mut gaps = Vec::new();
        for stream in streams {
            for (first, last) in missing(self.pool(), &stream).await? {
                let (attempts, next, reason) = self.attempt(stream.id, first, last).await?;
                if next <= now {
                    gaps.push(Gap { stream: stream.clone(), first, last, attempts, reason });
                }
                if gaps.len() == limit {
                    return Ok(gaps);
                }
            }
        }
        Ok(gaps)
    }

    /// Attempts, when to look again and why nothing was found, of a gap.
    async fn attempt(&self, stream: i64, first: u64, last: u64) -> Result<(i64, i64, String), StoreError> {
        const SELECT: &str =
            "SELECT attempts, next_attempt, reason FROM gaps WHERE stream = $1 AND first = $2 AND last = $3";
        let row = sqlx::query(SELECT)
            .bind(stream)
            .bind(first.cast_signed())
            .bind(last.cast_signed())
            .fetch_optional(self.pool())
            .await?;
        Ok(match row {
            Some(row) => (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?),
            None => (0, 0, String::new()),
        })
    }

    /// Notes that the events of a gap were not found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_attempt(&self, gap: &Gap, next: i64, reason: &str) -> Result<(), StoreError> {
        let columns = &["stream", "first", "last", "attempts", "next_attempt", "reason"];
        let mut rows = Rows::replacing("gaps", &["stream", "first"], columns);
        rows.push(row![gap.stream.id, gap.first, gap.last, gap.attempts + 1, next, reason]);
        rows.write(&mut *self.pool().acquire().await?).await
    }

    /// Between which transactions the events of a gap should be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn neighbors(&self, gap: &Gap) -> Result<Option<Neighbors>, StoreError> {
        let before = self.transaction_of(gap.stream.id, gap.first.saturating_sub(1)).await?;
        let after = self.transaction_of(gap.stream.id, gap.last + 1).await?;
        Ok(after.map(|after| Neighbors { before, after }))
    }

    async fn transaction_of(&self, stream: i64, sequence: u64) -> Result<Option<(String, Place)>, StoreError> {
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
        const SELECT: &str = "SELECT place, fault, (SELECT COUNT(*) FROM events e \
             WHERE e.place >= t.place AND e.place < t.place + 1024) FROM transactions t WHERE signature = $1";
        let Some(row) = sqlx::query(SELECT).bind(signature).fetch_optional(self.pool()).await? else { return Ok(None) };
        let events: i64 = row.try_get(2)?;
        Ok(Some(Known { place: Place::from_number(row.try_get(0)?), fault: row.try_get(1)?, has_events: events > 0 }))
    }

    /// How many events of a stream are known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_numbers(&self, stream: i64) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM numbers WHERE stream = $1").bind(stream);
        Ok(row.fetch_one(self.pool()).await?.try_get::<i64, _>(0)?.unsigned_abs())
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

    /// Forgets attempts whose gaps are no longer there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_filled(&self) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM gaps WHERE NOT EXISTS (SELECT 1 FROM streams s WHERE s.id = gaps.stream \
             AND s.contiguous < gaps.first AND s.highest > gaps.last) \
             OR EXISTS (SELECT 1 FROM numbers n WHERE n.stream = gaps.stream AND n.sequence = gaps.first)";
        sqlx::query(DELETE).execute(self.pool()).await?;
        Ok(())
    }
}

/// First and last of every run of missing numbers.
async fn missing(pool: &AnyPool, stream: &StreamState) -> Result<Vec<(u64, u64)>, StoreError> {
    const SELECT: &str = "SELECT sequence FROM numbers WHERE stream = $1 AND sequence > $2 ORDER BY sequence";
    use futures::TryStreamExt;
    let mut rows = sqlx::query(SELECT).bind(stream.id).bind(stream.contiguous.cast_signed()).fetch(pool);
    let mut runs = Vec::new();
    let mut expected = stream.contiguous + 1;
    while let Some(row) = rows.try_next().await? {
        let sequence = row.try_get::<i64, _>(0)?.cast_unsigned();
        if sequence > expected {
            runs.push((expected, sequence - 1));
        }
        expected = sequence + 1;
    }
    Ok(runs)
}
