//! Taking in transactions that come late, into slots that were taken in long ago.

use std::collections::HashMap;
use std::ops::Range;

use anchor_lang::prelude::Pubkey;
use sqlx::{AnyConnection, Connection, Row};

use super::append::{Taken, Writer};
use super::markets::forget_accrued;
use super::rebuild::decode;
use super::remove::remove;
use super::StoreError;
use crate::facts::numbers;
use crate::place::Place;

/// Numbers of transactions within a slot.
const NUMBERS: u32 = 1 << 16;

/// A transaction that comes late.
#[derive(Clone, Debug)]
pub struct Late {
    /// What is known of it now. Its number within the slot counts where it agrees with the numbers of its events, and where it
    /// is free.
    pub taken: Taken,
    /// Whether the node has told its number.
    pub is_numbered: bool,
}

impl Writer {
    /// Takes in transactions of a slot that is final and was taken in before: new ones, and others of which more is known now.
    /// Others that are where they were stay as they are. Returns by how many events the slot has grown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn amend(&mut self, slot: u64, late: Vec<Late>) -> Result<u64, StoreError> {
        let outcome = self.try_amend(slot, late).await;
        if outcome.is_err() {
            self.forget_accounts();
        }
        outcome
    }

    async fn try_amend(&mut self, slot: u64, late: Vec<Late>) -> Result<u64, StoreError> {
        self.forget_accounts();
        let mut connection = self.store.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        let written = self.lock(&mut transaction).await?;
        let places = Place::first_of(slot).number()..Place::first_of(slot + 1).number();
        let before = stored(&mut transaction, &places).await?;
        let mut block = before.clone();
        for late in late {
            insert(&mut block, late, self.scope.pool);
        }
        let mut removed = 0;
        for gone in before.iter().filter(|known| !block.contains(known)) {
            let place = Place::new(slot, gone.number, 0)?.number();
            removed += remove(&mut transaction, &(place..place + Place::EVENTS)).await?;
        }
        forget_accrued(&mut transaction, places.start).await?;
        let new: Vec<&Taken> = block.iter().filter(|taken| !before.contains(taken)).collect();
        let taken = self.take(&mut transaction, new.iter().map(|taken| (slot, *taken)), false).await?;
        for taken in block.iter().filter(|taken| taken.fault.is_none()) {
            sqlx::query("DELETE FROM retries WHERE signature = $1")
                .bind(&taken.signature)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.written(written);
        Ok(taken.events.saturating_sub(removed))
    }
}

/// The transactions at such places, in order.
async fn stored(connection: &mut AnyConnection, places: &Range<i64>) -> Result<Vec<Taken>, StoreError> {
    const EVENTS: &str = "SELECT place, data FROM events WHERE place >= $1 AND place < $2 ORDER BY place";
    const TRANSACTIONS: &str =
        "SELECT place, signature, fault FROM transactions WHERE place >= $1 AND place < $2 ORDER BY place";
    let mut events: HashMap<Place, Vec<_>> = HashMap::new();
    for row in sqlx::query(EVENTS).bind(places.start).bind(places.end).fetch_all(&mut *connection).await? {
        let place = Place::from_number(row.try_get(0)?);
        events.entry(place.transaction()).or_default().push(decode(row.try_get(1)?)?);
    }
    let rows = sqlx::query(TRANSACTIONS).bind(places.start).bind(places.end).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let place = Place::from_number(row.try_get(0)?);
            Ok(Taken {
                number: place.number_in_slot(),
                signature: row.try_get(1)?,
                events: events.remove(&place).unwrap_or_default(),
                fault: row.try_get(2)?,
            })
        })
        .collect()
}

/// Puts a transaction where it belongs: before the first one that has a later event of something that both are about, or has a
/// greater number and no event that says otherwise.
fn insert(block: &mut Vec<Taken>, late: Late, pool: Pubkey) {
    let Late { mut taken, mut is_numbered } = late;
    // As long as its events were not known, neither was where it belongs.
    if let Some(known) = block.iter().position(|known| known.signature == taken.signature) {
        (taken.number, is_numbered) = (block.remove(known).number, true);
    }
    let follows = |known: &Taken| {
        let by_number = is_numbered && taken.number < known.number && !precedes(known, &taken, pool);
        by_number || precedes(&taken, known, pool)
    };
    let at = block.iter().position(follows).unwrap_or(block.len());
    let from = at.checked_sub(1).and_then(|before| block.get(before)).map_or(0, |before| before.number + 1);
    let to = block.get(at).map_or(NUMBERS, |after| after.number);
    if !is_numbered || !(from..to).contains(&taken.number) {
        taken.number = from;
    }
    block.insert(at, taken);
    if from >= to {
        for (number, taken) in (0..).zip(block) {
            taken.number = number;
        }
    }
}

/// Whether a transaction took place before another, as the numbers of their events say.
fn precedes(one: &Taken, other: &Taken, pool: Pubkey) -> bool {
    let all = |taken: &Taken| taken.events.iter().flat_map(|event| numbers(event, pool)).collect::<Vec<_>>();
    let others = all(other);
    all(one)
        .iter()
        .any(|number| others.iter().any(|other| number.address == other.address && number.sequence < other.sequence))
}
