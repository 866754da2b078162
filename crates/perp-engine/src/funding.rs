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
//! What receivers lose by rounding is below one unit of the index an accrual. Where base units are large enough for a
//! price of 2^34 raw or more, an accrual every second of a year costs them less than 0.2 % of their notional.
//!
//! # What accrues nothing
//! - *More than the cap*: one accrual covers at most `funding_dt_cap`. What an outage of the oracle lasted beyond that is
//!   dropped when the price is back.
//! - *A pause of the market*: every change of a market's status first calls [`accrue_if_possible`] under the old status.
//!   Pausing accrues up to that moment, lifting the pause drops the time it lasted. One that ends by itself ends without
//!   an instruction, so an accrual after it starts at the stored end.
//! - *A pause of the exchange*: an accrual starts no earlier than the end of the exchange's last pause, which the caller
//!   hands in as `resumed_at`.
//! - *A full index*: an accrual that would take an index beyond its range does not happen, and its time is dropped.
//!
//! In the first three the time that had passed before the outage or pause and was not accrued yet is dropped with it rather
//! than charged later at another price.

use crate::error::EngineError;
use crate::fill::skew;
use crate::price::{reference_time, require_price, Action};
use crate::state::{Books, Market, Parameters, MAX_FUNDING_DT, MAX_FUNDING_RATE, MAX_FUNDING_VELOCITY, RATE_BITS};
use crate::status::Status;
use crate::units::products::{mul_div_floor, size_share_floor, wide_product};
use crate::units::{Base, Clock, FundingIndex, Price, Side, Size, Timestamp, MAX_PRICE};

#[cfg(test)]
mod tests;

/// Twice the area under the path of the rate is a whole number of 2^-60, so payments are carried in 2^-61.
const AREA_BITS: u32 = RATE_BITS + 1;
const AREA_FRACTION: u128 = (1 << AREA_BITS) - 1;
const CARRY_FRACTION: u128 = (1 << RATE_BITS) - 1;

// The largest path: both ends at the cap for the longest accrual.
const _: () = {
    let largest_area = 2 * MAX_FUNDING_RATE as u128 * MAX_FUNDING_DT as u128;
    assert!(largest_area < 1 << 62);
    assert!(largest_area * (MAX_PRICE as u128) + AREA_FRACTION < 1 << 125);
    // The index moves by less than 2^60 in one accrual.
    assert!((largest_area * MAX_PRICE as u128) >> AREA_BITS < 1 << 60);
    assert!(4 * MAX_FUNDING_VELOCITY * (MAX_FUNDING_DT as u64) < 1 << 62);
};

/// The books after an accrual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingPlan {
    pub books: Books,
    /// Time accrued.
    pub seconds: u64,
    /// Rate per second in 2^-60 before it; positive where longs pay.
    pub rate_before: i64,
}

/// Accrues funding and carry up to now, at the market's good price and its skew as stored: callers take a new price in
/// first and trade afterwards. `status` is the exchange's, `resumed_at` the end of its last pause.
///
/// Time that stands still or runs backwards accrues nothing and is not an error.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`],
/// [`EngineError::MarketUnusable`].
pub fn plan_funding(
    market: &Market,
    status: Status,
    resumed_at: Timestamp,
    clock: Clock,
) -> Result<FundingPlan, EngineError> {
    status.and(market.status.in_force(clock.now)).allows_reducing()?;
    let price = require_price(market, Action::Funding, reference_time(clock, [market]))?;
    let rate_before = market.books.funding_rate;
    let start = start(market, resumed_at, clock);
    let seconds = clock.now.seconds_since(start)?.min(u64::from(market.parameters.funding_dt_cap));
    let mut books = market.books;
    books.funding_time = books.funding_time.max(clock.now);
    if seconds > 0 {
        let path = rate_path(rate_before, skew(market)?, &market.parameters, seconds)?;
        books.funding_rate = path.end;
        for (payer, doubled_area) in path.phases {
            pay_funding(&mut books, payer, doubled_area, price)?;
        }
        for side in Side::BOTH {
            pay_carry(&mut books, side, &market.parameters, seconds, price)?;
        }
    }
    Ok(FundingPlan { books, seconds, rate_before })
}

