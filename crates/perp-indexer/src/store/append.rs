//! Taking in what happened: each batch of slots in one transaction of the database, so that a process that dies leaves none
//! half-written.

use base64::prelude::{Engine, BASE64_STANDARD};
use perp_client::addresses::unpadded;
use perp_client::events::Event;
use sqlx::{AnyConnection, Connection, Row};

use super::account::Accounts;
use super::blocks::finalize;
use super::candles;
use super::gaps::gap_rows;
use super::markets::MarketChanges;
use super::rows::{row, Rows};
use super::scope::{market_rows, Scope};
use super::streams::{number_rows, Ids, Streams};
use super::tables::EventRows;
use super::{Store, StoreError};
use crate::facts::{follows, numbers, StreamKind};
use crate::place::Place;

/// A slot in which the program was called.
#[derive(Clone, Debug)]
pub struct Block {
    /// The slot.
    pub slot: u64,
    /// What tells its list of signatures from another.
    pub digest: String,
    /// The last signature in it.
    pub newest: String,
    /// Whether it can no longer be abandoned.
    pub is_final: bool,
    /// Its transactions that took place, in order.
    pub transactions: Vec<Taken>,
}

/// A transaction with what is known of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number within the slot.
    pub number: u32,
    /// Its signature.
    pub signature: String,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// Why these may not be all.
    pub fault: Option<String>,
}

/// What a write has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Events taken in.
    pub events: u64,
    /// The first and the last place at which there is something new.
    pub places: Option<(Place, Place)>,
}

/// The one who writes the database.
#[derive(Debug)]
pub struct Writer {
    pub(super) store: Store,
    pub(super) scope: Scope,
    accounts: Accounts,
    /// How often the database had been written when this one last wrote it, or looked.
    writes: i64,
}

impl Writer {
    /// Writes to a database that belongs to the exchange, or to none yet.
    ///
    /// # Errors
    /// [`StoreError::OtherExchange`], and where the database does not answer.
    pub async fn new(store: Store, scope: Scope) -> Result<Self, StoreError> {
        store.bind(&scope).await?;
        let writes = store.writes().await?;
        Ok(Self { store, scope, accounts: Accounts::default(), writes })
    }

    /// Begins again with what the database says now, whoever has written it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look(&mut self) -> Result<(), StoreError> {
        let writes = self.store.writes().await?;
        if writes != self.writes {
            self.forget_accounts();
            self.writes = writes;
        }
        Ok(())
    }

    pub(super) fn forget_accounts(&mut self) {
        self.accounts = Accounts::default();
    }

    /// Keeps everybody else from writing until the transaction ends. Returns how often the database will have been written
    /// then.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] where somebody else has written it.
    pub(super) async fn lock(&self, connection: &mut AnyConnection) -> Result<i64, StoreError> {
        let row = sqlx::query("UPDATE writes SET number = number + 1 WHERE id = 1 RETURNING number");
        let writes: i64 = row.fetch_one(connection).await?.try_get(0)?;
        if writes == self.writes.wrapping_add(1) {
            Ok(writes)
        } else {
            Err(StoreError::Overtaken)
        }
    }

    /// Notes that the transaction that began with [`Self::lock`] has ended well.
    pub(super) fn written(&mut self, writes: i64) {
        self.writes = writes;
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The exchange that is followed.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Takes in slots that are new to the database, oldest first. All of them are written, or none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(&mut self, blocks: &[Block]) -> Result<Appended, StoreError> {
        let outcome = self.try_append(blocks).await;
        if outcome.is_err() {
            self.forget_accounts();
        }
        outcome
    }

    async fn try_append(&mut self, blocks: &[Block]) -> Result<Appended, StoreError> {
        let mut connection = self.store.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let written = self.lock(&mut transaction).await?;
        let mut rows = block_rows();
        for block in blocks {
            rows.push(row![block.slot, block.digest.as_str(), block.newest.as_str(), i64::from(block.is_final)]);
        }
        rows.write(&mut transaction).await?;
        let transactions = blocks.iter().flat_map(|block| block.transactions.iter().map(|taken| (block.slot, taken)));
        let appended = self.take(&mut transaction, transactions, true).await?;
        transaction.commit().await?;
        self.written(written);
        Ok(appended)
    }

    /// Notes that nothing up to `slot` can be abandoned any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finalize(&mut self, slot: u64) -> Result<(), StoreError> {
        finalize(&mut *self.store.pool().acquire().await?, slot).await
    }

    pub(super) async fn take(
        &mut self,
        connection: &mut AnyConnection,
        transactions: impl Iterator<Item = (u64, &Taken)>,
        in_order: bool,
    ) -> Result<Appended, StoreError> {
        let mut batch = Batch::new(connection, in_order).await?;
        let mut appended = Appended::default();
        for (slot, taken) in transactions {
            let place = Place::new(slot, taken.number, 0)?;
            let mut is_ours = taken.fault.is_some();
            for (number, event) in taken.events.iter().enumerate() {
                if event.exchange() != self.scope.exchange {
                    continue;
                }
                let place = Place::new(slot, taken.number, number)?;
                batch.take(connection, &self.scope, &mut self.accounts, place, event).await?;
                is_ours = true;
                appended.events += 1;
                let (first, last) = appended.places.unwrap_or((place, place));
                appended.places = Some((first.min(place), last.max(place)));
            }
            if taken.fault.is_some() {
                batch.retries.push(row![taken.signature.as_str(), 0_i64, 0_i64]);
            }
            if is_ours {
                batch.transactions.push(row![place.number(), taken.signature.as_str(), taken.fault.clone()]);
            }
        }
        batch.write(connection, &mut self.accounts).await?;
        Ok(appended)
    }
}

