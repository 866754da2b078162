//! The formulas of margin, solvency and the pool's value a second time, written for reading: `i128` throughout, no units, no
//! early exits, nothing shared with the engine but its state. The tests compare the engine with it.

mod epochs;
mod groups;
mod pool;
mod prices;

pub use epochs::{known, serve, Asked, Known, Near, PoolWorth, Served, Worth};
pub use pool::{counted, market_bounds, market_value_x40, means, most_counted, pending, pool_value_x40, Means};
pub use prices::{spread, spread_at, Seen, Touched};

use groups::{cash, required, Member};
use perp_engine::state::{Account, Market, MarketLedger, Position};
use perp_engine::units::{Side, X40_PER_ATOM};
use perp_exchange::Exchange;

const PPM: i128 = 1_000_000;

pub fn floor_div(value: i128, by: i128) -> i128 {
    value.div_euclid(by)
}

pub fn ceil_div(value: i128, by: i128) -> i128 {
    -(-value).div_euclid(by)
}

fn root_ceil(value: i128) -> i128 {
    let mut root = (value as f64).sqrt() as i128;
    while root * root < value {
        root += 1;
    }
    while root > 0 && (root - 1) * (root - 1) >= value {
        root -= 1;
    }
    root
}

fn interest(ledger: &MarketLedger, side: Side) -> i128 {
    i128::from(ledger.side(side).open_interest.get())
}

/// Margin fraction in ppm of a position worth `value` atoms.
fn fraction(value: i128, market: &Market) -> i128 {
    let parameters = &market.parameters;
    let listed = i128::from(parameters.base_margin.get().max(parameters.volatility_margin.get()));
    let floor = listed.max(ceil_div(i128::from(market.averages.measured_margin), 3_600));
    let premium = ceil_div(i128::from(parameters.size_premium) * root_ceil(value), 1 << 32);
    floor.max(premium.min(PPM))
}

pub fn maintenance_margin(value: i128, market: &Market) -> i128 {
    let share = i128::from(market.parameters.maintenance_fraction.get());
    let fraction = ceil_div(fraction(value, market) * share, PPM);
    ceil_div(value * fraction, PPM)
}

pub fn initial_margin(value: i128, market: &Market) -> i128 {
    let (ledger, parameters) = (&market.ledger, &market.parameters);
    let (low, high) = (parameters.open_interest_low.get(), parameters.open_interest_high.get());
    let interest = interest(ledger, Side::Long).max(interest(ledger, Side::Short));
    let range = i128::from(high - low);
    let above = (interest - i128::from(low)).clamp(0, range);
    let fraction = fraction(value, market);
    ceil_div(value * (fraction + ceil_div((PPM - fraction) * above, range)), PPM)
}

/// Profit of the open size and the funding it owes besides, in 2^-40 atoms.
fn profit_and_funding(position: &Position, ledger: &MarketLedger, price: i128) -> (i128, i128) {
    let Some(side) = position.size.side() else { return (0, 0) };
    let size = i128::from(position.size.get());
    let entry = position.entry_notional.get().get();
    let profit = if side == Side::Long { size * price - entry } else { entry + size * price };
    let change = ledger.side(side).funding_index.get() - position.funding_index.get();
    (profit, size.abs() * i128::from(change))
}

/// The part of a claim for which nothing lies in the claims reserve.
fn unfunded(position: &Position, ledger: &MarketLedger) -> i128 {
    if position.claim_round != ledger.claim_round || position.claim.is_zero() {
        return 0;
    }
    // Mantissa below 48 bits, halvings above.
    let parts = |factor: u64| (i128::from(factor % (1 << 48)), factor >> 48);
    let ((now, halvings), (then, halvings_then)) = (parts(ledger.claim_factor), parts(position.claim_factor));
    match halvings - halvings_then {
        halvings @ 0..=64 => ceil_div(i128::from(position.claim.get()) * now, then << halvings),
        _ => 1,
    }
}

/// Equity and margin of an account in atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    pub equity: i128,
    pub margin: i128,
}

impl Health {
    pub fn is_below_margin(self) -> bool {
        self.equity < self.margin
    }
}

/// What an account has and must have; equity in 2^-40 atoms, margins in atoms.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    equity: i128,
    /// Of the equity, what markets could pay now and have not.
    payable: i128,
    margin: i128,
    /// Of positions in no risk group.
    required: i128,
    required_on_cash: i128,
    members: Vec<Member>,
}

impl Standing {
    /// Equity against the margin of all notionals: what a reduction is measured by.
    pub fn gross(&self) -> Health {
        Health { equity: floor_div(self.equity, X40_PER_ATOM), margin: self.margin }
    }

