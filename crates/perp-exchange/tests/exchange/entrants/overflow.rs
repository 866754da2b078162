//! Debts and claims as large as numbers go, made by whoever prints a market's price: they stop neither a valuation nor a close, and
//! count for nobody.

use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{ClosedEpoch, Parameters, PriceLimit};
use perp_engine::units::{Atoms, Ppm, SignedSize, Size, MAX_ATOMS};
use perp_exchange::{Exchange, Listing};

const TOXIC: u16 = 1;
const FULL: i64 = 99_000 * SOL as i64;
/// A fifth of a cent and close to the largest price there can be, in 10^-8 dollars.
const LOW: i64 = 200_000;
const HIGH: i64 = 102_399_900_000_000;

fn reading(exchange: &Exchange, price: i64) -> OracleReading {
    OracleReading::new(price, 0, -8, exchange.clock.now.get()).unwrap()
}

fn go_to(exchange: &mut Exchange, time: i64) {
    if let Ok(ahead) = u32::try_from(time - exchange.clock.now.get()) {
        exchange.wait(ahead, 2 * u64::from(ahead)).unwrap();
    }
}

fn print(exchange: &mut Exchange, price: i64) {
    exchange.wait(1, 2).unwrap();
    let reading = reading(exchange, price);
    exchange.update_price(TOXIC, &reading).unwrap();
}

fn trade(exchange: &mut Exchange, account: usize, size: i64) {
    exchange.trade(account, TOXIC, &Order::at_any_price(SignedSize::new(size)), None).unwrap();
}

/// A million dollars of one provider in the pool, 2 % of it in the toxic market, and requests of a day later: half of the shares are to
/// leave and a hundred dollars of somebody else to enter.
fn exchange() -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    let toxic = Parameters { backing_cap: Ppm::new(20_000), isolated_only: 1, ..sol_parameters() };
    for (parameters, dollars) in [(sol_parameters(), 400_000), (toxic, 100_000)] {
        exchange.list(&Listing { parameters, base_decimals: 9, target_backing: usdc(dollars) }).unwrap();
    }
    let owner = exchange.add_provider();
    exchange.add_provider();
    let first = exchange.request_liquidity_deposit(owner, usdc(1_000_000), PriceLimit::None).unwrap();
    let boundary = exchange.state.boundary.get();
    go_to(&mut exchange, boundary);
    for market in 0..2 {
        exchange.value_market(market, None).unwrap();
    }
    exchange.close_epoch().unwrap();
    exchange.pay_liquidity_request(first).unwrap();
    for market in 0..2 {
        let reading = reading(&exchange, 25_000_000_000);
        exchange.update_price(market, &reading).unwrap();
        exchange.allocate_backing(market, None).unwrap();
    }
    exchange.open_account(None).unwrap();
    exchange.request_liquidity_withdrawal(owner, usdc(500_000), PriceLimit::None).unwrap();
    let boundary = exchange.state.boundary.get();
    go_to(&mut exchange, boundary - 1_000);
    exchange.request_liquidity_deposit(owner + 1, usdc(100), PriceLimit::None).unwrap();
    exchange
}

/// The boundary comes and is closed, the toxic market being valued at its last reading or at none; what the provider is paid and what the
/// other gets.
fn close(exchange: &mut Exchange, price: i64, read: bool) -> ClosedEpoch {
    let boundary = exchange.state.boundary.get();
    go_to(exchange, boundary);
    let cash =
        exchange.markets().iter().map(|market| market.ledger.backing.get()).sum::<u64>() + exchange.pool.cash.get();
    let reading = |price| OracleReading::new(price, 0, -8, boundary).unwrap().with_previous(boundary - 1);
    exchange.value_market(0, Some(&reading(25_000_000_000))).unwrap();
    let toxic = reading(price);
    if !read {
        go_to(exchange, boundary + 1_801);
    }
    exchange.value_market(TOXIC, Some(&toxic).filter(|_| read)).unwrap();
    let closed = exchange.close_epoch().unwrap().closed;
    assert_eq!((closed.upper.get(), closed.leaving), (cash, usdc(500_000)));
    // Nothing of the toxic market is left for whoever leaves but what it has, and no more than half of it all is his.
    assert!(closed.lower <= closed.upper && closed.paid.get() <= cash / 2);
    closed
}

