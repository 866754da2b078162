//! An exchange on which every operation has something to do.

use crate::exchange::{Exchange, Listing};
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, NOW, SOL};
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{OrderTrigger, Parameters, PriceLimit};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};

/// Ten SOL long in market 0 at $250, since risen to $251.
pub const ALICE: usize = 0;
/// Ten SOL short in market 0.
pub const BOB: usize = 1;
/// 70 SOL long in market 1, below the maintenance margin.
pub const CAROL: usize = 2;
/// Owns a claim on market 2, part of it funded.
pub const WINNER: usize = 3;
/// Owes market 2 what it cannot pay.
pub const LOSER: usize = 4;
/// As [`LOSER`], liquidated later.
pub const OTHER_LOSER: usize = 5;
/// Holds nothing.
pub const EMPTY: usize = 6;
/// Liquidates.
pub const KEEPER: usize = 7;
/// Ten SOL long in market 0, of which an armed order sells three.
pub const SELLER: usize = 8;
/// The provider with all the liquidity.
pub const PROVIDER: usize = 0;

/// The number of a withdrawal whose boundary is closed.
pub const CLOSED_WITHDRAWAL: u64 = 1;
/// The number of a deposit whose boundary is closed.
pub const CLOSED_DEPOSIT: u64 = 2;
/// The number of a deposit whose boundary has come.
pub const RIPE_DEPOSIT: u64 = 3;
/// The market that is not valued at that boundary yet.
pub const UNVALUED: u16 = 4;

/// SOL without spread, funding, impact and fees, so that numbers can be checked by hand.
pub fn frictionless() -> Parameters {
    Parameters {
        impact_limit: Ppm::ZERO,
        taker_fee: Ppm::ZERO,
        taker_fee_rebalancing: Ppm::ZERO,
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        ..sol_parameters()
    }
}

/// What the oracle says of a price in dollars, published so long after [`NOW`].
pub fn reading(dollars: i64, seconds_later: i64) -> OracleReading {
    OracleReading::new(dollars * 100_000_000, 0, -8, NOW + seconds_later).unwrap()
}

/// The same, published at the exchange's time.
pub fn now(exchange: &Exchange, dollars: i64) -> OracleReading {
    reading(dollars, exchange.clock.now.get() - NOW)
}

pub fn sol(amount: i64) -> SignedSize {
    SignedSize::new(amount * SOL as i64)
}

pub fn order(amount: i64) -> Order {
    Order::at_any_price(sol(amount))
}

/// The place of an order of Alice's that is met, and that may increase.
pub const MET: usize = 0;
/// The place of one that has expired.
pub const EXPIRED: usize = 1;
/// The place of the seller's, which is armed and fills at what is published now.
pub const ARMED: usize = 0;

/// Sells so many SOL of a long position, at once.
pub fn selling(amount: i64) -> NewOrder {
    NewOrder {
        size: sol(-amount),
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(1),
        reduce_only: true,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: ORDER_TIP_LAMPORTS,
    }
}

/// The same once the price is at or below so many dollars.
pub fn selling_below(dollars: u64, amount: i64) -> NewOrder {
    let trigger_price = Price::new(dollars * (1 << 40) / 1_000);
    NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price, ..selling(amount) }
}

/// The same not bound to a position.
pub fn that_may_increase(order: NewOrder) -> NewOrder {
    NewOrder { reduce_only: false, ..order }
}

/// What the oracle says now, and said before an order was armed.
pub fn filling(exchange: &Exchange, dollars: i64) -> OracleReading {
    now(exchange, dollars).with_previous(exchange.clock.now.get() - 3)
}

pub const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

pub fn listing(parameters: Parameters, target: u64) -> Listing {
    Listing { parameters, base_decimals: 9, target_backing: usdc(target) }
}

/// SOL with a second source that allows 1 % and bounds what is a minute from it.
pub fn bounded() -> Parameters {
    Parameters { second_max_deviation: Ppm::new(10_000), second_max_age: 60, ..sol_parameters() }
}

