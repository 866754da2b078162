//! An account with the markets of all its positions: equity and margin over all of them.

use crate::error::EngineError;
use crate::margin::{adverse_value, maintenance_value};
use crate::price::{age, demand, is_unusable, reference_time, Action};
use crate::state::{Account, Books, Market, Position, MAX_POSITIONS};
use crate::units::{Atoms, Clock, Raw, SignedAtoms, Timestamp};

#[cfg(test)]
mod tests;

/// An account and, slot by slot, the markets of its positions.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    pub account: &'a Account,
    markets: [Option<&'a Market>; MAX_POSITIONS],
    /// What ages are measured from.
    pub reference: Timestamp,
}

/// Equity and margin requirement of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Rounded down.
    pub equity: SignedAtoms,
    /// Rounded up.
    pub margin: Atoms,
}

impl Health {
    /// `equity < margin`, strictly.
    pub fn is_below_margin(&self) -> bool {
        self.surplus() < 0
    }

    /// `equity − margin` in atoms.
    #[allow(clippy::arithmetic_side_effects)] // the difference of two 64-bit numbers
    pub fn surplus(&self) -> i128 {
        i128::from(self.equity.get()) - i128::from(self.margin.get())
    }
}

/// Equity and margin summed so far, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub equity: Raw,
    pub margin: Atoms,
}

impl Sums {
    pub fn with(self, equity: Raw, margin: Atoms) -> Result<Self, EngineError> {
        Ok(Self { equity: self.equity.plus(equity)?, margin: self.margin.plus(margin)? })
    }

    pub fn health(self) -> Result<Health, EngineError> {
        Ok(Health { equity: self.equity.atoms_floor()?, margin: self.margin })
    }
}

impl<'a> Portfolio<'a> {
    /// Pairs the account's occupied slots with their markets: `touched` where a verb is about one market, and `others`
    /// in the order of the slots, each exactly once, none missing and none left over.
    ///
    /// # Errors
    /// [`EngineError::MarketsMismatch`] with the index of the market expected next (`u16::MAX` for none).
    pub fn new(
        account: &'a Account,
        touched: Option<&'a Market>,
        others: &[&'a Market],
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let mut markets = [None; MAX_POSITIONS];
        let mut remaining = others.iter();
        for (position, market) in account.positions.iter().zip(markets.iter_mut()) {
            if !position.is_occupied() {
                continue;
            }
            *market = match touched {
                Some(touched) if touched.index == position.market => Some(touched),
                _ => match remaining.next() {
                    Some(other) if other.index == position.market => Some(*other),
                    _ => return Err(EngineError::MarketsMismatch { expected: position.market }),
                },
            };
        }
        if remaining.next().is_some() {
            return Err(EngineError::MarketsMismatch { expected: u16::MAX });
        }
        let reference = reference_time(clock, others.iter().copied().chain(touched));
        Ok(Self { account, markets, reference })
    }

    /// Occupied slots with their markets.
    pub fn legs(&self) -> impl Iterator<Item = (usize, &'a Position, &'a Market)> + '_ {
        self.account
            .positions
            .iter()
            .zip(self.markets.iter())
            .enumerate()
            .filter_map(|(slot, (position, market))| market.map(|market| (slot, position, market)))
    }

    /// Maintenance sums of the balance-less rest: every leg but `slot`. Legs of usable markets are at most
    /// as old as `action` demands.
    pub(crate) fn maintenance_except(&self, slot: Option<usize>, action: Action) -> Result<Sums, EngineError> {
        let mut sums = Sums { equity: Raw::ZERO, margin: Atoms::ZERO };
        for (leg, position, market) in self.legs() {
            if Some(leg) == slot {
                continue;
            }
            let unusable = self.check_leg(position, market, action)?;
            let value = maintenance_value(position, &market.books, market, unusable)?;
            sums = sums.with(value.equity, value.margin)?;
        }
        Ok(sums)
    }

    /// Initial-margin sums of every leg but `slot`. An unusable leg is refused: it demands no margin, so it must not
    /// free any either. A slot without a size needs no price: its claim counts nothing.
    pub(crate) fn adverse_except(&self, slot: Option<usize>) -> Result<Sums, EngineError> {
        let mut sums = Sums { equity: Raw::ZERO, margin: Atoms::ZERO };
        for (leg, position, market) in self.legs() {
            if Some(leg) == slot {
                continue;
            }
            let open = !position.size.is_zero();
            if open && self.check_leg(position, market, Action::OtherLeg)? {
                return Err(EngineError::MarketUnusable { market: market.index });
            }
            let value = adverse_value(position, &market.books, market, self.reference)?;
            sums = sums.with(value.equity, value.margin)?;
        }
        Ok(sums)
    }

    /// Whether the leg's market is unusable; a usable one must be fresh. A slot with nothing but a debt needs no price.
    fn check_leg(&self, position: &Position, market: &Market, action: Action) -> Result<bool, EngineError> {
        if position.size.is_zero() && position.claim.is_zero() {
            return Ok(false);
        }
        if is_unusable(market, self.reference) {
            return Ok(!position.size.is_zero());
        }
        let (age, allowed) = (age(market, self.reference)?, demand(market, action).age);
        if age > allowed {
            return Err(EngineError::LegStale { market: market.index, age, allowed });
        }
        Ok(false)
    }

    /// Equity and maintenance margin as stored, every leg at most as old as liquidation demands.
    ///
    /// # Errors
    /// [`EngineError::LegStale`].
    pub fn maintenance_health(&self) -> Result<Health, EngineError> {
        self.maintenance_except(None, Action::Liquidate)?.with(self.account.balance.raw()?, Atoms::ZERO)?.health()
    }

    /// Equity at adverse prices and initial margin as stored.
    ///
    /// # Errors
    /// [`EngineError::LegStale`], [`EngineError::MarketUnusable`].
    pub fn initial_health(&self) -> Result<Health, EngineError> {
        self.adverse_except(None)?.with(self.account.balance.raw()?, Atoms::ZERO)?.health()
    }
}

/// The touched leg's value for maintenance with a plan's balance, position and books in place of the stored ones.
pub(crate) fn maintenance_with(
    rest: Sums,
    balance: Atoms,
    position: &Position,
    books: &Books,
    market: &Market,
) -> Result<Health, EngineError> {
    let value = maintenance_value(position, books, market, false)?;
    rest.with(value.equity, value.margin)?.with(balance.raw()?, Atoms::ZERO)?.health()
}
