//! The formulas of margin and solvency a second time, written for reading: `i128` throughout, no units, no early exits,
//! nothing shared with the engine but its state. The tests compare the engine with it.

use super::world::World;
use perp_engine::price::{is_unusable, reference_time, spread_ceil};
use perp_engine::state::{Account, Books, Market, Parameters, Position};
use perp_engine::units::{Side, Timestamp};

const RAW: i128 = 1 << 40;
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
    pub available: i128,
    pub owed: i128,
    pub spare: i128,
    pub need: i128,
}

fn interest(books: &Books, side: Side) -> i128 {
    i128::from(books.side(side).open_interest.get())
}

/// Unrealised profit of a side in raw.
pub fn side_profit(books: &Books, side: Side, price: i128) -> i128 {
    let entry = books.side(side).entry.get().get();
    match side {
        Side::Long => interest(books, side) * price - entry,
        Side::Short => entry - interest(books, side) * price,
    }
}

/// Funding the traders owe the backing that is not settled, in raw.
pub fn pending(books: &Books) -> i128 {
    Side::BOTH
        .iter()
        .map(|&side| {
            let book = books.side(side);
            interest(books, side) * i128::from(book.funding_index.get()) - book.size_index.get().get()
        })
        .sum()
}

fn base_maintenance(parameters: &Parameters) -> i128 {
    i128::from(parameters.base_margin.get()) * i128::from(parameters.maintenance_fraction.get()) / PPM
}

pub fn means(books: &Books, parameters: &Parameters, price: i128) -> Means {
    let maintenance = base_maintenance(parameters);
    let mut available = i128::from(books.backing.get());
    let mut owed = i128::from(books.claims.get()) - i128::from(books.pot.get());
    for side in Side::BOTH {
        let profit = side_profit(books, side, price);
        if profit >= 0 {
            owed += ceil_div(profit, RAW);
        } else {
            let good_for = interest(books, side) * price / RAW * maintenance / PPM;
            available += (-profit / RAW).min(good_for);
        }
    }
    for side in Side::BOTH {
        let book = books.side(side);
        let pending = interest(books, side) * i128::from(book.funding_index.get()) - book.size_index.get().get();
        available += pending.max(0) / RAW;
        owed += ceil_div((-pending).max(0), RAW);
    }
    let spare = available - owed;
    let jump = i128::from(parameters.jump.get());
    let covered = jump.min(maintenance);
    let value = |side| ceil_div(interest(books, side) * price, RAW);
    let one_way = |more: i128, less: i128| ceil_div(more * jump, PPM) - less * covered / PPM;
    let (long, short) = (value(Side::Long), value(Side::Short));
    let need = one_way(long, short).max(one_way(short, long)).max(0);
    Means { available, owed, spare, need }
}

/// Margin fraction in ppm of a position worth `value` atoms.
fn fraction(value: i128, parameters: &Parameters) -> i128 {
    let floor = i128::from(parameters.base_margin.get().max(parameters.volatility_margin.get()));
    let premium = ceil_div(i128::from(parameters.size_premium) * root_ceil(value), 1 << 32);
    floor.max(premium.min(PPM))
}

pub fn maintenance_margin(value: i128, parameters: &Parameters) -> i128 {
    let fraction = ceil_div(fraction(value, parameters) * i128::from(parameters.maintenance_fraction.get()), PPM);
    ceil_div(value * fraction, PPM)
}

pub fn initial_margin(value: i128, books: &Books, parameters: &Parameters) -> i128 {
    let (low, high) = (parameters.open_interest_low.get(), parameters.open_interest_high.get());
    let interest = interest(books, Side::Long).max(interest(books, Side::Short));
    let range = i128::from(high - low);
    let above = (interest - i128::from(low)).clamp(0, range);
    let fraction = fraction(value, parameters);
    ceil_div(value * (fraction + ceil_div((PPM - fraction) * above, range)), PPM)
}

/// Profit of the open size and the funding it owes besides, in raw.
fn profit_and_funding(position: &Position, books: &Books, price: i128) -> (i128, i128) {
    let Some(side) = position.size.side() else { return (0, 0) };
    let size = i128::from(position.size.get());
    let entry = position.entry.get().get();
    let profit = if side == Side::Long { size * price - entry } else { entry + size * price };
    let change = books.side(side).funding_index.get() - position.funding_index.get();
    (profit, size.abs() * i128::from(change))
}