    /// Against the margin demanded: below it the account is liquidated.
    pub fn demanded(&self) -> Health {
        Health { margin: self.required + required(&self.members, |member| member.required), ..self.gross() }
    }

    /// What the side of a position asks in its risk group, the other side, and whether that one's price can no longer be told; none
    /// where the account is not on both sides.
    pub fn sides(&self, position: &Position, market: &Market) -> Option<(i128, i128, bool)> {
        groups::sides(&self.members, position, market)
    }

    /// The same while nothing that a market could pay is cash: below it its profits are settled.
    pub fn on_cash(&self) -> Health {
        let margin = self.required_on_cash + required(&self.members, |member| member.required_on_cash);
        Health { equity: floor_div(self.equity - self.payable, X40_PER_ATOM), margin }
    }
}

fn market_of<'a>(exchange: &'a Exchange, position: &Position) -> &'a Market {
    &exchange.markets()[usize::from(position.market)]
}

/// What a market promises the position at a price, with `most` of profit at most, what the position owes the market, and the funded part of its claim; in
/// 2^-40 atoms.
///
/// In whole atoms, as settling posts it; funding to receive is set off against the loss, a loss against the claim, a gain
/// against the debt.
fn promised_owed_funded(position: &Position, ledger: &MarketLedger, price: i128, most: i128) -> (i128, i128, i128) {
    let (profit, funding) = profit_and_funding(position, ledger, price);
    let profit = profit.min(most);
    let receivable = floor_div((-funding).max(0), X40_PER_ATOM) * X40_PER_ATOM;
    let moved = profit + if profit < 0 { receivable.min(-profit) } else { 0 };
    let loss = (-moved).max(0) + ceil_div(funding.max(0), X40_PER_ATOM) * X40_PER_ATOM;
    let gain = moved.max(0) + receivable - (moved - profit);
    let unfunded = unfunded(position, ledger);
    let (claim, debt) = (unfunded * X40_PER_ATOM, i128::from(position.debt.get()) * X40_PER_ATOM);
    let funded = (i128::from(position.claim.get()) - unfunded) * X40_PER_ATOM;
    ((gain - debt).max(0) + (claim - loss).max(0), (debt - gain).max(0) + (loss - claim).max(0), funded)
}

/// Where an account stands: every leg at the end of its range that is better for it. What a market promises counts as equity
/// as far as the market could pay it out of its backing now, at the price at which it would; nothing while its claims wait or it
/// could not pay everybody. The rest lowers only what this leg demands.
pub fn standing(exchange: &Exchange, account: &Account, touched: Touched) -> Standing {
    standing_seen(exchange, account, &Seen::of(exchange, account, touched))
}

/// The same as a liquidation judges it.
pub fn judged(exchange: &Exchange, account: &Account, touched: Touched) -> Standing {
    standing_seen(exchange, account, &Seen::of(exchange, account, touched).judging())
}

/// The same right after an order filled in a market: there at its last price, by the margin that open interest scales as well, and elsewhere
/// with no more profit than the last price shows, or none.
pub fn after_fill(exchange: &Exchange, account: &Account, filled: u16) -> Standing {
    let seen = Seen::of(exchange, account, Touched::AtItsPrice(filled)).judging();
    let margin = |value, market: &Market| {
        let share = i128::from(market.parameters.maintenance_fraction.get());
        maintenance_margin(value, market).max(ceil_div(initial_margin(value, market) * share, PPM))
    };
    let most = |position: &Position, market: &Market| {
        let last = i128::from(market.price.price.get());
        profit_and_funding(position, &market.ledger, last).0.max(0)
    };
    standing_by(exchange, account, &seen, margin, most)
}

/// The same by what is seen.
pub fn standing_seen(exchange: &Exchange, account: &Account, seen: &Seen) -> Standing {
    standing_by(exchange, account, seen, maintenance_margin, |_, _| i128::MAX)
}

