//! Markets whose oracle dies, or is said to have died, and what can be made of their end.

use crate::{gains_nothing, world};
use perp_client::instructions::{self as client, TargetMarket};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, DAY, SOL, USDC};

/// A price like the start's within a hundredth, in 2^-40 atoms per base unit.
fn is_about_the_start(price: u64) -> bool {
    let start = 1u64 << 38;
    price.abs_diff(start) < start / 100
}

#[test]
fn attack_the_last_print_before_the_end_does_not_choose_the_final_price() {
    for wrong in [375.0, 125.0] {
        let mut world = world();
        let trader = world.trader(10_000 * USDC);
        world.trade(trader, 0, SOL).unwrap();
        for _ in 0..30 {
            world.later_at(60, 0, 250.0);
        }
        // The last price that anybody gets is wrong by half, and stays the valid one.
        world.later_at(1, 0, wrong);
        world.wait(16);
        world.report_oracle_outage(0).unwrap();
        world.wait(2 * DAY);
        world.begin_settlement(0).unwrap();
        let price = world.market(0).state.settlement.price.get();
        assert!(is_about_the_start(price), "{price}");
    }
}

#[test]
fn attack_ending_a_market_that_lives_closes_nobody() {
    let mut world = world();
    let (winner, loser) = (world.trader(10_000 * USDC), world.trader(10_000 * USDC));
    world.trade(winner, 0, 100 * SOL).unwrap();
    world.trade(loser, 0, -100 * SOL).unwrap();
    // The feed says 300 from the next second on. Nobody posts it; the loser reports an outage and has the market end at 250.
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    let reported = world.now;
    world.wait(2 * DAY);
    gains_nothing(&mut world, &[loser.signer], |world| {
        world.begin_settlement(0).unwrap();
        let stranger = world.trader(0);
        for account in [winner, loser] {
            let done = world.liquidate(stranger, account.margin_account, 0);
            assert_refused(done, ExchangeError::SettlementNotice);
        }
        // Within the day the winner comes with a reading of the time.
        world.wait(DAY - 1);
        world.publish_with(0, 300.0, 0.0, reported + 3_600);
        world.update_price(0).unwrap();
    });
    assert!(!world.market(0).state.settlement.has_begun());
    world.wait(1);
    world.publish(0, 300.0);
    world.close_position(winner, 0).unwrap();
    // 100 · 50, less 29 of fees and of the opening's spread, and a spread of half a percent of 30 000 after such a jump.
    let balance = world.balance(&winner.margin_account);
    assert!((14_800 * USDC..14_850 * USDC).contains(&balance), "{balance}");
}

#[test]
fn attack_old_readings_keep_no_market_from_being_held_for_dead() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 1, 4 * SOL).unwrap();
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    let reported = world.now;
    // Every minute somebody hands in a reading of sixteen seconds before: the newest price, and fresh for nobody.
    for _ in 0..5 {
        world.wait(60);
        world.publish_with(1, 250.0, 0.0, world.now - 16);
        world.update_price(1).unwrap();
        assert_eq!(world.market(1).state.price.published.get(), world.now - 16);
        assert_eq!(world.market(1).state.price.outage_since.get(), reported);
    }
    // The market is dead, and does not wait to end.
    world.wait(2 * DAY);
    world.begin_settlement(1).unwrap();
}

#[test]
fn attack_a_long_and_a_short_take_nothing_out_of_a_dead_market() {
    let mut world = world();
    let accounts = [world.trader(5_000 * USDC), world.trader(5_000 * USDC)];
    for (account, size) in accounts.into_iter().zip([200, -200]) {
        world.trade(account, 1, size * SOL).unwrap();
    }
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    world.wait(300);
    // Either may have won 200 · 37.50 = 7 500, and one of them has lost it. Whatever both settle and withdraw, it is theirs.
    gains_nothing(&mut world, &accounts.map(|account| account.signer), |world| {
        let before = accounts.map(|account| world.balance(&account.margin_account));
        for account in accounts {
            let at_cache = TargetMarket::at_cached_price(1);
            let settle = client::settle_pnl(&world.addresses, account.margin_account, at_cache, None);
            world.run(&[settle]).unwrap();
            assert_refused(world.withdraw(account, USDC), ExchangeError::InitialMargin);
        }
        let after = accounts.map(|account| world.balance(&account.margin_account));
        // But for funding no cash has moved.
        assert!(after.into_iter().zip(before).all(|(after, before)| after <= before && before - after < USDC));
    });
}

#[test]
fn attack_a_position_in_a_dead_market_keeps_no_insurance_from_paying_and_what_it_brings() {
    let mut world = world();
    let (debtor, stranger, donor) = (world.trader(800 * USDC), world.trader(0), world.user(5_000 * USDC));
    let address = debtor.margin_account;
    world.fund_insurance(donor, Some(0), 5_000 * USDC).unwrap();
    world.trade(debtor, 0, 40 * SOL).unwrap();
    // 0.6 SOL at 250 in a market that stands at 275 for three hours before its feed dies.
    world.trade(debtor, 1, 6 * SOL / 10).unwrap();
    for _ in 0..180 {
        world.later_at(60, 1, 275.0);
    }
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    world.wait(300);
    // In the other one 40 · 31.25 = 1 250 are lost of less than 800.
    world.publish(0, 218.75);
    world.liquidate(stranger, address, 0).unwrap();
    let debt = world.position(&address, 0).debt.get();
    assert!((450 * USDC..480 * USDC).contains(&debt), "{debt}");
    // At 15 % more than its last price the dead position may come to 0.6 · 66.25 = 39.75, less what it cost and owes: that does not
    // pay the debt, so the insurance does, and is owed so much.
    let insurance = world.market(0).state.ledger.insurance.get();
    world.resolve_bankruptcy(address, 0).unwrap();
    assert_eq!(world.market(0).state.ledger.insurance.get(), insurance - debt);
    let owed = world.position(&address, 0).recoverable.get();
    assert!((39_600_000..39_750_000).contains(&owed), "{owed}");
    assert!(world.position(&address, 0).debt.is_zero());
    // Three days later it is closed at 275 and has brought 15. Its owner takes nothing of that.
    world.wait(2 * DAY);
    world.begin_settlement(1).unwrap();
    world.wait(DAY);
    world.liquidate(stranger, address, 1).unwrap();
    let brought = world.balance(&address);
    assert!((14_800_000..15_000_000).contains(&brought), "{brought}");
    gains_nothing(&mut world, &[debtor.signer], |world| {
        assert_refused(world.withdraw(debtor, 1), ExchangeError::DebtOutstanding);
        world.settle_funding(address, 0).unwrap();
        assert_eq!(world.balance(&address), 0);
    });
    assert_eq!(world.market(0).state.ledger.insurance.get(), insurance - debt + brought);
}
