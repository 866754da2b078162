//! What liquidations make of a hedge, against accounts of one position each.

use super::acting::atoms;
use super::stage::{plain, Held, Stage};
use crate::sequences::runner;
use perp_engine::fixtures::{usdc, PRICE, SOL};
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Ppm};
use perp_engine::EngineError;
use proptest::prelude::any;
use proptest::test_runner::TestCaseError;

const MANY: u64 = 1_000_000;

/// A long of so many thousandths of a SOL in market 0 and a short in market 1, entered at the price.
fn pair(long: i64, short: i64) -> [Held; 2] {
    [Held { market: 0, size: long, entry: 1_000_000 }, Held { market: 1, size: -short, entry: 1_000_000 }]
}

fn stage() -> Stage {
    Stage::of(&[(plain(), MANY), (plain(), MANY)])
}

#[test]
fn both_sides_of_a_hedge_are_closed_in_proportion_one_after_the_other() {
    // 100 SOL on either side, $937.50 each: $843.75 are asked, and $800 are there. 1.25 · 843.75 − 800 = $254.6875 are missing; a
    // dollar closed on both sides brings ⌈4.6875 % · 0.9⌉ − 2 % = 2.2188 cents: $11 478.61 on either, 45.914459 SOL.
    let mut stage = stage();
    let account = stage.holding(800_000_000, &pair(100_000, 100_000));
    assert_eq!(stage.health(account).maintenance.margin, Atoms::new(843_750_000));
    let first = stage.liquidate(account, 0, u64::MAX).unwrap();
    assert_eq!(first.closed.get() / 1_000, 45_914_458);
    // Now the shorts ask 937.50 − 10 % of 507.04: more than before, and it is their turn.
    assert!(matches!(stage.liquidate(account, 0, u64::MAX), Err(EngineError::SmallerSideOfGroup { .. })));
    let second = stage.liquidate(account, 1, u64::MAX).unwrap();
    assert!(second.closed.get().abs_diff(first.closed.get()) < 2_000_000, "{:?} and {:?}", first.closed, second.closed);
    let health = stage.health(account).maintenance;
    let buffered = i128::from(health.margin.get()) * 5 / 4;
    // No more than the rounding of two fractions to whole parts per million.
    assert!((i128::from(health.equity.get()) - buffered).abs() < 200_000, "{health:?}");
}

#[test]
fn what_one_side_has_in_excess_is_closed_first_and_the_hedge_stays() {
    // 100 SOL long, 40 short: 937.50 − 10 % of 375 = $900 are asked, and $890 are there. 1.25 · 900 − 890 = $235 by 1.25 · 3.75 % − 1 %
    // are $6 372.88 of the long, less than its excess of $15 000.
    let mut stage = stage();
    let account = stage.holding(890_000_000, &pair(100_000, 40_000));
    assert_eq!(stage.health(account).maintenance.margin, usdc(900));
    assert!(matches!(stage.liquidate(account, 1, u64::MAX), Err(EngineError::SmallerSideOfGroup { .. })));
    let plan = stage.liquidate(account, 0, u64::MAX).unwrap();
    assert_eq!(atoms(plan.notional) / 10_000, 637_288);
    assert!(matches!(stage.liquidate(account, 0, u64::MAX), Err(EngineError::NotLiquidatable { .. })));
    assert_eq!(stage.size(account, 1).get(), -40 * SOL as i64);
}

#[test]
fn a_pair_without_equity_is_closed_whole_in_any_order() {
    for first in [0, 1] {
        let mut stage = stage();
        let account = stage.holding(0, &pair(100_000, 40_000));
        for market in [first, 1 - first] {
            let plan = stage.liquidate(account, market, u64::MAX).unwrap();
            assert!(plan.ledger.position.size.is_zero() && plan.penalty.charged.is_zero());
        }
    }
}

#[test]
fn a_side_whose_price_can_no_longer_be_told_keeps_no_loss_on_the_other_from_being_closed() {
    // 100 SOL bought for $30 000, of which no more is told, and 40 sold for $10 000. The long counts at $287.50: $1250 are lost and
    // $1078.125 asked of it, less 10 % of the short's $375; $700 are there.
    let mut stage = stage();
    let [long, short] = pair(100_000, 40_000);
    let account = stage.holding(1_950_000_000, &[Held { entry: 1_200_000, ..long }, short]);
    stage.exchange.wait(16, 32).unwrap();
    stage.exchange.report_oracle_outage(0).unwrap();
    stage.publish(1, PRICE);
    assert_eq!(stage.health(account).maintenance.margin.get() / 1_000, 1_040_625);
    assert!(matches!(stage.liquidate(account, 1, u64::MAX), Err(EngineError::SmallerSideOfGroup { .. })));
    // Five minutes later the long's oracle is dead; its market's price may never be told again.
    stage.exchange.wait(300, 600).unwrap();
    stage.publish(1, PRICE);
    assert!(!stage.liquidate(account, 1, u64::MAX).unwrap().closed.is_zero());
}

