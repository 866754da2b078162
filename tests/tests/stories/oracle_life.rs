//! A market's price through its life: first come, outages, prices too wide, real accounts.

use crate::in_memory::follow;
use crate::world;
use anchor_lang::prelude::{pubkey, Pubkey};
use perp_accounts::oracle::{OracleKind, CORE_RECEIVER, LEGACY_MAINNET};
use perp_client::instructions::{self as client, NewMarket, OracleSource};
use perp_engine::state::PriceCache;
use perp_engine::units::Timestamp;
use perp_oracle::write::{legacy_account, SOL_USD, USDC_USD};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, listing, tokens, Backend, World, SOL, USDC};

crate::on_both_backends!(
    the_first_price_of_a_time_wins,
    a_mainnet_update_of_sol_is_taken_in_to_the_last_bit,
    a_mainnet_legacy_account_of_usdc_is_taken_in_and_followed,
    a_leg_that_nobody_updated_stops_nobody_and_counts_at_its_worse_end,
    a_dead_oracle_leaves_a_range_and_a_price_ends_it,
);

const SOL_USD_ADDRESS: Pubkey = pubkey!("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
const USDC_USD_ADDRESS: Pubkey = pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");

fn the_first_price_of_a_time_wins(backend: Backend) {
    let mut world = world(backend, 1);
    world.later_at(1, 0, 256.0);
    let first = world.market(0).state.price;
    // Again, another of the same time, an older one: no error, no change.
    for (price, age) in [(256.0, 0), (255.0, 0), (258.0, 1), (1.0, 600)] {
        let time = world.now - age;
        world.publish_with(0, price, 0.0, time);
        world.update_price(0).unwrap();
        assert_eq!(world.market(0).state.price, first);
    }
    // Up to ten seconds ahead of the clock.
    world.publish_with(0, 257.0, 0.0, world.now + 10);
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.price.published.get(), world.now + 10);
    // Further ahead it is no price, but says that the clock lags.
    let first = world.market(0).state.price;
    world.publish_with(0, 258.0, 0.0, world.now + 11);
    world.update_price(0).unwrap();
    let until = Timestamp::new(world.now + 60);
    assert_eq!(world.market(0).state.price, PriceCache { clock_distrusted_until: until, ..first });
}

/// An exchange at the time of a real price, with one market bound to its feed.
fn world_at(backend: Backend, time: i64, base_decimals: u8, oracle: OracleSource) -> World {
    let mut world = World::before_creation(backend);
    follow(&mut world);
    world.set_time(time);
    world.create_exchange().unwrap();
    let market = listing::market(0, listing::parameters(), 0);
    world.create_market(NewMarket { base_decimals, oracle, ..market }).unwrap();
    world
}

fn a_mainnet_update_of_sol_is_taken_in_to_the_last_bit(backend: Backend) {
    let feed_id = SOL_USD[41..73].try_into().unwrap();
    let oracle = OracleSource { kind: OracleKind::Pull, program: CORE_RECEIVER, account: Pubkey::default(), feed_id };
    let mut world = world_at(backend, 1_720_533_482, 9, oracle);
    world.chain.set_account(&SOL_USD_ADDRESS, tokens::account(&CORE_RECEIVER, SOL_USD.to_vec()));
    let update = client::update_prices(&world.addresses, [(0, SOL_USD_ADDRESS)]);
    world.run(&[update]).unwrap();
    let price = world.market(0).state.price;
    // 140.615937 · 10^6 / 10^9 · 2^40 = 14 061 593 700 · 2^40 / 10^11, down; ± 0.13793699, up.
    assert_eq!(price.price.get(), 154_608_857_782);
    assert_eq!(price.confidence.get(), 151_663_325);
    assert_eq!(price.published.get(), 1_720_533_480);
}

