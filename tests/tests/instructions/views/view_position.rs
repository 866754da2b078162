use crate::expected::{unrealized, world};
use perp_client::instructions::view_position;
use perp_engine::market::solvency::Coverage;
use perp_engine::risk::portfolio::Portfolio;
use perp_swap::errors::ExchangeError;
use perp_swap::views::PositionView;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn it_answers_every_term_of_a_positions_part_in_health() {
    let mut world = world(2);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.trade(trader, 1, -20 * SOL).unwrap();
    world.later_at(60, 0, 260.0);
    let state = world.margin_account(&trader.margin_account).state;
    let asked = view_position(&world.addresses, trader.margin_account, &state, world.target(0));
    let before = world.everything();
    let view: PositionView = world.send(&asked).unwrap().answered();
    assert_eq!(world.everything(), before, "who asks changes nothing");

    // The same by the engine, once the price is taken in.
    world.update_price(0).unwrap();
    let markets = [0, 1].map(|market| world.market(market).state);
    let clock = world.clock();
    let portfolio = Portfolio::new(&state, Some(&markets[0]), [&markets[1]], clock).unwrap();
    let coverage = Coverage::of(&markets[0].ledger, &markets[0].parameters, markets[0].price.price).unwrap();
    assert_eq!(view, PositionView::of(&portfolio.terms(0).unwrap(), &coverage).unwrap());
    let price = markets[0].price.price.get();
    assert_eq!(view.profit_x40 >> 40, i128::from(unrealized(&state.positions[0], price)));
    // 40 · 260, and 3 % of it.
    assert_eq!((view.size, view.notional, view.margin), (40 * SOL, 10_400 * USDC, 312 * USDC));
}

#[test]
fn an_account_without_a_position_there_has_none() {
    let mut world = world(2);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    let asked = view_position(&world.addresses, trader.margin_account, &state, world.target(1));
    assert_refused(world.send(&asked), ExchangeError::NoPosition);
}
