use crate::error::EngineError;
use crate::units::{Atoms, Timestamp};
use bytemuck::{Pod, Zeroable};

/// Markets that a delegate can be bound to: those with the first indices, one bit each.
const NAMED_MARKETS: u16 = 64;

/// What an account's delegate may do at most. Zeroed memory sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct DelegateLimits {
    /// The delegate acts before this time and not at it.
    pub expires: Timestamp,
    /// The markets in which it may trade: bit `i` for the market of index `i`. A market of index 64 or above is never among them.
    pub markets: u64,
    /// Largest notional, at the index, of a position that it increases, in atoms.
    pub largest_notional: Atoms,
    /// What adverse equity it must leave where it increases, in atoms.
    pub equity_floor: Atoms,
    /// 1 where the limits are in force, 0 where the delegate has none.
    pub limited: u8,
    /// 1 where it only reduces.
    pub reduce_only: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
}

const _: () = assert!(core::mem::size_of::<DelegateLimits>() == 40);

impl DelegateLimits {
    /// Whether there are any.
    pub const fn are_set(&self) -> bool {
        self.limited != 0
    }

    /// Whether the delegate may act in this market now.
    ///
    /// # Errors
    /// [`EngineError::DelegateExpired`], [`EngineError::DelegateMarket`].
    pub fn require_market(&self, market: u16, now: Timestamp) -> Result<(), EngineError> {
        if !self.are_set() {
            return Ok(());
        }
        if now >= self.expires {
            return Err(EngineError::DelegateExpired { at: self.expires.get() });
        }
        let named = market < NAMED_MARKETS && self.markets.checked_shr(u32::from(market)).unwrap_or(0) & 1 == 1;
        if named {
            Ok(())
        } else {
            Err(EngineError::DelegateMarket { market })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delegate_acts_until_its_time_is_over_in_the_markets_it_is_given() {
        let limits = DelegateLimits { expires: Timestamp::new(100), markets: 0b101, limited: 1, ..Default::default() };
        let now = Timestamp::new(99);
        assert_eq!((limits.require_market(0, now), limits.require_market(2, now)), (Ok(()), Ok(())));
        for market in [1, 63, 64, u16::MAX] {
            assert_eq!(limits.require_market(market, now), Err(EngineError::DelegateMarket { market }));
        }
        assert_eq!(limits.require_market(0, Timestamp::new(100)), Err(EngineError::DelegateExpired { at: 100 }));
        // Without limits every market and all time.
        assert_eq!(DelegateLimits::default().require_market(900, Timestamp::new(i64::MAX)), Ok(()));
        let last = DelegateLimits { markets: 1 << 63, ..limits };
        assert_eq!(last.require_market(63, now), Ok(()));
    }
}
