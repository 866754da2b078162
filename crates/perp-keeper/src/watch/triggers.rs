//! How far prices may move against an account.

use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::risk::margin::maintenance_margin_ceil;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{Account, Grace, Market, RecentPrices, Settlement};
use perp_engine::units::products::notional;
use perp_engine::units::{Clock, FundingIndex, Price, Side, Size, Timestamp, MAX_PRICE};
use perp_exchange::Exchange;

use super::limits::Limits;

/// Moves are parts of the price in units of 2^-40.
const MOVE_BITS: u32 = 40;
/// The farthest move that is looked at: a short's trigger is at most so many times its price, and one more.
const FARTHEST: u64 = 16 << MOVE_BITS;
/// A move is known to a millionth of the price, or to a sixty-fourth of itself.
const NEAREST: u64 = 1 << (MOVE_BITS - 20);
/// What sums of rounded numbers may be off by, in atoms.
const ROUNDING: i128 = 64;
/// What the rounded margin fraction of a position is worth, as a part of its notional.
const FRACTION_PARTS: i128 = 250_000;

/// The price of a market that an account may see before it is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub market: u16,
    pub side: Side,
    pub price: u64,
}

/// The triggers of an account with positions; none where it has no room, or its markets have no limits.
///
/// It is counted with nothing of what its markets owe it as cash, which is never better for it than how a liquidation judges
/// it, at the prices themselves, while a range's better end is never worse.
pub(super) fn triggers(
    exchange: &Exchange,
    account: &Account,
    limits: impl Fn(&Market) -> Option<Limits>,
) -> Option<Vec<Trigger>> {
    let mut question = Question::new(exchange, account, limits)?;
    if !question.is_safe(0) {
        return None;
    }
    let (mut safe, mut beyond) = (0, FARTHEST);
    if question.is_safe(beyond) {
        safe = beyond;
    }
    while beyond.abs_diff(safe) > NEAREST.max(safe >> 6) {
        let middle = safe.midpoint(beyond);
        if question.is_safe(middle) {
            safe = middle;
        } else {
            beyond = middle;
        }
    }
    let legs = question.legs.iter();
    let triggers = legs.map(|leg| Trigger { market: leg.market, side: leg.side, price: leg.moved(safe) });
    Some(triggers.collect())
}

/// An account with its markets at the worst of their limits.
struct Question<'a> {
    account: &'a Account,
    markets: Vec<Market>,
    legs: Vec<Leg>,
    clock: Clock,
    /// Surplus to be left for rounding, in atoms.
    spare: i128,
}

/// An open position.
struct Leg {
    /// Its place among the markets.
    place: usize,
    market: u16,
    side: Side,
    price: u64,
}

impl Leg {
    /// The price after a move against the position.
    fn moved(&self, by: u64) -> u64 {
        let change = (u128::from(self.price) * u128::from(by)) >> MOVE_BITS;
        let change = u64::try_from(change).unwrap_or(u64::MAX);
        match self.side {
            Side::Long => self.price.saturating_sub(change),
            Side::Short => self.price.saturating_add(change).min(MAX_PRICE),
        }
    }
}

impl<'a> Question<'a> {
    fn new(exchange: &Exchange, account: &'a Account, limits: impl Fn(&Market) -> Option<Limits>) -> Option<Self> {
        let (mut markets, mut legs, mut spare) = (Vec::new(), Vec::new(), ROUNDING);
        for (_, position) in account.occupied() {
            let market = exchange.market(position.market).ok()?;
            let limits = limits(market)?;
            let worst = at_worst(market, &limits, exchange.clock.now);
            if let Some(side) = position.size.side() {
                if side == Side::Long {
                    spare = spare.checked_add(spare_of(position.size.size(), &worst, &limits)?)?;
                }
                let price = market.price.price.get();
                legs.push(Leg { place: markets.len(), market: market.index, side, price });
            }
            markets.push(worst);
        }
        Some(Self { account, markets, legs, clock: exchange.clock, spare })
    }

    /// Whether the account has room after this move against all its positions.
    fn is_safe(&mut self, by: u64) -> bool {
        for leg in &self.legs {
            let (price, market) = (Price::new(leg.moved(by)), &mut self.markets[leg.place]);
            market.price.price = price;
        }
        let portfolio = Portfolio::new(self.account, None, &self.markets, self.clock);
        let health = portfolio.and_then(|portfolio| portfolio.health_on_cash());
        health.is_ok_and(|health| health.surplus() >= self.spare)
    }
}

/// The market with nothing but its price counting, known at this moment, and everything else at its limit.
fn at_worst(market: &Market, limits: &Limits, now: Timestamp) -> Market {
    let mut worst = *market;
    (worst.price.published, worst.price.newest_published) = (now, now);
    (worst.price.outage_since, worst.price.clock_distrusted_until) = (Timestamp::NEVER, Timestamp::NEVER);
    (worst.recent, worst.grace, worst.settlement) = (RecentPrices::default(), Grace::default(), Settlement::default());
    for (side, most) in Side::BOTH.into_iter().zip(limits.funding) {
        worst.ledger.side_mut(side).funding_index = FundingIndex::new(most);
    }
    worst.averages.measured_margin = limits.measured;
    worst
}

/// What to leave for the margin of a long, whose fraction grows in steps as the price rises. None where its margin grows faster
/// than it gains, so that a rise could move it below.
fn spare_of(size: Size, worst: &Market, limits: &Limits) -> Option<i128> {
    let value = notional(size, Price::new(limits.price)).ok()?.to_atoms_ceil().ok()?;
    let measured = measured_margin_ceil(worst).ok()?;
    let margin = maintenance_margin_ceil(value, measured, &worst.parameters).ok()?.margin;
    let (margin, value) = (i128::from(margin.get()), i128::from(value.get()));
    // With a premium the margin grows one and a half times as fast as its fraction.
    (margin.checked_mul(5)? <= value.checked_mul(3)?).then_some(value / FRACTION_PARTS + 1)
}
