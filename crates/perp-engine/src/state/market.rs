use super::Parameters;
use crate::status::StoredStatus;
use crate::units::{Atoms, FundingIndex, Price, Side, Size, StoredRaw, Timestamp};
use bytemuck::{Pod, Zeroable};

/// What the market last learnt from its oracle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct PriceCache {
    /// The last good price: its confidence was within the liquidation limit. Everything is valued at it.
    pub price: Price,
    /// Confidence of the good price, in the price's unit, rounded up.
    pub confidence: Price,
    /// Publish time of the good price.
    pub published: Timestamp,
    /// Newest publish time seen, also of a price too wide to be good.
    pub newest_published: Timestamp,
    /// When somebody marked the market dark; zero while it is not.
    pub dark_since: Timestamp,
}

/// One side's aggregates: exact sums over its positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SideBook {
    /// Σ |size|.
    pub open_interest: Size,
    /// Σ entry.
    pub entry: StoredRaw,
    /// Cumulative funding owed per base unit.
    pub funding_index: FundingIndex,
    /// Σ |size| · funding index of the position.
    pub size_index: StoredRaw,
    /// Carry accrued below one unit of the index, in 2^-60.
    pub carry_fraction: u64,
    /// Deleveraging events so far.
    pub epoch: u32,
    pub padding: [u8; 4],
    pub reserved: [u64; 2],
}

/// How much of the shared insurance the market drew within the running window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SharedDraw {
    pub window_start: Timestamp,
    /// The shared insurance when the window opened.
    pub insurance_at_start: Atoms,
    pub drawn: Atoms,
}

/// Everything of a market that a verb can change besides its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Books {
    /// `[long, short]`.
    pub sides: [SideBook; 2],
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
    pub pot: Atoms,
    /// Unfunded part of a claim of this epoch, a number of [`crate::claims`].
    pub claim_factor: u64,
    /// Σ of what closed positions owe the market. Not cash.
    pub debts: Atoms,
    /// The market's own insurance; cash.
    pub insurance: Atoms,
    /// The protocol's part of fees; cash.
    pub protocol_fees: Atoms,
    /// Bad debt written off so far; a statistic.
    pub written_off: Atoms,
    pub shared_draw: SharedDraw,
    /// Times all claims of the market were funded in full.
    pub claim_epoch: u32,
    pub padding: [u8; 4],
}

impl Books {
    pub fn side(&self, side: Side) -> &SideBook {
        match side {
            Side::Long => &self.sides[0],
            Side::Short => &self.sides[1],
        }
    }

    pub fn side_mut(&mut self, side: Side) -> &mut SideBook {
        match side {
            Side::Long => &mut self.sides[0],
            Side::Short => &mut self.sides[1],
        }
    }
}

/// A market as the engine reads and writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Market {
    pub price: PriceCache,
    pub books: Books,
    pub parameters: Parameters,
    /// Where [`crate::liquidity`] moves the backing to.
    pub target_backing: Atoms,
    pub status: StoredStatus,
    /// When the market was last paused; liquidation's grace period will be measured from it.
    pub paused_at: Timestamp,
    /// Index within the exchange.
    pub index: u16,
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
    /// One atom is 10^-`quote_decimals` of the quote token.
    pub quote_decimals: u8,
    pub padding: [u8; 4],
    /// Room for the EMA and band, measured volatility and the margin ramp, and deleveraging events.
    pub reserved: [u64; 31],
}

const _: () = assert!(core::mem::size_of::<PriceCache>() == 40);
const _: () = assert!(core::mem::size_of::<SideBook>() == 80);
const _: () = assert!(core::mem::size_of::<Books>() == 288);
const _: () = assert!(core::mem::size_of::<Market>() == 808);
