//! Where in the chain's history something happened, as one number that orders everything.

use thiserror::Error;

/// Bits for the number of an event within its transaction: the runtime allows 64 instructions, inner ones included, and
/// 10 000 bytes of log.
const EVENT_BITS: u32 = 10;
/// Bits for the number of a transaction within its slot.
const TRANSACTION_BITS: u32 = 16;
/// Slots that can be numbered: at two a second they last for two thousand years.
const SLOT_BITS: u32 = 63 - EVENT_BITS - TRANSACTION_BITS;

/// Slot, number of the transaction within it, number of the event within that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(i64);

/// A number is beyond what a place can hold.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("slot {slot}, transaction {transaction}, event {event} has no place: such numbers were thought impossible")]
pub struct NoPlace {
    /// The slot.
    pub slot: u64,
    /// The transaction's number within it.
    pub transaction: u32,
    /// The event's number within that.
    pub event: usize,
}

impl Place {
    /// How many events of one transaction have places.
    pub const EVENTS: i64 = 1 << EVENT_BITS;

    /// The place of an event.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn new(slot: u64, transaction: u32, event: usize) -> Result<Self, NoPlace> {
        let fits = slot < 1 << SLOT_BITS && transaction < 1 << TRANSACTION_BITS && event < 1 << EVENT_BITS;
        let number = i64::try_from(slot).ok().zip(i64::try_from(event).ok()).filter(|_| fits);
        let (slot, event) = number.ok_or(NoPlace { slot, transaction, event })?;
        Ok(Self((slot << (TRANSACTION_BITS + EVENT_BITS)) | (i64::from(transaction) << EVENT_BITS) | event))
    }

    /// The first place of a slot, or of the last one that has places.
    pub fn first_of(slot: u64) -> Self {
        let slot = i64::try_from(slot).unwrap_or(i64::MAX).min((1 << SLOT_BITS) - 1);
        Self(slot << (TRANSACTION_BITS + EVENT_BITS))
    }

    /// From the number it is stored as.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number it is stored as.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The slot.
    pub const fn slot(self) -> u64 {
        (self.0 >> (TRANSACTION_BITS + EVENT_BITS)).unsigned_abs()
    }

    /// The number of the transaction within its slot.
    pub fn number_in_slot(self) -> u32 {
        u32::try_from((self.0 >> EVENT_BITS) & ((1 << TRANSACTION_BITS) - 1)).unwrap_or_default()
    }

    /// The number of the event within its transaction.
    pub const fn event(self) -> i64 {
        self.0 & ((1 << EVENT_BITS) - 1)
    }

    /// The place of the transaction itself, that of its first event.
    pub const fn transaction(self) -> Self {
        Self(self.0 & !((1 << EVENT_BITS) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ordered_like_the_chain() {
        let places = [(5, 0, 0), (5, 0, 1), (5, 1, 0), (5, 65_535, 1_023), (6, 0, 0), (400_000_000, 3, 7)];
        let places: Vec<_> =
            places.iter().map(|(slot, transaction, event)| Place::new(*slot, *transaction, *event).unwrap()).collect();
        assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(places.iter().map(|place| place.slot()).collect::<Vec<_>>(), [5, 5, 5, 5, 6, 400_000_000]);
        assert_eq!((places[5].event(), places[5].transaction()), (7, Place::new(400_000_000, 3, 0).unwrap()));
        assert_eq!((places[3].number_in_slot(), places[5].number_in_slot()), (65_535, 3));
        assert_eq!(Place::first_of(6), places[4]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (slot, transaction, event) in [(1 << 37, 0, 0), (0, 65_536, 0), (0, 0, 1_024)] {
            assert_eq!(Place::new(slot, transaction, event), Err(NoPlace { slot, transaction, event }));
        }
        assert!(Place::first_of(u64::MAX) > Place::new(1 << 36, 0, 0).unwrap());
    }
}
