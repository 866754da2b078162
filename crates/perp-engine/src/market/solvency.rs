//! What a market can bear: it pays only from its own backing, and counts on losers for no more than their maintenance
//! margin.

use crate::error::EngineError;
use crate::state::{MarketLedger, Parameters};
use crate::units::products::{funding_owed, mul_div_floor, notional, share_ceil, share_floor};
use crate::units::{Atoms, Ppm, Price, QuoteX40, Side, SignedAtoms, PPM};

#[cfg(test)]
mod tests;

/// A market's assets and liabilities at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solvency {
    /// Traders' unrealized profit of `[longs, shorts]` at that price.
    pub unrealized: [QuoteX40; 2],
    /// Backing, what losing sides are good for and what payers of funding have yet to pay.
    pub assets: Atoms,
    /// What winners, claims and receivers of funding are owed.
    pub liabilities: Atoms,
    /// `assets − liabilities`. Its negative part is the market's deficit.
    pub surplus: SignedAtoms,
    /// Loss of the backing in a move by `stress_move`.
    pub stress_loss: Atoms,
}

/// The maintenance fraction of the smallest position: `base margin · maintenance fraction`, rounded down. A losing side
/// is good for this much of its notional.
pub fn base_maintenance_floor(parameters: &Parameters) -> Result<Ppm, EngineError> {
    let ppm = mul_div_floor(parameters.base_margin.wide(), parameters.maintenance_fraction.wide(), PPM)?;
    u32::try_from(ppm).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// One side of a market at a price, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SideValue {
    /// Notional of the open interest.
    value: QuoteX40,
    /// Unrealized profit of all its positions.
    profit: QuoteX40,
    /// Funding that accrued and is not settled yet: what its traders owe the backing; negative where they are to receive.
    pending: QuoteX40,
}

impl SideValue {
    fn of(ledger: &MarketLedger, side: Side, price: Price) -> Result<Self, EngineError> {
        let totals = ledger.side(side);
        if totals.open_interest.is_zero() {
            // Without positions the sums are zero.
            return Ok(Self::default());
        }
        let value = notional(totals.open_interest, price)?;
        let entry = totals.entry_notional.get();
        let profit = match side {
            Side::Long => value.checked_sub(entry)?,
            Side::Short => entry.checked_sub(value)?,
        };
        Ok(Self { value, profit, pending: side_pending_funding(ledger, side)? })
    }

    /// What the side's winners and receivers of funding are owed, each rounded up.
    fn liabilities_ceil(&self) -> Result<Atoms, EngineError> {
        self.profit.positive_part().to_atoms_ceil()?.checked_add(self.pending.negative_part()?.to_atoms_ceil()?)
    }

    /// What the side is good for: its loss up to the maintenance margin of its notional, and funding to pay, each rounded
    /// down.
    fn assets_floor(&self, maintenance: Ppm) -> Result<Atoms, EngineError> {
        let pending = self.pending.positive_part().to_atoms_floor()?;
        if !self.profit.is_negative() {
            return Ok(pending);
        }
        let good_for = share_floor(self.value.to_atoms_floor()?, maintenance)?;
        pending.checked_add(self.profit.negative_part()?.to_atoms_floor()?.min(good_for))
    }
}

/// Both sides at a price.
#[derive(Clone, Copy, Debug)]
struct Sides {
    long: SideValue,
    short: SideValue,
}

impl Sides {
    fn of(ledger: &MarketLedger, price: Price) -> Result<Self, EngineError> {
        Ok(Self { long: SideValue::of(ledger, Side::Long, price)?, short: SideValue::of(ledger, Side::Short, price)? })
    }

    /// Side by side and in full, so that settling a payer or a receiver of funding changes assets and liabilities alike.
    fn liabilities_ceil(&self, ledger: &MarketLedger) -> Result<Atoms, EngineError> {
        ledger
            .unfunded_claims()?
            .checked_add(self.long.liabilities_ceil()?)?
            .checked_add(self.short.liabilities_ceil()?)
    }

    fn assets_floor(&self, ledger: &MarketLedger, maintenance: Ppm) -> Result<Atoms, EngineError> {
        ledger
            .backing
            .checked_add(self.long.assets_floor(maintenance)?)?
            .checked_add(self.short.assets_floor(maintenance)?)
    }
}

/// Unrealized profit of a whole side.
pub fn side_unrealized(ledger: &MarketLedger, side: Side, price: Price) -> Result<QuoteX40, EngineError> {
    Ok(SideValue::of(ledger, side, price)?.profit)
}

fn side_pending_funding(ledger: &MarketLedger, side: Side) -> Result<QuoteX40, EngineError> {
    let totals = ledger.side(side);
    funding_owed(totals.open_interest, totals.funding_index)?.checked_sub(totals.funding_checkpoint.get())
}

