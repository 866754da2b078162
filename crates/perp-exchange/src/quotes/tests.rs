use crate::convert::Units;
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::fixtures::{frictionless, listing, now, order, sol, ALL};
use crate::quotes::PoolValue;
use alloc::string::ToString;
use perp_engine::fixtures::{at, pool_parameters, usdc, PRICE, USDC};
use perp_engine::operations::position::BankruptcyPlan;
use perp_engine::state::{Account, Parameters, Pool, Position};
use perp_engine::units::{Atoms, Ppm, Price, SignedAtoms, SignedSize, Size, Timestamp};
use perp_engine::EngineError;

mod accounts;
mod largest_order;
mod liquidation_price;

/// SOL at $250 with an impact and a fee of 4 bps and nothing else that costs anything, in two markets with a million dollars
/// of backing each.
fn exchange() -> Exchange {
    let parameters = Parameters { impact_limit: Ppm::new(4_000), taker_fee: Ppm::new(400), ..frictionless() };
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    for _ in 0..2 {
        let index = exchange.list(&listing(parameters, 0)).unwrap();
        let mut market = *exchange.market(index).unwrap();
        market.ledger.backing = usdc(1_000_000);
        exchange.put_market(market);
        exchange.ingest_price(index, &now(&exchange, 250)).unwrap();
    }
    exchange
}

fn cash(dollars: u64) -> Account {
    Account { balance: usdc(dollars), ..Account::opened(None) }
}

/// Alice with $1000 after she has traded `amount` SOL in market 0, and the exchange then.
fn alice_after(amount: i64) -> (Exchange, Account) {
    let mut exchange = exchange();
    let after = exchange.preview_trade(&cash(1_000), 0, &order(amount), None).unwrap();
    exchange.put_market(after.market);
    (exchange, after.account)
}

/// The exchange with another price cached in market 0.
fn at_price(exchange: &Exchange, price: Price) -> Exchange {
    let mut moved = exchange.clone();
    let mut market = *exchange.market(0).unwrap();
    market.price.price = price;
    moved.put_market(market);
    moved
}

fn shown(exchange: &Exchange, price: Option<Price>) -> alloc::string::String {
    Units::of(exchange.market(0).unwrap()).show_price(price.unwrap())
}

#[test]
fn the_pool_is_worth_its_cash_and_what_flat_markets_hold() {
    let mut exchange = exchange();
    exchange.pool.cash = Atoms::new(5);
    let value = Atoms::new(2_000_000 * USDC + 5);
    assert_eq!(exchange.pool_value(), Ok(PoolValue { lower: value, upper: Ok(value) }));
    // A snapshot that holds fewer markets than the exchange lists.
    exchange.market_count = 3;
    assert_eq!(exchange.pool_value(), Err(EngineError::MarketsMissing { expected: 2 }.into()));
}

#[test]
fn a_pool_that_cannot_be_valued_whole_sells_no_shares_and_still_redeems_them() {
    let (mut exchange, _) = alice_after(10);
    // Too wide a price: $250 ± $10 000 makes market 0 unusable. What it is worth counts as nothing.
    let wide =
        perp_engine::oracle::OracleReading::new(25_000_000_000, 1_000_000_000_000, -8, exchange.clock.now.get() + 1);
    exchange.wait(1, 2).unwrap();
    exchange.ingest_price(0, &wide.unwrap()).unwrap();
    let PoolValue { lower, upper } = exchange.pool_value().unwrap();
    assert_eq!((lower, upper), (usdc(1_000_000), Err(EngineError::MarketUnusable { market: 0 })));
    // One that merely is not updated is no reason: update it.
    exchange.wait(15, 30).unwrap();
    let (stale, _) = alice_after(10);
    let mut stale = stale;
    stale.wait(16, 32).unwrap();
    assert_eq!(stale.pool_value(), Err(EngineError::LegStale { market: 0, age: 16, allowed: 15 }.into()));
}

