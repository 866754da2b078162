use crate::expected::world;
use perp_client::instructions::view_liquidation_price;
use perp_swap::errors::ExchangeError;
use perp_swap::views::LiquidationPriceView;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn it_answers_the_price_at_which_the_account_is_liquidated_to_the_last_digit() {
    let mut world = world(2);
    let (trader, liquidator) = (world.trader(700 * USDC), world.trader(0));
    world.trade(trader, 0, 40 * SOL).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    let asked = view_liquidation_price(&world.addresses, trader.margin_account, &state, world.target(0));
    let view: LiquidationPriceView = world.send(&asked).unwrap().answered();
    let found = view.liquidation_price.unwrap();
    // 696 of equity on 10 000 less 4 of fee: at a loss of 402.06 what is left is 3 % of what is open.
    let dollars = |price: u64| price as f64 * 1e3 / (1u64 << 40) as f64;
    assert!((dollars(found) - 239.8).abs() < 0.2, "{}", dollars(found));
    // The engine's search over the whole exchange finds the same.
    let exchange = world.in_memory();
    let same = exchange.liquidation_price(&state, 0).unwrap().unwrap();
    assert_eq!(found, same.get());

    world.later_at(60, 0, dollars(found) + 0.01);
    assert_refused(world.liquidate(liquidator, trader.margin_account, 0), ExchangeError::NotLiquidatable);
    world.wait(60);
    world.publish(0, dollars(found) - 0.01);
    world.liquidate(liquidator, trader.margin_account, 0).unwrap();
}

#[test]
fn no_price_liquidates_a_long_whose_cash_covers_all_of_it() {
    let mut world = world(1);
    let trader = world.trader(100_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    let asked = view_liquidation_price(&world.addresses, trader.margin_account, &state, world.target(0));
    let view: LiquidationPriceView = world.send(&asked).unwrap().answered();
    assert_eq!(view.liquidation_price, None);
    let nobody = world.trader(0);
    let state = world.margin_account(&nobody.margin_account).state;
    let asked = view_liquidation_price(&world.addresses, nobody.margin_account, &state, world.target(0));
    assert_refused(world.send(&asked), ExchangeError::NoPosition);
}
