//! What an owner may take away of a hedge.

use super::stage::{plain, Held, Stage};
use perp_engine::fixtures::{usdc, SOL};
use perp_engine::units::Atoms;
use perp_engine::EngineError;

const MANY: u64 = 1_000_000;

/// A long of so many SOL and a short, with so many atoms.
fn holding(long: i64, short: i64, atoms: u64) -> (Stage, usize) {
    let mut stage = Stage::of(&[(plain(), MANY), (plain(), MANY)]);
    let held = [(0, long), (1, -short)].map(|(market, size)| Held { market, size: size * 1_000, entry: 1_000_000 });
    let account = stage.holding(atoms, &held);
    // A later slot than that of the increase.
    stage.exchange.wait(1, 2).unwrap();
    (stage, account)
}

fn sol(amount: i64) -> i64 {
    amount * SOL as i64
}

#[test]
fn a_rich_account_takes_its_hedge_away_as_it_likes() {
    // $843.75 are asked, and $2000 there: 40 of the 100 SOL short are closed, and 937.50 − 10 % of 562.50 asked.
    let (mut stage, account) = holding(100, 100, 2_000_000_000);
    assert_eq!(stage.trade(account, 1, sol(40)), Ok(()));
    assert_eq!(stage.health(account).maintenance.margin.get(), 881_250_000);
    assert_eq!(stage.trade(account, 1, sol(60)), Ok(()));
    assert_eq!(stage.health(account).maintenance.margin.get(), 937_500_000);
}

#[test]
fn attack_taking_a_hedge_away_in_part_does_not_make_an_account_liquidatable() {
    // $850 carry 100 SOL on either side, at $843.75. With 40 SOL less on one $881.25 would be asked.
    for (market, size) in [(0, -40), (1, 40)] {
        let (mut stage, account) = holding(100, 100, 850_000_000);
        let refused = stage.trade(account, market, sol(size));
        assert!(matches!(refused, Err(EngineError::ReductionWorsensHealth { .. })), "{refused:?}");
        // $848.4375 for 5 SOL less.
        assert_eq!(stage.trade(account, market, sol(size / 8)), Ok(()));
    }
}

#[test]
fn an_account_below_its_margin_may_close_what_asks_for_more_and_not_what_asks_for_less() {
    // 100 SOL long and 60 short: 937.50 − 56.25 = $881.25 are asked and $880 there.
    let (mut stage, account) = holding(100, 60, 880_000_000);
    assert!(stage.health(account).maintenance.is_below_margin());
    let refused = stage.trade(account, 1, sol(10));
    assert!(matches!(refused, Err(EngineError::ReductionWorsensHealth { .. })), "{refused:?}");
    assert_eq!(stage.trade(account, 0, sol(-10)), Ok(()));
    assert!(!stage.health(account).maintenance.is_below_margin());
}

#[test]
fn a_solvent_owner_always_closes_a_whole_position_and_then_the_other() {
    // $850 are less than the $937.50 that either position asks alone.
    let (mut stage, account) = holding(100, 100, 850_000_000);
    assert_eq!(stage.trade(account, 0, sol(-100)), Ok(()));
    assert!(stage.health(account).maintenance.is_below_margin());
    assert_eq!(stage.trade(account, 1, sol(100)), Ok(()));
    assert_eq!(
        (stage.account(account).balance.get(), stage.account(account).has_open_position()),
        (850_000_000, false)
    );
}

#[test]
fn an_increase_that_hedges_asks_for_less_and_one_that_does_not_for_more() {
    // $1200 carry 90 SOL long, at $1125. 10 more would ask $1250; 90 SOL short as well ask 1125 − 112.50.
    let (mut stage, account) = holding(90, 0, 1_200_000_000);
    let refused = stage.trade(account, 0, sol(10));
    assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{refused:?}");
    assert_eq!(stage.trade(account, 1, sol(-90)), Ok(()));
    assert_eq!(stage.health(account).initial.margin.get(), 1_012_500_000);
    // And so $187.50 can be withdrawn, and no atom more.
    stage.exchange.vault = usdc(1_200);
    let refused = stage.exchange.withdraw(account, Atoms::new(187_500_001)).unwrap_err();
    assert!(refused.to_string().contains("InitialMargin"), "{refused}");
    stage.exchange.withdraw(account, Atoms::new(187_500_000)).unwrap();
    assert_eq!(stage.account(account).balance.get(), 1_012_500_000);
}
