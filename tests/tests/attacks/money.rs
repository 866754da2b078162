//! Money out of nothing: rounding, donations, round trips, profit that is not there yet.

use crate::{gains_nothing, with_account, world};
use perp_client::instructions as client;
use perp_engine::operations::position::Order;
use perp_engine::units::{Atoms, Price};
use perp_swap::errors::ExchangeError;
use perp_tests::world::{order, SET_APART};
use perp_tests::{assert_refused, TokenError, SOL, USDC};

#[test]
fn attack_deposits_and_withdrawals_round_nothing_up() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    gains_nothing(&mut world, &[trader.signer], |world| {
        for amount in [1, 3, 7, 333_333, 999_999] {
            world.withdraw(trader, amount).unwrap();
            world.deposit(trader, amount).unwrap();
        }
    });
    assert_eq!(world.balance(&trader.margin_account), 1_000 * USDC);
}

#[test]
fn attack_more_than_the_balance_is_not_withdrawn() {
    let mut world = world();
    world.trader(1_000 * USDC);
    let attacker = world.trader(10 * USDC);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        for amount in [10 * USDC + 1, 1_000 * USDC, 1 << 62, u64::MAX] {
            assert_refused(world.withdraw(attacker, amount), ExchangeError::InsufficientBalance);
        }
        assert_refused(world.withdraw(attacker, 0), ExchangeError::AmountZero);
        // Twice in one transaction: the second finds the first.
        let all = world.withdrawal(attacker, 10 * USDC);
        assert_refused(world.run(&[all.clone(), all]), ExchangeError::InsufficientBalance);
    });
}

#[test]
fn attack_more_than_the_wallet_holds_is_not_deposited() {
    let mut world = world();
    let attacker = world.trader(0);
    world.give(attacker.signer, 0);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        assert_refused(world.deposit(attacker, 1), TokenError::InsufficientFunds);
        assert_refused(world.deposit(attacker, 1 << 62), TokenError::InsufficientFunds);
        assert_refused(world.deposit(attacker, u64::MAX), ExchangeError::Overflow);
        assert_refused(world.deposit(attacker, 0), ExchangeError::AmountZero);
    });
}

#[test]
fn attack_opening_and_closing_in_small_pieces_costs_at_least_as_much_as_at_once() {
    let whole = |pieces: i64| {
        let mut world = world();
        let trader = world.trader(10_000 * USDC);
        let before = world.wealth(&[trader.signer]);
        for _ in 0..pieces {
            world.trade(trader, 0, 10 * SOL / pieces).unwrap();
        }
        world.next_slot();
        for _ in 0..pieces {
            world.trade(trader, 0, -10 * SOL / pieces).unwrap();
        }
        before - world.wealth(&[trader.signer])
    };
    let (once, split) = (whole(1), whole(10));
    // 2 500 · (4 + 2 bps + 2 · 2.848 bps) = 1.5 + 1.424, and some impact.
    assert!(once > 2_924_000, "{once}");
    assert!(split >= once, "{split} against {once}");
}

#[test]
fn attack_tokens_sent_to_the_vault_belong_to_nobody() {
    let mut world = world();
    let attacker = world.trader(10 * USDC);
    world.give(attacker.signer, 500 * USDC);
    let shares = world.pool().state;
    gains_nothing(&mut world, &[attacker.signer], |world| {
        world.donate(attacker.signer, 500 * USDC);
        assert_refused(world.withdraw(attacker, 10 * USDC + 1), ExchangeError::InsufficientBalance);
    });
    assert_eq!(world.pool().state, shares, "the pool is worth what it was");
    // 10 000 000 of the pool, what is set apart of their deposit, 10 of the account, 500 of nobody.
    assert_eq!(world.vault(), 10_000_510 * USDC + SET_APART);
}

#[test]
fn attack_profit_that_is_not_settled_is_not_withdrawn() {
    let mut world = world();
    let attacker = world.trader(1_000 * USDC);
    world.trade(attacker, 0, 40 * SOL).unwrap();
    // 40 · (281.25 − 250) = 1 250 of profit on paper.
    world.later_at(60, 0, 281.25);
    assert!(world.equity(&attacker.margin_account) > 2_240 * USDC as i64);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        // Initial margin is 40 · 281.25 · 5 % = 562.50; the balance a little less than 1 000.
        assert_refused(world.withdraw(attacker, 600 * USDC), ExchangeError::InitialMargin);
        assert_refused(world.withdraw(attacker, 1_100 * USDC), ExchangeError::InsufficientBalance);
        // It opens nothing elsewhere either: 5 % of 40 · 250 are 500 more.
        world.publish_all_again();
        assert_refused(world.trade(attacker, 1, 40 * SOL), ExchangeError::InitialMargin);
    });
}

#[test]
fn attack_a_losing_twin_does_not_let_the_winning_one_out_with_more() {
    let mut world = world();
    let winner = world.trader(600 * USDC);
    let loser = world.trader(600 * USDC);
    let both = [winner.signer, loser.signer];
    gains_nothing(&mut world, &both, |world| {
        world.trade(winner, 0, 40 * SOL).unwrap();
        world.trade(loser, 0, -40 * SOL).unwrap();
        world.later_at(60, 0, 257.8125);
        // What one gains the other loses, and both have paid for it.
        world.settle_pnl(winner.margin_account, 0).unwrap();
        world.settle_pnl(loser.margin_account, 0).unwrap();
        world.close_position(winner, 0).unwrap();
        let all = world.balance(&winner.margin_account);
        world.withdraw(winner, all).unwrap();
        world.close_position(loser, 0).unwrap();
        let all = world.balance(&loser.margin_account);
        world.withdraw(loser, all).unwrap();
    });
}

