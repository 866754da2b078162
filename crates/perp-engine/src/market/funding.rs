//! Funding: the market's skew moves a rate, the rate moves one index per side.
//!
//! The rate changes once a second. With skew `s`, `u = min(1, |s| / (M·S))` and the market's velocity `v`:
//! - away from zero, in the direction of the skew, by `v·u` up to the cap;
//! - towards zero, where it opposes the skew or the skew is zero, by `4·v·max(u, 1/16)`, and it stops at zero.
//!
//! What a second accrues is the mean of the rates at its two ends, so the path over any number of seconds is a function
//! applied that many times: accruing after every second or once an hour gives the same rate and the same payment to the
//! last bit. Payers owe `rate · price` per base unit; receivers get that times `min(1, OI_payers / OI_receivers)`, rounded
//! down; the backing keeps the difference, which is never negative. With nobody to receive it keeps all; with nobody to
//! pay nobody receives. Besides, both sides pay the backing a carry, the price of the option that matched long and short
//! accounts hold on a gap.
//!
//! What receivers lose by rounding is below one unit of the index an accrual. Where a base unit is worth 1/64 of an atom
//! or more, an accrual every second of a year costs them less than 0.2 % of their notional.
//!
//! It accrues in every status, also through a pause of the exchange, which lasts minutes.
//!
//! # What accrues nothing
//! - *More than the cap*: one accrual covers at most `max_accrual_seconds`. What an outage of the oracle lasted beyond that
//!   is dropped when the price is back, together with the time before it that was not accrued yet, rather than charged
//!   later at another price.
//! - *A full index*: an accrual that would take an index beyond its range does not happen, and its time is dropped.

use crate::error::EngineError;
use crate::market::fill::skew;
use crate::market::price::{age, is_certain, price_requirement, reference_time, require_price, PriceUse};
use crate::parameters::{MAX_ACCRUAL_SECONDS, MAX_FUNDING_RATE, MAX_FUNDING_VELOCITY};
use crate::state::counters::count_exact;
use crate::state::{Market, MarketLedger, Parameters, RATE_BITS};
use crate::units::products::{funding_owed, mul_div_floor, product, size_share_floor, wide_product};
use crate::units::{Clock, FundingIndex, Price, QuoteX40, Side, SignedSize, Size, Timestamp, MAX_PRICE};

#[cfg(test)]
mod tests;

/// Twice the area under the path of the rate is a whole number of 2^-60, so payments are carried in 2^-61.
const AREA_BITS: u32 = RATE_BITS + 1;
const AREA_FRACTION: u128 = (1 << AREA_BITS) - 1;
const CARRY_FRACTION: u128 = (1 << RATE_BITS) - 1;

// The largest path: both ends at the cap for the longest accrual.
const _: () = {
    let largest_area = 2 * MAX_FUNDING_RATE as u128 * MAX_ACCRUAL_SECONDS as u128;
    assert!(largest_area < 1 << 62);
    assert!(largest_area * (MAX_PRICE as u128) + AREA_FRACTION < 1 << 125);
    // The index moves by less than 2^60 in one accrual.
    assert!((largest_area * MAX_PRICE as u128) >> AREA_BITS < 1 << 60);
    assert!(4 * MAX_FUNDING_VELOCITY * (MAX_ACCRUAL_SECONDS as u64) < 1 << 62);
};

/// What accruing a market's funding came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accrual {
    /// Accrued up to now.
    Done {
        /// Time accrued; zero where time stood still or ran backwards.
        seconds: u64,
        /// Rate per second in 2^-60 before it; positive where longs pay.
        rate_before: i64,
    },
    /// The market has ended: its time is dropped.
    Settled,
    /// No price is fit to accrue at: the time is kept, so that it still accrues once there is one.
    NoPrice,
    /// An index would leave its range: the time is dropped, or nobody could close or leave the pool any more.
    IndexFull,
}

