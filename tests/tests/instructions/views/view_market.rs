use crate::expected::{broke, world};
use perp_client::instructions::view_market;
use perp_engine::market::solvency::{solvency, Solvency};
use perp_engine::state::Status;
use perp_swap::views::MarketView;
use perp_tests::{SOL, USDC};

#[test]
fn it_answers_what_the_market_has_and_owes() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.later_at(60, 0, 251.0);
    let asked = view_market(&world.addresses, world.target(0));
    let before = world.everything();
    let view: MarketView = world.send(&asked).unwrap().answered();
    assert_eq!(world.everything(), before, "who asks changes nothing");
    world.update_price(0).unwrap();
    let market = world.market(0).state;
    let Solvency { assets, liabilities, stress_loss, .. } =
        solvency(&market.ledger, &market.parameters, market.price.price).unwrap();
    assert_eq!((view.assets, view.liabilities, view.stress_loss), (assets.get(), liabilities.get(), stress_loss.get()));
    assert_eq!((view.status, view.price, view.age), (Status::Active, market.price.price.get(), 0));
    assert_eq!((view.is_fresh, view.is_dead, view.coverage), (true, false, 1_000_000));
    assert_eq!((view.long_open_interest, view.short_open_interest), (8_000 * SOL as u64, 0));
    assert_eq!((view.backing, view.funding_rate), (market.ledger.backing.get(), market.ledger.funding_rate));
}

#[test]
fn a_market_that_cannot_pay_says_what_part_it_could() {
    let (mut world, ..) = broke();
    let asked = view_market(&world.addresses, world.target(0));
    let view: MarketView = world.send(&asked).unwrap().answered();
    let part = u128::from(view.assets) * 1_000_000 / u128::from(view.liabilities);
    assert_eq!(u128::from(view.coverage), part);
    assert!((view.claims, view.coverage) > (0, 0) && view.coverage < 1_000_000, "{view:?}");
}
