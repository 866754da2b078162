//! What a position costs while it is held.

use alloc::vec::Vec;
use perp_engine::market::forecast::Ahead;
use perp_engine::session::Session;
use perp_engine::state::Market;
use perp_engine::units::products::{funding_owed, mul_div_ceil, notional};
use perp_engine::units::{Side, SignedAtoms, SignedSize, PPM};
use perp_engine::EngineError;

/// Seconds in a day.
pub const SECONDS_A_DAY: u32 = 86_400;

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
    let mut market = *market;
    let side = size.side().unwrap_or(Side::Long);
    let worth = notional(size.size(), market.price.price)?.to_atoms_floor()?;
    let mut ahead = Ahead::new(&mut market, session)?;
    let index = ahead.market().ledger.side(side).funding_index;
    let mut costs = Vec::with_capacity(seconds.len());
    for &until in seconds {
        let market = ahead.to(until)?;
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
