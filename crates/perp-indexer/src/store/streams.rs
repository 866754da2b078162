//! Numbered streams that never begin anew: the exchange, the pool, the markets. Margin accounts are in `account.rs`.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};

use anchor_lang::{AnchorDeserialize, AnchorSerialize};
use sqlx::{AnyConnection, Row};

use super::gaps::{attempts_at, gap_row, renew};
use super::rows::{row, Rows};
use super::{Store, StoreError};
use crate::facts::StreamKind;

/// What is known of a stream's numbers.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// What it is stored under.
    pub id: i64,
    /// What numbers the events.
    pub kind: StreamKind,
    /// Its address.
    pub address: String,
    /// Of a margin account's life the place of its first event, zero where that is not known; zero of others.
    pub opened: i64,
    /// All events up to this number are known.
    pub contiguous: u64,
    /// The highest number known.
    pub highest: u64,
}

impl StreamState {
    /// Takes in the number of an event; numbers may come in any order. Returns the first and the last of those that it
    /// shows to be missing.
    pub(super) fn see(&mut self, sequence: u64) -> Option<(u64, u64)> {
        if sequence == self.contiguous.wrapping_add(1) {
            self.contiguous = sequence;
        }
        let missing = (self.highest.wrapping_add(1), sequence.wrapping_sub(1));
        let skips = sequence > self.highest && missing.0 < sequence;
        self.highest = self.highest.max(sequence);
        skips.then_some(missing)
    }

    /// Whether numbers are missing below the highest.
    pub fn has_gaps(&self) -> bool {
        self.contiguous < self.highest
    }
}

pub(super) fn stream_rows() -> Rows {
    Rows::replacing("streams", &["id"], &["id", "kind", "address", "opened", "contiguous", "highest"])
}

pub(super) fn stream_row(stream: &StreamState) -> Vec<super::rows::Value> {
    row![stream.id, stream.kind.name(), stream.address.as_str(), stream.opened, stream.contiguous, stream.highest]
}

pub(super) fn number_rows() -> Rows {
    Rows::new("numbers", &["stream", "sequence", "place"])
}

/// A stream from its row: id, kind, address, opened, contiguous, highest.
pub(super) fn stream(row: &sqlx::any::AnyRow) -> Result<StreamState, StoreError> {
    let kind: String = row.try_get(1)?;
    let kind = StreamKind::from_name(&kind).ok_or(StoreError::Foreign { what: "the stream kind", found: kind })?;
    Ok(StreamState {
        id: row.try_get(0)?,
        kind,
        address: row.try_get(2)?,
        opened: row.try_get(3)?,
        contiguous: row.try_get::<i64, _>(4)?.cast_unsigned(),
        highest: row.try_get::<i64, _>(5)?.cast_unsigned(),
    })
}

/// The streams that never begin anew, as they will be once they are written.
#[derive(Debug, Default)]
pub(super) struct Streams {
    known: HashMap<(StreamKind, String), StreamState>,
    /// Those that change, and among which numbers what is missing of them has to be looked up again.
    touched: HashMap<(StreamKind, String), Option<RangeInclusive<u64>>>,
}

impl Streams {
    /// Takes in a number. Returns the stream's id.
    pub(super) async fn see(
        &mut self,
        connection: &mut AnyConnection,
        (ids, gaps): (&mut Ids, &mut Rows),
        kind: StreamKind,
        address: String,
        sequence: u64,
    ) -> Result<i64, StoreError> {
        let key = (kind, address);
        if !self.known.contains_key(&key) {
            let found = find(connection, &key.1).await?;
            let stream = found.unwrap_or_else(|| StreamState {
                id: ids.next(),
                kind,
                address: key.1.clone(),
                opened: 0,
                contiguous: 0,
                highest: 0,
            });
            self.known.insert(key.clone(), stream);
        }
        let Some(stream) = self.known.get_mut(&key) else { return Ok(0) };
        let is_late = sequence <= stream.highest;
        if let Some(missing) = stream.see(sequence) {
            gaps.push(gap_row(stream.id, missing, None));
        }
        let id = stream.id;
        let late = self.touched.entry(key).or_default();
        if is_late {
            let (first, last) = late.as_ref().map_or((sequence, sequence), |late| (*late.start(), *late.end()));
            *late = Some(first.min(sequence)..=last.max(sequence));
        }
        Ok(id)
    }

