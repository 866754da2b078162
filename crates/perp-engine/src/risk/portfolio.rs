//! An account with the markets of all its positions: equity and margin over all of them.

use crate::error::EngineError;
use crate::market::price::{is_fresh_in, reference_time, spread_ceil};
use crate::market::range::{price_range, Moment, PriceRange};
use crate::risk::group::{GroupSums, Groups, Relief};
use crate::risk::margin::{Leg, LegHealth, LegValue};
use crate::state::{Account, Market, MarketLedger, Position, MAX_POSITIONS};
use crate::units::{Atoms, Clock, Price, QuoteX40, Side, SignedAtoms, Timestamp};

#[cfg(test)]
mod tests;

/// The slot that an operation is about, which it counts apart, and the risk group of its market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    slot: usize,
    group: u32,
}

impl Touched {
    pub const fn new(slot: usize, market: &Market) -> Self {
        Self { slot, group: market.parameters.risk_group }
    }
}

/// An account and, slot by slot, the markets of its positions.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    /// The account as it is stored.
    pub account: &'a Account,
    slots: &'a [Position],
    markets: [Option<&'a Market>; MAX_POSITIONS],
    /// What ages are measured from.
    pub reference: Timestamp,
    /// From when on the prices of its positions count.
    pub moment: Moment,
    /// Whether graces count.
    grace: bool,
    /// Whether positions besides the one an operation is about are in risk groups.
    grouped: bool,
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
    fn of(equity: QuoteX40, balance: Atoms, margin: Atoms) -> Result<Self, EngineError> {
        Ok(Self { equity: equity.checked_add(balance.to_x40()?)?.to_signed_atoms_floor()?, margin })
    }

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

/// Adverse equity and initial margin summed so far, exactly, without the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InitialSums {
    equity: QuoteX40,
    margin: Atoms,
    /// Positions in the risk group of the one that the operation is about; not in `margin`.
    group: GroupSums,
}

impl InitialSums {
    const ZERO: Self = Self { equity: QuoteX40::ZERO, margin: Atoms::ZERO, group: GroupSums::EMPTY };

    /// With the leg that the operation is about.
    pub fn with(mut self, leg: LegValue) -> Result<Self, EngineError> {
        self.add(&leg)?;
        Ok(self)
    }

    /// Adds that leg, or one beside it in no other group.
    fn add(&mut self, leg: &LegValue) -> Result<(), EngineError> {
        self.equity = self.equity.checked_add(leg.equity)?;
        match &leg.hedge {
            Some(hedge) => self.group = self.group.with(hedge, leg.margin, leg.margin)?,
            None => self.margin = self.margin.checked_add(leg.margin)?,
        }
        Ok(())
    }

    pub fn health(&self, balance: Atoms) -> Result<Health, EngineError> {
        Health::of(self.equity, balance, self.margin.checked_add(self.group.required_ceil()?)?)
    }
}

/// Equity and maintenance margin summed so far, exactly, without the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaintenanceSums {
    equity: QuoteX40,
    payable: QuoteX40,
    margin: Atoms,
    required: Atoms,
    required_on_cash: Atoms,
    ramped: Atoms,
    /// Positions in the risk group of the one that the operation is about; not in what is required.
    group: GroupSums,
}

impl MaintenanceSums {
    const ZERO: Self = Self {
        equity: QuoteX40::ZERO,
        payable: QuoteX40::ZERO,
        margin: Atoms::ZERO,
        required: Atoms::ZERO,
        required_on_cash: Atoms::ZERO,
        ramped: Atoms::ZERO,
        group: GroupSums::EMPTY,
    };

    /// With the leg that the operation is about.
    pub fn with(mut self, leg: LegHealth) -> Result<Self, EngineError> {
        self.add(&leg)?;
        Ok(self)
    }

    /// Adds that leg, or one beside it in no other group.
    #[inline(always)]
    fn add(&mut self, leg: &LegHealth) -> Result<(), EngineError> {
        self.add_value(leg)?;
        match &leg.hedge {
            Some(hedge) => self.group = self.group.with(hedge, leg.required, leg.required_on_cash)?,
            None => self.require(leg.required, leg.required_on_cash)?,
        }
        Ok(())
    }