impl Accrual {
    /// Time and rate of an accrual that took place, or the rule that kept it from taking place.
    ///
    /// # Errors
    /// [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`], [`EngineError::FundingIndexFull`],
    /// [`EngineError::MarketSettled`].
    pub fn done(self, market: &Market, clock: Clock) -> Result<(u64, i64), EngineError> {
        match self {
            Self::Done { seconds, rate_before } => Ok((seconds, rate_before)),
            Self::IndexFull => Err(EngineError::FundingIndexFull),
            Self::Settled => Err(EngineError::MarketSettled),
            Self::NoPrice => {
                require_price(market, PriceUse::Funding, reference_time(clock, [market]))?;
                // A market that never had a price has none that is recent.
                let allowed = price_requirement(market, PriceUse::Funding).age;
                Err(EngineError::PriceStale { age: age(market, clock.now)?, allowed })
            }
        }
    }
}

/// Accrues funding and carry up to now, at the market's valid price and its skew as stored: a new price is taken in first,
/// and trades come afterwards.
pub(crate) fn accrue(market: &mut Market, clock: Clock) -> Result<Accrual, EngineError> {
    let now = clock.now;
    // A market that never accrued starts now.
    if market.ledger.funding_time.is_never() {
        market.ledger.funding_time = now;
    }
    if market.settlement.has_begun() {
        market.ledger.funding_time = market.ledger.funding_time.max(now);
        return Ok(Accrual::Settled);
    }
    let Some(price) = accrual_price(market, reference_time(clock, [&*market]))? else { return Ok(Accrual::NoPrice) };
    let rate_before = market.ledger.funding_rate;
    let passed = now.seconds_since(market.ledger.funding_time)?;
    let seconds = passed.min(u64::from(market.parameters.max_accrual_seconds));
    market.ledger.funding_time = market.ledger.funding_time.max(now);
    market.ledger.funding_rate = fallen(rate_before, passed.saturating_sub(seconds), &market.parameters)?;
    if seconds == 0 {
        return Ok(Accrual::Done { seconds, rate_before });
    }
    match accrued(market, seconds, price) {
        Ok(Some((accrued, rate))) => {
            accrued.store(&mut market.ledger, rate)?;
            Ok(Accrual::Done { seconds, rate_before })
        }
        // No number out of range may keep a market from trading and from being liquidated: its time is dropped.
        Ok(None) | Err(EngineError::Overflow) => Ok(Accrual::IndexFull),
        Err(error) => Err(error),
    }
}

/// What `seconds` of funding and carry change, and the rate at their end; none where an index has no room for it.
fn accrued(market: &Market, seconds: u64, price: Price) -> Result<Option<(Accrued, i64)>, EngineError> {
    let path = rate_path(market.ledger.funding_rate, skew(&market.ledger)?, &market.parameters, seconds)?;
    let mut accrued = Accrued::of(&market.ledger);
    for (payer, doubled_area) in path.phases {
        if !accrued.pay_funding(&market.ledger, payer, doubled_area, price)? {
            return Ok(None);
        }
    }
    let (ledger, parameters) = (&market.ledger, &market.parameters);
    let fits = accrued.pay_carry(ledger, Side::Long, parameters, seconds, price)?
        && accrued.pay_carry(ledger, Side::Short, parameters, seconds, price)?;
    Ok(fits.then_some((accrued, path.end)))
}

/// The price an accrual takes place at; none where there is no fit one.
fn accrual_price(market: &Market, reference: Timestamp) -> Result<Option<Price>, EngineError> {
    let required = price_requirement(market, PriceUse::Funding);
    let fit = age(market, reference)? <= required.age && is_certain(&market.price, required.confidence);
    Ok(fit.then_some(market.price.price))
}

