//! Margin fractions and the value of one position, the two ways it is counted.

use crate::error::EngineError;
use crate::market::measured_margin::measured_margin_ceil;
use crate::market::range::PriceRange;
use crate::risk::group::Hedge;
use crate::state::{Market, MarketLedger, Parameters, Position};
use crate::units::products::{funding_owed, mul_div_ceil, notional, share_ceil, square_root_ceil, unrealized_profit};
use crate::units::{Atoms, Ppm, Price, QuoteX40, Side, Size, PPM};

#[cfg(test)]
mod tests;

/// A margin fraction and whether the size premium sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    ppm: u64,
    by_size: bool,
}

/// The fraction that the smallest position needs, in ppm: the largest of the base margin, the listed and the measured one for
/// volatility.
pub(crate) fn margin_floor(measured: Ppm, parameters: &Parameters) -> u64 {
    parameters.base_margin.max(parameters.volatility_margin).max(measured).wide()
}

/// `f = max(base, size premium · √notional, volatility, measured)`, at most one, rounded up.
fn fraction_ceil(value: Atoms, measured: Ppm, parameters: &Parameters) -> Result<Fraction, EngineError> {
    let floor = margin_floor(measured, parameters);
    if parameters.size_premium == 0 {
        return Ok(Fraction { ppm: floor, by_size: false });
    }
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
    /// The margin, in atoms.
    pub margin: Atoms,
    /// `d margin / d notional`, rounded up: 1.5 times the fraction where the premium grows with √notional.
    pub marginal: Ppm,
}

/// Maintenance margin of a position worth `value`, rounded up, in a market whose
/// [measured margin](crate::market::measured_margin) is `measured`.
pub fn maintenance_margin_ceil(
    value: Atoms,
    measured: Ppm,
    parameters: &Parameters,
) -> Result<Maintenance, EngineError> {
    maintenance_at(value, fraction_ceil(value, measured, parameters)?, parameters)
}

fn maintenance_at(value: Atoms, fraction: Fraction, parameters: &Parameters) -> Result<Maintenance, EngineError> {
    let maintenance = mul_div_ceil(fraction.ppm, parameters.maintenance_fraction.wide(), PPM)?;
    let marginal = if fraction.by_size { mul_div_ceil(maintenance, 3, 2)? } else { maintenance };
    Ok(Maintenance { margin: share_ceil(value, ppm(maintenance)?)?, marginal: ppm(marginal)? })
}

/// Initial margin of a position worth `value`, rounded up. `IMF = f + (1 − f)·clamp((OI − low)/(high − low), 0, 1)`:
/// open interest scales the initial margin only, or a wash trader could push others into liquidation.
pub fn initial_margin_ceil(
    value: Atoms,
    measured: Ppm,
    ledger: &MarketLedger,
    parameters: &Parameters,
) -> Result<Atoms, EngineError> {
    initial_at(value, fraction_ceil(value, measured, parameters)?, ledger, parameters)
}

fn initial_at(
    value: Atoms,
    fraction: Fraction,
    ledger: &MarketLedger,
    parameters: &Parameters,
) -> Result<Atoms, EngineError> {
    let fraction = fraction.ppm;
    let [long, short] = &ledger.sides;
    let above = long.open_interest.max(short.open_interest).saturating_sub(parameters.open_interest_low);
    if above.is_zero() {
        return share_ceil(value, ppm(fraction)?);
    }
    let range = parameters.open_interest_high.checked_sub(parameters.open_interest_low)?;
    let scaled = if above >= range {
        PPM
    } else {
        let rest = PPM.checked_sub(fraction).ok_or(EngineError::Overflow)?;
        let rise = mul_div_ceil(rest, above.get(), range.get())?;
        fraction.checked_add(rise).ok_or(EngineError::Overflow)?
    };
    share_ceil(value, ppm(scaled)?)
}

/// A position's part in its account's adverse equity and initial margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegValue {
    /// What it adds to equity, exactly.
    pub equity: QuoteX40,
    /// What margin it demands.
    pub margin: Atoms,
    /// What it does in its market's risk group; `None` where that is in none, or the position has no size.
    pub hedge: Option<Hedge>,
}