/// Five markets, nine accounts and a provider with two million dollars. Market 2 has a backing of $6000 and nothing costs
/// anything there; market 3 has a second source, a price an hour old and $100 000 more than its target; market 4 never had a price,
/// nothing is placed there and its delisting is due.
pub fn stage() -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    for (parameters, target) in [
        (sol_parameters(), 400_000),
        (sol_parameters(), 400_000),
        (frictionless(), 6_000),
        (bounded(), 100_000),
        (sol_parameters(), 0),
    ] {
        exchange.list(&listing(parameters, target)).unwrap();
    }
    exchange.add_provider();
    exchange.add_provider();
    for _ in 0..9 {
        exchange.open_account(None).unwrap();
    }
    provide_liquidity(&mut exchange);
    for (account, dollars) in [
        (ALICE, 1_000),
        (BOB, 100_000),
        (CAROL, 1_000),
        (WINNER, 2_000),
        (LOSER, 2_000),
        (OTHER_LOSER, 2_000),
        (KEEPER, 10),
        (SELLER, 1_000),
    ] {
        exchange.deposit(account, usdc(dollars)).unwrap();
    }
    exchange.fund_insurance(None, usdc(1_000)).unwrap();

    let mut trade = |account, market, amount, dollars| {
        let reading = now(&exchange, dollars);
        exchange.trade(account, market, &order(amount), Some(&reading)).unwrap();
        exchange.wait(1, 2).unwrap();
    };
    for (account, market, amount) in [
        (ALICE, 0, 10),
        (BOB, 0, -10),
        (SELLER, 0, 10),
        (CAROL, 1, 70),
        (WINNER, 2, 80),
        (LOSER, 2, -20),
        (OTHER_LOSER, 2, -20),
    ] {
        trade(account, market, amount, 250);
    }
    // Doubled: $20 000 of profit, of which the market has $6000.
    trade(WINNER, 2, -80, 500);
    let doubled = now(&exchange, 500);
    exchange.liquidate(KEEPER, LOSER, 2, &ALL, Some(&doubled)).unwrap();
    exchange.fund_claims(2).unwrap();
    exchange.liquidate(KEEPER, OTHER_LOSER, 2, &ALL, Some(&doubled)).unwrap();
    rest_orders(&mut exchange);
    // $700 of loss and $7 of fee leave Carol $293 against 3 % of $16 800.
    for (market, dollars) in [(0, 251), (1, 240), (2, 500)] {
        exchange.wait(1, 2).unwrap();
        let reading = now(&exchange, dollars);
        exchange.update_price(market, &reading).unwrap();
    }
    let mut silent = *exchange.market(3).unwrap();
    silent.price.published = Timestamp::new(exchange.clock.now.get() - 3_600);
    silent.price.price = exchange.market(0).unwrap().price.price;
    exchange.put_market(silent);
    let mut delisted = *exchange.market(4).unwrap();
    delisted.settlement.delisted_from = Timestamp::new(exchange.clock.now.get() - 3_600);
    exchange.put_market(delisted);
    exchange
}

/// Orders of Alice's and the seller's, eleven seconds old when the stage is set, and none of Carol's.
fn rest_orders(exchange: &mut Exchange) {
    for account in [ALICE, CAROL, SELLER] {
        exchange.open_orders(account).unwrap();
    }
    let expires = exchange.clock.now.after(3).unwrap();
    let met = that_may_increase(selling_below(260, 2));
    let orders = [met, NewOrder { expires, ..selling_below(100, 1) }];
    exchange.place_orders(ALICE, 0, &[], &orders, None).unwrap();
    exchange.place_orders(SELLER, 0, &[], &[selling(3)], None).unwrap();
    exchange.wait(8, 16).unwrap();
}

/// Two million dollars, backing at its targets but in market 3; a withdrawal and a deposit whose boundary is closed, and a deposit whose
/// boundary has come, at which every market but the last is valued.
fn provide_liquidity(exchange: &mut Exchange) {
    let limit = PriceLimit::None;
    let first = exchange.request_liquidity_deposit(PROVIDER, usdc(2_000_000), limit).unwrap();
    serve(exchange);
    exchange.pay_liquidity_request(first).unwrap();
    for market in 0..4 {
        exchange.allocate_backing(market, None).unwrap();
    }
    exchange.set_backing_target(3, Atoms::ZERO).unwrap();
    exchange.request_liquidity_withdrawal(PROVIDER, usdc(100), limit).unwrap();
    // A withdrawal waits for a day, a deposit for ten minutes.
    exchange.wait(82_800, 165_600).unwrap();
    exchange.request_liquidity_deposit(PROVIDER, usdc(100), limit).unwrap();
    serve(exchange);
    exchange.request_liquidity_deposit(PROVIDER, usdc(100), limit).unwrap();
    reach_boundary(exchange);
    for market in 0..UNVALUED {
        exchange.value_market(market, None).unwrap();
    }
}

/// The boundary that the exchange waits for comes.
pub fn reach_boundary(exchange: &mut Exchange) {
    let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
    exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
}

/// The boundary comes, markets in which nobody holds anything are valued, and it is closed.
pub fn serve(exchange: &mut Exchange) {
    reach_boundary(exchange);
    for market in 0..exchange.market_count {
        exchange.value_market(market, None).unwrap();
    }
    exchange.close_epoch().unwrap();
}
