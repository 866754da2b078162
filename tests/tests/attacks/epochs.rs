//! Around a boundary: before it, between it and its close, and against whoever waits for it.

use crate::world;
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as client, TargetMarket};
use perp_engine::state::{ClosedEpoch, PriceLimit, Status};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, listing, World, DAY, SOL, USDC};

const ANY: PriceLimit = PriceLimit::None;

/// A world with a long of 8 000 SOL in the first market and a short of 3 000 in the second, and a withdrawal of a million shares and a
/// deposit of a million tokens for one boundary, which the clock shows. Its readings are 251 and 248.
fn busy() -> (World, Pubkey, i64) {
    let mut world = world();
    let (long, short) = (world.trader(200_000 * USDC), world.trader(200_000 * USDC));
    let (provider, buyer) = (world.provider, world.user(1_000_000 * USDC));
    world.trade(long, 0, 8_000 * SOL).unwrap();
    world.trade(short, 1, -3_000 * SOL).unwrap();
    world.request_liquidity_withdrawal(provider, 1, 1_000_000 * USDC, ANY).unwrap();
    world.wait(DAY - 600);
    world.publish_all_again();
    world.request_liquidity_deposit(buyer, 2, 1_000_000 * USDC, ANY).unwrap();
    let (keeper, boundary) = (world.key(), world.boundary());
    // After a silence positions only shrink for a while; there was none before the boundary.
    world.set_time(boundary - 200);
    while world.now < boundary - 5 {
        world.publish_all_again();
        world.wait(5);
    }
    world.set_time(boundary);
    (world, keeper, boundary)
}

/// Posts a market's reading of the boundary in an account of its own.
fn post(world: &mut World, market: u16, price: f64, boundary: i64) -> TargetMarket {
    let held = world.chain.account(&world.oracle(market));
    world.publish_between(market, price, 0.05, [boundary - 1, boundary]);
    let reading = world.chain.account(&world.oracle(market)).unwrap();
    let address = Pubkey::new_unique();
    world.chain.set_account(&address, reading);
    if let Some(held) = held {
        world.chain.set_account(&world.oracle(market), held);
    }
    TargetMarket::with_oracle(market, address)
}

fn value(world: &mut World, keeper: Pubkey, target: TargetMarket) {
    let value = client::value_market(&world.addresses, keeper, target);
    world.run(&[value]).unwrap();
}

/// The epoch of [`busy`] closed after `between` has happened between the valuations of its two markets.
fn closed(between: impl FnOnce(&mut World, Pubkey)) -> ClosedEpoch {
    let (mut world, keeper, boundary) = busy();
    let readings = [(0, 251.0), (1, 248.0)].map(|(market, price)| post(&mut world, market, price, boundary));
    value(&mut world, keeper, readings[0]);
    between(&mut world, keeper);
    value(&mut world, keeper, readings[1]);
    let record = world.close(keeper).state;
    world.pay_all(keeper);
    record
}

#[test]
fn attack_nothing_done_after_the_boundary_enters_its_value() {
    let plain = closed(|_, _| {});
    assert!(plain.lower < plain.upper);
    let same = |record: ClosedEpoch, what: &str| {
        let (lower, upper, shares) = (record.lower, record.upper, record.shares);
        assert_eq!((lower, upper, shares), (plain.lower, plain.upper, plain.shares), "{what}");
        assert_eq!((record.issued, record.paid), (plain.issued, plain.paid), "{what}");
    };
    // Backing out of the market that is not valued yet into the pool whose cash is, and out of the one that is. None goes in.
    let moved = closed(|world, _| {
        world.publish_all_again();
        for market in [1, 0] {
            world.set_backing_target(market, 0).unwrap();
            world.allocate_backing(market).unwrap();
        }
        world.set_backing_target(0, 3_000_000 * USDC).unwrap();
        assert_refused(world.allocate_backing(0), ExchangeError::BoundaryNear);
    });
    same(moved, "backing moved");
    // Whoever posts first after the boundary, whatever price.
    let jumped = closed(|world, _| {
        world.later_at(1, 1, 300.0);
        world.later_at(1, 0, 200.0);
    });
    same(jumped, "prices");
    // A matched book opened after it, a loss settled after it.
    let traded = closed(|world, _| {
        let pair = [(); 2].map(|()| world.trader(500_000 * USDC));
        world.later_at(2, 1, 255.0);
        for (account, size) in pair.into_iter().zip([5_000, -5_000]) {
            world.trade(account, 1, size * SOL).unwrap();
        }
        world.later_at(2, 1, 262.0);
        for account in pair {
            world.settle_pnl(account.margin_account, 1).unwrap();
        }
    });
    same(traded, "trades");
    // Requests of any size, and an insurance given.
    let asked = closed(|world, _| {
        let late = world.user(9_000_000 * USDC);
        world.request_liquidity_deposit(late, 9, 8_000_000 * USDC, ANY).unwrap();
        world.fund_insurance(late, None, 1_000_000 * USDC).unwrap();
    });
    same(asked, "requests");
    // A market listed after it waits for no valuation.
    let listed = closed(|world, _| world.list(listing::market(2, listing::parameters(), 0)));
    same(listed, "a new market");
    let ended = closed(|world, _| {
        let admin = world.admin;
        world.delist_market(1).unwrap();
        world.set_exchange_status(admin, Status::Paused, 300).unwrap();
    });
    same(ended, "an end announced, a pause");
}