/// The part of a claim for which nothing lies in the pot.
fn unfunded(position: &Position, books: &Books) -> i128 {
    if position.claim_epoch != books.claim_epoch || position.claim.is_zero() {
        return 0;
    }
    // Mantissa below 48 bits, halvings above.
    let parts = |factor: u64| (i128::from(factor % (1 << 48)), factor >> 48);
    let ((now, halvings), (then, halvings_then)) = (parts(books.claim_factor), parts(position.claim_factor));
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
pub fn reference_of(world: &World, account: &Account, touched: Option<usize>) -> Timestamp {
    let legs = account.occupied().map(|(_, position)| market_of(&world.markets, position));
    reference_time(world.clock, legs.chain(touched.map(|market| &world.markets[market])))
}

/// Equity with profits and claims at their markets' `h`, and the maintenance margin.
pub fn maintenance(world: &World, account: &Account) -> Health {
    let reference = reference_of(world, account, None);
    let mut equity = i128::from(account.balance.get()) * RAW;
    let mut margin = 0;
    for (_, position) in account.occupied() {
        let market = market_of(&world.markets, position);
        let (books, price) = (&market.books, i128::from(market.price.price.get()));
        let (profit, funding) = profit_and_funding(position, books, price);
        let unfunded = unfunded(position, books);
        // In whole atoms, as settling posts it; funding to receive is set off against the loss, a loss against the claim, a
        // gain against the debt.
        let receivable = floor_div((-funding).max(0), RAW) * RAW;
        let moved = profit + if profit < 0 { receivable.min(-profit) } else { 0 };
        let loss = (-moved).max(0) + ceil_div(funding.max(0), RAW) * RAW;
        let gain = moved.max(0) + receivable - (moved - profit);
        let (claim, debt) = (unfunded * RAW, i128::from(position.debt.get()) * RAW);
        let promised = (gain - debt).max(0) + (claim - loss).max(0);
        let owed = (debt - gain).max(0) + (loss - claim).max(0);
        let means = means(books, &market.parameters, price);
        let counted =
            if means.available >= means.owed { promised } else { promised / RAW * means.available / means.owed * RAW };
        let funded = i128::from(position.claim.get()) - unfunded;
        equity += counted + funded * RAW - owed;
        if !is_unusable(market, reference) && !position.size.is_zero() {
            let value = ceil_div(i128::from(position.size.size().get()) * price, RAW);
            margin += maintenance_margin(value, &market.parameters);
        }
    }
    Health { equity: floor_div(equity, RAW), margin }
}

/// Equity at adverse prices with profits and claims at nothing, and the initial margin.
pub fn adverse(world: &World, account: &Account) -> Health {
    let reference = reference_of(world, account, None);
    let mut equity = i128::from(account.balance.get()) * RAW;
    let mut margin = 0;
    for (_, position) in account.occupied() {
        let market = market_of(&world.markets, position);
        let (books, price) = (&market.books, i128::from(market.price.price.get()));
        equity -= i128::from(position.debt.get()) * RAW;
        if position.size.is_zero() {
            continue;
        }
        let spread = i128::from(spread_ceil(market, reference).unwrap().get());
        let adverse = if position.size.get() > 0 { (price - spread).max(0) } else { price + spread };
        let (profit, funding) = profit_and_funding(position, books, adverse);
        equity += (profit - funding).min(0);
        let value = ceil_div(i128::from(position.size.size().get()) * price, RAW);
        margin += initial_margin(value, books, &market.parameters);
    }
    Health { equity: floor_div(equity, RAW), margin }
}

/// Equity in raw with profits and claims at their face, without rounding: what the account is owed in total.
pub fn face_equity_raw(world: &World, account: &Account) -> i128 {
    let mut equity = i128::from(account.balance.get()) * RAW;
    for (_, position) in account.occupied() {
        let market = market_of(&world.markets, position);
        let price = i128::from(market.price.price.get());
        let (profit, funding) = profit_and_funding(position, &market.books, price);
        equity += profit - funding + (i128::from(position.claim.get()) - i128::from(position.debt.get())) * RAW;
    }
    equity
}

/// What the pool is worth at the cached prices, no market below zero, in raw.
pub fn pool_value_raw(world: &World) -> i128 {
    let markets = world.markets.iter().map(|market| {
        let (books, price) = (&market.books, i128::from(market.price.price.get()));
        let cash = books.backing.get() + books.pot.get() + books.debts.get();
        let value = (i128::from(cash) - i128::from(books.claims.get())) * RAW + pending(books)
            - side_profit(books, Side::Long, price)
            - side_profit(books, Side::Short, price);
        value.max(0)
    });
    i128::from(world.pool.cash.get()) * RAW + markets.sum::<i128>()
}
