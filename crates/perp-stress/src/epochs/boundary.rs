//! One boundary, on copies of the exchange.

use super::keeper::{settle, Kept, Settling};
use super::worth::{worth, Worth};
use super::EPOCH;
use crate::boundary::serve;
use crate::exchange_venue::{exact_usd, pass, print, usd, MARKET};
use crate::market::{atoms, dollars, CONFIDENCE_BPS};
use perp_candles::UsdPrice;
use perp_engine::market::range::PriceRange;
use perp_engine::market::solvency::side_unrealized;
use perp_engine::operations::liquidity::MarketValue;
use perp_engine::state::{MarketLedger, PriceLimit};
use perp_engine::units::{Atoms, Price, Side};
use perp_exchange::Exchange;

/// The part of the pool that leaves and that enters.
pub const PART: f64 = 0.25;
/// The provider with all the liquidity.
const PROVIDER: usize = 0;
/// An hour in seconds: how often traders are settled where they are settled for every boundary.
const HOUR: i64 = 3_600;
/// Hours in which the part that moves in a day is spread.
const HOURS: f64 = 24.0;

/// A way of settling traders.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// What it is called.
    pub name: &'static str,
    /// How long before the boundary, in seconds.
    pub lead: i64,
    /// Whether those are settled too of whom only funding is not.
    pub with_funding: bool,
}

/// As soon as the queue pays for it, as late as keepers dare; and without what it pays for funding.
pub const WAYS: [Way; 3] = [
    Way { name: "6 s before", lead: 6, with_funding: true },
    Way { name: "3 s before", lead: 3, with_funding: true },
    Way { name: "6 s before, profit alone", lead: 6, with_funding: false },
];

/// A boundary that comes so many seconds after the last print, and the price that is printed then.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The seconds.
    pub lead: i64,
    /// The price.
    pub price: UsdPrice,
}

/// Why the value that is paid by is not what the pool is worth, each as a part of that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// The price is taken at the end of its confidence.
    pub width: f64,
    /// Profit and loss that came between the settling and the boundary.
    pub moved: f64,
    /// Profit and loss of before that was not settled: dust, or at another price than the last.
    pub left: f64,
    /// Pending funding, debts, and what losers cannot pay.
    pub rest: f64,
}

/// What somebody loses against what his shares are worth, as a part of that; negative for a gain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loss {
    /// Before the queue's fee.
    pub before_fee: f64,
    /// And after it.
    pub after_fee: f64,
    /// Where it comes from.
    pub parts: Parts,
}

/// Who leaves and who enters at a boundary.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    /// The leaver's loss.
    pub leaver: Loss,
    /// The entrant's.
    pub entrant: Loss,
}

/// A boundary as it was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Nobody is settled, with as long from the last print to the boundary as in the first of the [`WAYS`].
    pub unsettled: Moved,
    /// Everybody is settled at the last price before the boundary, in each of the [`WAYS`].
    pub settled: [Moved; WAYS.len()],
    /// What the first of them came to.
    pub settling: Settling,
    /// What it moves where everybody was settled an hour ago, in dollars; none but at a whole hour.
    pub hourly: Option<f64>,
    /// What the fee brings in an hour of a day in which the part moves, in dollars.
    pub fees: f64,
    /// What losers cannot pay at the boundary's price, in dollars.
    pub bad_debt: f64,
}

/// Measures a boundary on copies of the exchange as it stands after the last price before it, with the price moving by `step` standard
/// deviations of `volatility` a second until then.
///
/// # Panics
/// Where the exchange refuses what must not be refused, or its books do not balance.
pub fn measure(exchange: &Exchange, price: UsdPrice, (volatility, step): (f64, f64), kept: &mut Kept) -> Sample {
    let mut sample = Sample::default();
    for (place, Way { lead, with_funding, .. }) in WAYS.into_iter().enumerate() {
        let moved = dollars(price) * (volatility * (lead as f64).sqrt() * step).exp();
        let moment = Moment { lead, price: crate::market::price(moved) };
        let truth = truth(exchange, moment);
        let mut queued = queued(exchange, moment, &truth);
        let fee = f64::from(exchange.pool.parameters.queue_fee.get()) / 1e6;
        let fees = PART * truth.value * fee;
        if place == 0 {
            sample.unsettled = served(queued.clone(), moment, &truth);
        }
        // As if what moves in a day came at one boundary.
        let settling = settle(&mut queued, atoms(fees), with_funding);
        if place == 0 {
            (sample.settling, sample.fees, sample.bad_debt) = (settling, fees / HOURS, truth.bad_debt);
        }
        sample.settled[place] = served(queued, moment, &truth);
    }
    sample.hourly = (exchange.clock.now.get() % HOUR > HOUR - EPOCH).then(|| kept.settle(exchange));
    sample
}