#[test]
fn attack_settling_over_and_over_changes_no_equity() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let counter = world.trader(1_000 * USDC);
    world.trade(trader, 0, 13 * SOL + 7).unwrap();
    world.trade(counter, 0, -9 * SOL - 3).unwrap();
    for (step, price) in [251.37, 249.11, 250.03, 247.77, 252.91].into_iter().enumerate() {
        world.later_at(700, 0, price);
        world.update_funding(0).unwrap();
        let both = [trader.signer, counter.signer];
        gains_nothing(&mut world, &both, |world| {
            let before = [trader, counter].map(|actor| world.equity(&actor.margin_account));
            for _ in 0..3 {
                for actor in [trader, counter] {
                    world.settle_pnl(actor.margin_account, 0).unwrap();
                    world.settle_funding(actor.margin_account, 0).unwrap();
                }
            }
            let after = [trader, counter].map(|actor| world.equity(&actor.margin_account));
            for (before, after) in before.into_iter().zip(after) {
                // Rounding takes less than an atom when funding is target, and nothing after it.
                assert!((before - 1..=before).contains(&after), "step {step}: {before} to {after}");
            }
        });
    }
}

#[test]
fn attack_increasing_and_reducing_within_a_slot_is_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    gains_nothing(&mut world, &[trader.signer], |world| {
        world.trade(trader, 0, 10 * SOL).unwrap();
        // A better price is published in the same slot, a second ahead of the clock.
        world.publish_with(0, 257.8125, 0.0, world.now + 1);
    });
    assert_refused(world.trade(trader, 0, -10 * SOL), ExchangeError::SameSlotReduction);
    assert_refused(world.trade(trader, 0, -20 * SOL), ExchangeError::SameSlotReduction);
    world.next_slot();
    world.trade(trader, 0, -10 * SOL).unwrap();
}

#[test]
fn attack_an_account_without_money_opens_nothing_and_is_told_why() {
    let mut world = world();
    let penniless = world.trader(0);
    gains_nothing(&mut world, &[penniless.signer], |world| {
        // The order's own fee is a debt, but none that could be paid and forgotten: margin is missing.
        for size in [SOL, -SOL, 4 * SOL / 10, 1_000 * SOL] {
            assert_refused(world.trade(penniless, 0, size), ExchangeError::InitialMargin);
        }
    });
    // A cent does not change that, and 12.50 and the costs of opening do: 5 % of 250, and as much as the fill and the
    // spread take twice.
    for (cents, opens) in [(1, false), (1_250, false), (1_300, true)] {
        let trader = world.trader(cents * USDC / 100);
        let done = world.trade(trader, 0, SOL);
        if opens {
            done.unwrap();
        } else {
            assert_refused(done, ExchangeError::InitialMargin);
        }
    }
}

#[test]
fn attack_the_bound_of_an_order_is_kept() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let index = world.market(0).state.price.price;
    let at_index = Order { acceptable_price: index, ..order(10 * SOL) };
    // A fill is never at the index itself: spread and impact come on top.
    assert_refused(world.trade_order(trader, 0, &at_index), ExchangeError::PriceBoundExceeded);
    // Somebody moves the price by 1 % before a buyer who accepts 0.1 %.
    let accepted = Price::new(index.get() / 1_000 * 1_001);
    let bounded = Order { acceptable_price: accepted, ..order(10 * SOL) };
    world.wait(2);
    world.publish(0, 252.5);
    assert_refused(world.trade_order(trader, 0, &bounded), ExchangeError::PriceBoundExceeded);
    assert_eq!(world.balance(&trader.margin_account), 1_000 * USDC);
}

#[test]
fn attack_a_frozen_token_account_blocks_only_its_owner() {
    let mut world = world();
    let frozen = world.trader(1_000 * USDC);
    let other = world.trader(1_000 * USDC);
    let at = world.addresses;
    let wallet = at.tokens_of(&frozen.signer);
    perp_tests::tokens::set_frozen(&mut *world.chain, &wallet, true);
    assert_refused(world.withdraw(frozen, USDC), TokenError::AccountFrozen);
    world.withdraw(other, USDC).unwrap();
    // The owner takes the money to another token account.
    let elsewhere = world.withdrawal(frozen, USDC);
    let elsewhere = with_account(elsewhere, wallet, at.tokens_of(&other.signer));
    world.run(&[elsewhere]).unwrap();
    assert_eq!(world.tokens(&other.signer), 2 * USDC);
}

#[test]
fn attack_fees_of_the_protocol_are_all_the_admin_can_take() {
    let mut world = world();
    let trader = world.trader(10_000 * USDC);
    let admin = world.admin;
    world.give(admin, 0);
    assert_refused(world.withdraw_protocol_fees(0), ExchangeError::NoProtocolFees);
    world.trade(trader, 0, 40 * SOL).unwrap();
    // 40 · 250 · 4 bps = 4, a tenth of it for the protocol.
    world.withdraw_protocol_fees(0).unwrap();
    assert_eq!(world.tokens(&admin), 400_000);
    assert_refused(world.withdraw_protocol_fees(0), ExchangeError::NoProtocolFees);
    let state = world.margin_account(&trader.margin_account).state;
    let as_admin = client::Authority { signer: admin, ..trader };
    let theft = client::withdraw(&world.addresses, as_admin, &state, world.addresses.tokens_of(&admin), Atoms::new(1));
    assert_refused(world.run(&[theft]), ExchangeError::NotTheOwner);
}
