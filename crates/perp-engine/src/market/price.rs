//! The market's price: one conversion, one cache, one table of what each action demands of it.

use crate::error::EngineError;
use crate::oracle::OracleReading;
use crate::parameters::MAX_WEIGHT;
use crate::state::{Market, Parameters, PriceCache};
use crate::units::products::{mul_div_ceil, price_share_ceil, square_root_ceil, wide_product};
use crate::units::{Clock, Ppm, Price, Timestamp, MAX_PRICE, PPM, X40_BITS};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};

#[cfg(test)]
mod tests;

/// What a price is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceUse {
    /// Increasing a position.
    Increase,
    /// Reducing a position.
    Reduce,
    /// Another position of an account that trades or withdraws.
    OtherLeg,
    /// Every position of an account that is liquidated; also settling profit.
    Liquidate,
    /// Moving liquidity.
    Liquidity,
    /// Accruing funding.
    Funding,
}

/// What a use requires of a market's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRequirement {
    /// Oldest valid price, in seconds.
    pub age: u64,
    /// Widest confidence as a part of the price.
    pub confidence: Ppm,
}

/// The matrix of use × check. Owner, feed, verification and sign are checked for every use, where the oracle's
/// account is read; a price whose confidence is above `max_confidence_valid` never becomes the valid price.
///
/// | use | age | confidence |
/// |---|---|---|
/// | increase | `max_age_trade` | `max_confidence_to_increase` |
/// | reduce | `max_age_trade` | `max_confidence_valid` |
/// | other positions | `max_age_other_legs` | `max_confidence_valid` |
/// | liquidate, settle profit | `max_age_liquidate` | `max_confidence_valid` |
/// | liquidity | `max_age_liquidate` | `max_confidence_valid` |
/// | funding | `max_age_funding` | `max_confidence_valid` |
pub fn price_requirement(market: &Market, price_use: PriceUse) -> PriceRequirement {
    let parameters = &market.parameters;
    let (age, confidence) = match price_use {
        PriceUse::Increase => (parameters.max_age_trade, parameters.max_confidence_to_increase),
        PriceUse::Reduce => (parameters.max_age_trade, parameters.max_confidence_valid),
        PriceUse::OtherLeg => (parameters.max_age_other_legs, parameters.max_confidence_valid),
        PriceUse::Liquidate | PriceUse::Liquidity => (parameters.max_age_liquidate, parameters.max_confidence_valid),
        PriceUse::Funding => (parameters.max_age_funding, parameters.max_confidence_valid),
    };
    PriceRequirement { age: u64::from(age), confidence }
}

/// What became of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum PriceOutcome {
    /// Not newer than the cached price; another caller got there first. Not an error, so that nobody can make another's
    /// transaction fail by posting first.
    NotNewer = 0,
    /// The new valid price.
    Accepted = 1,
    /// Too wide to value anything; the market is unusable until a valid price arrives.
    TooWide = 2,
}

/// The cache after a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePlan {
    /// What is stored.
    pub cache: PriceCache,
    /// What became of the reading.
    pub outcome: PriceOutcome,
}

/// Takes a reading into the market's cache.
///
/// # Errors
/// [`EngineError::PriceFromTheFuture`], [`EngineError::PriceOutOfRange`].
pub fn plan_price(market: &Market, reading: &OracleReading, clock: Clock) -> Result<PricePlan, EngineError> {
    let published = Timestamp::new(reading.publish_time());
    let ahead = published.seconds_since(clock.now)?;
    if ahead > u64::from(market.parameters.future_tolerance) {
        return Err(EngineError::PriceFromTheFuture { seconds_ahead: ahead });
    }
    let cache = market.price;
    if published <= cache.newest_published {
        return Ok(PricePlan { cache, outcome: PriceOutcome::NotNewer });
    }
    let scale = Scale::new(decimal_shift(reading.exponent(), market.base_decimals, market.quote_decimals)?)?;
    let price = price_floor(reading.price(), scale)?;
    let seen = PriceCache { newest_published: published, ..cache };
    // A confidence beyond the price's own range is certainly too wide.
    let confidence = match confidence_ceil(reading.confidence(), scale) {
        Ok(confidence) if is_within(confidence, price, market.parameters.max_confidence_valid) => confidence,
        _ => return Ok(PricePlan { cache: seen, outcome: PriceOutcome::TooWide }),
    };
    let cache = PriceCache {
        price,
        confidence,
        published,
        newest_published: published,
        outage_since: Timestamp::NEVER,
        ..cache
    };
    Ok(PricePlan { cache, outcome: PriceOutcome::Accepted })
}

/// Power of ten from one oracle unit to atoms per base unit: `exponent + quote decimals − base decimals`.
fn decimal_shift(exponent: i32, base_decimals: u8, quote_decimals: u8) -> Result<i32, EngineError> {
    exponent
        .checked_add(i32::from(quote_decimals))
        .and_then(|sum| sum.checked_sub(i32::from(base_decimals)))
        .ok_or(EngineError::PriceOutOfRange)
}

/// `10^n` for every power that a shift between `exponent ≥ −18`, quote decimals and base decimals `≤ 18` can need.
const POWERS_OF_TEN: [u128; 37] = {
    let mut powers = [1; 37];
    let mut place = 1;
    while place < powers.len() {
        powers[place] = powers[place - 1] * 10;
        place += 1;
    }
    powers
};

/// A decimal shift, looked up once for price and confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    power: u128,
    divides: bool,
}

impl Scale {
    fn new(shift: i32) -> Result<Self, EngineError> {
        let place = usize::try_from(shift.unsigned_abs()).map_err(|_| EngineError::PriceOutOfRange)?;
        let power = POWERS_OF_TEN.get(place).copied().ok_or(EngineError::PriceOutOfRange)?;
        Ok(Self { power, divides: shift < 0 })
    }
}