/// The books accrued as far as possible: for verbs that want funding up to date but do not depend on a price.
///
/// Where no price is usable nothing accrues and the time is kept, so that it still accrues once there is one; only a pause
/// that is over is dropped, because a change of status may be about to erase when it ended. While the exchange or the
/// market is paused nothing accrues and the time is dropped; likewise where it would take an index beyond its range: else
/// nobody could close, leave the pool or even pause the market any more.
///
/// # Errors
/// What neither price, status nor range explains; [`plan_funding`] has no such error.
pub fn accrue_if_possible(
    market: &Market,
    status: Status,
    resumed_at: Timestamp,
    clock: Clock,
) -> Result<Books, EngineError> {
    match plan_funding(market, status, resumed_at, clock) {
        Ok(plan) => Ok(plan.books),
        Err(EngineError::Paused | EngineError::Overflow) => {
            Ok(Books { funding_time: market.books.funding_time.max(clock.now), ..market.books })
        }
        Err(
            EngineError::PriceStale { .. } | EngineError::MarketUnusable { .. } | EngineError::PriceTooUncertain { .. },
        ) => Ok(Books { funding_time: start(market, resumed_at, clock), ..market.books }),
        Err(other) => Err(other),
    }
}

/// From when the next accrual counts: where the last one ended, or the end of a pause since.
fn start(market: &Market, resumed_at: Timestamp, clock: Clock) -> Timestamp {
    if market.books.funding_time.is_never() {
        return clock.now;
    }
    market.books.funding_time.max(resumed_at).max(market.status.pause_ended_at(clock.now))
}

/// How the rate moves over an accrual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RatePath {
    /// Who pays while the rate falls back to zero and who pays afterwards, with twice the area under the path's part in
    /// 2^-60.
    phases: [(Side, u64); 2],
    end: i64,
}

fn rate_path(rate: i64, skew: Base, parameters: &Parameters, seconds: u64) -> Result<RatePath, EngineError> {
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
        let moved = full.checked_mul(speed).ok_or(EngineError::Overflow)?;
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
    a.checked_add(b).and_then(|sum| sum.checked_mul(seconds)).ok_or(EngineError::Overflow)
}

/// `price · area + carried`, split into whole units of the index and what is carried on, below `2^bits`.
fn whole_and_carried(price: Price, area: u64, carried: u64, bits: u32, mask: u128) -> Result<(u64, u64), EngineError> {
    let exact = wide_product(price.get(), area).checked_add(u128::from(carried)).ok_or(EngineError::Overflow)?;
    let whole = u64::try_from(exact >> bits).map_err(|_| EngineError::Overflow)?;
    let carried = u64::try_from(exact & mask).map_err(|_| EngineError::Overflow)?;
    Ok((whole, carried))
}

fn index(units: u64) -> Result<FundingIndex, EngineError> {
    i64::try_from(units).map(FundingIndex::new).map_err(|_| EngineError::Overflow)
}

/// `payer`'s index grows by δ, the other side's falls by `⌊δ · min(1, OI_payer / OI_other)⌋`: what payers owe exceeds what
/// receivers are owed by `δ·OI_payer − ⌊…⌋·OI_other ≥ 0`.
fn pay_funding(books: &mut Books, payer: Side, doubled_area: u64, price: Price) -> Result<(), EngineError> {
    let paying = books.side(payer).open_interest;
    if doubled_area == 0 || paying.is_zero() {
        return Ok(());
    }
    let (owed, carried) = whole_and_carried(price, doubled_area, books.funding_fraction, AREA_BITS, AREA_FRACTION)?;
    books.funding_fraction = carried;
    let payers = books.side_mut(payer);
    payers.funding_index = payers.funding_index.plus(index(owed)?)?;

    let receivers = books.side_mut(payer.opposite());
    let receiving = receivers.open_interest;
    if receiving.is_zero() {
        return Ok(());
    }
    let received = if paying >= receiving { owed } else { mul_div_floor(owed, paying.get(), receiving.get())? };
    receivers.funding_index = receivers.funding_index.plus(index(received)?.negated()?)?;
    Ok(())
}

/// `carry_rate · min(1, OI_side / cap) · price` per second, paid to the backing: a cap lowered below the open interest must
/// not raise what its holders pay.
fn pay_carry(
    books: &mut Books,
    side: Side,
    parameters: &Parameters,
    seconds: u64,
    price: Price,
) -> Result<(), EngineError> {
    let book = books.side_mut(side);
    if book.open_interest.is_zero() {
        return Ok(());
    }
    let cap = parameters.open_interest_cap;
    let rate = mul_div_floor(parameters.carry_rate, book.open_interest.min(cap).get(), cap.get())?;
    let area = rate.checked_mul(seconds).ok_or(EngineError::Overflow)?;
    let (owed, carried) = whole_and_carried(price, area, book.carry_fraction, RATE_BITS, CARRY_FRACTION)?;
    book.carry_fraction = carried;
    book.funding_index = book.funding_index.plus(index(owed)?)?;
    Ok(())
}
