//! The market's price: one conversion, one cache, one table of what each action demands of it.

use crate::error::EngineError;
use crate::oracle::OracleReading;
use crate::state::{Market, Parameters, PriceCache, MAX_WEIGHT};
use crate::status::Status;
use crate::units::products::{mul_div_ceil, price_share_ceil, square_root_ceil, wide_product};
use crate::units::{Clock, Ppm, Price, Timestamp, MAX_PRICE, PPM, RAW_BITS};

#[cfg(test)]
mod tests;

/// What a price is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Increase,
    Reduce,
    /// Another position of an account that trades or withdraws.
    OtherLeg,
    /// Every position of an account that is liquidated; also settling profit.
    Liquidate,
    /// Moving liquidity.
    Liquidity,
    Funding,
}

/// What an action demands of a market's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Oldest good price, in seconds.
    pub age: u64,
    /// Widest confidence as a part of the price.
    pub confidence: Ppm,
}

/// The matrix of action × check. Owner, feed, verification and sign are checked for every action, where the oracle's
/// account is read; a price whose confidence is above `confidence_good` never becomes the good price.
///
/// | action | age | confidence |
/// |---|---|---|
/// | increase | `age_trade` | `confidence_increase` |
/// | reduce | `age_trade` | `confidence_good` |
/// | other positions | `age_other` | `confidence_good` |
/// | liquidate, settle profit | `age_liquidate` | `confidence_good` |
/// | liquidity | `age_liquidate` | `confidence_good` |
/// | funding | `age_funding` | `confidence_good` |
pub fn demand(market: &Market, action: Action) -> Demand {
    let parameters = &market.parameters;
    let (age, confidence) = match action {
        Action::Increase => (parameters.age_trade, parameters.confidence_increase),
        Action::Reduce => (parameters.age_trade, parameters.confidence_good),
        Action::OtherLeg => (parameters.age_other, parameters.confidence_good),
        Action::Liquidate | Action::Liquidity => (parameters.age_liquidate, parameters.confidence_good),
        Action::Funding => (parameters.age_funding, parameters.confidence_good),
    };
    Demand { age: u64::from(age), confidence }
}

/// What became of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PriceOutcome {
    /// Somebody was first: the cache already knows a price of this time or a newer one. Not an error, so that nobody
    /// can make another's transaction fail by posting first.
    NotNewer = 0,
    /// The new good price.
    Accepted = 1,
    /// Too wide to value anything; the market is unusable until a good price arrives.
    TooWide = 2,
}

/// The cache after a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePlan {
    pub cache: PriceCache,
    pub outcome: PriceOutcome,
}

/// Takes a reading into the market's cache.
///
/// # Errors
/// [`EngineError::PriceFromTheFuture`], [`EngineError::PriceOutOfRange`].
pub fn plan_price(market: &Market, reading: &OracleReading, clock: Clock) -> Result<PricePlan, EngineError> {
    let published = Timestamp::new(reading.publish_time);
    let ahead = published.seconds_since(clock.now)?;
    if ahead > u64::from(market.parameters.future_tolerance) {
        return Err(EngineError::PriceFromTheFuture { seconds_ahead: ahead });
    }
    let cache = market.price;
    if published <= cache.newest_published {
        return Ok(PricePlan { cache, outcome: PriceOutcome::NotNewer });
    }
    let scale = decimal_shift(reading.exponent, market.base_decimals, market.quote_decimals)?;
    let price = price_floor(u64::try_from(reading.price).map_err(|_| EngineError::PriceOutOfRange)?, scale)?;
    let seen = PriceCache { newest_published: published, ..cache };
    // A confidence beyond the price's own range is certainly too wide.
    let confidence = match confidence_ceil(reading.confidence, scale) {
        Ok(confidence) if is_within(confidence, price, market.parameters.confidence_good) => confidence,
        _ => return Ok(PricePlan { cache: seen, outcome: PriceOutcome::TooWide }),
    };
    let cache = PriceCache { price, confidence, published, newest_published: published, dark_since: Timestamp::NEVER };
    Ok(PricePlan { cache, outcome: PriceOutcome::Accepted })
}