/// A position's part in its account's equity and maintenance margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegHealth {
    /// What it adds to equity, exactly: cash set aside for its claim, what its market could pay it now, less what it owes.
    pub equity: QuoteX40,
    /// Of that, what its market could pay it now and has not.
    pub payable: QuoteX40,
    /// The margin of its notional.
    pub margin: Atoms,
    /// The margin it demands: less what its market owes it beyond what it could pay now, not below zero.
    pub required: Atoms,
    /// The margin it demands while `payable` is no cash yet: less all that its market owes it, not below zero.
    pub required_on_cash: Atoms,
    /// What of `margin` measured volatility adds to the listed one.
    pub ramped: Atoms,
    /// What it does in its market's risk group; `None` where that is in none, or the position has no size.
    pub hedge: Option<Hedge>,
}

impl LegHealth {
    /// The leg in a price range: where the oracle is held for dead it earns nothing for its risk group.
    #[inline(always)]
    pub(crate) fn known(self, range: PriceRange) -> Self {
        match self.hedge {
            Some(hedge) if range.is_dead() => {
                Self { hedge: Some(Hedge { earns: Atoms::ZERO, frozen: true, ..hedge }), ..self }
            }
            _ => self,
        }
    }
}

/// Funding the position owes and has not settled, exactly; negative where it is owed.
pub fn unsettled_funding_owed(position: &Position, ledger: &MarketLedger) -> Result<QuoteX40, EngineError> {
    let Some(side) = position.size.side() else { return Ok(QuoteX40::ZERO) };
    let change = ledger.side(side).funding_index.checked_sub(position.funding_index)?;
    funding_owed(position.size.size(), change)
}

/// What a position has gained at `price` less the funding it owes, and claims less debts, exactly: what it is owed in total
/// if its market pays everybody.
pub fn face_value(position: &Position, market: &Market) -> Result<QuoteX40, EngineError> {
    let owed = position.claim.to_x40()?.checked_sub(position.debt.to_x40()?)?;
    let leg = Leg::of(position, &market.ledger, market, market.price.price)?;
    owed.checked_add(leg.worth()?)
}

/// A position at one price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    open: Option<(Side, Size)>,
    price: Price,
    /// Notional in whole atoms, rounded up.
    value: Atoms,
    /// Unrealized profit, negative for a loss.
    profit: QuoteX40,
    /// Unsettled funding owed, negative where it is owed to the position.
    funding: QuoteX40,
    fraction: Fraction,
}

impl Leg {
    /// Measures a position at `price` with its market's `ledger`, which a plan may have changed already.
    pub fn of(position: &Position, ledger: &MarketLedger, market: &Market, price: Price) -> Result<Self, EngineError> {
        let Some(side) = position.size.side() else {
            let fraction = Fraction { ppm: 0, by_size: false };
            let (zero, value) = (QuoteX40::ZERO, Atoms::ZERO);
            return Ok(Self { open: None, price, value, profit: zero, funding: zero, fraction });
        };
        let size = position.size.size();
        let notional = notional(size, price)?;
        let entry = position.entry_notional.get();
        let profit = match side {
            Side::Long => notional.checked_sub(entry)?,
            Side::Short => entry.checked_sub(notional)?,
        };
        let change = ledger.side(side).funding_index.checked_sub(position.funding_index)?;
        let value = notional.to_atoms_ceil()?;
        Ok(Self {
            open: Some((side, size)),
            price,
            value,
            profit,
            funding: funding_owed(size, change)?,
            fraction: fraction_ceil(value, measured_margin_ceil(market)?, &market.parameters)?,
        })
    }

    /// Notional in whole atoms, rounded up.
    pub const fn value(&self) -> Atoms {
        self.value
    }

    /// Unrealized profit, negative for a loss.
    pub const fn profit(&self) -> QuoteX40 {
        self.profit
    }

    /// Unsettled funding owed, negative where it is owed to the position.
    pub const fn funding(&self) -> QuoteX40 {
        self.funding
    }

    /// What the market promises the position beyond what that owes it.
    pub fn promised(&self, position: &Position, ledger: &MarketLedger) -> Result<QuoteX40, EngineError> {
        Ok(self.set_off(position, ledger, self.profit)?.0)
    }

    /// Profit less the funding owed.
    pub fn worth(&self) -> Result<QuoteX40, EngineError> {
        self.profit.checked_sub(self.funding)
    }

