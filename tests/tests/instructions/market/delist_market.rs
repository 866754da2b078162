use crate::expected::{event, moment, says, world};
use perp_client::instructions::delist_market;
use perp_swap::errors::ExchangeError;
use perp_swap::events::MarketDelisted;
use perp_tests::{assert_refused, DAY, SOL, USDC};

#[test]
fn a_delisted_market_only_lets_positions_be_reduced() {
    let mut world = world(2);
    let trader = world.trader(2_000 * USDC);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.wait(60);
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    let before = world.market(0).state;
    let done = world.delist_market(0);
    let expected = MarketDelisted {
        exchange: world.addresses.exchange,
        time: world.now,
        market: world.addresses.market(0),
        market_index: 0,
        // The price of this second has accrued everything.
        state: moment(&mut world, 0, 0),
        authority: world.admin,
        settles_from: world.now + 2 * DAY,
    };
    says(done, expected);
    let after = world.market(0).state;
    assert_eq!((after.ledger, after.price), (before.ledger, before.price));
    assert_eq!(after.settlement.delisted_from.get(), world.now + 2 * DAY);
    assert!(!after.settlement.has_begun());

    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
    world.trade(trader, 0, -SOL).unwrap();
    // The others go on.
    world.publish(1, 250.0);
    world.trade(trader, 1, SOL).unwrap();
    // Its price is taken in and its funding accrues as ever.
    world.later_at(60, 0, 251.0);
    assert_eq!(event!(world.update_funding(0), FundingUpdated).state.funding_seconds, 0);
    assert_eq!(world.market(0).state.ledger.funding_time.get(), world.now);
    world.close_position(trader, 0).unwrap();
}

#[test]
fn it_is_announced_once_and_by_the_admin_alone() {
    let mut world = world(1);
    let at = world.addresses;
    for signer in [world.risk_admin, world.guardian, world.provider] {
        assert_refused(world.run(&[delist_market(&at, signer, 0)]), ExchangeError::MissingRole);
    }
    world.delist_market(0).unwrap();
    // Announced again it would begin anew, and keep the market shut for as long as somebody likes.
    world.wait(DAY);
    assert_refused(world.delist_market(0), ExchangeError::AlreadyDelisted);
}