/// Power of ten from one oracle unit to atoms per base unit: `exponent + quote decimals − base decimals`.
fn decimal_shift(exponent: i32, base_decimals: u8, quote_decimals: u8) -> Result<i32, EngineError> {
    exponent
        .checked_add(i32::from(quote_decimals))
        .and_then(|sum| sum.checked_sub(i32::from(base_decimals)))
        .ok_or(EngineError::PriceOutOfRange)
}

fn power_of_ten(exponent: u32) -> Result<u128, EngineError> {
    10u128.checked_pow(exponent).ok_or(EngineError::PriceOutOfRange)
}

/// `mantissa · 10^shift` in raw per base unit: (whole, whether a remainder was cut off).
fn scaled_floor(mantissa: u64, shift: i32) -> Result<(u64, bool), EngineError> {
    let raw = u128::from(mantissa) << RAW_BITS;
    let power = power_of_ten(shift.unsigned_abs())?;
    let (whole, exact) = if shift < 0 {
        let whole = raw.checked_div(power).ok_or(EngineError::PriceOutOfRange)?;
        (whole, whole.checked_mul(power) == Some(raw))
    } else {
        (raw.checked_mul(power).ok_or(EngineError::PriceOutOfRange)?, true)
    };
    Ok((u64::try_from(whole).map_err(|_| EngineError::PriceOutOfRange)?, !exact))
}

/// The single price conversion: an oracle's mantissa to raw quote per base unit, rounded down.
fn price_floor(mantissa: u64, shift: i32) -> Result<Price, EngineError> {
    Price::checked(scaled_floor(mantissa, shift)?.0)
}

/// The same for a confidence, rounded up; zero stays zero.
fn confidence_ceil(mantissa: u64, shift: i32) -> Result<Price, EngineError> {
    let (whole, cut) = scaled_floor(mantissa, shift)?;
    Ok(Price::new(whole.checked_add(u64::from(cut)).ok_or(EngineError::PriceOutOfRange)?))
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
/// wide, it is paused, or it has been dark for `dark_delay`.
pub fn is_unusable(market: &Market, reference: Timestamp) -> bool {
    let cache = &market.price;
    let too_wide = cache.newest_published > cache.published;
    let dark = match cache.dark_since.after(market.parameters.dark_delay) {
        Ok(dark_from) => !cache.dark_since.is_never() && reference >= dark_from,
        Err(_) => true,
    };
    let status = market.status.in_force(reference);
    cache.published.is_never() || too_wide || dark || status == Status::Paused
}

/// Age of the good price in seconds.
pub fn age(market: &Market, reference: Timestamp) -> Result<u64, EngineError> {
    reference.seconds_since(market.price.published)
}

/// The good price, where it meets what the action demands of the market's own price.
///
/// # Errors
/// [`EngineError::MarketUnusable`], [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`].
pub fn require_price(market: &Market, action: Action, reference: Timestamp) -> Result<Price, EngineError> {
    if is_unusable(market, reference) {
        return Err(EngineError::MarketUnusable { market: market.index });
    }
    let demand = demand(market, action);
    let age = age(market, reference)?;
    if age > demand.age {
        return Err(EngineError::PriceStale { age, allowed: demand.age });
    }
    let cache = &market.price;
    if !is_within(cache.confidence, cache.price, demand.confidence) {
        return Err(EngineError::PriceTooUncertain {
            confidence: mul_div_ceil(cache.confidence.get(), PPM, cache.price.get())?,
            allowed: demand.confidence.wide(),
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

/// The same of any price, `age` seconds old.
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

/// The cache once somebody has noticed that no good price arrives.
///
/// # Errors
/// [`EngineError::NothingToDo`] where the good price is at most `age_other` old or the market is marked already.
pub fn plan_mark_dark(market: &Market, clock: Clock) -> Result<PriceCache, EngineError> {
    let age = age(market, clock.now)?;
    if age <= u64::from(market.parameters.age_other) || !market.price.dark_since.is_never() {
        return Err(EngineError::NothingToDo);
    }
    Ok(PriceCache { dark_since: clock.now, ..market.price })
}
