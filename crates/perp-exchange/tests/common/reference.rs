//! The formulas of margin and solvency a second time, written for reading: `i128` throughout, no units, no early exits,
//! nothing shared with the engine but its state. The tests compare the engine with it.

use perp_engine::market::price::{is_unusable, reference_time, spread_ceil};
use perp_engine::state::{Account, Market, MarketLedger, Parameters, Position};
use perp_engine::units::{Side, Timestamp, X40_PER_ATOM};
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

/// What a market has, owes and can bear, in atoms.
#[derive(Clone, Copy, Debug)]
pub struct Means {
    pub assets: i128,
    pub liabilities: i128,
    pub surplus: i128,
    pub stress_loss: i128,
}

fn interest(ledger: &MarketLedger, side: Side) -> i128 {
    i128::from(ledger.side(side).open_interest.get())
}

/// Unrealized profit of a side in 2^-40 atoms.
pub fn side_profit(ledger: &MarketLedger, side: Side, price: i128) -> i128 {
    let entry = ledger.side(side).entry_notional.get().get();
    match side {
        Side::Long => interest(ledger, side) * price - entry,
        Side::Short => entry - interest(ledger, side) * price,
    }
}

/// Funding the traders owe the backing that is not settled, in 2^-40 atoms.
pub fn pending(ledger: &MarketLedger) -> i128 {
    Side::BOTH
        .iter()
        .map(|&side| {
            let totals = ledger.side(side);
            interest(ledger, side) * i128::from(totals.funding_index.get()) - totals.funding_checkpoint.get().get()
        })
        .sum()
}

fn base_maintenance(parameters: &Parameters) -> i128 {
    i128::from(parameters.base_margin.get()) * i128::from(parameters.maintenance_fraction.get()) / PPM
}

pub fn means(ledger: &MarketLedger, parameters: &Parameters, price: i128) -> Means {
    let maintenance = base_maintenance(parameters);
    let mut assets = i128::from(ledger.backing.get());
    let mut liabilities = i128::from(ledger.claims.get()) - i128::from(ledger.claims_reserve.get());
    for side in Side::BOTH {
        let profit = side_profit(ledger, side, price);
        if profit >= 0 {
            liabilities += ceil_div(profit, X40_PER_ATOM);
        } else {
            let good_for = interest(ledger, side) * price / X40_PER_ATOM * maintenance / PPM;
            assets += (-profit / X40_PER_ATOM).min(good_for);
        }
    }
    for side in Side::BOTH {
        let totals = ledger.side(side);
        let pending =
            interest(ledger, side) * i128::from(totals.funding_index.get()) - totals.funding_checkpoint.get().get();
        assets += pending.max(0) / X40_PER_ATOM;
        liabilities += ceil_div((-pending).max(0), X40_PER_ATOM);
    }
    let surplus = assets - liabilities;
    let jump = i128::from(parameters.stress_move.get());
    let covered = jump.min(maintenance);
    let value = |side| ceil_div(interest(ledger, side) * price, X40_PER_ATOM);
    let one_way = |more: i128, less: i128| ceil_div(more * jump, PPM) - less * covered / PPM;
    let (long, short) = (value(Side::Long), value(Side::Short));
    let stress_loss = one_way(long, short).max(one_way(short, long)).max(0);
    Means { assets, liabilities, surplus, stress_loss }
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

fn market_of<'a>(markets: &'a [Market], position: &Position) -> &'a Market {
    &markets[usize::from(position.market)]
}

/// What ages are measured from when the account's markets and `touched` are handed in.
pub fn reference_of(exchange: &Exchange, account: &Account, touched: Option<u16>) -> Timestamp {
    let legs = account.occupied().map(|(_, position)| market_of(exchange.markets(), position));
    reference_time(exchange.clock, legs.chain(touched.map(|market| &exchange.markets()[usize::from(market)])))
}

