//! When prices count, and between which two a market's true one lies.

use super::{ceil_div, root_ceil, PPM};
use perp_engine::state::{Account, Market};
use perp_engine::units::{Side, MAX_PRICE};
use perp_exchange::Exchange;

/// For how many seconds a price is fresh.
const FRESH: i64 = 15;

/// 2^8 · 10^6 · √31 557 600, rounded down.
const VOLATILITY_DIVISOR: i128 = 1_438_109_479_003;

/// Which market an operation is about, and which of its prices it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// None: somebody asks, or takes money out.
    Nowhere,
    /// This one, seen as the others are.
    InRange(u16),
    /// This one, at its last price: what is traded or closed there is filled at it.
    AtItsPrice(u16),
}

impl Touched {
    pub fn market(self) -> Option<u16> {
        match self {
            Self::Nowhere => None,
            Self::InRange(market) | Self::AtItsPrice(market) => Some(market),
        }
    }
}

/// The prices a market's true one lies between, in 2^-40 atoms per base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub low: i128,
    pub high: i128,
    /// The last good price, unless the oracle is held for dead.
    pub last: Option<i128>,
}

impl Range {
    pub fn better(&self, side: Side) -> i128 {
        if side == Side::Long {
            self.high
        } else {
            self.low
        }
    }

    pub fn worse(&self, side: Side) -> i128 {
        self.better(side.opposite())
    }

    /// The price at which what a market could pay is judged: the better one, as long as it may still be handed in.
    pub fn judged(&self, side: Side) -> i128 {
        if self.last.is_some() {
            self.better(side)
        } else {
            self.worse(side)
        }
    }

    pub fn is_last_price(&self) -> bool {
        self.last == Some(self.low) && self.low == self.high
    }
}

/// The latest time anybody knows of: the clock, or what one of the markets has been told.
pub fn latest<'a>(exchange: &Exchange, markets: impl Iterator<Item = &'a Market>) -> i64 {
    markets.map(|market| market.price.newest_published.get()).fold(exchange.clock.now.get(), i64::max)
}

/// Whether a market has ended at one final price: at once where it was delisted, else once the day is over in which a reading may
/// show that its oracle lived.
pub fn has_ended(market: &Market, reference: i64) -> bool {
    let settlement = &market.settlement;
    let moved = settlement.moved_at.get();
    moved != 0 && (settlement.outage_since.get() == 0 || reference >= moved + 86_400)
}

pub fn is_fresh(market: &Market, reference: i64) -> bool {
    if has_ended(market, reference) {
        return true;
    }
    let ago = reference - market.price.published.get();
    (0..=FRESH).contains(&ago) && reference >= market.price.clock_distrusted_until.get()
}

pub fn is_dead(market: &Market, reference: i64) -> bool {
    let since = market.price.outage_since.get();
    !has_ended(market, reference) && since != 0 && reference >= since + i64::from(market.parameters.outage_delay)
}

/// How far the true price may be from the last one.
pub fn spread(market: &Market, reference: i64) -> i128 {
    if has_ended(market, reference) {
        return 0;
    }
    spread_at(market, reference - market.price.published.get())
}

/// How far it may be at an age.
pub fn spread_at(market: &Market, age: i64) -> i128 {
    let parameters = &market.parameters;
    let (price, confidence) = (i128::from(market.price.price.get()), i128::from(market.price.confidence.get()));
    let age = i128::from(age.max(0));
    let by_confidence = ceil_div(confidence * i128::from(parameters.spread_confidence.get()), PPM);
    // Volatilities are per √year, the listed and the measured one; the root has 8 bits below the point.
    let listed = i128::from(parameters.spread_volatility.get()) * i128::from(parameters.volatility.get());
    let measured = i128::from(parameters.spread_measured.get()) * i128::from(market.averages.fast_volatility.get());
    let volatility = ceil_div(listed.max(measured), PPM);
    let by_age = ceil_div(price * volatility * root_ceil((age + 1) << 16), VOLATILITY_DIVISOR);
    let drift = i128::from(market.averages.drift.get()) * i128::from(parameters.spread_drift.get());
    by_confidence + by_age + ceil_div(drift, PPM)
}

