use crate::units::{Price, Timestamp};
use bytemuck::{Pod, Zeroable};

/// From the move to settlement on nobody is closed for so long: what undoes it can be handed in.
pub const SETTLEMENT_NOTICE_SECONDS: u32 = 86_400;
/// A delisting waits for so long, so that everybody can close in that time.
pub const DELISTING_NOTICE_SECONDS: u32 = 172_800;

/// A delisted market is no longer traded for so long before it may be moved, six half-lives of the average: whoever could still
/// trade knew little of the price at which it ends.
pub const SETTLEMENT_AVERAGE_SECONDS: u32 = 3_600;

/// How a market ends: at one final price, which holds for every position from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Settlement {
    /// When the delisting is due: nothing is traded from then on, and an hour later the market may be moved to settlement. Zero where
    /// it was not delisted.
    pub delisted_from: Timestamp,
    /// When it was moved; zero before.
    pub moved_at: Timestamp,
    /// When the oracle outage that ended it was reported; zero where it was delisted.
    pub outage_since: Timestamp,
    /// The final price.
    pub price: Price,
}

const _: () = assert!(core::mem::size_of::<Settlement>() == 32);

impl Settlement {
    /// Whether the market has moved to settlement.
    pub const fn has_begun(&self) -> bool {
        !self.moved_at.is_never()
    }

    /// Whether the final price is known for good: a market whose outage may still be found to have been none has the range of a
    /// dead oracle.
    pub fn is_final(&self, reference: Timestamp) -> bool {
        self.has_begun() && (self.outage_since.is_never() || reference >= self.closes_from())
    }

    /// Whether the market is delisted and its time is over: nothing is traded until somebody moves it, or whoever holds a
    /// position could choose between its last price and the final one.
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.delisted_from.is_never() && now >= self.delisted_from
    }

    /// Whether the market is to end or has ended: nothing is increased any more.
    pub const fn is_announced(&self) -> bool {
        self.has_begun() || !self.delisted_from.is_never()
    }

    /// From when on anybody may close positions.
    pub fn closes_from(&self) -> Timestamp {
        self.moved_at.after(SETTLEMENT_NOTICE_SECONDS).unwrap_or(Timestamp::new(i64::MAX))
    }

    /// Whether a good reading published then shows that the feed lived while it was held for dead.
    pub fn is_undone_by(&self, published: Timestamp, now: Timestamp) -> bool {
        !self.outage_since.is_never()
            && now < self.closes_from()
            && self.outage_since < published
            && published <= self.moved_at
    }
}