fn a_mainnet_legacy_account_of_usdc_is_taken_in_and_followed(backend: Backend) {
    let oracle = OracleSource {
        kind: OracleKind::LegacyPush,
        program: LEGACY_MAINNET,
        account: USDC_USD_ADDRESS,
        feed_id: [0; 32],
    };
    let mut world = world_at(backend, 1_701_981_043, 6, oracle);
    world.chain.set_account(&USDC_USD_ADDRESS, tokens::account(&LEGACY_MAINNET, USDC_USD.to_vec()));
    let update = client::update_prices(&world.addresses, [(0, USDC_USD_ADDRESS)]);
    world.send(&update).unwrap();
    let price = world.market(0).state.price;
    // 1.0000075 · 2^40, down; ± 0.00024249 · 2^40, up.
    assert_eq!((price.price.get(), price.confidence.get()), (1_099_519_874_113, 266_620_575));
    assert_eq!(price.published.get(), 1_701_981_042);

    world.wait(8);
    let next = legacy_account(USDC_USD, 99_990_000, 30_000, -8, world.now, 234_590_500).unwrap();
    world.chain.set_account(&USDC_USD_ADDRESS, tokens::account(&LEGACY_MAINNET, next));
    world.run(&[update]).unwrap();
    assert_eq!(world.market(0).state.price.price.get(), 1_099_401_676_613);
    // The same bytes at another address are not this market's oracle.
    let elsewhere = Pubkey::new_from_array([7; 32]);
    world.chain.set_account(&elsewhere, tokens::account(&LEGACY_MAINNET, USDC_USD.to_vec()));
    let update = client::update_prices(&world.addresses, [(0, elsewhere)]);
    assert_refused(world.run(&[update]), ExchangeError::OracleWrongAddress);
}

fn a_leg_that_nobody_updated_stops_nobody_and_counts_at_its_worse_end(backend: Backend) {
    let mut world = world(backend, 2);
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, 10 * SOL).unwrap();
    world.trade(trader, 1, 10 * SOL).unwrap();
    // A day later the other leg, of 2 500, may have lost 15 %, 375, and needs 5 % of 2 875 if it has won it, 143.75; the present
    // one needs 137.50 with a SOL more. Of 998 there are 340 left, less some of costs.
    world.wait(86_400);
    world.publish(0, 250.0);
    world.trade(trader, 0, SOL).unwrap();
    assert_refused(world.withdraw(trader, 345 * USDC), ExchangeError::InitialMargin);
    world.withdraw(trader, 330 * USDC).unwrap();
    assert_refused(world.trade(trader, 0, 2 * SOL), ExchangeError::InitialMargin);
    // Closing asks only that it gets no worse.
    world.next_slot();
    world.close_position(trader, 0).unwrap();
    world.publish(1, 250.0);
    world.update_price(1).unwrap();
    world.withdraw(trader, 480 * USDC).unwrap();
}

fn a_dead_oracle_leaves_a_range_and_a_price_ends_it(backend: Backend) {
    let mut world = world(backend, 2);
    let trader = world.trader(2_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.trade(trader, 1, 20 * SOL).unwrap();
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    for seconds in [299, 1] {
        // Dead or merely old, the other leg of 5 000 may have lost 15 %, 750, and needs 287.50; this one 500.
        world.wait(seconds);
        world.publish(0, 250.0);
        world.trade(trader, 0, SOL).unwrap();
        world.next_slot();
        world.trade(trader, 0, -SOL).unwrap();
        assert_refused(world.trade(trader, 0, 40 * SOL), ExchangeError::InitialMargin);
        // At its own price nobody trades.
        assert_refused(world.trade(trader, 1, -SOL), ExchangeError::PriceStale);
    }
    // What the dead leg may have lost and its margin stay, and everything else is free.
    world.close_position(trader, 0).unwrap();
    let all = world.balance(&trader.margin_account);
    assert_refused(world.withdraw(trader, all - 1_035 * USDC), ExchangeError::InitialMargin);
    world.withdraw(trader, all - 1_042 * USDC).unwrap();
    world.publish(1, 250.0);
    world.close_position(trader, 1).unwrap();
    let all = world.balance(&trader.margin_account);
    world.withdraw(trader, all).unwrap();
}