/// The rate after time that accrues nothing: it falls by `⌈v / 4⌉` a second, at most to zero.
fn fallen(rate: i64, seconds: u64, parameters: &Parameters) -> Result<i64, EngineError> {
    if seconds == 0 {
        return Ok(rate);
    }
    let left = Ramp::between(rate.unsigned_abs(), 0, parameters.funding_velocity.div_ceil(4), seconds)?.end;
    let left = i64::try_from(left).map_err(|_| EngineError::Overflow)?;
    if rate < 0 {
        left.checked_neg().ok_or(EngineError::Overflow)
    } else {
        Ok(left)
    }
}

/// How the rate moves over an accrual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RatePath {
    /// Who pays while the rate falls back to zero and who pays afterwards, with twice the area under the path's part in
    /// 2^-60.
    phases: [(Side, u64); 2],
    end: i64,
}

fn rate_path(rate: i64, skew: SignedSize, parameters: &Parameters, seconds: u64) -> Result<RatePath, EngineError> {
    let cap = parameters.funding_rate_cap;
    let start = rate.unsigned_abs().min(cap);
    let leaning = skew.side();
    let payer = if rate < 0 { Side::Short } else { Side::Long };
    let Speeds { building, returning } = speeds(skew.size(), parameters)?;

    let opposed = rate != 0 && leaning != Some(payer);
    let fall = if opposed {
        Ramp::between(start, 0, returning, seconds)?
    } else {
        Ramp { end: start, doubled_area: 0, left: seconds }
    };
    let (builder, rise) = match leaning {
        // What has not reached zero does not build up on the other side.
        Some(builder) if fall.end == 0 || !opposed => (builder, Ramp::between(fall.end, cap, building, fall.left)?),
        _ => (payer, Ramp { doubled_area: 0, ..fall }),
    };
    let end = i64::try_from(rise.end).map_err(|_| EngineError::Overflow)?;
    let end = match builder {
        Side::Long => end,
        Side::Short => end.checked_neg().ok_or(EngineError::Overflow)?,
    };
    Ok(RatePath { phases: [(payer, fall.doubled_area), (builder, rise.doubled_area)], end })
}

/// Change of the rate per second, in 2^-60 per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Speeds {
    /// `⌊v·u⌋`: away from zero.
    building: u64,
    /// `max(⌊4·v·u⌋, ⌈v/4⌉)`: towards zero.
    returning: u64,
}

fn speeds(skew: Size, parameters: &Parameters) -> Result<Speeds, EngineError> {
    let velocity = parameters.funding_velocity;
    let fourfold = velocity.checked_mul(4).ok_or(EngineError::Overflow)?;
    let limit = size_share_floor(parameters.impact_scale, parameters.impact_limit)?;
    let skewed = if skew.is_zero() {
        0
    } else if skew >= limit {
        fourfold
    } else {
        mul_div_floor(fourfold, skew.get(), limit.get())?
    };
    // ⌊⌊4·v·u⌋ / 4⌋ = ⌊v·u⌋: one division serves both.
    Ok(Speeds { building: skewed >> 2, returning: skewed.max(velocity.div_ceil(4)) })
}

/// A number that moves towards `to` by `speed` a second, without passing it, and stays there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ramp {
    end: u64,
    /// Σ over the seconds of the number at both their ends.
    doubled_area: u64,
    /// Whole seconds spent at `to`.
    left: u64,
}

impl Ramp {
    /// `n = min(seconds, ⌊|to − from| / speed⌋)` seconds at full speed cover `n·(from + at)`; one more reaches `to` and
    /// covers `at + to`; the rest stays and covers `2·to` each.
    fn between(from: u64, to: u64, speed: u64, seconds: u64) -> Result<Self, EngineError> {
        let distance = from.abs_diff(to);
        // A speed of zero never arrives.
        let full = distance.checked_div(speed).unwrap_or(seconds).min(seconds);
        let moved = product(full, speed)?;
        let at = if to >= from { from.checked_add(moved) } else { from.checked_sub(moved) };
        let at = at.ok_or(EngineError::Overflow)?;
        let mut area = sum_times(from, at, full)?;
        let mut left = seconds.checked_sub(full).ok_or(EngineError::Overflow)?;
        if left == 0 {
            return Ok(Self { end: at, doubled_area: area, left });
        }
        if at != to {
            left = left.checked_sub(1).ok_or(EngineError::Overflow)?;
            area = area.checked_add(sum_times(at, to, 1)?).ok_or(EngineError::Overflow)?;
        }
        area = area.checked_add(sum_times(to, to, left)?).ok_or(EngineError::Overflow)?;
        Ok(Self { end: to, doubled_area: area, left })
    }
}