/// What the pool is worth at the boundary.
fn truth(exchange: &Exchange, moment: Moment) -> Worth {
    let mut later = exchange.clone();
    come(&mut later, moment);
    worth(&later)
}

/// The boundary comes, and the oracle prints.
fn come(exchange: &mut Exchange, moment: Moment) {
    let now = exchange.clock.now.get();
    pass(exchange, now + moment.lead);
    print(exchange, MARKET, moment.price, now);
}

/// The exchange with a request to leave and one to enter, of a part of the pool each, as if they had been made in time for a boundary
/// at this moment.
fn queued(exchange: &Exchange, moment: Moment, truth: &Worth) -> Exchange {
    let mut exchange = exchange.clone();
    let notice = u32::try_from(moment.lead).expect("a boundary ahead");
    let parameters = &mut exchange.pool.parameters;
    (parameters.deposit_notice, parameters.withdrawal_notice, parameters.epoch_seconds) = (notice, notice, 1);
    let entrant = exchange.add_provider();
    let shares = atoms(PART * usd(exchange.pool.shares));
    exchange.request_liquidity_withdrawal(PROVIDER, shares, PriceLimit::None).expect("a request");
    exchange.request_liquidity_deposit(entrant, atoms(PART * truth.value), PriceLimit::None).expect("a request");
    exchange
}

/// Serves the boundary and holds what its requests get against the truth.
fn served(mut exchange: Exchange, moment: Moment, truth: &Worth) -> Moved {
    let at_hand = |exchange: &Exchange| *exchange.market(MARKET).expect("the market that was listed");
    let (market, shares, cash) = (at_hand(&exchange), usd(exchange.pool.shares), usd(exchange.pool.cash));
    let now = exchange.clock.now.get();
    come(&mut exchange, moment);
    let reading = moment.price.reading(CONFIDENCE_BPS, now + moment.lead).expect("a reading");
    let served = serve(&mut exchange, |_| Some(reading.with_previous(now))).expect("a boundary to serve");
    exchange.check().unwrap_or_else(|violation| panic!("{moment:?}: {violation:?}"));
    let (closed, kept) = (&served.plan.closed, at_hand(&exchange).at_boundary.ledger);
    let price = at_hand(&exchange).price.price;
    let exact = MarketValue::of(&kept, &market.parameters, PriceRange::point(price)).expect("a market in range");
    let [left, now] = [market.price.price, price].map(|price| Unsettled::at(&kept, price));

    let part = |dollars: f64| dollars / truth.value;
    let worth_of = |some: Atoms| truth.value * usd(some) / shares;
    let before_fee = 1.0 - part(usd(closed.lower));
    let leaver = Loss {
        before_fee,
        after_fee: 1.0 - usd(closed.paid) / worth_of(closed.redeemed),
        parts: Parts { width: part(cash + usd(exact.lower) - usd(closed.lower)), ..Parts::default() }.with(
            part(left.lost),
            part(now.lost),
            before_fee,
        ),
    };
    let before_fee = part(usd(closed.upper)) - 1.0;
    let entrant = Loss {
        before_fee,
        after_fee: usd(closed.deposited) / worth_of(closed.issued) - 1.0,
        parts: Parts { width: part(usd(closed.upper) - cash - usd(exact.upper)), ..Parts::default() }.with(
            part(left.won),
            part(now.won),
            before_fee,
        ),
    };
    Moved { leaver, entrant }
}

impl Parts {
    fn with(self, left: f64, now: f64, whole: f64) -> Self {
        Self { left, moved: now - left, rest: whole - self.width - now, ..self }
    }
}

/// What is not settled at a price and does not count for whoever moves, in dollars.
struct Unsettled {
    /// Losses of losing sides: not counted for who leaves.
    lost: f64,
    /// Profit of all positions together: not counted against who enters.
    won: f64,
}

impl Unsettled {
    fn at(ledger: &MarketLedger, price: Price) -> Self {
        let profits = [Side::Long, Side::Short]
            .map(|side| exact_usd(side_unrealized(ledger, side, price).expect("a market in range")));
        Self { lost: profits.iter().map(|profit| (-profit).max(0.0)).sum(), won: profits.iter().sum::<f64>().max(0.0) }
    }
}
