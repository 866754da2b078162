use super::counters::{count_one, MarketCounters};
use super::{BoundaryLedger, Grace, Parameters, PriceAverages, RecentPrices, Restriction, Settlement, Status};
use crate::units::{Atoms, FundingIndex, Price, Side, Size, StoredQuoteX40, Timestamp};
use bytemuck::{Pod, Zeroable};

/// What the market last learnt from its oracle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct PriceCache {
    /// The last valid price: its confidence was within `max_confidence_valid`. Everything is valued at it.
    pub price: Price,
    /// Confidence of the valid price, in the price's unit, rounded up.
    pub confidence: Price,
    /// Publish time of the valid price.
    pub published: Timestamp,
    /// Newest publish time seen, also of a price too uncertain to be valid.
    pub newest_published: Timestamp,
    /// When somebody reported an oracle outage; zero while none is reported.
    pub outage_since: Timestamp,
    /// Until when the clock is not believed: a reading from too far ahead of it proved that it lags.
    pub clock_distrusted_until: Timestamp,
    /// Zero; room for what is added later.
    pub reserved: [u64; 2],
}

/// The newest price of a market's second source. It bounds the first's and never is the market's price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SecondPrice {
    /// The price; zero where none has been posted.
    pub price: Price,
    /// Its confidence, in the price's unit, rounded up.
    pub confidence: Price,
    /// Its publish time; zero where none has been posted.
    pub published: Timestamp,
}

/// One side's aggregates: exact sums over its positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SideTotals {
    /// Σ |size|.
    pub open_interest: Size,
    /// Σ entry notional, in 2^-40 atoms.
    pub entry_notional: StoredQuoteX40,
    /// Cumulative funding owed per base unit.
    pub funding_index: FundingIndex,
    /// Σ |size| · funding index of the position.
    pub funding_checkpoint: StoredQuoteX40,
    /// Carry accrued below one unit of the index, in 2^-60.
    pub carry_fraction: u64,
    /// Deleveragings of the side so far.
    pub deleveraging_round: u32,
    /// Zero; aligns what follows.
    pub padding: [u8; 4],
    /// Mean of the open interest over about an hour: what the carry's surge goes by.
    pub mean_interest: Size,
    /// Zero; room for what is added later.
    pub reserved: [u64; 1],
}

/// Everything of a market that an operation can change besides its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct MarketLedger {
    /// `[long, short]`.
    pub sides: [SideTotals; 2],
    /// Funding rate per second in 2^-60; positive where longs pay.
    pub funding_rate: i64,
    /// Up to when funding is accrued.
    pub funding_time: Timestamp,
    /// Payers' funding below one unit of the index, in 2^-61.
    pub funding_fraction: u64,
    /// Cash the pool has placed here, and what trading has added or taken.
    pub backing: Atoms,
    /// Principal the pool has placed here; losses do not reduce it.
    pub net_principal: Atoms,
    /// Σ of what the market owes closed positions. Not cash.
    pub claims: Atoms,
    /// Cash set aside for claims.
    pub claims_reserve: Atoms,
    /// Unfunded part of a claim of this round, from 1 down: `mantissa · 2^-47 · 2^-exponent` with
    /// 16 bits of exponent above 48 bits of mantissa.
    pub claim_factor: u64,
    /// Σ of what closed positions owe the market. Not cash.
    pub debts: Atoms,
    /// The market's own insurance; cash.
    pub insurance: Atoms,
    /// The protocol's part of fees; cash.
    pub protocol_fees: Atoms,
    /// Bad debt written off so far; nothing is computed from it.
    pub written_off: Atoms,
    /// What the market has ever drawn of the shared insurance.
    pub shared_drawn: Atoms,
    /// Times all claims of the market were funded in full.
    pub claim_round: u32,
    /// 1 while the market is short: it could not pay everybody even if every loser and debtor paid. As of its last refresh.
    pub short: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 3],
    /// What the market has seen since it was listed.
    pub counters: MarketCounters,
    /// Positions opened from nothing so far: the number of the last.
    pub positions_opened: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 9],
}

impl MarketLedger {
    /// One side's aggregates.
    pub const fn side(&self, side: Side) -> &SideTotals {
        side.of(&self.sides)
    }

    /// One side's aggregates, to be changed.
    pub fn side_mut(&mut self, side: Side) -> &mut SideTotals {
        side.of_mut(&mut self.sides)
    }

    /// Whether the market could not pay everybody even if every loser and debtor paid.
    pub const fn is_short(&self) -> bool {
        self.short != 0
    }

    /// Whether nobody has a position: what the market is worth then depends on no price.
    pub fn is_flat(&self) -> bool {
        self.sides.iter().all(|side| side.open_interest.is_zero())
    }
}

/// A market as the engine reads and writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Market {
    /// What the market last learnt from its oracle.
    pub price: PriceCache,
    /// Its good prices of the last seconds.
    pub recent: RecentPrices,
    /// What its second source last said.
    pub second_price: SecondPrice,
    /// What the market has measured of its own price.
    pub averages: PriceAverages,
    /// The time after a silence in which nobody is liquidated at a price he could not answer.
    pub grace: Grace,
    /// How the market ends.
    pub settlement: Settlement,
    /// Everything of the market that an operation can change besides its price.
    pub ledger: MarketLedger,
    /// The market as it stood at the last boundary that the exchange waited for.
    pub at_boundary: BoundaryLedger,
    /// What the market was listed with, and decisions have made of it since.
    pub parameters: Parameters,
    /// Where `allocate_backing` moves the backing to.
    pub target_backing: Atoms,
    /// The time in which positions here can only be reduced; a market by itself is never paused.
    pub reduce_only: Restriction,
    /// Events of the market so far: the number each of them carries.
    pub sequence: u64,
    /// Index within the exchange.
    pub index: u16,
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
    /// One atom is 10^-`quote_decimals` of the quote token.
    pub quote_decimals: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 4],
    /// Changes of the parameters so far, each step of one counted: what a proposal replaces is named by it.
    pub parameter_changes: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 20],
}

impl Market {
    /// Whether the market was listed with a second source.
    pub const fn has_second_source(&self) -> bool {
        self.parameters.second_max_age > 0
    }

    /// The number of the market's next event.
    pub fn next_event(&mut self) -> u64 {
        count_one(&mut self.sequence);
        self.sequence
    }

    /// The market's own status: active or reduce-only. The stricter of it and the exchange's applies.
    pub fn own_status(&self, now: Timestamp) -> Status {
        if self.reduce_only.is_in_force(now) {
            Status::ReduceOnly
        } else {
            Status::Active
        }
    }
}

const _: () = assert!(core::mem::size_of::<PriceCache>() == 64);
const _: () = assert!(core::mem::size_of::<SideTotals>() == 80);
const _: () = assert!(core::mem::size_of::<MarketLedger>() == 288 + 224 + 64);
const _: () = assert!(
    core::mem::size_of::<Market>()
        == 64 + 384 + 24 + 128 + 64 + 32 + 576 + 840 + core::mem::size_of::<Parameters>() + 48 + 168
);
