//! Which fills an account's health admits.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::market::range::PriceRange;
use crate::market::Ready;
use crate::risk::margin::{Leg, LegHealth};
use crate::risk::portfolio::{maintenance_leg, Health, MaintenanceSums, Portfolio, Touched};
use crate::units::products::part_of_atoms_floor;
use crate::units::{Atoms, Price, SignedAtoms};

/// Adverse equity at least the initial margin.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub(super) fn admit_increase(
    portfolio: &Portfolio<'_>,
    ledger: &Ledger,
    market: &Ready<'_>,
    spread: Price,
) -> Result<Health, EngineError> {
    let touched = portfolio.initial_leg(&ledger.position, &ledger.market, market, || Ok(spread))?;
    let after = portfolio.initial(Some(Touched::new(ledger.slot, market)))?.with(touched)?.health(ledger.balance)?;
    if after.is_below_margin() {
        return Err(EngineError::InitialMargin { equity: after.equity, required: after.margin });
    }
    Ok(after)
}

/// What an order that was admitted when it was armed is once it fills: unless its account could be liquidated then, were the open interest
/// to scale maintenance margins as it scales initial ones. So orders that fill at one moment are asked for more one after the other, as trades
/// are, and nobody who knows the price has much of a choice any more whether one fills.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub(super) fn admit_armed(
    portfolio: &Portfolio<'_>,
    ledger: &Ledger,
    market: &Ready<'_>,
    newest: Price,
) -> Result<Health, EngineError> {
    let position = &ledger.position;
    let leg =
        Leg::of(position, &ledger.market, market, newest)?.beside_fill(position, &ledger.market, market, newest)?;
    let refused = |after: Health| EngineError::InitialMargin { equity: after.equity, required: after.margin };
    let touched = Touched::new(ledger.slot, market);
    let after = portfolio.judged_beside_fill(touched)?.required_with(&leg, ledger.balance)?;
    if after.is_below_margin() {
        return Err(refused(after));
    }
    // As a liquidation judges it: graces keep no account whose equity is negative without any.
    if let Some(bare) = portfolio.without_graces() {
        let without = bare.judged_beside_fill(touched)?.required_with(&leg, ledger.balance)?;
        if without.equity.is_negative() {
            return Err(refused(without));
        }
    }
    Ok(after)
}

/// What an order that increases nothing is measured by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reduction {
    rest: MaintenanceSums,
    /// At which the order is filled.
    price: Price,
    pub(super) before: Health,
    /// Equity against what is demanded, where the account is on the other side of the market's risk group as well.
    hedged: Option<Health>,
}

impl Reduction {
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(super) fn of(
        portfolio: &Portfolio<'_>,
        ledger: &Ledger,
        market: &Ready<'_>,
        price: Price,
    ) -> Result<Self, EngineError> {
        let rest = portfolio.maintenance(Some(Touched::new(ledger.slot, market)))?;
        let leg = touched(ledger, market, price)?;
        let before = rest.health_with(&leg, ledger.balance)?;
        if before.equity.is_negative() {
            return Err(EngineError::NegativeEquity { equity: before.equity });
        }
        let hedged = match rest.relief_with(&leg)? {
            Some(_) => Some(rest.required_with(&leg, ledger.balance)?),
            None => None,
        };
        Ok(Self { rest, price, before, hedged })
    }

    /// Equity and the margin of all notionals with the slot as the ledger has it.
    pub(super) fn health(&self, ledger: &Ledger, market: &Ready<'_>) -> Result<Health, EngineError> {
        self.rest.health_with(&touched(ledger, market, self.price)?, ledger.balance)
    }

    /// Whether a part may be closed: `E′ ≥ 0` and `E′ · MM ≥ E · MM′`. Of a hedge, besides, the account cannot be liquidated after it, or
    /// `E′ · RM ≥ E · RM′`: who takes a hedge away is not to be liquidated for it.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(super) fn admit(&self, ledger: &Ledger, market: &Ready<'_>, after: Health) -> Result<(), EngineError> {
        keeps_ratio(self.before, after)?;
        let Some(before) = self.hedged else { return Ok(()) };
        let after = self.rest.required_with(&touched(ledger, market, self.price)?, ledger.balance)?;
        if after.is_below_margin() {
            keeps_ratio(before, after)?;
        }
        Ok(())
    }

    /// `⌊E · (MM − MM′) / MM⌋`: what closing a leg may cost without lowering `E / MM`; all equity where nothing else demands
    /// margin.
    pub(super) fn closing_cost_cap_floor(&self) -> Result<Atoms, EngineError> {
        let Health { equity, margin } = self.before;
        if margin.is_zero() {
            return Ok(equity.positive_part());
        }
        part_of_atoms_floor(equity.positive_part(), margin.checked_sub(self.rest.margin())?, margin)
    }
}

/// The touched leg with the slot as the ledger has it, at the price at which the order is filled.
fn touched(ledger: &Ledger, market: &Ready<'_>, price: Price) -> Result<LegHealth, EngineError> {
    maintenance_leg(&ledger.position, &ledger.market, market, PriceRange::point(price))
}

/// A debt that stood before the order and still stands forbids an increase. One that the order's own fee leaves is a matter
/// of the initial margin.
pub(super) fn check_debts(portfolio: &Portfolio<'_>, ledger: &Ledger, debt_before: Atoms) -> Result<(), EngineError> {
    let position = &ledger.position;
    if !debt_before.is_zero() && !position.owed().is_zero() {
        return Err(EngineError::DebtOutstanding { market: position.market, debt: position.owed() });
    }
    portfolio.account.require_no_debt(Some(ledger.slot))
}

/// `E′ ≥ 0` and `E′ · MM ≥ E · MM′`.
fn keeps_ratio(before: Health, after: Health) -> Result<(), EngineError> {
    let refused = EngineError::ReductionWorsensHealth { equity: after.equity, margin: after.margin };
    if after.equity.is_negative() {
        return Err(refused);
    }
    let product = |equity: SignedAtoms, margin: Atoms| {
        i128::from(equity.get()).checked_mul(i128::from(margin.get())).ok_or(EngineError::Overflow)
    };
    if product(after.equity, before.margin)? < product(before.equity, after.margin)? {
        return Err(refused);
    }
    Ok(())
}
