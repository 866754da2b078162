//! What a market can bear: it pays only from its own backing, and counts on losers for no more than their maintenance
//! margin.

use crate::error::EngineError;
use crate::state::{Books, Parameters};
use crate::units::products::{funding_owed, mul_div_floor, notional, part_of_atoms_floor, share_ceil, share_floor};
use crate::units::{Atoms, Ppm, Price, Raw, Side, SignedAtoms, PPM};

#[cfg(test)]
mod tests;

/// A market's means and obligations at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solvency {
    /// Traders' unrealised profit of `[longs, shorts]` at that price.
    pub unrealised: [Raw; 2],
    /// Backing, what losing sides are good for and what payers of funding have yet to pay.
    pub available: Atoms,
    /// What winners, claims and receivers of funding are owed.
    pub owed: Atoms,
    /// `available − owed`. Its negative part is the market's deficit.
    pub spare: SignedAtoms,
    /// Loss of the backing in a jump by `J`.
    pub need: Atoms,
}

/// The maintenance fraction of the smallest position: `base margin · maintenance fraction`, rounded down. A losing side
/// is good for this much of its notional.
pub fn base_maintenance_floor(parameters: &Parameters) -> Result<Ppm, EngineError> {
    let ppm = mul_div_floor(parameters.base_margin.wide(), parameters.maintenance_fraction.wide(), PPM)?;
    u32::try_from(ppm).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Unrealised profit of a whole side.
pub fn side_unrealised(books: &Books, side: Side, price: Price) -> Result<Raw, EngineError> {
    let book = books.side(side);
    let value = notional(book.open_interest, price)?;
    match side {
        Side::Long => value.minus(book.entry.get()),
        Side::Short => book.entry.get().minus(value),
    }
}

/// Funding that accrued to a side and is not settled yet: what its traders owe the backing, exactly; negative where they
/// are to receive.
fn side_pending_funding(books: &Books, side: Side) -> Result<Raw, EngineError> {
    let book = books.side(side);
    funding_owed(book.open_interest, book.funding_index)?.minus(book.size_index.get())
}

/// The same of both sides.
pub fn pending_funding(books: &Books) -> Result<Raw, EngineError> {
    let [long, short] = Side::BOTH;
    side_pending_funding(books, long)?.plus(side_pending_funding(books, short)?)
}

/// Means and obligations at `price`.
pub fn solvency(books: &Books, parameters: &Parameters, price: Price) -> Result<Solvency, EngineError> {
    let maintenance = base_maintenance_floor(parameters)?;
    let mut available = books.backing;
    let mut owed = books.unfunded_claims()?;
    let mut unrealised = [Raw::ZERO; 2];
    let mut value = [Atoms::ZERO; 2];
    for side in Side::BOTH {
        let profit = side_unrealised(books, side, price)?;
        unrealised[side.index()] = profit;
        let side_value = notional(books.side(side).open_interest, price)?;
        value[side.index()] = side_value.amount_ceil()?;
        if profit.is_negative() {
            let good_for = share_floor(side_value.amount_floor()?, maintenance)?;
            available = available.plus(profit.negative_part()?.amount_floor()?.min(good_for))?;
        } else {
            owed = owed.plus(profit.amount_ceil()?)?;
        }
        // Side by side and in full, so that settling a payer or a receiver of funding changes both terms alike.
        let pending = side_pending_funding(books, side)?;
        available = available.plus(pending.positive_part().amount_floor()?)?;
        owed = owed.plus(pending.negative_part()?.amount_ceil()?)?;
    }
    let spare = available.signed()?.minus(owed.signed()?)?;
    let need = need_ceil(value, parameters.jump, maintenance)?;
    Ok(Solvency { unrealised, available, owed, spare, need })
}

/// `max(J·L − m·Sh, J·Sh − m·L)` in notional, `m = min(J, MMF)`.
fn need_ceil([long, short]: [Atoms; 2], jump: Ppm, maintenance: Ppm) -> Result<Atoms, EngineError> {
    let covered = jump.min(maintenance);
    // The larger side's jump less what the smaller side is good for is the larger of the two.
    let (more, less) = if long >= short { (long, short) } else { (short, long) };
    Ok(share_ceil(more, jump)?.excess_over(share_floor(less, covered)?))
}

impl Solvency {
    /// Whether the market has all it owes: `h = 1`.
    pub fn pays_everybody(&self) -> bool {
        self.available >= self.owed
    }

    /// `⌊profit · h⌋`: what profit, funding to receive and claims count for maintenance.
    /// `h = min(1, available / owed)`.
    pub fn payable_floor(&self, profit: Atoms) -> Result<Atoms, EngineError> {
        if self.pays_everybody() {
            return Ok(profit);
        }
        part_of_atoms_floor(profit, self.available, self.owed)
    }

    /// Whether the market may go from `before` to `self` by a risk-increasing trade: it keeps `spare ≥ need`, or the
    /// trade makes it no worse (`need` no larger, and `spare` falling by no more than `need` does).
    ///
    /// # Errors
    /// [`EngineError::MarketCapacity`].
    pub fn admits(&self, before: &Self) -> Result<(), EngineError> {
        let need = self.need.signed()?;
        if self.spare >= need {
            return Ok(());
        }
        let margin_before = before.spare.minus(before.need.signed()?)?;
        let margin_after = self.spare.minus(need)?;
        if self.need <= before.need && margin_after >= margin_before {
            return Ok(());
        }
        Err(EngineError::MarketCapacity { spare: self.spare, need: self.need })
    }
}