/// The range of a price that is old: the stress move or the spread, whichever is wider, but half the price at most.
pub fn stale_range(market: &Market, reference: i64) -> Range {
    let price = i128::from(market.price.price.get());
    let stress = ceil_div(price * i128::from(market.parameters.stress_move.get()), PPM);
    let width = stress.max(spread(market, reference)).min(price / 2);
    let last = if is_dead(market, reference) { None } else { Some(price) };
    Range { low: price - width, high: (price + width).min(i128::from(MAX_PRICE)), last }
}

/// From when on prices count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// Each market's last price: they are of the same second.
    Newest,
    /// This second on, the newest of which every market has a price.
    Second(i64),
    /// All that is remembered: there is no such second.
    Apart,
}

/// When an account is judged.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub reference: i64,
    since: Since,
    touched: Touched,
    /// Whether the price before a silence counts beside the present one.
    graces: bool,
    /// Whether a liquidation judges: where there is no second of all markets it knows nothing of those it does not touch.
    judges: bool,
}

impl Seen {
    pub fn of(exchange: &Exchange, account: &Account, touched: Touched) -> Self {
        let of = |market: u16| &exchange.markets()[usize::from(market)];
        let target = touched.market().map(of);
        let slots = account.occupied().map(|(_, position)| of(position.market));
        let reference = latest(exchange, slots.chain(target));

        // Open positions and the market touched have a say, as far as their prices are fresh.
        let open = account.occupied().filter(|(_, position)| !position.size.is_zero());
        let mut priced: Vec<&Market> = open.map(|(_, position)| of(position.market)).chain(target).collect();
        priced.retain(|market| is_fresh(market, reference) && !has_ended(market, reference));
        let seconds: Vec<i64> = priced.iter().map(|market| market.price.published.get()).collect();
        if seconds.iter().all(|second| *second == seconds[0]) {
            return Self { reference, since: Since::Newest, touched, graces: true, judges: false };
        }
        let has = |market: &Market, second| market.recent.seconds.iter().any(|it| it.published.get() == second);
        let common =
            (reference - FRESH..=reference).rev().find(|second| priced.iter().all(|market| has(market, *second)));
        Self { reference, since: common.map_or(Since::Apart, Since::Second), touched, graces: true, judges: false }
    }

    /// The same at present prices, whatever silences there were.
    pub fn without_graces(self) -> Self {
        Self { graces: false, ..self }
    }

    /// The same as a liquidation sees it.
    pub fn judging(self) -> Self {
        Self { judges: true, ..self }
    }

    /// The range of a market's price, and for two minutes after a silence the price before it.
    pub fn range(&self, market: &Market) -> Range {
        let range = self.range_now(market);
        let (grace, before) = (market.grace, i128::from(market.grace.price_before.get()));
        let counts = self.graces && self.reference < grace.until.get() && before > 0;
        if !counts || self.touched == Touched::AtItsPrice(market.index) {
            return range;
        }
        Range { low: range.low.min(before), high: range.high.max(before), ..range }
    }

    fn range_now(&self, market: &Market) -> Range {
        let last = i128::from(market.price.price.get());
        let point = Range { low: last, high: last, last: Some(last) };
        if self.touched == Touched::AtItsPrice(market.index) || has_ended(market, self.reference) {
            return point;
        }
        let unknown = self.judges && self.since == Since::Apart && self.touched.market() != Some(market.index);
        if unknown || !is_fresh(market, self.reference) {
            return stale_range(market, self.reference);
        }
        let since = match self.since {
            Since::Newest => return point,
            Since::Second(second) => second,
            Since::Apart => self.reference - FRESH,
        };
        let counted: Vec<_> =
            market.recent.seconds.iter().filter(|it| (since..=self.reference).contains(&it.published.get())).collect();
        let low = counted.iter().map(|it| i128::from(it.low.get())).min().unwrap_or(last);
        let high = counted.iter().map(|it| i128::from(it.high.get())).max().unwrap_or(last);
        // No further than a stress move from the last.
        let stress = ceil_div(last * i128::from(market.parameters.stress_move.get()), PPM);
        Range { low: low.max(last - stress), high: high.min(last + stress), last: Some(last) }
    }
}