    /// Value for maintenance. What the market owes the position (profit, funding, the part of a claim no cash is set aside
    /// for) counts as equity as far as the market could pay it now at the price `settled`, and beyond that lowers only what
    /// this leg demands: one market's promises are no margin in another.
    ///
    /// Each part is counted as settling it would post it: funding in whole atoms, rounded against the account; funding to
    /// receive set off against the position's loss, what is left of a loss against the claim and of a gain against the
    /// debt, at face.
    // In place: a leg and its health passed through memory cost more than what is computed of them.
    #[inline(always)]
    pub fn maintenance(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        settled: Price,
    ) -> Result<LegHealth, EngineError> {
        let margin = match self.open {
            Some(_) => maintenance_at(self.value, self.fraction, &market.parameters)?.margin,
            None => Atoms::ZERO,
        };
        self.with_margin([margin; 2], position, ledger, market, settled)
    }

    /// The leg without what it has gained beyond its last price, where it has gained then, or beyond its entry.
    pub fn gaining_no_more_than_at(self, position: &Position, last: Price) -> Result<Self, EngineError> {
        if last == self.price || self.open.is_none() {
            return Ok(self);
        }
        let then = unrealized_profit(position.size, position.entry_notional.get(), last)?;
        Ok(Self { profit: self.profit.min(then.max(QuoteX40::ZERO)), ..self })
    }

    /// The same for a leg of an account in which an order fills, whose margin is at least the maintenance margin's part of the initial one,
    /// which open interest scales.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub fn beside_fill(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        settled: Price,
    ) -> Result<LegHealth, EngineError> {
        let parameters = &market.parameters;
        let initial = initial_at(self.value, self.fraction, ledger, parameters)?;
        let scaled = share_ceil(initial, parameters.maintenance_fraction)?;
        let margin = maintenance_at(self.value, self.fraction, parameters)?.margin;
        self.with_margin([margin.max(scaled), margin], position, ledger, market, settled)
    }

    /// The leg with the margin that it demands; the second is the most that it may earn for its risk group.
    #[inline(always)]
    fn with_margin(
        &self,
        [margin, most]: [Atoms; 2],
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        settled: Price,
    ) -> Result<LegHealth, EngineError> {
        let (promised, owed, funded) = self.set_off(position, ledger, self.profit)?;
        let ramped = self.ramped(margin, market)?;
        let equity = funded.checked_sub(owed)?;
        let hedge = self.hedge(most, owed.checked_sub(promised)?, ledger, market)?;
        if promised <= QuoteX40::ZERO {
            let payable = QuoteX40::ZERO;
            return Ok(LegHealth {
                equity,
                payable,
                margin,
                required: margin,
                required_on_cash: margin,
                ramped,
                hedge,
            });
        }
        let payable = promised.min(self.promised_at(settled, position, ledger, promised)?);
        let payable = payable.min(ledger.payable()?.to_x40()?);
        // No more of a promise is needed than the margin.
        let less = |promise: QuoteX40| margin.checked_sub(promise.min(margin.to_x40()?).to_atoms_floor()?);
        Ok(LegHealth {
            equity: equity.checked_add(payable)?,
            payable,
            margin,
            required: less(promised.checked_sub(payable)?)?,
            required_on_cash: less(promised)?,
            ramped,
            hedge,
        })
    }

    /// What the position does in its market's risk group, where that is in one: a gain of at most `most` takes away what it has lost,
    /// and beyond that is paid out of what the market's cash leaves once all that is promised to the position is paid. `lost` is what
    /// it owes less what it is promised.
    #[inline(always)]
    fn hedge(
        &self,
        most: Atoms,
        lost: QuoteX40,
        ledger: &MarketLedger,
        market: &Market,
    ) -> Result<Option<Hedge>, EngineError> {
        match self.open {
            Some((side, _)) if market.parameters.risk_group != 0 => {
                Ok(Some(hedge_floor(side, most, lost, ledger, market)?))
            }
            _ => Ok(None),
        }
    }

    /// What measured volatility adds to the margin.
    #[inline(always)]
    fn ramped(&self, margin: Atoms, market: &Market) -> Result<Atoms, EngineError> {
        if self.open.is_none() || self.fraction.ppm == margin_floor(Ppm::ZERO, &market.parameters) {
            return Ok(Atoms::ZERO);
        }
        let listed = fraction_ceil(self.value, Ppm::ZERO, &market.parameters)?;
        margin.checked_sub(maintenance_at(self.value, listed, &market.parameters)?.margin)
    }

    /// What the market would owe the position at the price at which it is settled.
    fn promised_at(
        &self,
        settled: Price,
        position: &Position,
        ledger: &MarketLedger,
        promised: QuoteX40,
    ) -> Result<QuoteX40, EngineError> {
        if settled == self.price || self.open.is_none() {
            return Ok(promised);
        }
        let profit = unrealized_profit(position.size, position.entry_notional.get(), settled)?;
        Ok(self.set_off(position, ledger, profit)?.0)
    }

    /// Profit and funding as settling them would post them, set off against claim and debt: what the market promises beyond
    /// that, what the account owes, the funded part of the claim.
    fn set_off(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        profit: QuoteX40,
    ) -> Result<(QuoteX40, QuoteX40, QuoteX40), EngineError> {
        let owed = self.funding.whole_atoms_ceil()?;
        let (net, paid) = if owed.is_negative() { (profit.checked_sub(owed)?, QuoteX40::ZERO) } else { (profit, owed) };
        set_off(position, ledger, net.positive_part(), net.negative_part()?.checked_add(paid)?)
    }

    /// Value for initial margin, worse than its price by `spread`: profit and claims count for nothing. The margin is that of
    /// the notional at `dearest`, the highest price it may have.
    pub fn initial(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        dearest: Price,
        spread: Price,
    ) -> Result<LegValue, EngineError> {
        let debt = position.debt.to_x40()?;
        let Some((side, size)) = self.open else {
            return Ok(LegValue { equity: debt.checked_neg()?, ..LegValue::default() });
        };
        // At a price below zero a long would have lost more than all of its notional.
        let worsened = match side {
            Side::Long => spread.min(self.price),
            Side::Short => spread,
        };
        let profit = self.profit.checked_sub(notional(size, worsened)?)?;
        let equity = profit.checked_sub(self.funding)?.min(QuoteX40::ZERO).checked_sub(debt)?;
        let (value, fraction) = if dearest == self.price {
            (self.value, self.fraction)
        } else {
            let value = notional(size, dearest)?.to_atoms_ceil()?;
            (value, fraction_ceil(value, measured_margin_ceil(market)?, &market.parameters)?)
        };
        Ok(LegValue { equity, margin: initial_at(value, fraction, ledger, &market.parameters)?, hedge: None })
    }

    /// What the leg, counted at the end of its range that is better for it, does in its market's risk group for initial margin. It earns
    /// at most the initial margin of its notional at `cheapest`, the lowest price it may have; nothing while its price is not known.
    // Out of line: markets that are in no group pass it by.
    #[inline(never)]
    pub fn initial_hedge(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        cheapest: Price,
        known: bool,
    ) -> Result<Option<Hedge>, EngineError> {
        let Some((side, size)) = self.open else { return Ok(None) };
        let most = if known {
            let value = notional(size, cheapest)?.to_atoms_ceil()?;
            initial_margin_ceil(value, measured_margin_ceil(market)?, ledger, &market.parameters)?
        } else {
            Atoms::ZERO
        };
        let lost = self.worth()?.checked_add(position.claim.to_x40()?)?.checked_neg()?;
        hedge_floor(side, most, lost, ledger, market).map(Some)
    }
}

