use crate::error::Refusal;
use crate::exchange::Exchange;
use alloc::vec::Vec;
use perp_engine::market::price::reference_time;
use perp_engine::market::solvency::{side_unrealized, solvency};
use perp_engine::operations::liquidity::MarketValue;
use perp_engine::state::{LastEpoch, LimitSet, Market, RequestSums};
use perp_engine::units::products::notional;
use perp_engine::units::{Atoms, QuoteX40, Side, SignedAtoms, SignedSize, Timestamp};
use perp_engine::EngineError;

#[cfg(test)]
mod tests;

/// What liquidity has earned in a market since it was listed, by source, in 2^-40 atoms. The difference of two readings is what it
/// earned between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// What the spread has cost traders.
    pub spread: QuoteX40,
    /// What their impact has cost them.
    pub impact: QuoteX40,
    /// Fees less the protocol's part.
    pub fees: QuoteX40,
    /// Funding that nobody received.
    pub funding: QuoteX40,
    /// Carry.
    pub carry: QuoteX40,
    /// Penalties that stayed in the backing.
    pub penalties: QuoteX40,
    /// What traders have lost at the index, spread and impact apart, realized or not; negative where they have won.
    pub traders: QuoteX40,
}

impl Earned {
    fn of(market: &Market) -> Result<Self, EngineError> {
        let (ledger, counters) = (&market.ledger, &market.ledger.counters);
        let (spread, impact) = (counters.spread.get(), counters.impact.get());
        let unrealized = |side| side_unrealized(ledger, side, market.price.price);
        let won = QuoteX40::from_atoms(i128::from(counters.traders_result.get()))?
            .checked_add(unrealized(Side::Long)?)?
            .checked_add(unrealized(Side::Short)?)?;
        // A trader's profit has what the spread and the impact cost him taken off already.
        let traders = won.checked_add(spread)?.checked_add(impact)?.checked_neg()?;
        Ok(Self {
            spread,
            impact,
            fees: counters.fees.checked_sub(counters.protocol_fees)?.to_x40()?,
            funding: counters.funding.get(),
            carry: counters.carry.get(),
            penalties: counters.penalties.to_x40()?,
            traders,
        })
    }

    /// All of it.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn total(&self) -> Result<QuoteX40, EngineError> {
        let Self { spread, impact, fees, funding, carry, penalties, traders } = *self;
        [impact, fees, funding, carry, penalties, traders].into_iter().try_fold(spread, QuoteX40::checked_add)
    }
}

/// What the pool is exposed to in a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketExposure {
    /// Index of the market.
    pub market: u16,
    /// What it is worth to the pool.
    pub value: MarketValue,
    /// Principal placed there.
    pub placed: Atoms,
    /// Cash there, all of which the pool can lose.
    pub backing: Atoms,
    /// How much of the asset the pool holds by being the other side of its traders: positive where it gains by a rise.
    pub delta: SignedSize,
    /// That at the market's price, in atoms, rounded up.
    pub delta_notional: SignedAtoms,
    /// What it loses in a move by the market's stress move against it, at most its backing.
    pub stress_loss: Atoms,
    /// What it has earned there.
    pub earned: Earned,
}

/// What whoever holds shares is exposed to, as the accounts of the exchange tell it at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providing {
    /// What all shares are worth.
    pub value: MarketValue,
    /// The shares there are.
    pub shares: Atoms,
    /// The pool's cash, which leavers are paid from.
    pub cash: Atoms,
    /// Principal placed in markets.
    pub placed: Atoms,
    /// What shares were worth at the last boundary.
    pub last: LastEpoch,
    /// The boundary that the exchange waits for, if anybody does.
    pub boundary: Option<Timestamp>,
    /// Tokens that wait to enter.
    pub entering: Atoms,
    /// Shares that wait to leave.
    pub leaving: Atoms,
    /// Market by market.
    pub markets: Vec<MarketExposure>,
}

impl Exchange {
    /// What whoever holds shares is exposed to.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`] where a market that the exchange lists is not here; [`EngineError::Overflow`].
    pub fn providing(&self) -> Result<Providing, Refusal> {
        let reference = reference_time(self.clock, &self.markets);
        let session = self.session();
        let mut value = MarketValue { lower: self.pool.cash, upper: self.pool.cash };
        let mut markets = Vec::with_capacity(self.markets.len());
        for index in 0..self.market_count {
            let mut market = *self.market(index)?;
            market.refresh(None, &session)?;
            let exposure = exposure(&market, reference)?;
            value.lower = value.lower.checked_add(exposure.value.lower)?;
            value.upper = value.upper.checked_add(exposure.value.upper)?;
            markets.push(exposure);
        }
        let waits = || self.queue.waiting.iter().chain([&self.pool.epoch.waiting]);
        let all = LimitSet::where_each(|_| true);
        let sum = |of: fn(&perp_engine::state::Waiting) -> &RequestSums| {
            waits().try_fold(Atoms::ZERO, |sum, waiting| sum.checked_add(of(waiting).amount_of(all)?))
        };
        Ok(Providing {
            value,
            shares: self.pool.shares,
            cash: self.pool.cash,
            placed: self.pool.placed,
            last: self.pool.last,
            boundary: Some(self.state.boundary).filter(|boundary| !boundary.is_never()),
            entering: sum(|waiting| &waiting.deposits)?,
            leaving: sum(|waiting| &waiting.withdrawals)?,
            markets,
        })
    }

    /// What the pool is worth at present, at least and at most, at what is known of every market's price. A request gets what it was
    /// worth at its boundary.
    ///
    /// # Errors
    /// Those of [`Exchange::providing`].
    pub fn pool_value(&self) -> Result<MarketValue, Refusal> {
        Ok(self.providing()?.value)
    }
}

fn exposure(market: &Market, reference: Timestamp) -> Result<MarketExposure, EngineError> {
    let (ledger, price) = (&market.ledger, market.price.price);
    let against = |side: Side| ledger.side(side).open_interest.on(side.opposite());
    let delta = against(Side::Long)?.checked_add(against(Side::Short)?)?;
    let worth = notional(delta.size(), price)?.to_atoms_ceil()?.signed()?;
    let stress_loss = solvency(ledger, &market.parameters, price)?.stress_loss;
    Ok(MarketExposure {
        market: market.index,
        value: MarketValue::now(market, reference)?,
        placed: ledger.net_principal,
        backing: ledger.backing,
        delta,
        delta_notional: if delta.side() == Some(Side::Short) { worth.checked_neg()? } else { worth },
        stress_loss: stress_loss.min(ledger.backing),
        earned: Earned::of(market)?,
    })
}