/// What the toxic market kept counts for: it keeps somebody out only where it holds more than a fortieth of the cash.
fn nobody_is_kept_out(exchange: &Exchange, closed: &ClosedEpoch) {
    let holds = exchange.market(TOXIC).unwrap().at_boundary.ledger.backing.get();
    assert!(!closed.issued.is_zero() || holds > closed.upper.get() / 40, "{holds}: {closed:?}");
}

#[test]
fn attack_debts_up_to_the_largest_number_stop_no_boundary() {
    // Each cycle an account with $2000 sells 99 000 SOL for a fifth of a cent and owes $101 376 000 000 at the high price, 1.01 · 10^17 atoms
    // of 4.6 · 10^18: after 45 there is no room for another.
    for read in [true, false] {
        let mut exchange = exchange();
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let each = u64::try_from(i128::from(FULL) * i128::from(HIGH) / 100_000_000_000).unwrap();
        let boundary = exchange.state.boundary.get();
        go_to(&mut exchange, boundary - 120);
        let mut cycles = 0;
        while MAX_ATOMS - exchange.market(TOXIC).unwrap().ledger.debts.get() > each {
            let account = exchange.open_account(Some(TOXIC)).unwrap();
            exchange.deposit(account, usdc(2_000)).unwrap();
            print(&mut exchange, LOW);
            trade(&mut exchange, account, -FULL);
            print(&mut exchange, HIGH);
            exchange.liquidate(0, account, TOXIC, &all, None).unwrap();
            // What the liquidator was paid comes out of the backing, which must bear the next: he brings it back.
            exchange.deposit(account, usdc(200)).unwrap();
            exchange.settle_funding(account, TOXIC).unwrap();
            cycles += 1;
        }
        assert_eq!(cycles, 45);
        let closed = close(&mut exchange, HIGH, read);
        nobody_is_kept_out(&exchange, &closed);
        assert_eq!(exchange.check(), Ok(()));
    }
}

#[test]
fn attack_claims_up_to_the_largest_number_stop_no_boundary() {
    // A short that owes everything makes the market look able to pay, and a long is opened low and closed high again and again, each time
    // for a claim of as much as there is room for.
    for read in [true, false] {
        let mut exchange = exchange();
        let boundary = exchange.state.boundary.get();
        go_to(&mut exchange, boundary - 300);
        let [short, long] = [0; 2].map(|_| exchange.open_account(Some(TOXIC)).unwrap());
        for account in [short, long] {
            exchange.deposit(account, usdc(10_000)).unwrap();
        }
        print(&mut exchange, LOW);
        trade(&mut exchange, short, -FULL);
        let each = i128::from(FULL - 1) * i128::from(HIGH) / 100_000_000_000;
        let room = |exchange: &Exchange| i128::from(MAX_ATOMS - exchange.market(TOXIC).unwrap().ledger.claims.get());
        while room(&exchange) > each {
            print(&mut exchange, LOW);
            trade(&mut exchange, long, FULL - 1);
            print(&mut exchange, HIGH);
            trade(&mut exchange, long, 1 - FULL);
        }
        // What is left of the room is a winner's again, who has not closed: with him it is more than any number.
        print(&mut exchange, LOW);
        trade(&mut exchange, long, FULL - 1);
        print(&mut exchange, HIGH);
        let closed = close(&mut exchange, HIGH, read);
        let kept = exchange.market(TOXIC).unwrap().at_boundary.ledger;
        assert!(kept.claims.get() > MAX_ATOMS / 10 * 9);
        // Nothing is left of the toxic market, and everything of the other and of the cash.
        assert_eq!(closed.upper.get() - closed.lower.get(), kept.backing.get());
        nobody_is_kept_out(&exchange, &closed);
        assert_eq!(exchange.check(), Ok(()));
    }
}
