//! What triggers allow for besides prices.

use perp_engine::state::Market;
use perp_engine::units::{Side, MAX_PRICE};
use perp_engine::Session;

/// Funding may grow by a thousandth of the price, about.
const FUNDING_SHIFT: u32 = 10;
/// Measured margin is stored in 1/3600 ppm; a market that measures none may begin to with so much.
const LEAST_MEASURED: u64 = 3_600;

/// What of a market, besides its price, can move its accounts towards liquidation.
pub(super) struct State {
    /// The larger of each side's funding index as stored and as accrued by now: previews count either.
    funding: [i64; 2],
    measured: u64,
    price: u64,
}

/// How far that may go before triggers are worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// The largest funding indices, long and short.
    pub funding: [i64; 2],
    /// The largest measured margin, in 1/3600 ppm.
    pub measured: u64,
    /// The highest price, up to which a long gains more than its margin grows.
    pub price: u64,
}

impl State {
    /// None where the market closes its accounts whatever they hold, or cannot be judged.
    pub(super) fn of(market: &Market, session: &Session) -> Option<Self> {
        if market.settlement.has_begun() {
            return None;
        }
        let mut accrued = *market;
        accrued.refresh(None, session).ok()?;
        let index = |side: Side| {
            let of = |market: &Market| market.ledger.side(side).funding_index.get();
            of(market).max(of(&accrued))
        };
        let measured = market.averages.measured_margin.max(accrued.averages.measured_margin);
        Some(Self { funding: Side::BOTH.map(index), measured, price: market.price.price.get() })
    }
}

impl Limits {
    /// Limits with room around a state; none without a price.
    pub(super) fn around(state: &State) -> Option<Self> {
        if state.price == 0 {
            return None;
        }
        let more = i64::try_from(state.price >> FUNDING_SHIFT).ok()?;
        let [long, short] = state.funding;
        let measured = state.measured.max(LEAST_MEASURED);
        Some(Self {
            funding: [long.checked_add(more)?, short.checked_add(more)?],
            measured: measured.checked_add(measured / 4)?,
            price: state.price.checked_mul(2)?.min(MAX_PRICE),
        })
    }

    /// Whether the state is within them.
    pub(super) fn allow(&self, state: &State) -> bool {
        self.funding.iter().zip(&state.funding).all(|(most, index)| index <= most)
            && state.measured <= self.measured
            && state.price <= self.price
    }
}