    /// All of the leg but what it requires.
    #[inline(always)]
    fn add_value(&mut self, leg: &LegHealth) -> Result<(), EngineError> {
        self.equity = self.equity.checked_add(leg.equity)?;
        self.payable = self.payable.checked_add(leg.payable)?;
        self.margin = self.margin.checked_add(leg.margin)?;
        self.ramped = self.ramped.checked_add(leg.ramped)?;
        Ok(())
    }

    #[inline(always)]
    fn require(&mut self, required: Atoms, required_on_cash: Atoms) -> Result<(), EngineError> {
        self.required = self.required.checked_add(required)?;
        self.required_on_cash = self.required_on_cash.checked_add(required_on_cash)?;
        Ok(())
    }

    /// The margin of all notionals.
    pub fn margin(&self) -> Atoms {
        self.margin
    }

    /// What measured volatility adds to the margin.
    pub fn ramped(&self) -> Atoms {
        self.ramped
    }

    /// What closing the leg that the operation is about relieves, where the account is on the other side of its risk group as well.
    pub fn relief_with(&self, leg: &LegHealth) -> Result<Option<Relief>, EngineError> {
        match &leg.hedge {
            Some(hedge) if !self.group.is_empty_on(hedge.side.opposite()) => {
                let group = self.group.with(hedge, leg.required, leg.required_on_cash)?;
                group.relief(hedge.side).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Equity against what is demanded: what a liquidation is judged by.
    pub fn required(&self, balance: Atoms) -> Result<Health, EngineError> {
        Health::of(self.equity, balance, self.required.checked_add(self.group.required_ceil()?)?)
    }

    /// With one more leg, equity against the margin of all notionals, whatever is owed to the account: what a trade is measured
    /// by.
    pub fn health_with(&self, leg: &LegHealth, balance: Atoms) -> Result<Health, EngineError> {
        Health::of(self.equity.checked_add(leg.equity)?, balance, self.margin.checked_add(leg.margin)?)
    }

    /// [`Self::required`] with the leg that the operation is about.
    pub fn required_with(&self, leg: &LegHealth, balance: Atoms) -> Result<Health, EngineError> {
        let (alone, group) = match &leg.hedge {
            Some(hedge) => (Atoms::ZERO, self.group.with(hedge, leg.required, leg.required_on_cash)?),
            None => (leg.required, self.group),
        };
        let required = self.required.checked_add(alone)?.checked_add(group.required_ceil()?)?;
        Health::of(self.equity.checked_add(leg.equity)?, balance, required)
    }

    /// The same while nothing of what the markets could pay is cash.
    pub fn required_on_cash(&self, balance: Atoms) -> Result<Health, EngineError> {
        let required = self.required_on_cash.checked_add(self.group.required_on_cash_ceil()?)?;
        Health::of(self.equity.checked_sub(self.payable)?, balance, required)
    }
}

impl<'a> Portfolio<'a> {
    /// Pairs the account's occupied slots with their markets: `target` where an operation is about one market, and `others`, which are
    /// found soonest in the order of the slots. Markets in which the account holds nothing are passed over: it may have left one since
    /// the list was made, or entered another in its slot.
    ///
    /// # Errors
    /// [`EngineError::MarketMissing`] with the index of the first market that is not there.
    pub fn new<I: IntoIterator<Item = &'a Market, IntoIter: Clone>>(
        account: &'a Account,
        target: Option<&'a Market>,
        others: I,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let mut markets = [None; MAX_POSITIONS];
        let all = others.into_iter();
        let mut others = all.clone();
        let (mut reference, mut grouped) = (reference_time(clock, target), false);
        let slots = account.slots();
        for (position, market) in slots.iter().zip(markets.iter_mut()) {
            if !position.is_occupied() {
                continue;
            }
            if let Some(target) = target.filter(|target| target.index == position.market) {
                *market = Some(target);
                continue;
            }
            let is_it = |other: &&Market| other.index == position.market;
            let other = match others.find(is_it) {
                Some(other) => other,
                None => {
                    others = all.clone();
                    others.find(is_it).ok_or(EngineError::MarketMissing { expected: position.market })?
                }
            };
            reference = reference.max(other.price.newest_published);
            grouped |= other.parameters.risk_group != 0;
            *market = Some(other);
        }
        let open = slots.iter().zip(&markets).filter(|(position, _)| !position.size.is_zero());
        let priced = open.filter_map(|(_, market)| *market);
        let moment = Moment::of(target.into_iter().chain(priced), reference);
        Ok(Self { account, slots, markets, reference, moment, grace: true, grouped })
    }

    /// Occupied slots with their markets.
    pub fn legs(&self) -> impl Iterator<Item = (usize, &'a Position, &'a Market)> + '_ {
        self.slots
            .iter()
            .zip(self.markets.iter())
            .enumerate()
            .filter_map(|(slot, (position, market))| market.map(|market| (slot, position, market)))
    }

    /// The range of a position's price.
    pub(crate) fn range(&self, market: &Market) -> Result<PriceRange, EngineError> {
        let range = price_range(market, self.moment, self.reference)?;
        Ok(if self.grace { range.with(market.grace.price_at(self.reference)) } else { range })
    }

    /// The account without the graces of its markets; none where there are none.
    pub(crate) fn without_graces(&self) -> Option<Self> {
        let graced = self.legs().any(|(_, _, market)| market.grace.price_at(self.reference).is_some());
        graced.then_some(Self { grace: false, ..*self })
    }

    /// Every leg but `beside` for maintenance, the balance not in it.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(crate) fn maintenance(&self, beside: Option<Touched>) -> Result<MaintenanceSums, EngineError> {
        self.summed(beside, |position, market| maintenance_leg(position, &market.ledger, market, self.range(market)?))
    }

