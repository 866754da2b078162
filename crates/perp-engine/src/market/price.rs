//! The market's price: one conversion, one cache, one table of what each action demands of it.

use crate::error::EngineError;
use crate::market::averages::{averages_after, drift_limit_ceil, MAX_VOLATILITY};
use crate::market::second_price::{is_in_bounds, nearest_in_bounds};
use crate::oracle::OracleReading;
use crate::parameters::MAX_WEIGHT;
use crate::state::{is_fresh, Market, Parameters, PriceAverages, PriceCache, Settlement};
use crate::units::products::{mul_div_ceil, price_share_ceil, price_share_floor, product, square_root_ceil};
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
    /// Closing a position in a liquidation.
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
/// | liquidate | `max_age_liquidate` | `max_confidence_valid` |
/// | liquidity | `max_age_liquidate` | `max_confidence_valid` |
/// | funding | `max_age_funding` | `max_confidence_valid` |
pub fn price_requirement(market: &Market, price_use: PriceUse) -> PriceRequirement {
    let parameters = &market.parameters;
    let (age, confidence) = match price_use {
        PriceUse::Increase => (parameters.max_age_trade, parameters.max_confidence_to_increase),
        PriceUse::Reduce => (parameters.max_age_trade, parameters.max_confidence_valid),
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
    /// Too wide to be a price: only its time is kept.
    TooWide = 2,
    /// Older than the market's price, and taken into the second in which it was published.
    Older = 3,
    /// Further ahead of the clock than the tolerance allows: no price, but proof that the clock lags.
    ClockBehind = 4,
    /// The new valid price, which shows that the feed lived while it was held for dead: the market is not settled after all.
    SettlementUndone = 5,
    /// Too far from the second source's price to be one: only its time is kept.
    OutOfBounds = 6,
}

/// What a reading makes of a market's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePlan {
    /// What is stored.
    pub cache: PriceCache,
    /// When the reading was published.
    pub published: Timestamp,
    /// The good price it says, for the second in which it was published.
    pub good: Option<Price>,
    /// What is measured of valid prices.
    pub averages: PriceAverages,
    /// What became of the reading.
    pub outcome: PriceOutcome,
}

impl PricePlan {
    /// Stores the plan. Says what became of the reading.
    pub fn apply(&self, market: &mut Market) -> PriceOutcome {
        market.price = self.cache;
        market.averages = self.averages;
        if self.outcome == PriceOutcome::SettlementUndone {
            // A delisting stands all the same.
            market.settlement = Settlement { delisted_from: market.settlement.delisted_from, ..Settlement::default() };
        }
        let recorded = self.good.is_some_and(|price| market.recent.record(price, self.published));
        if recorded && self.outcome == PriceOutcome::NotNewer {
            return PriceOutcome::Older;
        }
        self.outcome
    }
}

/// For so many seconds a clock that was proved to lag is not believed.
pub const CLOCK_DISTRUST_SECONDS: u32 = 60;

