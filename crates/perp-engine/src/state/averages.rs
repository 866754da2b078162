use crate::units::{Ppm, Price, Timestamp};
use bytemuck::{Pod, Zeroable};

/// What a market has measured of its own price, from valid prices alone and as each was taken in. Zero until the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct PriceAverages {
    /// Exponential average of the price with a half-life of 60 s, in 2^-13 of the price's unit.
    pub fast_average: u64,
    /// Exponential average of the price with a half-life of 10 minutes, in 2^-13 of the price's unit: what a settlement of
    /// the market would be priced at.
    pub settlement_average: u64,
    /// How far the valid price is from the fast average, as far as that enters the spread, in the price's unit.
    pub drift: Price,
    /// What the next sample's move is measured from: the price at the last sample, or as far towards it as a clipped sample
    /// reached.
    pub sample_price: Price,
    /// Highest of the sample price and the valid prices since, in the price's unit.
    pub sample_high: Price,
    /// Lowest of the sample price and the valid prices since, in the price's unit.
    pub sample_low: Price,
    /// Publish time of the last sample.
    pub sampled_at: Timestamp,
    /// Average of the samples' squares with a half-life of 120 s, in ppm² per year.
    pub fast_variance: u64,
    /// Average of the samples' squares with a half-life of 10 minutes, in ppm² per year.
    pub slow_variance: u64,
    /// Root of the fast variance, rounded up: measured volatility per √year, in ppm. At most hundredfold.
    pub fast_volatility: Ppm,
    /// Root of the slow variance, rounded up: measured volatility per √year, in ppm. At most hundredfold.
    pub slow_volatility: Ppm,
    /// Measured margin fraction, in 1/3600 ppm: a ramp in ppm per hour moves it by whole units every second.
    pub measured_margin: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 5],
}

const _: () = assert!(core::mem::size_of::<PriceAverages>() == 128);