#[test]
fn attack_a_request_is_no_option_on_the_next_price() {
    let mut world = world();
    let trader = world.trader(1_000_000 * USDC);
    world.trade(trader, 0, 20_000 * SOL).unwrap();
    let (early, late, keeper) = (world.user(1_000_000 * USDC), world.user(1_000_000 * USDC), world.admin);
    world.request_liquidity_deposit(early, 1, 1_000_000 * USDC, ANY).unwrap();
    let boundary = world.boundary();
    // In the last ten minutes the long's loss becomes the pool's gain; somebody who sees it coming asks for yesterday's price.
    world.set_time(boundary - 599);
    world.request_liquidity_deposit(late, 1, 1_000_000 * USDC, ANY).unwrap();
    world.later_at(300, 0, 240.0);
    world.settle_pnl(trader.margin_account, 0).unwrap();
    let record = world.serve(keeper).state;
    assert_eq!((record.boundary.get(), record.requests, record.deposited.get()), (boundary, 1, 1_000_000 * USDC));
    // His waits for the next boundary, and pays for what the pool has earned.
    assert_eq!(world.boundary(), boundary + 3_600);
    let record = world.serve(keeper).state;
    assert_eq!(record.requests, 1);
    // 20 000 SOL at $10 are 200 000 of ten millions, 2 % more for a share.
    let shares = world.shares(&late);
    assert!(shares < 982_000 * USDC, "{shares}");
}

#[test]
fn attack_a_request_that_is_not_accepted_changes_nobodys_fill() {
    let served = |refused: u64| {
        let (mut world, keeper, boundary) = busy();
        // Its twin without the flood asks for the least that is taken.
        let provider = world.provider;
        let flood = world.user(refused);
        world.set_time(boundary - 1_000);
        world.request_liquidity_deposit(flood, 7, refused, PriceLimit::OnePercent).unwrap();
        world.request_liquidity_withdrawal(provider, 8, 10 * USDC, ANY).unwrap();
        world.set_time(boundary);
        // The long may owe $20 on 8 000 SOL, 160 000 of ten millions: too dear for a limit of one percent.
        for (market, price) in [(0, 230.0), (1, 250.0)] {
            let reading = post(&mut world, market, price, boundary);
            value(&mut world, keeper, reading);
        }
        let record = world.close(keeper).state;
        world.pay_all(keeper);
        assert_eq!(world.tokens(&flood), refused, "it has its tokens back");
        (record.lower, record.upper, record.deposited, record.issued, record.leaving, record.paid)
    };
    assert_eq!(served(10 * USDC), served(500_000_000 * USDC));
}

#[test]
fn attack_nobody_holds_up_a_boundary_by_keeping_its_readings() {
    let (mut world, keeper, boundary) = busy();
    let reading = post(&mut world, 0, 251.0, boundary);
    value(&mut world, keeper, reading);
    // Of the second market nobody posts one, and its last price grows old.
    assert_refused(world.value_unread(keeper, 1), ExchangeError::NoBoundaryReading);
    world.set_time(boundary + 1_801);
    world.value_unread(keeper, 1).unwrap();
    let record = world.close(keeper).state;
    // 3 000 SOL short at a price of almost a day ago may have lost much: who stays is not diluted by who enters.
    assert!(record.upper > record.lower);
    world.pay_all(keeper);
    assert!(world.open_requests().is_empty());
}

