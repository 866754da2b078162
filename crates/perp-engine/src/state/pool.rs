use super::counters::count_one;
use super::{Epoch, LastEpoch};
use crate::units::{Atoms, Ppm, Timestamp};
use bytemuck::{Pod, Zeroable};

/// Shares of the first deposit that nobody gets, so that the share price cannot be inflated: 10 000 atoms' worth at the
/// first deposit, a cent of a token with six decimals.
pub const DEAD_SHARES: u64 = 10_000;

/// Hands every parameter of the pool to the macro named, as [`market_parameters`](crate::market_parameters) does a market's.
#[macro_export]
macro_rules! pool_parameters {
    ($($callback:tt)+) => { $($callback)+! {
        minimum_request: Atoms u64 Quote
            "Smallest request, in atoms; a withdrawal's shares are valued at one atom each, as at the first deposit.";
        epoch_seconds: u32 u32 Seconds
            "Boundaries are the whole multiples of so many seconds since 1970. 600 s to a day.";
        deposit_notice: u32 u32 Seconds
            "A deposit belongs to the first boundary at least so many seconds after it. 60 s to 30 epochs.";
        withdrawal_notice: u32 u32 Seconds
            "A withdrawal belongs to the first boundary at least so many seconds after it. 60 s to 30 epochs.";
        queue_fee: Ppm u32 Percent
            "Part of what enters and leaves that pays for settling traders before a boundary, in ppm. At most 0.1 %.";
        hysteresis: Ppm u32 Percent
            "Backing moves only when it is further than this from its target, in ppm of the target.";
        shared_draw_share: Ppm u32 Percent
            "Part of the shared insurance (at the window's start) that all markets together may draw per window, in ppm.";
        shared_draw_window: u32 u32 Seconds
            "Length of that window in seconds. An hour to 30 days.";
    }};
}

macro_rules! define {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// The liquidity providers' delays and limits as they are stored.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
        #[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
        #[repr(C)]
        pub struct PoolParameters {
            $(#[doc = $text] pub $field: $unit,)+
            /// Zero; aligns what follows.
            pub padding: u32,
            /// Zero; room for what is added later.
            pub reserved: [u64; 4],
        }
    };
}

pool_parameters!(define);

/// How much of the shared insurance was drawn within the running window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SharedDraw {
    /// When the running window opened.
    pub window_start: Timestamp,
    /// The shared insurance when the window opened.
    pub insurance_at_start: Atoms,
    /// What all markets drew within it.
    pub drawn: Atoms,
}

/// The liquidity pool's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Pool {
    /// Cash not placed in any market.
    pub cash: Atoms,
    /// Σ of the markets' `net_principal`.
    pub placed: Atoms,
    /// The shared insurance; cash.
    pub insurance: Atoms,
    /// Tokens of deposits that wait or are to be returned; cash that belongs to their owners.
    pub escrow: Atoms,
    /// Tokens set apart for withdrawals whose boundary is closed; cash that belongs to their owners.
    pub payable: Atoms,
    /// What requests have paid for settling traders before a boundary, not spent yet; cash.
    pub settling: Atoms,
    /// Shares in existence, the dead ones included.
    pub shares: Atoms,
    /// Events of the pool so far: the number each of them carries.
    pub sequence: u64,
    /// The liquidity providers' delays and limits.
    pub parameters: PoolParameters,
    /// What was drawn of the shared insurance lately.
    pub shared_draw: SharedDraw,
    /// The boundary that is being closed.
    pub epoch: Epoch,
    /// What a share was worth at the last boundary that was closed.
    pub last: LastEpoch,
    /// Zero; room for what is added later.
    pub reserved: [u64; 5],
}

const _: () = assert!(core::mem::size_of::<PoolParameters>() == 72);
const _: () = assert!(core::mem::size_of::<Pool>() == 184 + 16 + 168 + 32);

impl Pool {
    /// An empty pool with these parameters.
    pub fn opened(parameters: PoolParameters) -> Self {
        Self { parameters, ..Self::zeroed() }
    }

    /// The number of the pool's next event.
    pub fn next_event(&mut self) -> u64 {
        count_one(&mut self.sequence);
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::pool_parameters;

    #[test]
    fn a_pool_opens_empty_and_numbers_its_events_from_one() {
        let mut pool = Pool::opened(pool_parameters());
        assert_eq!(pool, Pool { parameters: pool_parameters(), ..Pool::zeroed() });
        assert_eq!((pool.next_event(), pool.next_event(), pool.sequence), (1, 2, 2));
    }
}
