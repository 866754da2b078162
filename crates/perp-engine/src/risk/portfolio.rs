//! An account with the markets of all its positions: equity and margin over all of them.

use crate::error::EngineError;
use crate::market::price::{age, is_unusable, price_requirement, reference_time, PriceUse};
use crate::risk::margin::{Leg, LegValue};
use crate::state::{Account, Market, MarketLedger, Position, MAX_POSITIONS};
use crate::units::{Atoms, Clock, QuoteX40, SignedAtoms, Timestamp};

#[cfg(test)]
mod tests;

/// An account and, slot by slot, the markets of its positions.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    /// The account as it is stored.
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

/// Equity and margin summed so far, exactly, without the balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub equity: QuoteX40,
    pub margin: Atoms,
}

impl Sums {
    pub fn with(self, leg: LegValue) -> Result<Self, EngineError> {
        Ok(Self { equity: self.equity.checked_add(leg.equity)?, margin: self.margin.checked_add(leg.margin)? })
    }

    pub fn health(self, balance: Atoms) -> Result<Health, EngineError> {
        let equity = self.equity.checked_add(balance.to_x40()?)?.to_signed_atoms_floor()?;
        Ok(Health { equity, margin: self.margin })
    }
}

impl<'a> Portfolio<'a> {
    /// Pairs the account's occupied slots with their markets: `target` where an operation is about one market, and `others`
    /// in the order of the slots. Markets in which the account holds nothing are passed over: it may have left one since the
    /// list was made.
    ///
    /// # Errors
    /// [`EngineError::MarketMissing`] with the index of the market expected next.
    pub fn new(
        account: &'a Account,
        target: Option<&'a Market>,
        others: impl IntoIterator<Item = &'a Market>,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let mut markets = [None; MAX_POSITIONS];
        let mut others = others.into_iter();
        let mut reference = reference_time(clock, target);
        for (position, market) in account.positions.iter().zip(markets.iter_mut()) {
            if !position.is_occupied() {
                continue;
            }
            if let Some(target) = target.filter(|target| target.index == position.market) {
                *market = Some(target);
                continue;
            }
            let other = others
                .find(|other| other.index == position.market)
                .ok_or(EngineError::MarketMissing { expected: position.market })?;
            reference = reference.max(other.price.newest_published);
            *market = Some(other);
        }
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

    /// Every leg but `slot` for maintenance, and for initial margin as well where `initial` says so; the balance is not in it.
    ///
    /// Legs of usable markets are at most as old as `price_use` requires. For initial margin an unusable leg is refused: it
    /// demands no margin, so it must not free any either. A slot without a size needs no fresh price to trade or withdraw.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(crate) fn rest(&self, slot: Option<usize>, price_use: PriceUse, initial: bool) -> Result<Rest, EngineError> {
        let mut rest = Rest::default();
        for (place, position, market) in self.legs() {
            if Some(place) == slot {
                continue;
            }
            let unusable = self.check_leg(position, market, price_use)?;
            let leg = Leg::of(position, &market.ledger, market)?;
            rest.maintenance = rest.maintenance.with(leg.maintenance(position, &market.ledger, market, unusable)?)?;
            if initial {
                if unusable {
                    return Err(EngineError::MarketUnusable { market: market.index });
                }
                rest.initial = rest.initial.with(leg.initial(position, &market.ledger, market, self.reference)?)?;
            }
        }
        Ok(rest)
    }

    /// Every leg for initial margin, the balance not in it.
    pub(crate) fn initial(&self) -> Result<Sums, EngineError> {
        let mut sums = Sums::default();
        for (_, position, market) in self.legs() {
            if self.check_leg(position, market, PriceUse::OtherLeg)? {
                return Err(EngineError::MarketUnusable { market: market.index });
            }
            let leg = Leg::of(position, &market.ledger, market)?;
            sums = sums.with(leg.initial(position, &market.ledger, market, self.reference)?)?;
        }
        Ok(sums)
    }

    /// Whether the leg's market is unusable; a usable one must be fresh. A slot without a size is judged by its market's
    /// price only where it is liquidated, because its claim counts at the market's coverage.
    fn check_leg(&self, position: &Position, market: &Market, price_use: PriceUse) -> Result<bool, EngineError> {
        let open = !position.size.is_zero();
        let needs_price = open || (price_use == PriceUse::Liquidate && !position.claim.is_zero());
        if !needs_price {
            return Ok(false);
        }
        if is_unusable(market, self.reference) {
            return Ok(open);
        }
        let (age, allowed) = (age(market, self.reference)?, price_requirement(market, price_use).age);
        if age > allowed {
            return Err(EngineError::LegStale { market: market.index, age, allowed });
        }
        Ok(false)
    }

    /// Equity and maintenance margin as stored, every leg at most as old as liquidation requires.
    ///
    /// # Errors
    /// [`EngineError::LegStale`].
    pub fn maintenance_health(&self) -> Result<Health, EngineError> {
        self.rest(None, PriceUse::Liquidate, false)?.maintenance.health(self.account.balance)
    }

    /// Equity at adverse prices and initial margin as stored.
    ///
    /// # Errors
    /// [`EngineError::LegStale`], [`EngineError::MarketUnusable`].
    pub fn initial_health(&self) -> Result<Health, EngineError> {
        self.initial()?.health(self.account.balance)
    }
}

/// The legs an operation does not touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rest {
    pub maintenance: Sums,
    pub initial: Sums,
}

/// The touched leg for maintenance with a plan's position and ledger in place of the stored ones, beside the rest of its
/// account.
pub(crate) fn maintenance_with(
    rest: Sums,
    balance: Atoms,
    position: &Position,
    ledger: &MarketLedger,
    market: &Market,
) -> Result<Health, EngineError> {
    let leg = Leg::of(position, ledger, market)?;
    rest.with(leg.maintenance(position, ledger, market, false)?)?.health(balance)
}
