//! What an order costs and when it is refused.

use crate::world;
use perp_engine::operations::position::Order;
use perp_swap::errors::ExchangeError;
use perp_tests::world::order;
use perp_tests::{assert_refused, listing, Backend, World, SOL, USDC};

crate::on_both_backends!(
    an_order_pays_for_age_and_uncertainty,
    impact_is_paid_by_whoever_makes_the_market_one_sided_and_given_to_nobody,
    a_flip_pays_one_fee_split_at_zero_and_all_of_its_impact,
    an_order_that_only_reduces_shrinks_to_the_position,
    a_solvent_owner_can_always_close_whole,
    an_insolvent_account_cannot_close,
    leverage_ends_at_twenty,
);

fn an_order_pays_for_age_and_uncertainty(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(10_000 * USDC);
    // 250 ± 0.25, four seconds old. Spread: 0.25 + 2 · 80 % · √(5 s / year) · 250 = 0.25 + 0.159 375 5; on 10 SOL
    // 4.093 759.05. Impact: 10² / (2 · 20 000 000) · 250 = 0.000 625. Fee: 4 bps of 2 500.
    world.wait(5);
    world.publish_with(0, 250.0, 0.25, world.now - 4);
    world.trade(trader, 0, 10 * SOL).unwrap();
    assert_eq!(world.balance(&trader.margin_account), 9_999_000_000);
    // 9 999 − 4.094 384.05
    assert_eq!(world.equity(&trader.margin_account), 9_994_905_615);
    // Entry: 2 500 + 4.094 384.05, exactly what it was bought for.
    let entry = world.position(&trader.margin_account, 0).entry_notional.get();
    assert_eq!(entry.to_atoms_floor().unwrap().get(), 2_504_094_384);
}

fn impact_is_paid_by_whoever_makes_the_market_one_sided_and_given_to_nobody(backend: Backend) {
    let mut world = world(backend, 1);
    let (first, second) = (world.trader(200_000 * USDC), world.trader(200_000 * USDC));
    // 10 000² / (2 · 20 000 000) = 2.5 SOL = 625 of impact, 712.045 930.41 of spread, 4 bps of 2 500 000 = 1 000.
    world.trade(first, 0, 10_000 * SOL).unwrap();
    assert_eq!(world.equity(&first.margin_account), 200_000_000_000 - 1_000_000_000 - 1_337_045_931);
    // Back to balance: the same spread, half the fee, no impact and no premium.
    world.trade(second, 0, -10_000 * SOL).unwrap();
    assert_eq!(world.equity(&second.margin_account), 200_000_000_000 - 500_000_000 - 712_045_931);
    // All of it is the pool's, but for a tenth of the fees.
    assert_eq!(world.market(0).state.ledger.protocol_fees.get(), 150_000_000);
    assert_eq!(world.market(0).state.ledger.backing.get(), 2_001_350_000_000);
}

fn a_flip_pays_one_fee_split_at_zero_and_all_of_its_impact(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 4_000 * SOL).unwrap();
    world.next_slot();
    // From 4 000 long to 2 000 short. Fee: 2 bps of 1 000 000 + 4 bps of 500 000 = 400. Impact: that of 2 000 short,
    // 2 000² / (2 · 20 000 000) = 0.1 SOL = 25. Realized: 4/6 of what the order fetched, less what the long cost.
    world.trade(trader, 0, -6_000 * SOL).unwrap();
    let position = world.position(&trader.margin_account, 0);
    assert_eq!(position.size.get(), -2_000 * SOL);
    assert_eq!(world.balance(&trader.margin_account), 199_600_000_000 - 400_000_000 - 686_303_411);
    assert_eq!(world.equity(&trader.margin_account), 198_362_954_069);
    let sides = world.market(0).state.ledger.sides;
    assert_eq!(sides.map(|side| side.open_interest.get()), [0, 2_000 * SOL as u64]);
}

fn an_order_that_only_reduces_shrinks_to_the_position(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(1_000 * USDC);
    let only_reduce = |size| Order { reduce_only: true, ..order(size) };
    assert_refused(world.trade_order(trader, 0, &only_reduce(-SOL)), ExchangeError::ReduceOnlyViolated);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.next_slot();
    assert_refused(world.trade_order(trader, 0, &only_reduce(SOL)), ExchangeError::ReduceOnlyViolated);
    // 0.3 · 250 = 75 would be left, less than the minimum of 100.
    assert_refused(world.trade(trader, 0, -4 * SOL + 3 * SOL / 10), ExchangeError::BelowMinimumPosition);
    world.trade(trader, 0, -4 * SOL + 4 * SOL / 10).unwrap();
    world.trade_order(trader, 0, &only_reduce(-9 * SOL)).unwrap();
    assert!(!world.position(&trader.margin_account, 0).is_occupied());
}

fn a_solvent_owner_can_always_close_whole(backend: Backend) {
    let mut world = World::with_market(backend, listing::unmeasured());
    let trader = world.trader(637 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.later_at(10, 0, 234.375);
    // 637 − 4 of fee − 2.858 184 of charge − 625 of loss: 5.141 816 are left on 9 375 of notional.
    assert_eq!(world.equity(&trader.margin_account), 5_141_816);
    // Closing all costs 1.875 + 2.670 173 and leaves the rest, less an atom of funding.
    world.close_position(trader, 0).unwrap();
    assert_eq!(world.balance(&trader.margin_account), 596_643);
    world.withdraw(trader, 596_643).unwrap();

    // With less equity than closing costs, 4.545 172, it costs what there is. Closing half of it at 2.272 586 would
    // leave a smaller part of the equity than of the margin.
    let poor = world.trader(1_000 * USDC);
    world.later_at(10, 0, 250.0);
    world.trade(poor, 0, 40 * SOL).unwrap();
    world.withdraw(poor, 364 * USDC).unwrap();
    world.later_at(10, 0, 234.375);
    assert_eq!(world.equity(&poor.margin_account), 4_141_816);
    assert_refused(world.trade(poor, 0, -20 * SOL), ExchangeError::ReductionWorsensHealth);
    world.close_position(poor, 0).unwrap();
    assert_eq!(world.balance(&poor.margin_account), 0);
    assert!(world.margin_account(&poor.margin_account).state.is_empty());
}

fn an_insolvent_account_cannot_close(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(600 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.later_at(10, 0, 234.375);
    assert_refused(world.close_position(trader, 0), ExchangeError::NegativeEquity);
    assert_refused(world.trade(trader, 0, -SOL), ExchangeError::NegativeEquity);
    // Margin can be added, and then it can.
    world.give(trader.signer, 100 * USDC);
    world.deposit(trader, 100 * USDC).unwrap();
    world.close_position(trader, 0).unwrap();
}

fn leverage_ends_at_twenty(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(100 * USDC);
    // 8 SOL are 2 000: 5 % are the 100 there are, but fee and spread leave less.
    assert_refused(world.trade(trader, 0, 8 * SOL), ExchangeError::InitialMargin);
    // 7.8 SOL: 97.50 of margin; 100 − 0.78 − 0.555 of cost and as much again at an adverse price would be 98.1.
    world.trade(trader, 0, 78 * SOL / 10).unwrap();
    assert_refused(world.withdraw(trader, 2 * USDC), ExchangeError::InitialMargin);
}