#[test]
fn attack_an_epoch_that_nobody_closes_for_a_week_is_served_at_its_own_value() {
    let (mut world, keeper, boundary) = busy();
    let late = world.user(2_000 * USDC);
    let reading = post(&mut world, 0, 251.0, boundary);
    value(&mut world, keeper, reading);
    // Meanwhile others ask, at places of the queue that the week passes again and again.
    for hour in 0..40 {
        world.wait(4 * 3_600);
        if hour % 10 == 0 {
            world.request_liquidity_deposit(late, 100 + hour, 100 * USDC, ANY).unwrap();
        }
    }
    world.publish_all_again();
    assert_eq!(world.boundary(), boundary);
    world.value_unread(keeper, 1).unwrap();
    let record = world.close(keeper).state;
    assert_eq!((record.boundary.get(), record.requests), (boundary, 2));
    // The four of the week wait together for the next one.
    let next = world.boundary();
    assert!((world.now + 60..world.now + 3_660).contains(&next), "{next} at {}", world.now);
    assert_eq!(world.serve(keeper).state.requests, 4);
    assert!(world.open_requests().is_empty());
}

#[test]
fn attack_many_small_requests_cost_their_makers_and_nobody_else() {
    let mut world = world();
    let (keeper, crowd) = (world.key(), world.user(1_000 * USDC));
    let plain = closing_units(&mut world, 1, keeper, crowd);
    let crowded = closing_units(&mut world, 40, keeper, crowd);
    assert!(crowded <= plain + 100, "{crowded} units instead of {plain}");
}

/// Units that the close of an epoch with so many deposits takes.
fn closing_units(world: &mut World, requests: u64, keeper: Pubkey, owner: Pubkey) -> u64 {
    let lamports = |world: &mut World| world.chain.account(&keeper).unwrap().lamports;
    for nonce in 0..requests {
        world.request_liquidity_deposit(owner, nonce, 10 * USDC, ANY).unwrap();
    }
    world.to_boundary();
    world.value_all(keeper);
    let units = world.close_epoch(keeper).unwrap().compute_units;
    let before = lamports(world);
    world.pay_all(keeper);
    assert_eq!(lamports(world), before + requests * 10_000);
    units
}

#[test]
fn attack_a_matched_book_takes_nothing_out_at_a_boundary() {
    let mut world = world();
    let (attacker, keeper) = (world.user(2_000_000 * USDC), world.admin);
    world.add_liquidity(attacker, 1_000_000 * USDC);
    world.publish_all_again();
    let before = world.tokens(&attacker);
    let pair = [0, 1].map(|number| world.account(attacker, number, None));
    for (account, size) in pair.into_iter().zip([10_000, -10_000]) {
        world.deposit(account, 400_000 * USDC).unwrap();
        world.trade(account, 0, size * SOL).unwrap();
    }
    let shares = world.shares(&attacker);
    world.request_liquidity_withdrawal(attacker, 50, shares, ANY).unwrap();
    let boundary = world.boundary();
    world.set_time(boundary);
    // The price jumps by a tenth: one of them owes the other a quarter of a million, which is no gain of the pool.
    for (market, price) in [(0, 275.0), (1, 250.0)] {
        let reading = post(&mut world, market, price, boundary);
        value(&mut world, keeper, reading);
    }
    world.close(keeper);
    world.pay_all(keeper);
    world.later_at(1, 0, 275.0);
    for account in [pair[1], pair[0]] {
        world.close_position(account, 0).unwrap();
    }
    let after = world.wealth(&[attacker]);
    assert!(after < i64::try_from(before + 1_000_000 * USDC).unwrap(), "{after}");
}

#[test]
fn attack_a_market_that_ends_in_mid_epoch_is_valued_as_it_stood() {
    let (mut world, keeper, boundary) = busy();
    // Delisted a while ago and settled after the boundary: at the boundary it had not ended.
    world.set_time(boundary - 2 * DAY - 3_600 + 10);
    world.delist_market(1).unwrap();
    world.set_time(boundary + 20);
    world.begin_settlement(1).unwrap();
    let readings = [(0, 251.0), (1, 248.0)].map(|(market, price)| post(&mut world, market, price, boundary));
    for reading in readings {
        value(&mut world, keeper, reading);
    }
    let record = world.close(keeper).state;
    assert!(record.lower < record.upper);
    world.pay_all(keeper);
}
