//! What a position costs while it is held.

use alloc::vec::Vec;
use perp_engine::session::Session;
use perp_engine::state::Market;
use perp_engine::units::products::{funding_owed, mul_div_ceil, notional};
use perp_engine::units::{Side, SignedAtoms, SignedSize, Timestamp, PPM};
use perp_engine::EngineError;

/// Seconds in a day.
pub const SECONDS_A_DAY: u32 = 86_400;
/// Seconds between two accruals of the projection.
const STEP: u32 = 3_600;

/// What a position pays until some time from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldingCost {
    /// Seconds from now.
    pub seconds: u32,
    /// Funding and carry, in atoms rounded up; negative where it receives.
    pub cost: SignedAtoms,
    /// What the price must move in the position's favor to make up for it, in ppm rounded up; negative where it may move against it.
    pub break_even: i64,
    /// The market's funding rate then, per second in 2^-60; positive where longs pay.
    pub funding_rate: i64,
}

/// What a position of `size` pays up to each of the times `seconds` from now, which rise, in a market whose price and open
/// interest stay as they are. The engine accrues hour by hour, so that the rate moves by its rules to its cap. A position that is
/// not in the market yet is priced without its own part in the skew: hand in the market that a preview leaves.
///
/// # Errors
/// `MarketSettled`, `PriceTooUncertain`, `FundingIndexFull`; `PriceOutOfRange` where the market never had a price; `Overflow`.
pub fn holding_costs(
    market: &Market,
    session: &Session,
    size: SignedSize,
    seconds: &[u32],
) -> Result<Vec<HoldingCost>, EngineError> {
    let (mut market, mut session) = (*market, *session);
    if market.price.price.get() == 0 {
        return Err(EngineError::PriceOutOfRange);
    }
    let side = size.side().unwrap_or(Side::Long);
    let worth = notional(size.size(), market.price.price)?.to_atoms_floor()?;
    // What an hour accrues is the same whatever one accrual may cover at most.
    market.parameters.max_accrual_seconds = market.parameters.max_accrual_seconds.max(STEP);
    session.boundary = Timestamp::NEVER;
    let begin = session.clock.now;
    let mut accrue = |market: &mut Market, after: u32| -> Result<(), EngineError> {
        session.clock.now = begin.after(after)?;
        // The price stays what it is, and somebody publishes it.
        market.price.published = market.price.published.max(session.clock.now);
        market.price.newest_published = market.price.newest_published.max(session.clock.now);
        let accrual = market.refresh(None, &session)?.accrual();
        accrual.done(market, session.clock).map(|_| ())
    };
    accrue(&mut market, 0)?;
    let index = market.ledger.side(side).funding_index;
    let mut passed = 0u32;
    let mut costs = Vec::with_capacity(seconds.len());
    for &until in seconds {
        while passed < until {
            passed = passed.saturating_add(STEP).min(until);
            accrue(&mut market, passed)?;
        }
        let change = market.ledger.side(side).funding_index.checked_sub(index)?;
        let cost = funding_owed(size.size(), change)?.whole_atoms_ceil()?.to_signed_atoms_floor()?;
        costs.push(HoldingCost {
            seconds: until,
            cost,
            break_even: part_of(cost, worth.get())?,
            funding_rate: market.ledger.funding_rate,
        });
    }
    Ok(costs)
}

/// A cost as a part of a notional, in ppm rounded up in magnitude; zero of nothing.
fn part_of(cost: SignedAtoms, notional: u64) -> Result<i64, EngineError> {
    if notional == 0 {
        return Ok(0);
    }
    let part =
        i64::try_from(mul_div_ceil(cost.magnitude().get(), PPM, notional)?).map_err(|_| EngineError::Overflow)?;
    if cost.is_negative() {
        part.checked_neg().ok_or(EngineError::Overflow)
    } else {
        Ok(part)
    }
}
