//! Putting liquidity in while the price of one market is in an attacker's hand: what it may cost.

use crate::coalition::collectible;
use crate::common::markets::{test_markets, THIN_PERP};
use crate::common::reference::{losers_owe_too_much, side_profit};
use crate::common::world::{World, MILLION};
use crate::sequences::runner;
use crate::toxic::{act, exchange, isolated_markets, keep, take, Act, Cost};
use perp_engine::fixtures::USDC;
use perp_engine::state::{ClosedEpoch, Market, PriceLimit};
use perp_engine::units::{Side, X40_PER_ATOM};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

const PPM: i128 = 1_000_000;
/// What the entrant puts in, in dollars.
const ENTERS: u64 = 100_000;

/// What the pool is worth once everybody who can be liquidated is and what cannot be paid is written off, in atoms.
fn worth(world: &World) -> i128 {
    let mut world = world.clone();
    keep(&mut world, &mut Cost::default());
    collectible(&world) / X40_PER_ATOM
}

/// How far a price may rise under a limit, in parts per million.
fn part(limit: PriceLimit) -> i128 {
    [i128::MAX >> 64, 10_000, 20_000, 50_000, 100_000][limit.index()]
}

/// What the pool may have been worth less than the upper value: all that the attackers' market was said to be worth, which is what it
/// held and was owed and at most a stress move of what was entered there; elsewhere profits that were not settled when the boundary came.
fn in_doubt(world: &World) -> i128 {
    let of = |market: &Market| {
        let (ledger, price) = (&market.at_boundary.ledger, i128::from(market.price.price.get()));
        if market.index == THIN_PERP {
            let entered = ledger.sides.map(|side| side.entry_notional.get().get() / X40_PER_ATOM + 1);
            let losses = entered.iter().sum::<i128>() * i128::from(market.parameters.stress_move.get()) / PPM + 1;
            return losses + i128::from(ledger.backing.get() + ledger.claims_reserve.get() + ledger.debts.get());
        }
        let won: i128 = Side::BOTH.iter().map(|side| side_profit(ledger, *side, price)).sum();
        (won / X40_PER_ATOM + 1).max(0)
    };
    world.exchange.markets().iter().map(of).sum()
}

#[test]
fn attack_a_toxic_market_at_a_boundary_costs_an_entrant_at_most_his_limit() {
    let counts: Cell<[u32; 4]> = Cell::default();
    let jump = prop_oneof![1 => 100i64..1_000, 1 => 1_000i64..10_000, 4 => 700i64..1_400];
    let limit = proptest::sample::select(&PriceLimit::ALL[..]);
    let acts = || proptest::collection::vec(act(), 0..30);
    runner(400)
        .run(&(acts(), acts(), jump, limit), |(before, after, jump, limit)| {
            let mut world = exchange(&isolated_markets());
            let entrant = world.exchange.add_provider();
            // A share costs an atom at the boundary before.
            let last = world.exchange.pool.last;
            assert_eq!((last.upper.get(), last.shares.get()), (MILLION, MILLION));
            let mut cost = Cost::default();
            for act in &before {
                take(&mut world, act, &mut cost);
            }
            world.request_deposit_within(entrant, ENTERS * USDC, limit).unwrap();
            world.reach_boundary_but(40);
            world.refresh_all();
            for act in after.iter().filter(|act| !matches!(act, Act::Silence { .. })) {
                take(&mut world, act, &mut cost);
            }
            // At the boundary his oracle says what he likes.
            world.reach_boundary_but(1);
            world.refresh_all();
            world.reach_boundary();
            world.move_price(THIN_PERP, (jump - 1_000) * 1_000);
            world.feed_mut(THIN_PERP).confidence = 0;
            world.value_all();
            let closed = world.close_epoch().unwrap().closed;
            world.refresh_all();
            world.pay_all();

            let mut counted = counts.get();
            if closed.issued.is_zero() {
                assert_eq!(world.paid_out(entrant), ENTERS * USDC, "a deposit that buys nothing comes back whole");
                counted[0] += 1;
                counts.set(counted);
                return Ok(());
            }
            let (entered, shares) = (i128::from(ENTERS * USDC) * 9_998 / 10_000, i128::from(world.shares(entrant)));
            check_price(&closed, entered, shares, limit);
            // What he has is what everybody has: his part of what the pool is worth. He has paid too much by what was in doubt, and by no
            // more than his limit where the pool has lost nothing since the boundary before.
            let (all, is) = (i128::from(world.exchange.pool.shares.get()), worth(&world));
            let lost = entered - is * shares / all;
            let has_lost = (i128::from(MILLION) + entered - is).max(0);
            let limited = part(limit) + has_lost * PPM / i128::from(MILLION);
            let bound = entered * limited.min(in_doubt(&world) * PPM / i128::from(closed.upper.get()) + 1) / PPM + 10;
            assert!(lost <= bound, "{lost} of {entered} are lost, at most {bound} may be");
            counted[1] += 1;
            counted[2] += u32::from(closed.upper.get() > closed.lower.get() + 5_000 * USDC);
            counted[3] += u32::from(lost > entered / 200);
            counts.set(counted);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let [returned, entered, apart, lost] = counts.get();
    let enough = returned >= 50 && entered >= 100 && apart >= 30 && lost >= 10;
    assert!(enough, "{returned} returned, {entered} entered, {apart} with values apart, {lost} lost half a percent");
}

/// A share costs at most its price of the boundary before and the limit's part of it.
fn check_price(closed: &ClosedEpoch, entered: i128, shares: i128, limit: PriceLimit) {
    assert!(shares * i128::from(closed.upper.get()) <= entered * i128::from(closed.shares.get()));
    let most = (PPM + part(limit)) * (shares + 1);
    assert!(entered * PPM <= most, "{entered} bought {shares} under {limit:?}");
}

#[test]
fn one_print_of_a_price_sells_no_share_for_more_than_a_stress_move() {
    // An attacker is long 100 000 units at $0.50 and prints a price at the boundary: by −30 %, the stress move, his $15 000 of loss count;
    // by more nothing is sold, whatever anybody would pay for it.
    let world = || {
        let mut world = exchange(&test_markets());
        world.exchange.add_provider();
        world.deposit(0, 50_000 * USDC).unwrap();
        let units = i64::try_from(100_000 * crate::common::markets::THIN).unwrap();
        world.trade(0, THIN_PERP, units).unwrap();
        world.request_deposit(1, ENTERS * USDC).unwrap();
        world.reach_boundary_but(1);
        world.refresh_all();
        world.reach_boundary();
        world
    };
    for (ppm, sold) in [(-290_000, true), (-310_000, false), (-900_000, false), (900_000, true)] {
        let mut world = world();
        world.move_price(THIN_PERP, ppm);
        world.value_all();
        let closed = world.close_epoch().unwrap().closed;
        assert_eq!(!closed.issued.is_zero(), sold, "{ppm} ppm: {closed:?}");
        let price = i128::from(world.market(THIN_PERP).price.price.get()) * (PPM + i128::from(ppm)) / PPM;
        assert_eq!(losers_owe_too_much(world.market(THIN_PERP), price), !sold);
        assert!(closed.upper.get() <= MILLION + 20_000 * USDC, "{closed:?}");
        world.pay_all();
    }
}