/// Plans to take a reading into the market's cache, and a valid one into its averages.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`].
pub fn plan_price(market: &Market, reading: &OracleReading, clock: Clock) -> Result<PricePlan, EngineError> {
    let published = Timestamp::new(reading.publish_time());
    let (cache, averages) = (market.price, market.averages);
    if published.seconds_since(clock.now)? > u64::from(market.parameters.future_tolerance) {
        let clock_distrusted_until = clock.now.after(CLOCK_DISTRUST_SECONDS)?;
        let cache = PriceCache { clock_distrusted_until, ..cache };
        return Ok(PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::ClockBehind });
    }
    let undone = market.settlement.is_undone_by(published, clock.now);
    if market.settlement.has_begun() && !undone {
        return Ok(PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::NotNewer });
    }
    let newer = published > cache.published;
    if !newer && !is_fresh(published, clock.now.max(cache.newest_published)) {
        return Ok(PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::NotNewer });
    }
    let (price, confidence) = converted(market, reading)?;
    let in_bounds = is_in_bounds(market, price, published)?;
    Ok(match (newer, confidence) {
        (false, Some(_)) if in_bounds => {
            PricePlan { cache, averages, published, good: Some(price), outcome: PriceOutcome::NotNewer }
        }
        (false, _) => PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::NotNewer },
        (true, None) => {
            let newest_published = published.max(cache.newest_published);
            let cache = PriceCache { newest_published, ..cache };
            PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::TooWide }
        }
        (true, Some(_)) if !in_bounds => {
            let newest_published = published.max(cache.newest_published);
            let cache = PriceCache { newest_published, ..cache };
            PricePlan { cache, averages, published, good: None, outcome: PriceOutcome::OutOfBounds }
        }
        (true, Some(confidence)) => {
            let mut averages = averages_after(&averages, &cache, price, published, &market.parameters)?;
            if market.grace.price_at(clock.now).is_some() {
                // Who may not be liquidated by the price may not be by the margin it makes.
                averages.measured_margin = market.averages.measured_margin;
            }
            // A reading that is no longer fresh ends no outage: else somebody who hands in nothing but old ones could keep a market
            // neither fresh nor dead for ever.
            let newest_published = published.max(cache.newest_published);
            let ends_outage = undone || is_fresh(published, clock.now.max(newest_published));
            let outage_since = if ends_outage { Timestamp::NEVER } else { cache.outage_since };
            let cache = PriceCache { price, confidence, published, newest_published, outage_since, ..cache };
            let outcome = if undone { PriceOutcome::SettlementUndone } else { PriceOutcome::Accepted };
            PricePlan { cache, averages, published, good: Some(price), outcome }
        }
    })
}

/// Price and confidence of a reading in the market's unit, where it is certain enough to be a price and the second source bears it
/// out.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`].
pub(crate) fn good_price(market: &Market, reading: &OracleReading) -> Result<Option<(Price, Price)>, EngineError> {
    let (price, confidence) = converted(market, reading)?;
    let in_bounds = is_in_bounds(market, price, Timestamp::new(reading.publish_time()))?;
    Ok(confidence.filter(|_| in_bounds).map(|confidence| (price, confidence)))
}

/// The same for a fill at the reading of one moment, which anybody may hand in later: where only a second price that was published after it
/// does not bear it out, the nearest that this one does. Else whoever hands that in would decide whether there is a fill.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`].
pub(crate) fn fill_price(market: &Market, reading: &OracleReading) -> Result<Option<(Price, Price)>, EngineError> {
    let (price, confidence) = converted(market, reading)?;
    let published = Timestamp::new(reading.publish_time());
    let borne_out = nearest_in_bounds(market, price, published)?;
    let counts = borne_out == price || market.second_price.published > published;
    Ok(confidence.filter(|_| counts).map(|confidence| (borne_out, confidence)))
}

/// A reading in the market's unit: its price, and its confidence where that is within `max_confidence_valid`.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`].
pub(crate) fn converted(market: &Market, reading: &OracleReading) -> Result<(Price, Option<Price>), EngineError> {
    let scale = Scale::new(decimal_shift(reading.exponent(), market.base_decimals, market.quote_decimals)?)?;
    let price = price_floor(reading.price(), scale)?;
    // A confidence beyond the price's own range is certainly too wide.
    let confidence = confidence_ceil(reading.confidence(), scale)
        .ok()
        .filter(|confidence| is_within(*confidence, price, market.parameters.max_confidence_valid));
    Ok((price, confidence))
}

/// Power of ten from one oracle unit to atoms per base unit: `exponent + quote decimals − base decimals`.
fn decimal_shift(exponent: i32, base_decimals: u8, quote_decimals: u8) -> Result<i32, EngineError> {
    exponent
        .checked_add(i32::from(quote_decimals))
        .and_then(|sum| sum.checked_sub(i32::from(base_decimals)))
        .ok_or(EngineError::PriceOutOfRange)
}

/// `5^n` for every power of ten that a shift between `exponent ≥ −18`, quote decimals and base decimals `≤ 18` can need: the
/// twos are shifts, and what is left of a dividend then usually fits 64 bits.
const POWERS_OF_FIVE: [u128; 37] = {
    let mut powers = [1; 37];
    let mut place = 1;
    while place < powers.len() {
        powers[place] = powers[place - 1] * 5;
        place += 1;
    }
    powers
};

/// A decimal shift, looked up once for price and confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    /// `10^places = 2^places · 5^places`.
    places: u32,
    fives: u128,
    divides: bool,
}