    /// The same, as a liquidation judges it: where the account's prices have no second in common the other ones count as not
    /// fresh, since at no second all of them are known.
    pub(crate) fn judged(&self, beside: Option<Touched>) -> Result<MaintenanceSums, EngineError> {
        if self.moment == Moment::Apart {
            return Self { moment: Moment::Unknown, ..*self }.maintenance(beside);
        }
        self.maintenance(beside)
    }

    /// A position as a liquidation judges it, and the range in which its price is counted; none without a size.
    pub(crate) fn maintenance_of(
        &self,
        position: &Position,
        market: &Market,
    ) -> Result<(LegHealth, Option<PriceRange>), EngineError> {
        let moment = if self.moment == Moment::Apart { Moment::Unknown } else { self.moment };
        let range = Self { moment, ..*self }.range(market)?;
        let leg = maintenance_leg(position, &market.ledger, market, range)?;
        Ok((leg, position.size.side().map(|_| range)))
    }

    /// The same as the fill of an order judges it that increases another leg: each by the margin that open interest scales, and better
    /// than its last price only up to what it has lost. What nobody has told is no reason to refuse a fill, and none to open more.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(crate) fn judged_beside_fill(&self, beside: Touched) -> Result<MaintenanceSums, EngineError> {
        let moment = if self.moment == Moment::Apart { Moment::Unknown } else { self.moment };
        let seen = Self { moment, ..*self };
        self.summed(Some(beside), |position, market| {
            let range = seen.range(market)?;
            let (better, settled) = match position.size.side() {
                Some(side) => (range.better(side), range.judged(side)),
                None => (Price::ZERO, Price::ZERO),
            };
            let leg = Leg::of(position, &market.ledger, market, better)?;
            let leg = leg.gaining_no_more_than_at(position, market.price.price)?;
            Ok(leg.beside_fill(position, &market.ledger, market, settled)?.known(range))
        })
    }

    /// The legs but `beside` summed, those of other risk groups by what each group requires.
    #[inline(always)]
    fn summed(
        &self,
        beside: Option<Touched>,
        leg: impl Fn(&Position, &Market) -> Result<LegHealth, EngineError>,
    ) -> Result<MaintenanceSums, EngineError> {
        let mut sums = MaintenanceSums::ZERO;
        let rest = self.legs().filter(|(place, ..)| beside.is_none_or(|beside| beside.slot != *place));
        if !self.grouped {
            for (_, position, market) in rest {
                sums.add(&leg(position, market)?)?;
            }
            return Ok(sums);
        }
        let mut groups = Groups::around(beside.map_or(0, |beside| beside.group));
        for (_, position, market) in rest {
            let leg = leg(position, market)?;
            sums.add_value(&leg)?;
            match &leg.hedge {
                Some(hedge) => groups.add(market.parameters.risk_group, hedge, leg.required, leg.required_on_cash)?,
                None => sums.require(leg.required, leg.required_on_cash)?,
            }
        }
        for group in groups.others() {
            sums.require(group.required_ceil()?, group.required_on_cash_ceil()?)?;
        }
        sums.group = groups.beside();
        Ok(sums)
    }

    /// Every leg but `beside` for initial margin, the balance not in it.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub(crate) fn initial(&self, beside: Option<Touched>) -> Result<InitialSums, EngineError> {
        let mut sums = InitialSums::ZERO;
        let rest = self.legs().filter(|(place, ..)| beside.is_none_or(|beside| beside.slot != *place));
        let leg = |position: &Position, market: &Market| {
            let spread = || spread_ceil(market, self.reference);
            self.initial_leg(position, &market.ledger, market, spread)
        };
        if !self.grouped {
            for (_, position, market) in rest {
                sums.add(&leg(position, market)?)?;
            }
            return Ok(sums);
        }
        let mut groups = Groups::around(beside.map_or(0, |beside| beside.group));
        for (_, position, market) in rest {
            let leg = leg(position, market)?;
            sums.equity = sums.equity.checked_add(leg.equity)?;
            match &leg.hedge {
                Some(hedge) => groups.add(market.parameters.risk_group, hedge, leg.margin, leg.margin)?,
                None => sums.margin = sums.margin.checked_add(leg.margin)?,
            }
        }
        for group in groups.others() {
            sums.margin = sums.margin.checked_add(group.required_ceil()?)?;
        }
        sums.group = groups.beside();
        Ok(sums)
    }

    /// Whether the account has a position on the other side in the risk group of a market.
    pub(crate) fn is_hedged(&self, side: Side, market: &Market) -> bool {
        let group = market.parameters.risk_group;
        let opposite = Some(side.opposite());
        let mut legs = self.legs();
        group != 0
            && legs.any(|(_, position, other)| other.parameters.risk_group == group && position.size.side() == opposite)
    }

    /// A leg for initial margin: at the end of its range that is worse for its owner and, while that is a price, further by its
    /// market's spread. Its margin is that of the upper end, where its notional is largest.
    // Out of line: within the loop over the legs it would cost each of them more.
    #[inline(never)]
    pub(crate) fn initial_leg(
        &self,
        position: &Position,
        ledger: &MarketLedger,
        market: &Market,
        spread: impl FnOnce() -> Result<Price, EngineError>,
    ) -> Result<LegValue, EngineError> {
        let Some(side) = position.size.side() else {
            // A debt needs no price.
            return Leg::of(position, ledger, market, Price::ZERO)?.initial(
                position,
                ledger,
                market,
                Price::ZERO,
                Price::ZERO,
            );
        };
        let range = self.range(market)?;
        let price = range.worse(side);
        let fresh = is_fresh_in(market, self.reference);
        let spread = if fresh { spread()? } else { Price::ZERO };
        let leg = Leg::of(position, ledger, market, price)?;
        let value = leg.initial(position, ledger, market, range.high, spread)?;
        if market.parameters.risk_group == 0 {
            return Ok(value);
        }
        let better = range.better(side);
        let leg = if better == price { leg } else { Leg::of(position, ledger, market, better)? };
        Ok(LegValue { hedge: leg.initial_hedge(position, ledger, market, range.low, fresh)?, ..value })
    }

    /// Equity and the margin demanded as stored, as a liquidation judges them.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn maintenance_health(&self) -> Result<Health, EngineError> {
        self.judged(None)?.required(self.account.balance)
    }

    /// Equity and the margin demanded as stored, with nothing that a market has not paid yet counted as cash: below it, settling
    /// profit is paid for.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn health_on_cash(&self) -> Result<Health, EngineError> {
        self.judged(None)?.required_on_cash(self.account.balance)
    }

    /// Equity at adverse prices and initial margin as stored.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn initial_health(&self) -> Result<Health, EngineError> {
        self.initial(None)?.health(self.account.balance)
    }
}

/// A leg for maintenance, at the end of its range that is better for its owner, with a plan's ledger in place of the stored one.
pub(crate) fn maintenance_leg(
    position: &Position,
    ledger: &MarketLedger,
    market: &Market,
    range: PriceRange,
) -> Result<LegHealth, EngineError> {
    let (price, settled) = match position.size.side() {
        Some(side) => (range.better(side), range.judged(side)),
        None => (Price::ZERO, Price::ZERO),
    };
    Ok(Leg::of(position, ledger, market, price)?.maintenance(position, ledger, market, settled)?.known(range))
}
