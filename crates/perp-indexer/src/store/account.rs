//! Margin accounts: their lives and what each has counted.
//!
//! What an event means to an account depends on the order (a number that begins anew at 1 is another life, an order from
//! zero opens another position), so an account is kept by going through its events in theirs. Events that come late, or go,
//! make it begin again.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use base64::prelude::{Engine, BASE64_STANDARD};
use perp_client::events::Event;
use sqlx::{AnyConnection, Row};

use super::gaps::{attempts_at, gap_row, renew};
use super::life::{self, Life};
use super::order::order_rows;
use super::positions::position_rows;
use super::rows::{row, Rows};
use super::streams::{number_rows, stream_row, stream_rows, Ids, StreamState};
use super::StoreError;
use crate::facts::{follows, StreamKind};
use crate::place::Place;

/// Accounts kept in memory between two writes, a kilobyte or so each.
const REMEMBERED: usize = 50_000;

/// A margin account: its present life last, before it what changed since the last write.
#[derive(Clone, Debug, Default)]
struct Book {
    lives: Vec<Life>,
}

impl Book {
    fn last_place(&self) -> i64 {
        self.lives.last().map_or(-1, |life| life.last_place)
    }

    /// Takes in an event that is later than all before. Returns the stream of the life it belongs to, and the numbers before
    /// that it shows to be missing.
    fn take(
        &mut self,
        ids: &mut Ids,
        address: &str,
        (place, sequence): (Place, u64),
        event: &Event,
    ) -> (i64, Option<(u64, u64)>) {
        let goes_on = self.lives.last().is_some_and(|life| sequence > life.stream.highest && life.closed_at.is_none());
        if !goes_on {
            // Where not even the first event is known, neither is the place at which the life began.
            let opened = if self.lives.is_empty() && sequence != 1 { 0 } else { place.number() };
            let (kind, address) = (StreamKind::Account, address.to_owned());
            let stream = StreamState { id: ids.next(), kind, address, opened, contiguous: 0, highest: 0 };
            self.lives.push(Life::new(stream));
        }
        let Some(life) = self.lives.last_mut() else { return (0, None) };
        let missing = life.stream.see(sequence);
        life.last_place = place.number();
        life.apply(place, event);
        (life.stream.id, missing)
    }

    /// Takes in an event that follows one with that number. Where that one is not known, neither is what it belongs to.
    fn follow(&mut self, (place, sequence): (Place, u64), event: &Event) {
        if let Some(life) = self.lives.last_mut().filter(|life| life.stream.highest == sequence) {
            life.last_place = place.number();
            life.apply(place, event);
        }
    }
}

/// Margin accounts as they will be once they are written.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    books: HashMap<String, Book>,
    touched: HashSet<String>,
    late: HashMap<String, Vec<(Place, u64, Event)>>,
}

impl Accounts {
    /// Takes in an event that has a number of its own, or follows one that has. Its own goes into `numbers`, and those that it
    /// shows to be missing into `gaps`, unless the account has to begin again for it.
    pub(super) async fn take(
        &mut self,
        connection: &mut AnyConnection,
        (ids, numbers, gaps): (&mut Ids, &mut Rows, &mut Rows),
        address: String,
        (place, sequence): (Place, u64),
        event: &Event,
    ) -> Result<(), StoreError> {
        if !self.books.contains_key(&address) {
            let lives = life::load(connection, &address).await?.into_iter().collect();
            self.books.insert(address.clone(), Book { lives });
        }
        let Some(book) = self.books.get_mut(&address) else { return Ok(()) };
        if place.number() < book.last_place() || self.late.contains_key(&address) {
            self.late.entry(address).or_default().push((place, sequence, event.clone()));
            return Ok(());
        }
        if follows(event).is_some() {
            book.follow((place, sequence), event);
        } else {
            let (stream, missing) = book.take(ids, &address, (place, sequence), event);
            numbers.push(row![stream, sequence, place.number()]);
            if let Some(missing) = missing {
                gaps.push(gap_row(stream, missing, None));
            }
        }
        self.touched.insert(address);
        Ok(())
    }

    /// Writes what changed, once events and numbers are written.
    pub(super) async fn write(&mut self, connection: &mut AnyConnection, ids: &mut Ids) -> Result<(), StoreError> {
        let mut tables = BookRows::new();
        for address in std::mem::take(&mut self.touched) {
            if let Some(book) = self.books.get_mut(&address) {
                tables.push(book);
            }
        }
        tables.write(connection).await?;
        for (address, late) in std::mem::take(&mut self.late) {
            self.books.remove(&address);
            rebuild(connection, ids, &address, late, &(0..0)).await?;
        }
        if self.books.len() > REMEMBERED {
            self.books.clear();
        }
        Ok(())
    }
}

/// Rows of books.
struct BookRows {
    streams: Rows,
    lives: Rows,
    positions: Rows,
    orders: Rows,
}

impl BookRows {
    fn new() -> Self {
        Self { streams: stream_rows(), lives: life::life_rows(), positions: position_rows(), orders: order_rows() }
    }

