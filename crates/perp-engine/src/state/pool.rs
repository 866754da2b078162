use super::counters::count_one;
use crate::units::{Atoms, Ppm, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Markets one exchange can list: all of them fit the legacy transaction that executes a liquidity withdrawal, with two
/// instructions for its compute budget: 1220 of 1232 bytes.
pub const MAX_MARKETS: usize = 21;

/// Shares of the first deposit that nobody gets, so that the share price cannot be inflated: 10 000 atoms' worth at the
/// first deposit, a cent of a token with six decimals.
pub const DEAD_SHARES: u64 = 10_000;

/// Hands every parameter of the pool to the macro named, as [`market_parameters`](crate::market_parameters) does a market's.
#[macro_export]
macro_rules! pool_parameters {
    ($($callback:tt)+) => { $($callback)+! {
        minimum_request: Atoms u64 Quote
            "Smallest request, in atoms; a withdrawal's shares are valued at one atom each, as at the first deposit.";
        deposit_delay: u32 u32 Seconds
            "Prices that execute a deposit are published at least this many seconds after it. 30 s to 30 days.";
        withdrawal_delay: u32 u32 Seconds
            "Prices that execute a withdrawal are published at least this many seconds after it. 30 s to 30 days.";
        deposit_validity: u32 u32 Seconds
            "Seconds from maturity after which an unexecuted deposit expires. 60 s to 30 days.";
        withdrawal_validity: u32 u32 Seconds
            "Seconds from maturity after which an unexecuted withdrawal expires. 60 s to 30 days.";
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
    /// Tokens of deposit requests not executed yet; cash that belongs to their owners.
    pub escrow: Atoms,
    /// Shares in existence, the dead ones included.
    pub shares: Atoms,
    /// Events of the pool so far: the number each of them carries.
    pub sequence: u64,
    /// The liquidity providers' delays and limits.
    pub parameters: PoolParameters,
    /// What was drawn of the shared insurance lately.
    pub shared_draw: SharedDraw,
    /// Zero; room for what is added later.
    pub reserved: [u64; 5],
}

/// What a liquidity request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum RequestKind {
    /// Tokens in, shares out.
    Deposit = 0,
    /// Shares in, tokens out.
    Withdrawal = 1,
}

/// A liquidity provider's request: tokens (deposit) or shares (withdrawal) in escrow until somebody executes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Request {
    /// Tokens or shares still in escrow.
    pub amount: Atoms,
    /// Least that must come out for the whole `amount`, in shares or tokens; scaled with a partial execution.
    pub minimum_output: Atoms,
    /// When it was made.
    pub requested_at: Timestamp,
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<PoolParameters>() == 72);
const _: () = assert!(core::mem::size_of::<Pool>() == 184);
const _: () = assert!(core::mem::size_of::<Request>() == 56);

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