/// `(a + b) · seconds`.
fn sum_times(a: u64, b: u64, seconds: u64) -> Result<u64, EngineError> {
    product(a.checked_add(b).ok_or(EngineError::Overflow)?, seconds)
}

/// `price · area + carried`, split into whole units of the index and what is carried on, below `2^bits`.
fn whole_and_carried(price: Price, area: u64, carried: u64, bits: u32, mask: u128) -> Result<(u64, u64), EngineError> {
    let exact = wide_product(price.get(), area).checked_add(u128::from(carried)).ok_or(EngineError::Overflow)?;
    let whole = u64::try_from(exact >> bits).map_err(|_| EngineError::Overflow)?;
    let carried = u64::try_from(exact & mask).map_err(|_| EngineError::Overflow)?;
    Ok((whole, carried))
}

/// What an accrual changes of a market's ledger, computed beside it so that one that does not fit changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accrued {
    indices: [FundingIndex; 2],
    carry_fractions: [u64; 2],
    funding_fraction: u64,
    /// What payers owe beyond what receivers are owed.
    kept: QuoteX40,
    carry: QuoteX40,
    /// What of the carry is its surge: the insurance's.
    surge: QuoteX40,
    mean_interest: [Size; 2],
}

impl Accrued {
    fn of(ledger: &MarketLedger) -> Self {
        Self {
            indices: ledger.sides.map(|side| side.funding_index),
            carry_fractions: ledger.sides.map(|side| side.carry_fraction),
            funding_fraction: ledger.funding_fraction,
            kept: QuoteX40::ZERO,
            carry: QuoteX40::ZERO,
            surge: QuoteX40::ZERO,
            mean_interest: ledger.sides.map(|side| side.mean_interest),
        }
    }

    fn store(&self, ledger: &mut MarketLedger, rate: i64) -> Result<(), EngineError> {
        // The backing advances what the payers will pay it.
        let surge = self.surge.to_atoms_floor()?.min(ledger.backing);
        ledger.backing = ledger.backing.checked_sub(surge)?;
        ledger.insurance = ledger.insurance.checked_add(surge)?;
        for side in Side::BOTH {
            let totals = ledger.side_mut(side);
            totals.funding_index = *side.of(&self.indices);
            totals.carry_fraction = *side.of(&self.carry_fractions);
            totals.mean_interest = *side.of(&self.mean_interest);
        }
        ledger.funding_fraction = self.funding_fraction;
        ledger.funding_rate = rate;
        count_exact(&mut ledger.counters.funding, self.kept);
        count_exact(&mut ledger.counters.carry, self.carry);
        Ok(())
    }

    /// Moves a side's index; `false` where it would leave its range.
    fn move_index(&mut self, side: Side, change: FundingIndex) -> bool {
        let index = side.of_mut(&mut self.indices);
        match index.checked_add(change) {
            Ok(moved) => {
                *index = moved;
                true
            }
            Err(_) => false,
        }
    }

