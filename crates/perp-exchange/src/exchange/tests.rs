use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::fixtures::{frictionless, listing, now, order, sol, stage, ALICE};
use alloc::vec::Vec;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc};
use perp_engine::invariants::Violation;
use perp_engine::state::{Account, Parameters, PoolParameters, PriceLimit};
use perp_engine::units::{Atoms, Clock, Timestamp};
use perp_engine::EngineError;

/// What a client has fetched: markets 0, 3 and 7 of eight, with a price of $250 and a backing of a million dollars.
fn snapshot() -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    exchange.market_count = 8;
    for index in [7, 0, 3] {
        let mut market = *stage().market(2).unwrap();
        market.ledger = perp_engine::state::MarketLedger {
            backing: usdc(1_000_000),
            claim_factor: market.ledger.claim_factor,
            ..Default::default()
        };
        (market.index, market.price, market.recent) = (index, Default::default(), Default::default());
        exchange.put_market(market);
        exchange.ingest_price(index, &now(&exchange, 250)).unwrap();
    }
    exchange
}

fn indices(exchange: &Exchange) -> Vec<u16> {
    exchange.markets().iter().map(|market| market.index).collect()
}

#[test]
fn markets_are_found_by_their_index_also_where_others_are_missing() {
    let mut exchange = snapshot();
    assert_eq!(indices(&exchange), [0, 3, 7]);
    for index in 0..10 {
        match exchange.market(index) {
            Ok(market) => assert_eq!(market.index, index),
            Err(refusal) => assert_eq!(refusal, Refusal::NoMarket { market: index }),
        }
    }
    // Another state of a market takes its place.
    let changed = perp_engine::state::Market { target_backing: usdc(5), ..*exchange.market(3).unwrap() };
    exchange.put_market(changed);
    assert_eq!((exchange.market(3), indices(&exchange).len()), (Ok(&changed), 3));
    // The next market is listed under the exchange's next index, not the snapshot's.
    assert_eq!(exchange.list(&listing(sol_parameters(), 0)), Ok(8));
    assert_eq!((indices(&exchange), exchange.market_count), (Vec::from([0, 3, 7, 8]), 9));
}

#[test]
fn an_account_whose_markets_are_here_trades_whatever_else_is_missing() {
    let mut exchange = snapshot();
    let account = exchange.add_account(Account { balance: usdc(10_000), ..Account::opened(None) });
    exchange.vault = usdc(10_000);
    for market in [7, 3] {
        exchange.trade(account, market, &order(10), None).unwrap();
    }
    let state = *exchange.account(account).unwrap();
    // $250 · 10 SOL · 2, at 3 % and 5 %.
    let health = exchange.health(&state).unwrap();
    assert_eq!((health.maintenance.margin, health.initial.margin), (usdc(150), usdc(250)));
    assert!(
        exchange.liquidation_price(&state, 3).unwrap().is_none(),
        "two long positions of $2500 and $10 000 of cash"
    );
    assert_eq!(exchange.preview_trade(&state, 1, &order(1), None), Err(Refusal::NoMarket { market: 1 }));

    // A boundary is closed once every market of the exchange is valued, and one that is not here cannot be.
    let provider = exchange.add_provider();
    exchange.request_liquidity_deposit(provider, usdc(100), PriceLimit::None).unwrap();
    crate::fixtures::reach_boundary(&mut exchange);
    for market in [3, 7, 0] {
        let reading = now(&exchange, 250).with_previous(exchange.clock.now.get() - 1);
        exchange.value_market(market, Some(&reading)).unwrap();
    }
    assert_eq!(exchange.value_market(1, None), Err(Refusal::NoMarket { market: 1 }));
    assert_eq!(exchange.close_epoch(), Err(EngineError::MarketsNotValued { markets: 8, valued: 3 }.into()));
}

#[test]
fn an_account_with_a_leg_elsewhere_is_judged_by_nobody() {
    let mut exchange = snapshot();
    let mut state = Account { balance: usdc(10_000), ..Account::opened(None) };
    state.positions[0] = perp_engine::state::Position { size: sol(1), ..perp_engine::state::Position::empty_in(5) };
    let account = exchange.add_account(state);
    let missing = Refusal::NoMarket { market: 5 };
    assert_eq!(exchange.trade(account, 0, &order(1), None), Err(missing));
    assert_eq!(exchange.withdraw(account, usdc(1)), Err(missing));
    assert_eq!(exchange.settle_funding(account, 5), Err(missing));
    assert_eq!(exchange.resolve_bankruptcy(account, 5), Err(missing));
    assert_eq!(exchange.health(&state), Err(missing));
}

#[test]
fn a_listed_market_begins_with_nothing_and_what_breaks_a_rule_is_not_listed() {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    assert_eq!(exchange.list(&listing(frictionless(), 5)), Ok(0));
    let market = exchange.market(0).unwrap();
    assert_eq!((market.base_decimals, market.quote_decimals, market.target_backing), (9, 6, usdc(5)));
    assert!(market.ledger.is_flat() && market.price.published.is_never());
    // What brought them about is the first event of each.
    assert_eq!((market.sequence, exchange.state.sequence, exchange.pool.sequence), (1, 1, 0));
    assert_eq!(exchange.check(), Ok(()));

    let before = exchange.clone();
    let refused = exchange.list(&listing(Parameters::default(), 0)).unwrap_err();
    assert!(matches!(refused.rule(), Some(EngineError::MarketParameters { .. })), "{refused:?}");
    let refused = exchange.list(&crate::Listing { target_backing: Atoms::new(u64::MAX), ..listing(frictionless(), 0) });
    assert_eq!(refused, Err(EngineError::Overflow.into()));
    assert!(exchange == before);
    let refused = Exchange::new(PoolParameters::default(), 6, at(0)).unwrap_err();
    assert!(matches!(refused.rule(), Some(EngineError::PoolParameters { .. })), "{refused:?}");
}

#[test]
fn time_passes_up_to_its_end() {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    exchange.wait(30, 75).unwrap();
    assert_eq!(exchange.clock, Clock { now: at(30).now, slot: at(0).slot + 75 });
    let end = Clock { now: Timestamp::new(i64::MAX), slot: u64::MAX };
    exchange.clock = end;
    assert_eq!(exchange.wait(1, 0), Err(EngineError::Overflow.into()));
    assert_eq!(exchange.wait(0, 1), Err(EngineError::Overflow.into()));
    assert_eq!(exchange.clock, end);
}

#[test]
fn an_atom_that_is_missing_is_found() {
    let mut exchange = stage();
    assert_eq!(exchange.check(), Ok(()));
    let thief = *exchange.account(ALICE).unwrap();
    exchange.put_account(ALICE, Account { balance: Atoms::new(thief.balance.get() + 1), ..thief }).unwrap();
    assert!(matches!(exchange.check(), Err(Violation::Custody { .. })));
}