impl Scale {
    fn new(shift: i32) -> Result<Self, EngineError> {
        let places = shift.unsigned_abs();
        let place = usize::try_from(places).map_err(|_| EngineError::PriceOutOfRange)?;
        let fives = POWERS_OF_FIVE.get(place).copied().ok_or(EngineError::PriceOutOfRange)?;
        Ok(Self { places, fives, divides: shift < 0 })
    }
}

/// `mantissa · 10^shift` in 2^-40 atoms per base unit: (whole, whether a remainder was cut off).
fn scaled_floor(mantissa: u64, scale: Scale) -> Result<(u64, bool), EngineError> {
    let raw = u128::from(mantissa) << X40_BITS;
    let (whole, cut) = if scale.divides {
        // At most 36 of the 40 zeros that were shifted in.
        let exact = raw >> scale.places;
        let whole = exact.checked_div(scale.fives).ok_or(EngineError::PriceOutOfRange)?;
        // The product is at most what was divided.
        (whole, whole.wrapping_mul(scale.fives) != exact)
    } else {
        let fives = raw.checked_mul(scale.fives).ok_or(EngineError::PriceOutOfRange)?;
        (fives.checked_mul(1 << scale.places).ok_or(EngineError::PriceOutOfRange)?, false)
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
    price_share_floor(price, limit).is_ok_and(|most| confidence <= most)
}

/// The time ages are measured from: the clock, or the newest publish time among the markets of the transaction.
pub fn reference_time<'a>(clock: Clock, markets: impl IntoIterator<Item = &'a Market>) -> Timestamp {
    markets.into_iter().fold(clock.now, |latest, market| latest.max(market.price.newest_published))
}

/// Whether the market's price is final, or one of the last seconds and the clock that says so is believed.
pub fn is_fresh_in(market: &Market, reference: Timestamp) -> bool {
    market.settlement.is_final(reference)
        || (is_fresh(market.price.published, reference) && reference >= market.price.clock_distrusted_until)
}

/// Whether an oracle outage was reported `outage_delay` ago.
pub fn is_dead(market: &Market, reference: Timestamp) -> bool {
    let since = if market.settlement.is_final(reference) { Timestamp::NEVER } else { market.price.outage_since };
    let dead_from = since.after(market.parameters.outage_delay);
    !since.is_never() && dead_from.is_ok_and(|dead_from| reference >= dead_from)
}

/// Age of the valid price in seconds.
pub fn age(market: &Market, reference: Timestamp) -> Result<u64, EngineError> {
    reference.seconds_since(market.price.published)
}

/// The final price of a market that ended, or the valid one where it meets what the use requires of the market's own price.
///
/// # Errors
/// [`EngineError::ClockBehind`], [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`].
pub fn require_price(market: &Market, price_use: PriceUse, reference: Timestamp) -> Result<Price, EngineError> {
    if market.settlement.is_final(reference) {
        return Ok(market.price.price);
    }
    require_clock(market, reference)?;
    let required = price_requirement(market, price_use);
    let age = age(market, reference)?;
    if age > required.age {
        return Err(EngineError::PriceStale { age, allowed: required.age });
    }
    let cache = &market.price;
    require_certain(cache.price, cache.confidence, required.confidence)?;
    Ok(cache.price)
}

/// Whether the clock is believed.
///
/// # Errors
/// [`EngineError::ClockBehind`].
pub(crate) fn require_clock(market: &Market, reference: Timestamp) -> Result<(), EngineError> {
    let distrusted_until = market.price.clock_distrusted_until;
    if reference < distrusted_until {
        return Err(EngineError::ClockBehind { until: distrusted_until.get() });
    }
    Ok(())
}

/// Whether a price's confidence interval is at most `limit` of it.
///
/// # Errors
/// [`EngineError::PriceTooUncertain`].
pub(crate) fn require_certain(price: Price, confidence: Price, limit: Ppm) -> Result<(), EngineError> {
    if !is_within(confidence, price, limit) {
        return Err(EngineError::PriceTooUncertain {
            confidence: mul_div_ceil(confidence.get(), PPM, price.get())?,
            allowed: limit.wide(),
        });
    }
    Ok(())
}

