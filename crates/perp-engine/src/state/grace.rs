use super::Allowance;
use crate::units::{Price, Timestamp};
use bytemuck::{Pod, Zeroable};

/// The time after a silence in which nobody is liquidated at a price he could not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Grace {
    /// The last good price before the silence.
    pub price_before: Price,
    /// When that was published.
    pub silent_since: Timestamp,
    /// When the pause began after which it is granted; zero where the feed or the chain was silent.
    pub pause_began: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// What is spent of graces for silences of the feed and the chain.
    pub allowance: Allowance,
    /// When the market last took a fresh price in.
    pub seen_at: Timestamp,
    /// The cluster's slot of then.
    pub seen_slot: u64,
}

const _: () = assert!(core::mem::size_of::<Grace>() == 64);

impl Grace {
    /// The price that counts beside the present one; none where no grace is in force.
    pub fn price_at(&self, reference: Timestamp) -> Option<Price> {
        (reference < self.until && self.price_before > Price::ZERO).then_some(self.price_before)
    }
}
