use crate::expected::{broke, moment, says, world};
use perp_client::instructions::{allocate_backing, TargetMarket};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::BackingAllocated;
use perp_tests::world::POOL;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn backing_moves_to_its_target_and_back_to_the_pool() {
    let mut world = world(1);
    let at = world.addresses;
    // Two million at first; up by half a million, then down by a million and a half.
    for (target, moved) in [(2_500_000 * USDC, 500_000 * USDC as i64), (1_000_000 * USDC, -1_500_000 * USDC as i64)] {
        world.set_backing_target(0, target).unwrap();
        let (pool, backing) = (world.pool().state, world.market(0).state.ledger.backing.get());
        let done = world.allocate_backing(0);
        let cash = (pool.cash.get() as i64 - moved) as u64;
        let expected = BackingAllocated {
            exchange: at.exchange,
            time: world.now,
            market: at.market(0),
            market_index: 0,
            state: moment(&mut world, 0, 0),
            pool_sequence: pool.sequence + 1,
            moved,
            backing_before: backing,
            backing_after: target,
            pool_cash_before: pool.cash.get(),
            pool_cash_after: cash,
        };
        says(done, expected);
        let (after, ledger) = (world.pool().state, world.market(0).state.ledger);
        assert_eq!((after.cash.get(), after.placed), (cash, ledger.net_principal));
        assert_eq!((ledger.backing.get(), ledger.net_principal.get()), (target, target));
        assert_eq!(after.cash.get() + ledger.backing.get(), POOL);
    }
}

#[test]
fn within_the_hysteresis_and_beyond_the_cap_nothing_moves() {
    let mut world = world(1);
    // 5 % of the target is too little to move for, in either direction: 2 000 000 / 0.95 and 2 000 000 / 1.05.
    for target in [2_000_000 * USDC, 2_105_263_157_894, 1_904_761_904_762] {
        world.set_backing_target(0, target).unwrap();
        assert_refused(world.allocate_backing(0), ExchangeError::WithinHysteresis);
    }
    world.set_backing_target(0, 2_105_263_157_895).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.market(0).state.ledger.backing.get(), 2_105_263_157_895);
    // Half of the pool is the most that may be placed in one market.
    world.set_backing_target(0, 9_000_000 * USDC).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.market(0).state.ledger.backing.get(), POOL / 2);
    assert_refused(world.allocate_backing(0), ExchangeError::NothingToMove);
}

#[test]
fn what_positions_need_stays_and_a_market_that_owes_gets_nothing() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    // A move of 15 % against the backing would cost it 300 000 of what 8 000 SOL are worth, less the 969.636 744 that
    // they are under their entry: so much stays.
    assert_eq!(world.market(0).state.ledger.backing.get(), 299_030_363_256);
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);

    let (mut world, _, _) = broke();
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);
}

#[test]
fn statuses_and_prices_that_do_not_count_are_named() {
    let mut world = world(1);
    let (trader, risk_admin) = (world.trader(1_000 * USDC), world.risk_admin);
    world.set_backing_target(0, 3_000_000 * USDC).unwrap();
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 300).unwrap();
    assert_refused(world.allocate_backing(0), ExchangeError::ReduceOnly);
    world.set_market_status(risk_admin, 0, Status::Active, 0).unwrap();
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.allocate_backing(0), ExchangeError::Paused);
    // Until two minutes after the pause nothing is placed.
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    assert_refused(world.allocate_backing(0), ExchangeError::ReduceOnly);
    world.later_at(120, 0, 250.0);
    world.trade(trader, 0, SOL).unwrap();
    let at_cache = allocate_backing(&world.addresses, TargetMarket::at_cached_price(0));
    world.wait(16);
    assert_refused(world.send(&at_cache), ExchangeError::PriceStale);
    // One too wide to be a price leaves the old one as old as it is.
    world.publish_with(0, 250.0, 9.0, world.now);
    assert_refused(world.allocate_backing(0), ExchangeError::PriceStale);
    // Without positions no price is needed; backing also goes back while positions may only shrink.
    world.later_at(1, 0, 250.0);
    world.close_position(trader, 0).unwrap();
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 3_600).unwrap();
    world.set_backing_target(0, 0).unwrap();
    world.wait(1_000);
    world.send(&at_cache).unwrap();
    assert!(world.market(0).state.ledger.backing.is_zero());
}

#[test]
fn backing_rests_in_the_last_minute_before_a_boundary_that_somebody_waits_for() {
    let mut world = world(1);
    world.set_backing_target(0, 2_500_000 * USDC).unwrap();
    let owner = world.user(1_000 * USDC);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, perp_engine::state::PriceLimit::None).unwrap();
    let boundary = world.boundary();
    for seconds in [59, 1] {
        world.set_time(boundary - seconds);
        assert_refused(world.allocate_backing(0), ExchangeError::BoundaryNear);
    }
    // From the boundary on nothing is placed until it is closed, and pool and market are kept before anything is taken back.
    world.set_time(boundary);
    assert_refused(world.allocate_backing(0), ExchangeError::BoundaryNear);
    world.set_backing_target(0, 1_500_000 * USDC).unwrap();
    world.allocate_backing(0).unwrap();
    let (epoch, kept) = (world.pool().state.epoch, world.market(0).state.at_boundary);
    assert_eq!((epoch.waiting.boundary.get(), kept.boundary.get()), (boundary, boundary));
    assert_eq!((epoch.lower.get(), kept.ledger.backing.get()), (8_000_000 * USDC, 2_000_000 * USDC));
    assert_eq!(world.market(0).state.ledger.backing.get(), 1_500_000 * USDC);
}
