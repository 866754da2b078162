use crate::units::{Atoms, Ppm, Size};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// A market's parameters. The documented range of each is what [`Parameters::validate`] accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(C)]
pub struct Parameters {
    /// Largest open interest of a side. 1 ..= 2^57 base units.
    pub open_interest_cap: Size,
    /// `S` of the impact function: at skew `s` the marginal price is worse by `s/S`. 1 ..= 2^57 base units.
    pub impact_scale: Size,
    /// Open interest at which the initial margin starts to rise.
    pub open_interest_low: Size,
    /// Open interest at which the initial margin reaches 100 %; above `open_interest_low`.
    pub open_interest_high: Size,
    /// Size premium: margin fraction per √atom of notional, in ppm · 2^-32.
    pub size_premium: u64,
    /// Change of the funding rate per second at full skew, in 2^-60 per second².
    pub funding_velocity: u64,
    /// Largest funding rate, in 2^-60 per second.
    pub funding_rate_cap: u64,
    /// Carry that both sides pay at full open interest, in 2^-60 per second.
    pub carry_rate: u64,
    /// Least notional of a position after an increase or a partial close.
    pub minimum_position: Atoms,
    /// What the first partial liquidation of the smallest position must pay its caller.
    pub minimum_bounty: Atoms,
    /// Base margin fraction `f`.
    pub base_margin: Ppm,
    /// Maintenance margin as a part of `f`.
    pub maintenance_fraction: Ppm,
    /// Margin fraction for the market's volatility; `f` is at least this.
    pub volatility_margin: Ppm,
    /// Largest one-step move the maintenance margin must absorb.
    pub step: Ppm,
    /// Liquidation penalty on the closed notional.
    pub penalty: Ppm,
    /// Bounty's share of the penalty at the threshold.
    pub bounty_share_min: Ppm,
    /// Bounty's share of the penalty when equity is gone.
    pub bounty_share_max: Ppm,
    /// The backing's share of the penalty; insurance gets what bounty and backing leave.
    pub backing_share: Ppm,
    /// `b`: a partial liquidation restores equity to `(1 + b)` times the maintenance margin.
    pub liquidation_buffer: Ppm,
    /// `M`: largest marginal impact.
    pub impact_limit: Ppm,
    pub taker_fee: Ppm,
    /// Fee on the part of an order that reduces the market's skew.
    pub taker_fee_reducing: Ppm,
    /// The protocol's part of fees.
    pub protocol_share: Ppm,
    /// `k`: weight of the confidence in the spread.
    pub spread_confidence: Ppm,
    /// `z`: weight of the volatility since the price was published in the spread.
    pub spread_volatility: Ppm,
    /// `σ`: volatility per √year.
    pub volatility: Ppm,
    /// Confidence limit for increasing, as a part of the price.
    pub confidence_increase: Ppm,
    /// Confidence limit of a good price: for reducing, liquidating and valuing.
    pub confidence_good: Ppm,
    /// `J`: the jump the market must be able to pay for.
    pub jump: Ppm,
    /// Largest part of the pool's principal that may be placed here.
    pub backing_cap: Ppm,
    /// Bounty for closing a bankrupt account, on the closed notional. Reserved: must be zero.
    pub bankrupt_bounty: Ppm,
    /// Longest time one accrual of funding covers, in seconds.
    pub funding_dt_cap: u32,
    /// Oldest own price for trading, in seconds.
    pub age_trade: u32,
    /// Oldest price of the other positions' markets for trading and withdrawing.
    pub age_other: u32,
    /// Oldest price for liquidating, settling profit and moving liquidity.
    pub age_liquidate: u32,
    /// Oldest price for funding.
    pub age_funding: u32,
    /// How far ahead of the clock a publish time may be.
    pub future_tolerance: u32,
    /// Time from `mark_dark` until the market counts as dark.
    pub dark_delay: u32,
}

const _: () = assert!(core::mem::size_of::<Parameters>() == 192);