/// `mantissa · 10^shift` in 2^-40 atoms per base unit: (whole, whether a remainder was cut off).
fn scaled_floor(mantissa: u64, scale: Scale) -> Result<(u64, bool), EngineError> {
    let exact = u128::from(mantissa) << X40_BITS;
    let (whole, cut) = if scale.divides {
        let whole = exact.checked_div(scale.power).ok_or(EngineError::PriceOutOfRange)?;
        // The product is at most what was divided.
        (whole, whole.wrapping_mul(scale.power) != exact)
    } else {
        (exact.checked_mul(scale.power).ok_or(EngineError::PriceOutOfRange)?, false)
    };
    Ok((u64::try_from(whole).map_err(|_| EngineError::PriceOutOfRange)?, cut))
}

/// The single price conversion: an oracle's mantissa to 2^-40 atoms per base unit, rounded down.
fn price_floor(mantissa: u64, scale: Scale) -> Result<Price, EngineError> {
    Price::checked(scaled_floor(mantissa, scale)?.0)
}

/// A confidence's mantissa to 2^-40 atoms per base unit, rounded up; zero stays zero.
fn confidence_ceil(mantissa: u64, scale: Scale) -> Result<Price, EngineError> {
    let (whole, cut) = scaled_floor(mantissa, scale)?;
    Ok(Price::new(whole.checked_add(u64::from(cut)).ok_or(EngineError::PriceOutOfRange)?))
}

/// Whether a cached price's confidence interval is at most `limit` of it.
pub(crate) fn is_certain(cache: &PriceCache, limit: Ppm) -> bool {
    is_within(cache.confidence, cache.price, limit)
}

/// Whether `confidence ≤ price · limit`.
fn is_within(confidence: Price, price: Price, limit: Ppm) -> bool {
    wide_product(confidence.get(), PPM) <= wide_product(price.get(), limit.wide())
}

/// The time ages are measured from: the clock, or the newest publish time among the markets of the transaction.
pub fn reference_time<'a>(clock: Clock, markets: impl IntoIterator<Item = &'a Market>) -> Timestamp {
    markets.into_iter().fold(clock.now, |latest, market| latest.max(market.price.newest_published))
}

/// Whether the market's price values positions but demands no margin and closes nothing: its newest price is too
/// wide, or an oracle outage was reported `outage_delay` ago.
pub fn is_unusable(market: &Market, reference: Timestamp) -> bool {
    let cache = &market.price;
    let too_wide = cache.newest_published > cache.published;
    let outage = !cache.outage_since.is_never()
        && match cache.outage_since.after(market.parameters.outage_delay) {
            Ok(unusable_from) => reference >= unusable_from,
            Err(_) => true,
        };
    cache.published.is_never() || too_wide || outage
}

/// Age of the valid price in seconds.
pub fn age(market: &Market, reference: Timestamp) -> Result<u64, EngineError> {
    reference.seconds_since(market.price.published)
}

/// The valid price, where it meets what the use requires of the market's own price.
///
/// # Errors
/// [`EngineError::MarketUnusable`], [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`].
pub fn require_price(market: &Market, price_use: PriceUse, reference: Timestamp) -> Result<Price, EngineError> {
    if is_unusable(market, reference) {
        return Err(EngineError::MarketUnusable { market: market.index });
    }
    let required = price_requirement(market, price_use);
    let age = age(market, reference)?;
    if age > required.age {
        return Err(EngineError::PriceStale { age, allowed: required.age });
    }
    let cache = &market.price;
    if !is_certain(cache, required.confidence) {
        return Err(EngineError::PriceTooUncertain {
            confidence: mul_div_ceil(cache.confidence.get(), PPM, cache.price.get())?,
            allowed: required.confidence.wide(),
        });
    }
    Ok(cache.price)
}

/// 2^8 · 10^6 · √(seconds in a Julian year), rounded down: the spread rounds up.
const VOLATILITY_DIVISOR: u64 = 1_438_109_479_003;

// The root of a 64-bit number has 32 bits: the weight of the drift fits 64 bits, its product with a price 125.
const _: () = assert!(((MAX_WEIGHT as u128) * (MAX_WEIGHT as u128) / (PPM as u128)) << 32 < 1 << 60);
const _: () = assert!((1u128 << 60) * (MAX_PRICE as u128) < 1 << 125);

/// `k · confidence + z · σ · √(age + 1 s) · price`, rounded up: how far the true price may be from the published one.
pub fn spread_ceil(market: &Market, reference: Timestamp) -> Result<Price, EngineError> {
    let PriceCache { price, confidence, .. } = market.price;
    spread_at_age_ceil(price, confidence, age(market, reference)?, &market.parameters)
}

/// The spread of any price, `age` seconds old.
pub(crate) fn spread_at_age_ceil(
    price: Price,
    confidence: Price,
    age: u64,
    parameters: &Parameters,
) -> Result<Price, EngineError> {
    let confidence = price_share_ceil(confidence, parameters.spread_confidence)?;
    let seconds = age.checked_add(1).ok_or(EngineError::Overflow)?;
    let root = square_root_ceil(seconds.checked_mul(1 << 16).ok_or(EngineError::Overflow)?);
    let weight = mul_div_ceil(parameters.spread_volatility.wide(), parameters.volatility.wide(), PPM)?;
    let weight = weight.checked_mul(root).ok_or(EngineError::Overflow)?;
    let drift = mul_div_ceil(price.get(), weight, VOLATILITY_DIVISOR)?;
    Ok(Price::new(confidence.get().checked_add(drift).ok_or(EngineError::Overflow)?))
}