/// Equity with profits and claims at their markets' coverage, and the maintenance margin.
pub fn maintenance(exchange: &Exchange, account: &Account) -> Health {
    let reference = reference_of(exchange, account, None);
    let mut equity = i128::from(account.balance.get()) * X40_PER_ATOM;
    let mut margin = 0;
    for (_, position) in account.occupied() {
        let market = market_of(exchange.markets(), position);
        let (ledger, price) = (&market.ledger, i128::from(market.price.price.get()));
        let (profit, funding) = profit_and_funding(position, ledger, price);
        let unfunded = unfunded(position, ledger);
        // In whole atoms, as settling posts it; funding to receive is set off against the loss, a loss against the claim, a
        // gain against the debt.
        let receivable = floor_div((-funding).max(0), X40_PER_ATOM) * X40_PER_ATOM;
        let moved = profit + if profit < 0 { receivable.min(-profit) } else { 0 };
        let loss = (-moved).max(0) + ceil_div(funding.max(0), X40_PER_ATOM) * X40_PER_ATOM;
        let gain = moved.max(0) + receivable - (moved - profit);
        let (claim, debt) = (unfunded * X40_PER_ATOM, i128::from(position.debt.get()) * X40_PER_ATOM);
        let promised = (gain - debt).max(0) + (claim - loss).max(0);
        let owed = (debt - gain).max(0) + (loss - claim).max(0);
        let means = means(ledger, &market.parameters, price);
        let counted = if means.assets >= means.liabilities {
            promised
        } else {
            promised / X40_PER_ATOM * means.assets / means.liabilities * X40_PER_ATOM
        };
        let funded = i128::from(position.claim.get()) - unfunded;
        equity += counted + funded * X40_PER_ATOM - owed;
        if !is_unusable(market, reference) && !position.size.is_zero() {
            let value = ceil_div(i128::from(position.size.size().get()) * price, X40_PER_ATOM);
            margin += maintenance_margin(value, market);
        }
    }
    Health { equity: floor_div(equity, X40_PER_ATOM), margin }
}

/// Equity at adverse prices with profits and claims at nothing, and the initial margin.
pub fn adverse(exchange: &Exchange, account: &Account) -> Health {
    let reference = reference_of(exchange, account, None);
    let mut equity = i128::from(account.balance.get()) * X40_PER_ATOM;
    let mut margin = 0;
    for (_, position) in account.occupied() {
        let market = market_of(exchange.markets(), position);
        let (ledger, price) = (&market.ledger, i128::from(market.price.price.get()));
        equity -= i128::from(position.debt.get()) * X40_PER_ATOM;
        if position.size.is_zero() {
            continue;
        }
        let spread = i128::from(spread_ceil(market, reference).unwrap().get());
        let adverse = if position.size.get() > 0 { (price - spread).max(0) } else { price + spread };
        let (profit, funding) = profit_and_funding(position, ledger, adverse);
        equity += (profit - funding).min(0);
        let value = ceil_div(i128::from(position.size.size().get()) * price, X40_PER_ATOM);
        margin += initial_margin(value, market);
    }
    Health { equity: floor_div(equity, X40_PER_ATOM), margin }
}

/// What a slot is owed in total, in 2^-40 atoms, without rounding: profit less funding, claim less debt, all at face.
pub fn slot_x40(exchange: &Exchange, position: &Position) -> i128 {
    let market = market_of(exchange.markets(), position);
    let (profit, funding) = profit_and_funding(position, &market.ledger, i128::from(market.price.price.get()));
    profit - funding + (i128::from(position.claim.get()) - i128::from(position.debt.get())) * X40_PER_ATOM
}

/// What an account is owed in total, in 2^-40 atoms, without rounding.
pub fn face_equity_x40(exchange: &Exchange, account: &Account) -> i128 {
    let slots = account.occupied().map(|(_, position)| slot_x40(exchange, position));
    i128::from(account.balance.get()) * X40_PER_ATOM + slots.sum::<i128>()
}

/// What a market is worth to the pool at its cached price if every loser and debtor pays, in 2^-40 atoms; negative where it
/// is under water.
pub fn market_value_x40(market: &Market) -> i128 {
    let (ledger, price) = (&market.ledger, i128::from(market.price.price.get()));
    let cash = ledger.backing.get() + ledger.claims_reserve.get() + ledger.debts.get();
    (i128::from(cash) - i128::from(ledger.claims.get())) * X40_PER_ATOM + pending(ledger)
        - side_profit(ledger, Side::Long, price)
        - side_profit(ledger, Side::Short, price)
}

/// What the pool is worth at the cached prices, no market below zero, in 2^-40 atoms.
pub fn pool_value_x40(exchange: &Exchange) -> i128 {
    let markets = exchange.markets().iter().map(|market| market_value_x40(market).max(0));
    i128::from(exchange.pool.cash.get()) * X40_PER_ATOM + markets.sum::<i128>()
}