#[inline(never)]
fn hedge_floor(
    side: Side,
    most: Atoms,
    lost: QuoteX40,
    ledger: &MarketLedger,
    market: &Market,
) -> Result<Hedge, EngineError> {
    let credit = market.parameters.group_credit;
    if market.settlement.has_begun() {
        return Ok(Hedge { side, earns: Atoms::ZERO, credit, frozen: true });
    }
    let earns = ledger.payable()?.to_x40()?.checked_add(lost)?.positive_part().min(most.to_x40()?).to_atoms_floor()?;
    Ok(Hedge { side, earns, credit, frozen: false })
}

/// A position's gain and loss once they are set off against its debt and claim: (what the market promises beyond that, what
/// the account owes, the funded part of the claim).
fn set_off(
    position: &Position,
    ledger: &MarketLedger,
    gain: QuoteX40,
    loss: QuoteX40,
) -> Result<(QuoteX40, QuoteX40, QuoteX40), EngineError> {
    if position.claim.is_zero() && position.debt.is_zero() {
        return Ok((gain, loss, QuoteX40::ZERO));
    }
    let unfunded = ledger.unfunded_part_ceil(position)?;
    let funded = position.claim.checked_sub(unfunded)?.to_x40()?;
    let (claim, debt) = (unfunded.to_x40()?, position.debt.to_x40()?);
    let (claim_set_off, debt_set_off) = (loss.min(claim), gain.min(debt));
    let promised = gain.checked_sub(debt_set_off)?.checked_add(claim.checked_sub(claim_set_off)?)?;
    let owed = loss.checked_sub(claim_set_off)?.checked_add(debt.checked_sub(debt_set_off)?)?;
    Ok((promised, owed, funded))
}