fn standing_by(
    exchange: &Exchange,
    account: &Account,
    seen: &Seen,
    margin_of: impl Fn(i128, &Market) -> i128,
    most: impl Fn(&Position, &Market) -> i128,
) -> Standing {
    let mut sum = Standing { equity: i128::from(account.balance.get()) * X40_PER_ATOM, ..Standing::default() };
    for (_, position) in account.occupied() {
        let market = market_of(exchange, position);
        let ledger = &market.ledger;
        let range = position.size.side().map(|side| (side, seen.range(market)));
        let (price, paid_at) = range.map_or((0, 0), |(side, range)| (range.better(side), range.judged(side)));
        let most = most(position, market);
        let (promised, owed, funded) = promised_owed_funded(position, ledger, price, most);
        let (promised_then, ..) = promised_owed_funded(position, ledger, paid_at, i128::MAX);
        let payable = promised.min(promised_then).min(cash(market));
        let value = ceil_div(i128::from(position.size.size().get()) * price, X40_PER_ATOM);
        let margin = if position.size.is_zero() { 0 } else { margin_of(value, market) };
        let less = |promise| (margin - floor_div(promise, X40_PER_ATOM)).max(0);
        sum.equity += funded - owed + payable;
        sum.payable += payable;
        sum.margin += margin;
        let asked = [less(promised - payable), less(promised)];
        let known = range.is_none_or(|(_, range)| range.last.is_some());
        let earned = maintenance_margin(value, market);
        match Member::of(position, market, asked, earned, owed - promised, known) {
            Some(member) => sum.members.push(member),
            None => {
                sum.required += asked[0];
                sum.required_on_cash += asked[1];
            }
        }
    }
    sum
}

/// Equity at adverse prices with profits and claims at nothing, and the initial margin: every leg at the end of its range that
/// is worse for it, and further by the spread while its price is fresh, and with the margin of the upper end.
pub fn adverse(exchange: &Exchange, account: &Account, touched: Option<u16>) -> Health {
    let seen = Seen::of(exchange, account, touched.map_or(Touched::Nowhere, Touched::InRange));
    let mut equity = i128::from(account.balance.get()) * X40_PER_ATOM;
    let (mut margin, mut members) = (0, Vec::new());
    for (_, position) in account.occupied() {
        let market = market_of(exchange, position);
        let ledger = &market.ledger;
        equity -= i128::from(position.debt.get()) * X40_PER_ATOM;
        let Some(side) = position.size.side() else { continue };
        let range = seen.range(market);
        let price = range.worse(side);
        let fresh = prices::is_fresh(market, seen.reference);
        let spread = if fresh { spread(market, seen.reference) } else { 0 };
        let adverse = if side == Side::Long { (price - spread).max(0) } else { price + spread };
        let (profit, funding) = profit_and_funding(position, ledger, adverse);
        equity += (profit - funding).min(0);
        let margin_at =
            |price| initial_margin(ceil_div(i128::from(position.size.size().get()) * price, X40_PER_ATOM), market);
        let asked = margin_at(range.high);
        // What it earns: where it is better off it has lost less, and the lower end has the smaller margin.
        let (profit, funding) = profit_and_funding(position, ledger, range.better(side));
        let lost = funding - profit - i128::from(position.claim.get()) * X40_PER_ATOM;
        match Member::of(position, market, [asked; 2], margin_at(range.low), lost, fresh) {
            Some(member) => members.push(member),
            None => margin += asked,
        }
    }
    Health { equity: floor_div(equity, X40_PER_ATOM), margin: margin + required(&members, |member| member.required) }
}

/// What a slot's market owes it in total, in 2^-40 atoms, without rounding: profit less funding, claim less debt, all at face.
pub fn slot_x40(exchange: &Exchange, position: &Position) -> i128 {
    let market = market_of(exchange, position);
    let (profit, funding) = profit_and_funding(position, &market.ledger, i128::from(market.price.price.get()));
    profit - funding + (i128::from(position.claim.get()) - i128::from(position.debt.get())) * X40_PER_ATOM
}

/// What insurances paid of the account's debts and it owes them out of its claims, in 2^-40 atoms.
pub fn recoverable_x40(account: &Account) -> i128 {
    account.occupied().map(|(_, position)| i128::from(position.recoverable.get())).sum::<i128>() * X40_PER_ATOM
}

/// What the open positions of an account may come to at most, where the oracle of each is dead, in atoms: each at the better end of its
/// range, none for less than nothing.
pub fn promised_by_dead(exchange: &Exchange, account: &Account, touched: Touched) -> i128 {
    let reference = Seen::of(exchange, account, touched).reference;
    let legs = account.occupied().filter_map(|(_, position)| {
        let (market, side) = (market_of(exchange, position), position.size.side()?);
        let best = prices::stale_range(market, reference).better(side);
        let (profit, funding) = profit_and_funding(position, &market.ledger, best);
        Some(ceil_div((profit - funding).max(0), X40_PER_ATOM))
    });
    legs.sum()
}

/// What an account is owed in total, in 2^-40 atoms, without rounding.
pub fn face_equity_x40(exchange: &Exchange, account: &Account) -> i128 {
    let slots = account.occupied().map(|(_, position)| slot_x40(exchange, position));
    i128::from(account.balance.get()) * X40_PER_ATOM + slots.sum::<i128>() - recoverable_x40(account)
}