/// Pending funding summed over both sides.
pub fn pending_funding(ledger: &MarketLedger) -> Result<QuoteX40, EngineError> {
    side_pending_funding(ledger, Side::Long)?.checked_add(side_pending_funding(ledger, Side::Short)?)
}

/// What the market is worth to the pool at `price` if every loser and debtor pays, exactly; negative where it is under
/// water: backing, claims reserve, debts and pending funding less claims and traders' profit.
pub fn net_asset_value(ledger: &MarketLedger, price: Price) -> Result<QuoteX40, EngineError> {
    let sides = Sides::of(ledger, price)?;
    let cash = ledger.backing.checked_add(ledger.claims_reserve)?.checked_add(ledger.debts)?;
    cash.to_x40()?
        .checked_sub(ledger.claims.to_x40()?)?
        .checked_add(sides.long.pending)?
        .checked_add(sides.short.pending)?
        .checked_sub(sides.long.profit)?
        .checked_sub(sides.short.profit)
}

/// Assets, liabilities and stress loss at `price`.
pub fn solvency(ledger: &MarketLedger, parameters: &Parameters, price: Price) -> Result<Solvency, EngineError> {
    let maintenance = base_maintenance_floor(parameters)?;
    let sides = Sides::of(ledger, price)?;
    let (assets, liabilities) = (sides.assets_floor(ledger, maintenance)?, sides.liabilities_ceil(ledger)?);
    let surplus = assets.signed()?.checked_sub(liabilities.signed()?)?;
    let value = [sides.long.value.to_atoms_ceil()?, sides.short.value.to_atoms_ceil()?];
    let stress_loss = stress_loss_ceil(value, parameters.stress_move, maintenance)?;
    Ok(Solvency { unrealized: [sides.long.profit, sides.short.profit], assets, liabilities, surplus, stress_loss })
}

/// `max(J·L − m·Sh, J·Sh − m·L)` in notional, `m = min(J, base maintenance)`.
fn stress_loss_ceil([long, short]: [Atoms; 2], stress_move: Ppm, maintenance: Ppm) -> Result<Atoms, EngineError> {
    let covered = stress_move.min(maintenance);
    // The larger side's move less what the smaller side is good for is the larger of the two.
    let (more, less) = if long >= short { (long, short) } else { (short, long) };
    Ok(share_ceil(more, stress_move)?.saturating_sub(share_floor(less, covered)?))
}

/// What a market has and what it owes at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// See [`Solvency::assets`].
    pub assets: Atoms,
    /// See [`Solvency::liabilities`].
    pub liabilities: Atoms,
}

impl Coverage {
    /// At a price.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn of(ledger: &MarketLedger, parameters: &Parameters, price: Price) -> Result<Self, EngineError> {
        let Solvency { assets, liabilities, .. } = solvency(ledger, parameters, price)?;
        Ok(Self { assets, liabilities })
    }

    /// The part of what it owes that it has, all of it at most.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn part_floor(&self) -> Result<Ppm, EngineError> {
        let part = self.paid_floor(Atoms::new(PPM))?;
        u32::try_from(part.get()).map(Ppm::new).map_err(|_| EngineError::Overflow)
    }

    /// What is paid of an amount if all are paid the same part.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn paid_floor(&self, amount: Atoms) -> Result<Atoms, EngineError> {
        if self.assets >= self.liabilities {
            return Ok(amount);
        }
        mul_div_floor(amount.get(), self.assets.get(), self.liabilities.get()).map(Atoms::new)
    }
}

impl Solvency {
    /// `surplus − stress loss`: what the market has beyond what it must be able to bear.
    pub fn headroom(&self) -> Result<SignedAtoms, EngineError> {
        self.surplus.checked_sub(self.stress_loss.signed()?)
    }

    /// The market could not cover its stress move.
    pub(crate) fn insufficient(&self) -> EngineError {
        EngineError::MarketCapacity { surplus: self.surplus, stress_loss: self.stress_loss }
    }

    /// Whether a risk-increasing trade may leave the market like this: it keeps `surplus ≥ stress loss`, or the trade makes
    /// it no worse than `before` (stress loss no larger, and the surplus falling by no more than that does).
    ///
    /// # Errors
    /// [`EngineError::MarketCapacity`].
    pub fn admits(&self, before: impl FnOnce() -> Result<Self, EngineError>) -> Result<(), EngineError> {
        let headroom = self.headroom()?;
        if !headroom.is_negative() {
            return Ok(());
        }
        let before = before()?;
        if self.stress_loss <= before.stress_loss && headroom >= before.headroom()? {
            return Ok(());
        }
        Err(self.insufficient())
    }
}