    /// Adds what changed of a book, which then has only its present life.
    fn push(&mut self, book: &mut Book) {
        for life in &mut book.lives {
            self.streams.push(stream_row(&life.stream));
            self.lives.push(life.row());
            life.positions.push_changed(&mut self.positions, &life.stream, &life.owner);
            life.orders.push_changed(&mut self.orders, &life.stream.address);
        }
        let past = book.lives.len().saturating_sub(1);
        drop(book.lives.drain(..past));
    }

    async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        self.streams.write(connection).await?;
        self.lives.write(connection).await?;
        self.positions.write(connection).await?;
        self.orders.write(connection).await
    }
}

/// Goes through all events of an account again, those that are stored (but at places without which it is to be) and those
/// that come late; a page at a time, since an account can have any number of them. Where something is missing afterwards, what
/// was attempted before for the same numbers still counts.
pub(super) async fn rebuild(
    connection: &mut AnyConnection,
    ids: &mut Ids,
    address: &str,
    mut late: Vec<(Place, u64, Event)>,
    without: &Range<i64>,
) -> Result<(), StoreError> {
    // The new lives' streams are written last, so this finds the numbers of the old ones only.
    const SELECT: &str = "SELECT own.place, own.sequence, e.data FROM (\
         SELECT n.place AS place, n.sequence AS sequence FROM numbers n JOIN streams s ON s.id = n.stream \
         WHERE s.address = $1 AND s.kind = 'account' AND n.place > $2 \
         UNION ALL SELECT f.place, f.sequence FROM followers f WHERE f.account = $1 AND f.place > $2\
         ) own JOIN events e ON e.place = own.place ORDER BY own.place LIMIT 1000";
    let attempts = attempts_at(connection, address).await?;
    for statement in [
        "DELETE FROM lives WHERE account = $1",
        "DELETE FROM positions WHERE account = $1",
        "DELETE FROM orders WHERE account = $1",
    ] {
        sqlx::query(statement).bind(address).execute(&mut *connection).await?;
    }
    late.sort_by_key(|(place, ..)| *place);
    let mut late = late.into_iter().peekable();
    let (mut numbers, mut tables, mut book) = (number_rows(), BookRows::new(), Book::default());
    let mut reached = -1;
    loop {
        let stored = sqlx::query(SELECT).bind(address).bind(reached).fetch_all(&mut *connection).await?;
        let is_last = stored.is_empty();
        let mut events = Vec::with_capacity(stored.len());
        for row in &stored {
            reached = row.try_get(0)?;
            if !without.contains(&reached) {
                let sequence = row.try_get::<i64, _>(1)?.cast_unsigned();
                events.push((Place::from_number(reached), sequence, decode(row.try_get(2)?)?));
            }
        }
        while let Some(event) = late.next_if(|(place, ..)| is_last || place.number() <= reached) {
            events.push(event);
        }
        events.sort_by_key(|(place, ..)| *place);
        events.dedup_by_key(|(place, ..)| *place);
        for (place, sequence, event) in &events {
            if follows(event).is_some() {
                book.follow((*place, *sequence), event);
            } else {
                let (stream, _) = book.take(ids, address, (*place, *sequence), event);
                numbers.push(row![stream, *sequence, place.number()]);
            }
            // A position that another follows, and an order that is over, are as they will stay.
            if let Some(life) = book.lives.last_mut() {
                life.positions.push_closed(&mut tables.positions, &life.stream, &life.owner);
                life.orders.push_ended(&mut tables.orders, &life.stream.address);
            }
        }
        numbers.write(connection).await?;
        tables.positions.write(connection).await?;
        tables.orders.write(connection).await?;
        if is_last {
            break;
        }
    }
    for statement in [
        "DELETE FROM numbers WHERE stream IN (SELECT id FROM streams WHERE address = $1 AND kind = 'account')",
        "DELETE FROM gaps WHERE stream IN (SELECT id FROM streams WHERE address = $1 AND kind = 'account')",
        "DELETE FROM streams WHERE address = $1 AND kind = 'account'",
    ] {
        sqlx::query(statement).bind(address).execute(&mut *connection).await?;
    }
    for life in book.lives.iter().filter(|life| life.stream.has_gaps()) {
        renew(connection, &life.stream, &attempts).await?;
    }
    tables.push(&mut book);
    tables.write(connection).await
}

/// An event as it is stored.
pub(super) fn decode(data: &str) -> Result<Event, StoreError> {
    let bytes = BASE64_STANDARD.decode(data).ok();
    bytes
        .and_then(|bytes| Event::from_data(&bytes))
        .ok_or_else(|| StoreError::Foreign { what: "an event", found: data.into() })
}

/// Addresses of margin accounts that have events at such places.
pub(super) async fn touched(connection: &mut AnyConnection, places: &Range<i64>) -> Result<Vec<String>, StoreError> {
    const SELECT: &str = "SELECT s.address FROM numbers n JOIN streams s ON s.id = n.stream \
         WHERE n.place >= $1 AND n.place < $2 AND s.kind = 'account' \
         UNION SELECT account FROM followers WHERE place >= $1 AND place < $2";
    let rows = sqlx::query(SELECT).bind(places.start).bind(places.end).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