#[test]
fn a_trade_is_previewed_at_the_price_it_will_be_handed() {
    // $260 is published; the cached price of 6 seconds ago is too old to trade at.
    let mut later = exchange();
    later.wait(6, 12).unwrap();
    let stale = later.preview_trade(&cash(1_000), 0, &order(10), None).unwrap_err();
    assert_eq!(stale, EngineError::PriceStale { age: 6, allowed: 5 }.into());
    let handed = later.preview_trade(&cash(1_000), 0, &order(10), Some(&now(&later, 260))).unwrap();
    // 10 SOL · $260, rounded down by less than an atom.
    assert_eq!(handed.plan.fill.index_notional.to_atoms_ceil(), Ok(usdc(2_600)));
    // Taken into the cache it is the same trade.
    later.ingest_price(0, &now(&later, 260)).unwrap();
    assert_eq!(later.preview_trade(&cash(1_000), 0, &order(10), None).unwrap().plan, handed.plan);
}

#[test]
fn a_price_taken_in_for_a_question_is_no_event_and_a_refused_one_changes_nothing() {
    let mut exchange = exchange();
    let (before, events) = (exchange.clone(), exchange.market(0).unwrap().sequence);
    let future = crate::fixtures::reading(260, 11);
    let refused = exchange.ingest_price(0, &future).unwrap_err();
    assert_eq!(refused, EngineError::PriceFromTheFuture { seconds_ahead: 11 }.into());
    assert_eq!(exchange.ingest_price(7, &future), Err(Refusal::NoMarket { market: 7 }));
    assert!(exchange == before);
    exchange.wait(1, 2).unwrap();
    exchange.ingest_price(0, &now(&exchange, 260)).unwrap();
    assert_eq!(exchange.market(0).unwrap().sequence, events);
    assert_eq!(exchange.changes(), before.changes());
}

#[test]
fn a_bankruptcy_is_paid_by_claims_elsewhere_and_then_by_insurance() {
    // $100 owed to market 0, a claim of $30 on market 1, $20 of insurance in market 0, none shared: $50 are written off.
    let mut exchange = exchange();
    let (mut owed, mut owing) = (*exchange.market(0).unwrap(), *exchange.market(1).unwrap());
    (owed.ledger.debts, owed.ledger.insurance) = (usdc(100), usdc(20));
    owing.ledger.claims = usdc(30);
    let mut account = Account::opened(None);
    account.positions[0] = Position { debt: usdc(100), ..Position::empty_in(0) };
    account.positions[1] =
        Position { claim: usdc(30), claim_factor: owing.ledger.claim_factor, ..Position::empty_in(1) };
    exchange.put_market(owed);
    exchange.put_market(owing);

    let preview = exchange.preview_bankruptcy(&account, 0).unwrap();
    let BankruptcyPlan { paid_by_claims, paid_by_insurance, written_off, .. } = preview.plan;
    assert_eq!([paid_by_claims, paid_by_insurance, written_off], [usdc(30), usdc(20), usdc(50)]);
    assert!(preview.account.is_empty());
    let [owing, owed] = preview.markets[..] else { panic!("{:?}", preview.markets) };
    assert_eq!((owing.index, owing.ledger.claims), (1, Atoms::ZERO));
    assert_eq!((owed.index, owed.ledger.debts, owed.ledger.insurance), (0, Atoms::ZERO, Atoms::ZERO));

    let healthy = exchange.preview_bankruptcy(&Account::opened(None), 0).unwrap_err();
    assert_eq!(healthy, EngineError::NotBankrupt { equity: SignedAtoms::ZERO }.into());
}

#[test]
fn an_exchange_without_a_pool_is_worth_nothing() {
    let exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    assert_eq!(exchange.pool, Pool::opened(pool_parameters()));
    assert_eq!(exchange.pool_value(), Ok(PoolValue { lower: Atoms::ZERO, upper: Ok(Atoms::ZERO) }));
}
