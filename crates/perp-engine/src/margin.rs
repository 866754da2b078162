//! Margin fractions and the value of one position, the two ways it is counted.

use crate::error::EngineError;
use crate::price::spread_ceil;
use crate::solvency::solvency;
use crate::state::{Books, Market, Parameters, Position};
use crate::units::products::{funding_owed, mul_div_ceil, notional, share_ceil, square_root_ceil, unrealised_profit};
use crate::units::{Atoms, Ppm, Price, Raw, Side, Timestamp, PPM};

#[cfg(test)]
mod tests;

/// A margin fraction and whether the size premium sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    ppm: u64,
    by_size: bool,
}

/// `f = max(base, size premium · √notional, volatility)`, at most one, rounded up.
fn fraction_ceil(value: Atoms, parameters: &Parameters) -> Result<Fraction, EngineError> {
    let floor = parameters.base_margin.max(parameters.volatility_margin).wide();
    let premium = mul_div_ceil(parameters.size_premium, square_root_ceil(value.get()), 1 << 32)?;
    if premium > floor {
        Ok(Fraction { ppm: premium.min(PPM), by_size: true })
    } else {
        Ok(Fraction { ppm: floor, by_size: false })
    }
}

fn ppm(value: u64) -> Result<Ppm, EngineError> {
    u32::try_from(value).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Maintenance margin and its derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub margin: Atoms,
    /// `d margin / d notional`, rounded up: 1.5 times the fraction where the premium grows with √notional.
    pub marginal: Ppm,
}

/// Maintenance margin of a position worth `value`, rounded up.
pub fn maintenance_margin_ceil(value: Atoms, parameters: &Parameters) -> Result<Maintenance, EngineError> {
    let fraction = fraction_ceil(value, parameters)?;
    let maintenance = mul_div_ceil(fraction.ppm, parameters.maintenance_fraction.wide(), PPM)?;
    let marginal = if fraction.by_size { mul_div_ceil(maintenance, 3, 2)? } else { maintenance };
    Ok(Maintenance { margin: share_ceil(value, ppm(maintenance)?)?, marginal: ppm(marginal)? })
}

/// Initial margin of a position worth `value`, rounded up. `IMF = f + (1 − f)·clamp((OI − low)/(high − low), 0, 1)`:
/// open interest scales the initial margin only, or a wash trader could push others into liquidation.
pub fn initial_margin_ceil(value: Atoms, books: &Books, parameters: &Parameters) -> Result<Atoms, EngineError> {
    let fraction = fraction_ceil(value, parameters)?.ppm;
    let [long, short] = &books.sides;
    let above = long.open_interest.max(short.open_interest).excess_over(parameters.open_interest_low);
    let range = parameters.open_interest_high.minus(parameters.open_interest_low)?;
    let scaled = if above >= range {
        PPM
    } else {
        let rest = PPM.checked_sub(fraction).ok_or(EngineError::Overflow)?;
        let rise = mul_div_ceil(rest, above.get(), range.get())?;
        fraction.checked_add(rise).ok_or(EngineError::Overflow)?
    };
    share_ceil(value, ppm(scaled)?)
}

/// A position's part in its account's equity and margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegValue {
    pub equity: Raw,
    pub margin: Atoms,
}

/// Funding the position owes and has not settled, exactly; negative where it is owed.
pub(crate) fn unsettled_funding_owed(position: &Position, books: &Books) -> Result<Raw, EngineError> {
    let Some(side) = position.size.side() else { return Ok(Raw::ZERO) };
    let change = books.side(side).funding_index.minus(position.funding_index)?;
    if change.get() == 0 {
        return Ok(Raw::ZERO);
    }
    funding_owed(position.size.size(), change)
}

/// Value of the position for maintenance, at the good index price: what the market owes it (profit, funding, the part of
/// a claim no cash is set aside for) counts at the market's `h`. An unusable market demands no margin.
///
/// Each part is counted as settling it would post it: funding in whole atoms, rounded against the account; funding to
/// receive set off against the position's loss, what is left of a loss against the claim and of a gain against the debt,
/// at face and before anything is discounted. So nobody can liquidate what only setting them off would have made healthy.
pub fn maintenance_value(
    position: &Position,
    books: &Books,
    market: &Market,
    unusable: bool,
) -> Result<LegValue, EngineError> {
    let price = market.price.price;
    let profit = unrealised_profit(position.size, position.entry.get(), price)?;
    let funding = unsettled_funding_owed(position, books)?;
    let unfunded = books.unfunded_part_ceil(position)?;
    let funded = position.claim.minus(unfunded)?;
    let (lost, receivable) = (profit.negative_part()?, funding.negative_part()?.amount_floor()?.raw()?);
    let netted = lost.min(receivable);
    let loss = lost.minus(netted)?.plus(funding.positive_part().amount_ceil()?.raw()?)?;
    let gain = profit.positive_part().plus(receivable.minus(netted)?)?;
    let (claim, debt) = (unfunded.raw()?, position.debt.raw()?);
    let (claim_set_off, debt_set_off) = (loss.min(claim), gain.min(debt));
    let promised = gain.minus(debt_set_off)?.plus(claim.minus(claim_set_off)?)?;
    let owed = loss.minus(claim_set_off)?.plus(debt.minus(debt_set_off)?)?;
    let mut equity = funded.raw()?.minus(owed)?;
    if promised > Raw::ZERO {
        let solvency = solvency(books, &market.parameters, price)?;
        let counted = if solvency.pays_everybody() {
            promised
        } else {
            solvency.payable_floor(promised.amount_floor()?)?.raw()?
        };
        equity = equity.plus(counted)?;
    }
    let margin = if unusable || position.size.is_zero() {
        Atoms::ZERO
    } else {
        let value = notional(position.size.size(), price)?.amount_ceil()?;
        maintenance_margin_ceil(value, &market.parameters)?.margin
    };
    Ok(LegValue { equity, margin })
}

/// Value of the position for initial margin, at a price worse than the index by the spread at its own age: profit and
/// claims count nothing.
pub fn adverse_value(
    position: &Position,
    books: &Books,
    market: &Market,
    reference: Timestamp,
) -> Result<LegValue, EngineError> {
    let debt = position.debt.raw()?;
    let Some(side) = position.size.side() else {
        return Ok(LegValue { equity: debt.negated()?, margin: Atoms::ZERO });
    };
    let index = market.price.price;
    let spread = spread_ceil(market, reference)?;
    let adverse = match side {
        Side::Long => index.minus(spread).unwrap_or(Price::ZERO),
        Side::Short => index.plus(spread)?,
    };
    let profit = unrealised_profit(position.size, position.entry.get(), adverse)?;
    let equity = profit.minus(unsettled_funding_owed(position, books)?)?.min(Raw::ZERO).minus(debt)?;
    let value = notional(position.size.size(), index)?.amount_ceil()?;
    Ok(LegValue { equity, margin: initial_margin_ceil(value, books, &market.parameters)? })
}