/// 2^8 · 10^6 · √(seconds in a Julian year), rounded down: the spread rounds up.
const VOLATILITY_DIVISOR: u64 = 1_438_109_479_003;

// The root of a 64-bit number has 32 bits: its product with a volatility fits 64 bits, and that with a price 125.
const _: () = assert!(((MAX_WEIGHT as u128) * (MAX_VOLATILITY as u128) / (PPM as u128)) << 32 < 1 << 62);
const _: () = assert!((1u128 << 62) * (MAX_PRICE as u128) < 1 << 125);

/// `k · confidence + max(z · σ, v · σ measured) · √(age + 1 s) · price + d · drift`, rounded up: how far the true price may
/// be from the published one.
pub fn spread_ceil(market: &Market, reference: Timestamp) -> Result<Price, EngineError> {
    if market.settlement.is_final(reference) {
        return Ok(Price::ZERO);
    }
    spread_at_age_ceil(market, age(market, reference)?)
}

/// The spread of a price so many seconds old.
pub(crate) fn spread_at_age_ceil(market: &Market, age: u64) -> Result<Price, EngineError> {
    let parameters = &market.parameters;
    let measured = weighted_ceil(parameters.spread_measured, market.averages.fast_volatility)?;
    let weight = listed_weight_ceil(parameters)?.max(measured);
    let confidence = confidence_of_ceil(market.price.confidence, &market.parameters)?;
    let drift = price_share_ceil(market.averages.drift, parameters.spread_drift)?;
    let moved = moved_since_ceil(market.price.price, weight, age)?;
    sum([confidence, moved, drift])
}

/// `k · confidence`, rounded up: the part of the spread that the oracle itself claims.
pub fn confidence_of_ceil(confidence: Price, parameters: &Parameters) -> Result<Price, EngineError> {
    price_share_ceil(confidence, parameters.spread_confidence)
}

/// The spread of any price, `age` seconds old, of a market that has measured nothing.
pub(crate) fn listed_spread_ceil(
    price: Price,
    confidence: Price,
    age: u64,
    parameters: &Parameters,
) -> Result<Price, EngineError> {
    let confidence = confidence_of_ceil(confidence, parameters)?;
    sum([confidence, moved_since_ceil(price, listed_weight_ceil(parameters)?, age)?])
}

/// The spread of a price of a million, as old and as uncertain, of a market as volatile as listed and as far from its average as
/// that takes it: what the weights of the spread are compared by.
pub(crate) fn spread_as_listed_ceil(
    confidence: Price,
    age: u64,
    parameters: &Parameters,
) -> Result<Price, EngineError> {
    let price = Price::new(PPM);
    let measured = weighted_ceil(parameters.spread_measured, parameters.volatility)?;
    let weight = listed_weight_ceil(parameters)?.max(measured);
    let drift = Price::new(drift_limit_ceil(price, parameters.volatility.wide())?);
    sum([
        confidence_of_ceil(confidence, parameters)?,
        moved_since_ceil(price, weight, age)?,
        price_share_ceil(drift, parameters.spread_drift)?,
    ])
}

fn sum<const N: usize>(parts: [Price; N]) -> Result<Price, EngineError> {
    let sum = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.get()));
    sum.map(Price::new).ok_or(EngineError::Overflow)
}

/// A volatility times its weight, in ppm per √year.
fn weighted_ceil(weight: Ppm, volatility: Ppm) -> Result<u64, EngineError> {
    mul_div_ceil(weight.wide(), volatility.wide(), PPM)
}

fn listed_weight_ceil(parameters: &Parameters) -> Result<u64, EngineError> {
    weighted_ceil(parameters.spread_volatility, parameters.volatility)
}

/// What a price of that volatility, in ppm per √year, moves in `age` seconds and one.
fn moved_since_ceil(price: Price, volatility: u64, age: u64) -> Result<Price, EngineError> {
    let seconds = age.checked_add(1).ok_or(EngineError::Overflow)?;
    let root = square_root_ceil(seconds.checked_mul(1 << 16).ok_or(EngineError::Overflow)?);
    let weight = product(volatility, root)?;
    mul_div_ceil(price.get(), weight, VOLATILITY_DIVISOR).map(Price::new)
}