fn block_rows() -> Rows {
    // An error, not a second row, where somebody else writes the same database.
    Rows::strict("blocks", &["slot", "digest", "newest", "final"])
}

/// Rows on their way into the tables.
struct Batch {
    ids: Ids,
    streams: Streams,
    transactions: Rows,
    retries: Rows,
    events: Rows,
    numbers: Rows,
    followers: Rows,
    gaps: Rows,
    tables: EventRows,
    markets: Rows,
    changes: MarketChanges,
    candles: candles::Changes,
    /// Whether everything is later than all that is known.
    in_order: bool,
}

impl Batch {
    async fn new(connection: &mut AnyConnection, in_order: bool) -> Result<Self, StoreError> {
        Ok(Self {
            ids: Ids::load(connection).await?,
            streams: Streams::default(),
            transactions: Rows::replacing("transactions", &["place"], &["place", "signature", "fault"]),
            // Of one that is faulty still, the attempts stay.
            retries: Rows::new("retries", &["signature", "attempts", "next_attempt"]),
            events: Rows::strict("events", &["place", "kind", "time", "data"]),
            numbers: number_rows(),
            followers: Rows::new("followers", &["place", "account", "sequence"]),
            gaps: gap_rows(),
            tables: EventRows::new(),
            markets: market_rows(),
            changes: MarketChanges::default(),
            candles: candles::Changes::default(),
            in_order,
        })
    }

    async fn take(
        &mut self,
        connection: &mut AnyConnection,
        scope: &Scope,
        accounts: &mut Accounts,
        place: Place,
        event: &Event,
    ) -> Result<(), StoreError> {
        self.events.push(row![place.number(), event.name(), event.time(), BASE64_STANDARD.encode(event.data())]);
        for numbered in numbers(event, scope.pool) {
            let address = numbered.address.to_string();
            if numbered.kind == StreamKind::Account {
                let rows = (&mut self.ids, &mut self.numbers, &mut self.gaps);
                accounts.take(connection, rows, address, (place, numbered.sequence), event).await?;
            } else {
                let rows = (&mut self.ids, &mut self.gaps);
                let stream = self.streams.see(connection, rows, numbered.kind, address, numbered.sequence).await?;
                self.numbers.push(row![stream, numbered.sequence, place.number()]);
            }
        }
        if let Some((account, sequence)) = follows(event) {
            let address = account.to_string();
            self.followers.push(row![place.number(), address.as_str(), sequence]);
            let rows = (&mut self.ids, &mut self.numbers, &mut self.gaps);
            accounts.take(connection, rows, address, (place, sequence), event).await?;
        }
        if let Event::MarketCreated(event) = event {
            self.markets.push(row![
                event.market_index,
                event.market.to_string(),
                unpadded(&event.symbol),
                i64::from(event.base_decimals)
            ]);
        }
        self.tables.add(place, event);
        self.changes.add(event);
        if self.in_order {
            self.candles.extend(event);
        } else {
            self.candles.note(event);
        }
        Ok(())
    }

    async fn write(mut self, connection: &mut AnyConnection, accounts: &mut Accounts) -> Result<(), StoreError> {
        self.transactions.write(connection).await?;
        self.retries.write(connection).await?;
        self.events.write(connection).await?;
        self.numbers.write(connection).await?;
        self.followers.write(connection).await?;
        self.gaps.write(connection).await?;
        self.tables.write(connection).await?;
        self.markets.write(connection).await?;
        self.streams.write(connection).await?;
        self.changes.write(connection).await?;
        accounts.write(connection, &mut self.ids).await?;
        self.candles.write(connection).await
    }
}
