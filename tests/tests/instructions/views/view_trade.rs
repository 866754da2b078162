use crate::expected::{event, world};
use perp_client::instructions::view_trade;
use perp_engine::operations::position::Order;
use perp_engine::units::SignedSize;
use perp_swap::errors::ExchangeError;
use perp_swap::views::TradeView;
use perp_tests::world::order;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn it_answers_what_the_same_order_then_does() {
    let mut world = world(2);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 1, 5 * SOL).unwrap();
    for size in [40 * SOL, -15 * SOL, -60 * SOL] {
        world.later_at(60, 0, 252.0);
        world.publish(1, 250.0);
        world.update_price(1).unwrap();
        let state = world.margin_account(&trader.margin_account).state;
        let order = order(size);
        let asked = view_trade(&world.addresses, trader.margin_account, &state, world.target(0), &order);
        let before = world.everything();
        let view: TradeView = world.send(&asked).unwrap().answered();
        assert_eq!(world.everything(), before, "who asks changes nothing");
        let traded = event!(world.trade_order(trader, 0, &order), Traded);
        let told = TradeView {
            size: traded.size,
            notional_x40: traded.notional,
            charge_x40: traded.charge,
            spread_x40: traded.spread,
            fee: traded.fee,
            realized: traded.realized,
            funding: traded.funding,
            size_after: traded.size_after,
            balance_after: traded.balance_after,
            equity: traded.equity,
            margin: traded.margin,
        };
        assert_eq!(view, told);
    }
}

#[test]
fn it_is_refused_as_the_order_would_be() {
    let mut world = world(1);
    let trader = world.trader(100 * USDC);
    let state = world.margin_account(&trader.margin_account).state;
    let ask = |order: &Order, world: &perp_tests::World| {
        view_trade(&world.addresses, trader.margin_account, &state, world.target(0), order)
    };
    let asked = ask(&order(40 * SOL), &world);
    assert_refused(world.send(&asked), ExchangeError::InitialMargin);
    let dear =
        Order { acceptable_price: perp_engine::units::Price::new(1), ..Order::at_any_price(SignedSize::new(SOL)) };
    let asked = ask(&dear, &world);
    assert_refused(world.send(&asked), ExchangeError::PriceBoundExceeded);
}
