use super::*;
use crate::error::Refusal;
use crate::fixtures::{order, stage, ALICE, BOB};
use bytemuck::Zeroable;
use perp_engine::fixtures::{at, usdc};
use perp_engine::state::{ExchangeState, Restriction, Status};

/// The stage's accounts as they would lie on chain, and only two of its five markets.
fn fetched() -> (perp_accounts::Exchange, perp_accounts::Pool, [perp_accounts::Market; 2]) {
    let stage = stage();
    let exchange = perp_accounts::Exchange {
        state: stage.state,
        market_count: stage.market_count,
        quote_decimals: stage.quote_decimals,
        ..perp_accounts::Exchange::zeroed()
    };
    let pool = perp_accounts::Pool { state: stage.pool, ..perp_accounts::Pool::zeroed() };
    let market =
        |index| perp_accounts::Market { state: *stage.market(index).unwrap(), ..perp_accounts::Market::zeroed() };
    (exchange, pool, [market(1), market(0)])
}

#[test]
fn an_exchange_from_fetched_accounts_does_to_an_account_what_the_whole_one_does() {
    let (exchange, pool, [one, zero]) = fetched();
    let mut whole = stage();
    let mut fetched =
        Exchange::from_chain(&exchange, whole.clock).with_market(&one).with_market(&zero).with_pool(&pool);
    assert_eq!((fetched.market_count, fetched.quote_decimals, fetched.pool), (5, 6, whole.pool));
    assert_eq!(fetched.session(), whole.session());

    let alice = fetched.add_account(*whole.account(ALICE).unwrap());
    assert_eq!(fetched.trade(alice, 0, &order(1), None), whole.trade(ALICE, 0, &order(1), None));
    assert_eq!(fetched.market(0), whole.market(0));
    assert_eq!(fetched.account(alice), whole.account(ALICE));
    let bob = whole.account(BOB).unwrap();
    assert_eq!(fetched.health(bob), whole.health(bob));
    assert_eq!(fetched.market(2), Err(Refusal::NoMarket { market: 2 }));
}

#[test]
fn a_pause_of_the_whole_exchange_is_seen() {
    let (mut exchange, _, [_, zero]) = fetched();
    let until = stage().clock.now.after(1).unwrap();
    exchange.state = ExchangeState { pause: Restriction { until, ..Restriction::default() }, ..exchange.state };
    let paused = Exchange::from_chain(&exchange, stage().clock).with_market(&zero);
    assert_eq!(paused.session().status, Status::Paused);
    let refused = paused.preview_trade(stage().account(ALICE).unwrap(), 0, &order(1), None).unwrap_err();
    assert_eq!(refused.rule(), Some(perp_engine::EngineError::Paused));
    // A flat account takes its money out all the same.
    let flat = perp_engine::state::Account { balance: usdc(5), ..perp_engine::state::Account::opened(None) };
    assert!(paused.preview_withdrawal(&flat, usdc(5)).is_ok());
}

#[test]
fn the_clock_is_read_from_the_first_and_the_last_word() {
    // Slot, start of the epoch, epoch, leader schedule's epoch, Unix time.
    let words: [u64; 5] = [300_000_000, 1, 694, 695, at(7).now.get() as u64];
    let data = words.map(u64::to_le_bytes).concat();
    assert_eq!(read_clock(&data), Some(Clock { now: at(7).now, slot: 300_000_000 }));
    assert_eq!(read_clock(&data[..39]), None);
    assert_eq!(read_clock(&[]), None);
    assert_eq!(CLOCK.as_array()[..4], [6, 167, 213, 23]);
}
