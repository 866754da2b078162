use crate::expected::world;
use perp_client::instructions::view_health;
use perp_engine::risk::portfolio::Portfolio;
use perp_swap::errors::ExchangeError;
use perp_swap::views::HealthView;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn it_answers_what_a_liquidation_and_a_withdrawal_would_count() {
    let mut world = world(2);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.trade(trader, 1, -20 * SOL).unwrap();
    world.later_at(60, 0, 245.0);
    world.publish(1, 250.0);
    world.update_price(0).unwrap();
    world.update_price(1).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    let before = world.everything();
    let asked = view_health(&world.addresses, trader.margin_account, &state);
    let view: HealthView = world.send(&asked).unwrap().answered();
    assert_eq!(world.everything(), before, "who asks changes nothing");

    let markets = [0, 1].map(|market| world.market(market).state);
    let clock = world.clock();
    let portfolio = Portfolio::new(&state, None, &markets, clock).unwrap();
    let (maintenance, initial) = (portfolio.maintenance_health().unwrap(), portfolio.initial_health().unwrap());
    assert_eq!((view.equity, view.maintenance_margin), (maintenance.equity.get(), maintenance.margin.get()));
    assert_eq!((view.initial_equity, view.initial_margin), (initial.equity.get(), initial.margin.get()));
    assert_eq!((view.balance, view.positions, view.shortage), (state.balance.get(), 2, 0));
    // 3 % of 40 · 245 and of 20 · 250, 5 % of the same.
    assert_eq!((view.maintenance_margin, view.initial_margin), (444 * USDC, 740 * USDC));
}

#[test]
fn what_a_market_cannot_pay_is_told() {
    // Of 50 000 SOL bought at 250 and worth 312.50 the market owes more than three millions, and it has two.
    let mut world = world(1);
    let winner = world.trader(1_000_000 * USDC);
    world.trade(winner, 0, 50_000 * SOL).unwrap();
    world.later_at(60, 0, 312.5);
    let state = world.margin_account(&winner.margin_account).state;
    let asked = view_health(&world.addresses, winner.margin_account, &state);
    let view: HealthView = world.send(&asked).unwrap().answered();
    let market = world.market(0).state;
    let clock = world.clock();
    let portfolio = Portfolio::new(&state, None, [&market], clock).unwrap();
    assert_eq!(view.shortage, portfolio.shortage_ceil().unwrap().get());
    assert!(view.shortage > 1_000_000 * USDC, "{}", view.shortage);
}

#[test]
fn every_market_of_its_positions_is_needed() {
    let mut world = world(2);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 1, SOL).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    let mut asked = view_health(&world.addresses, trader.margin_account, &state);
    asked.accounts.pop();
    assert_refused(world.send(&asked), ExchangeError::MarketMissing);
}