    /// Writes what changed, once the numbers themselves are written.
    pub(super) async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let mut rows = stream_rows();
        for (key, late) in std::mem::take(&mut self.touched) {
            if let Some(stream) = self.known.get_mut(&key) {
                if let Some(late) = late {
                    let attempts = attempts_at(connection, &stream.address).await?;
                    stream.contiguous = renew(connection, stream, &late, &attempts).await?;
                }
                rows.push(stream_row(stream));
            }
        }
        rows.write(connection).await
    }
}

/// Numbers for new streams.
#[derive(Debug)]
pub(super) struct Ids(i64);

impl Ids {
    /// Beyond those that are given away.
    pub(super) async fn load(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let row = sqlx::query("SELECT MAX(id) FROM streams").fetch_one(connection).await?;
        Ok(Self(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0)))
    }

    /// The next one.
    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

async fn find(connection: &mut AnyConnection, address: &str) -> Result<Option<StreamState>, StoreError> {
    const SELECT: &str =
        "SELECT id, kind, address, opened, contiguous, highest FROM streams WHERE address = $1 AND opened = 0";
    let row = sqlx::query(SELECT).bind(address).fetch_optional(connection).await?;
    row.as_ref().map(stream).transpose()
}

/// Forgets the numbers at places from one on and before another, of all streams but margin accounts'.
pub(super) async fn forget(connection: &mut AnyConnection, places: &Range<i64>) -> Result<(), StoreError> {
    const SELECT: &str =
        "SELECT s.id, s.kind, s.address, s.opened, s.contiguous, s.highest, MIN(n.sequence), MAX(n.sequence) \
         FROM numbers n JOIN streams s ON s.id = n.stream WHERE n.place >= $1 AND n.place < $2 AND s.kind <> 'account' \
         GROUP BY s.id, s.kind, s.address, s.opened, s.contiguous, s.highest";
    let touched = sqlx::query(SELECT).bind(places.start).bind(places.end).fetch_all(&mut *connection).await?;
    let touched = touched.iter().map(|row| {
        let number = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        Ok((stream(row)?, number(6)?..=number(7)?))
    });
    let touched = touched.collect::<Result<Vec<_>, StoreError>>()?;
    let mut rows = stream_rows();
    for (mut stream, gone) in touched {
        let attempts = attempts_at(connection, &stream.address).await?;
        sqlx::query("DELETE FROM numbers WHERE stream = $1 AND place >= $2 AND place < $3")
            .bind(stream.id)
            .bind(places.start)
            .bind(places.end)
            .execute(&mut *connection)
            .await?;
        let highest = sqlx::query("SELECT MAX(sequence) FROM numbers WHERE stream = $1")
            .bind(stream.id)
            .fetch_one(&mut *connection)
            .await?;
        let highest = highest.try_get::<Option<i64>, _>(0)?;
        stream.highest = highest.map_or(0, i64::cast_unsigned);
        stream.contiguous = renew(connection, &stream, &gone, &attempts).await?;
        if highest.is_some() {
            rows.push(stream_row(&stream));
        } else {
            sqlx::query("DELETE FROM streams WHERE id = $1").bind(stream.id).execute(&mut *connection).await?;
        }
    }
    rows.write(connection).await
}

impl Store {
    /// Streams at an address, the oldest life of a margin account first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn streams_at(&self, address: &str) -> Result<Vec<StreamState>, StoreError> {
        const SELECT: &str =
            "SELECT id, kind, address, opened, contiguous, highest FROM streams WHERE address = $1 ORDER BY opened";
        let rows = sqlx::query(SELECT).bind(address).fetch_all(self.pool()).await?;
        rows.iter().map(stream).collect()
    }
}