    /// `payer`'s index grows by δ, the other side's falls by `⌊δ · min(1, OI_payer / OI_other)⌋`: what payers owe exceeds
    /// what receivers are owed by `δ·OI_payer − ⌊…⌋·OI_other ≥ 0`.
    fn pay_funding(
        &mut self,
        ledger: &MarketLedger,
        payer: Side,
        doubled_area: u64,
        price: Price,
    ) -> Result<bool, EngineError> {
        let paying = ledger.side(payer).open_interest;
        if doubled_area == 0 || paying.is_zero() {
            return Ok(true);
        }
        let (owed, carried) = whole_and_carried(price, doubled_area, self.funding_fraction, AREA_BITS, AREA_FRACTION)?;
        self.funding_fraction = carried;
        let owed_index = FundingIndex::from_units(owed)?;
        self.kept = self.kept.checked_add(funding_owed(paying, owed_index)?)?;
        if !self.move_index(payer, owed_index) {
            return Ok(false);
        }
        let receiving = ledger.side(payer.opposite()).open_interest;
        if receiving.is_zero() {
            return Ok(true);
        }
        let received = if paying >= receiving { owed } else { mul_div_floor(owed, paying.get(), receiving.get())? };
        let received = FundingIndex::from_units(received)?;
        self.kept = self.kept.checked_sub(funding_owed(receiving, received)?)?;
        Ok(self.move_index(payer.opposite(), received.checked_neg()?))
    }

    /// `carry_rate · min(1, OI_side / cap) · price` per second, paid to the backing: a cap lowered below the open interest
    /// must not raise what its holders pay. Beyond half of the cap, by the mean of the last hour, a surge rises from nothing
    /// to `carry_surge` at the cap. That part is the insurance's, or whoever provides most of the backing could fill the cap
    /// with positions of his own and squeeze everybody else.
    // In place: where the side is known nothing chooses between the two.
    #[inline(always)]
    fn pay_carry(
        &mut self,
        ledger: &MarketLedger,
        side: Side,
        parameters: &Parameters,
        seconds: u64,
        price: Price,
    ) -> Result<bool, EngineError> {
        let interest = ledger.side(side).open_interest;
        let mean = side.of_mut(&mut self.mean_interest);
        *mean = mean_after(*mean, interest, seconds)?;
        if interest.is_zero() {
            return Ok(true);
        }
        let cap = parameters.open_interest_cap;
        let rate = mul_div_floor(parameters.carry_rate, interest.min(cap).get(), cap.get())?;
        let counted = cap.min(*mean);
        let beyond = counted.checked_add(counted)?.saturating_sub(cap);
        let surge = mul_div_floor(parameters.carry_surge, beyond.get(), cap.get())?;
        let fraction = side.of_mut(&mut self.carry_fractions);
        let rates = rate.checked_add(surge).ok_or(EngineError::Overflow)?;
        let (owed, carried) = whole_and_carried(price, product(rates, seconds)?, *fraction, RATE_BITS, CARRY_FRACTION)?;
        *fraction = carried;
        let owed = FundingIndex::from_units(owed)?;
        self.carry = self.carry.checked_add(funding_owed(interest, owed)?)?;
        if surge > 0 {
            let (surged, _) = whole_and_carried(price, product(surge, seconds)?, 0, RATE_BITS, CARRY_FRACTION)?;
            self.surge = self.surge.checked_add(funding_owed(interest, FundingIndex::from_units(surged)?)?)?;
        }
        Ok(self.move_index(side, owed))
    }
}

/// Seconds over which the mean of the open interest forgets.
const MEAN_SECONDS: u64 = 3_600;

/// `m + ⌊(x − m) · min(seconds, 3600) / 3600⌋`, towards `m` from either side.
fn mean_after(mean: Size, interest: Size, seconds: u64) -> Result<Size, EngineError> {
    let step = |distance: Size| mul_div_floor(distance.get(), seconds.min(MEAN_SECONDS), MEAN_SECONDS).map(Size::new);
    if interest >= mean {
        mean.checked_add(step(interest.checked_sub(mean)?)?)
    } else {
        mean.checked_sub(step(mean.checked_sub(interest)?)?)
    }
}
