//! Margin accounts: their lives and what each has counted.
//!
//! What an event means to an account depends on the order (a number that begins anew at 1 is another life, an order from
//! zero opens another position), so an account is kept by going through its events in theirs. Events that come late, or go,
//! make it begin again from where it was before them: `rebuild.rs`.

use std::collections::{HashMap, HashSet};

use perp_client::events::Event;
use sqlx::AnyConnection;

use super::checkpoints::{self, checkpoint_rows};
use super::gaps::gap_row;
use super::life::{self, Life};
use super::order::order_rows;
use super::positions::position_rows;
use super::rebuild::rebuild;
use super::rows::{row, Rows};
use super::streams::{stream_row, stream_rows, Ids, StreamState};
use super::StoreError;
use crate::facts::{follows, StreamKind};
use crate::place::Place;

/// Accounts kept in memory between two writes, a kilobyte or so each.
const REMEMBERED: usize = 50_000;

/// A margin account: its present life last, before it what changed since the last write.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) lives: Vec<Life>,
}

impl Book {
    fn last_place(&self) -> i64 {
        self.lives.last().map_or(-1, |life| life.last_place)
    }

    /// Takes in an event that is later than all before. Returns the stream of the life it belongs to, and the numbers before
    /// that it shows to be missing.
    pub(super) fn take(
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
    pub(super) fn follow(&mut self, (place, sequence): (Place, u64), event: &Event) {
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
pub(super) struct BookRows {
    streams: Rows,
    lives: Rows,
    positions: Rows,
    orders: Rows,
    checkpoints: Rows,
}

impl BookRows {
    pub(super) fn new() -> Self {
        Self {
            streams: stream_rows(),
            lives: life::life_rows(),
            positions: position_rows(),
            orders: order_rows(),
            checkpoints: checkpoint_rows(),
        }
    }

    /// Adds what of a book is as it will stay: a position that another follows, and an order that is over.
    pub(super) fn push_past(&mut self, book: &mut Book) {
        if let Some(life) = book.lives.last_mut() {
            life.positions.push_closed(&mut self.positions, &life.stream, &life.owner);
            life.orders.push_ended(&mut self.orders, &life.stream.address);
            checkpoints::push_due(&mut self.checkpoints, life);
        }
    }

    /// Adds what changed of a book, which then has only its present life.
    pub(super) fn push(&mut self, book: &mut Book) {
        for life in &mut book.lives {
            life.positions.push_changed(&mut self.positions, &life.stream, &life.owner);
            life.orders.push_changed(&mut self.orders, &life.stream.address);
            checkpoints::push_due(&mut self.checkpoints, life);
            self.streams.push(stream_row(&life.stream));
            self.lives.push(life.row());
        }
        let past = book.lives.len().saturating_sub(1);
        drop(book.lives.drain(..past));
    }

    /// Writes them all.
    pub(super) async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let Self { streams, lives, positions, orders, checkpoints } = self;
        for rows in [streams, lives, positions, orders, checkpoints] {
            rows.write(connection).await?;
        }
        Ok(())
    }
}