/// An account, and what whoever liquidates chose.
#[derive(Clone, Debug)]
struct Case {
    sizes: [i64; 2],
    /// Equity as a part of what is asked, in ppm.
    equity: u64,
    backing: [u64; 2],
    /// At what the positions were entered, in ppm of the price.
    entries: [u64; 2],
    credit: u32,
    /// Which position, and how much of it at most, in ppm.
    calls: Vec<(bool, u64)>,
}

/// Liquidates by these calls, and then until nobody may any more. Returns what is left of the positions.
fn liquidated(stage: &mut Stage, accounts: [usize; 2], calls: &[(bool, u64)]) -> [u64; 2] {
    let left =
        |stage: &Stage| [0u16, 1].map(|market| stage.size(accounts[usize::from(market)], market).get().unsigned_abs());
    for (second, part) in calls {
        let market = u16::from(*second);
        let held = left(stage)[usize::from(market)];
        let most = u64::try_from(u128::from(held) * u128::from(*part) / 1_000_000).unwrap();
        let _ = stage.liquidate(accounts[usize::from(market)], market, most.max(1));
    }
    for _ in 0..6 {
        for market in [0, 1] {
            let _ = stage.liquidate(accounts[usize::from(market)], market, u64::MAX);
        }
    }
    left(stage)
}

/// Equity that markets can pay, in atoms.
fn equity(stage: &Stage, account: usize) -> i128 {
    i128::from(stage.health(account).maintenance.equity.get())
}

/// A hedge whose equity covers the penalties of closing all of it keeps at least what accounts of one position each keep, between which
/// its equity is divided as what they require is; and no more of both positions is closed.
fn check(case: &Case) -> Result<bool, TestCaseError> {
    let parameters = Parameters { group_credit: Ppm::new(case.credit), group_divergence: Ppm::new(18_000), ..plain() };
    let markets = case.backing.map(|backing| (parameters, backing));
    let held = |place: usize| {
        let size = if place == 0 { case.sizes[0] } else { -case.sizes[1] };
        Held { market: place as u16, size, entry: case.entries[place] }
    };
    // What each asks alone, and what it is worth with no balance.
    let mut empty = Stage::of(&markets);
    let alone = [0, 1].map(|place| empty.holding(0, &[held(place)]));
    let both = empty.holding(0, &[held(0), held(1)]);
    let required = alone.map(|account| empty.health(account).maintenance.margin.get());
    let worth = alone.map(|account| equity(&empty, account));
    let asked = empty.health(both).maintenance.margin.get();
    let has = u128::from(asked) * u128::from(case.equity) / 1_000_000;
    let sum = u128::from(required[0]) + u128::from(required[1]);
    // The penalty is 1 % of $250 a SOL.
    let penalties = u128::from((case.sizes[0] + case.sizes[1]).unsigned_abs()) * 2_500;
    if sum == 0 || has < penalties {
        return Ok(false);
    }
    let shares = required.map(|required| i128::try_from(has * u128::from(required) / sum).unwrap());
    let balances = [0, 1].map(|place| u64::try_from(shares[place] - worth[place]));
    let [Ok(first), Ok(second)] = balances else { return Ok(false) };

    let mut apart = Stage::of(&markets);
    let accounts = [apart.holding(first, &[held(0)]), apart.holding(second, &[held(1)])];
    let mut hedged = Stage::of(&markets);
    let account = hedged.holding(first + second, &[held(0), held(1)]);
    let left_apart = liquidated(&mut apart, accounts, &case.calls);
    let left = liquidated(&mut hedged, [account; 2], &case.calls);
    // Rounding of fractions to parts per million, and cash that a penalty brings to a market without any.
    let sums = [left, left_apart].map(|left| left.iter().sum::<u64>());
    assert!(sums[0] + (penalties as u64) / 100 + 1_000_000 >= sums[1], "{sums:?} of {case:?}");
    let kept_apart: i128 = accounts.into_iter().map(|account| equity(&apart, account).max(0)).sum();
    let kept = equity(&hedged, account);
    assert!(kept + kept_apart / 1_000 + 10 >= kept_apart, "{kept} and {kept_apart} of {case:?}");
    Ok(left != [0, 1].map(|place| (case.sizes[place] * 1_000_000).unsigned_abs()))
}

#[test]
fn no_order_of_liquidations_makes_a_hedge_worse_than_accounts_of_one_position_each() {
    let closed = std::cell::Cell::new(0);
    let sizes = [20_000i64..400_000, 20_000i64..400_000];
    let backing = [0usize..4, 0usize..4];
    let entries = [950_000u64..1_050_000, 950_000u64..1_050_000];
    let calls = proptest::collection::vec((any::<bool>(), 1u64..1_200_000), 0..8);
    let cases = (sizes, 1u64..1_000_000, backing, entries, 0u32..=250_000, calls);
    runner(600)
        .run(&cases, |(sizes, equity, backing, entries, credit, calls)| {
            let backing = backing.map(|place| [0, 50, 2_000, MANY][place]);
            let case = Case { sizes, equity, backing, entries, credit, calls };
            closed.set(closed.get() + u32::from(check(&case)?));
            Ok(())
        })
        .unwrap();
    assert!(closed.get() >= 150, "only {} cases closed anything", closed.get());
}
