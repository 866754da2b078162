//! How long those who hold roles can keep others from reducing, withdrawing, being liquidated, and increasing.

use crate::common::markets::{sol_perp, test_markets, BTC_PERP, SOL_PERP, THIN_PERP};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::state::Status;
use perp_engine::EngineError;

const OWNER: usize = 0;
const OTHER: usize = 1;
const LIQUIDATOR: usize = 2;
const HOUR: u32 = 3_600;
const HOURS_72: u32 = 72 * HOUR;

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

fn exchange() -> World {
    let mut world = World::with_liquidity(&test_markets(), 3, 1, MILLION);
    world.deposit(OWNER, 50_000 * USDC).unwrap();
    world.trade(OWNER, SOL_PERP, sol(500)).unwrap();
    world.wait(1);
    world
}

/// The most that there is left of a status, set by whoever may; nothing where there is none.
fn as_long_as_possible(world: &mut World, market: Option<u16>, status: Status) {
    let set = |world: &mut World, seconds| match market {
        Some(market) => world.set_market_status(market, status, seconds),
        None => world.set_exchange_status(status, seconds),
    };
    if let Err(EngineError::StatusAllowance { left, .. }) = set(world, u32::MAX) {
        let besides = if status == Status::Paused { 120 } else { 0 };
        if let Some(seconds) = left.checked_sub(besides) {
            let _ = set(world, u32::try_from(seconds).unwrap());
        }
    }
}

#[test]
fn attack_alternating_pauses_shut_nobody_in() {
    // Two weeks in which, every two minutes, all that there is of pauses and of reduce-only is spent, on the exchange and on
    // each market, and the owner tries to reduce by 0.02 SOL and to withdraw a dollar. What is refused in 72 hours is at most
    // ten minutes: five tries of two minutes, and one more at an edge.
    let mut world = exchange();
    let mut refused = Vec::new();
    for attempt in 0..14 * 24 * 30_u32 {
        as_long_as_possible(&mut world, None, Status::Paused);
        for market in [SOL_PERP, BTC_PERP, THIN_PERP] {
            as_long_as_possible(&mut world, Some(market), Status::Paused);
            as_long_as_possible(&mut world, Some(market), Status::ReduceOnly);
        }
        if world.exchange.session().status == Status::Active {
            as_long_as_possible(&mut world, None, Status::ReduceOnly);
        }
        world.refresh_all();
        let reduced = world.trade(OWNER, SOL_PERP, -sol(1) / 50);
        let withdrawn = world.withdraw(OWNER, USDC);
        assert_eq!(reduced.is_ok(), withdrawn.is_ok(), "{reduced:?} {withdrawn:?}");
        if let Err(rule) = reduced {
            assert_eq!(rule, EngineError::Paused);
            refused.push(attempt * 120);
        }
        world.wait(120);
    }
    assert!(!refused.is_empty());
    for start in &refused {
        let within = refused.iter().filter(|time| (*start..*start + HOURS_72).contains(time)).count();
        assert!(within <= 6, "{within} of 2160 tries from {start} s on");
    }
}

#[test]
fn attack_a_pause_erases_no_funding() {
    // An hour of funding that nobody has accrued, and a pause of no length in the middle or at the end of it, or two minutes
    // of one: the owner owes the same, to the last bit.
    let owed = |pauses: &[(u32, u32)]| {
        let mut world = exchange();
        let mut waited = 0;
        for (after, seconds) in pauses {
            world.wait(after - waited);
            waited = *after;
            world.set_exchange_status(Status::Paused, *seconds).unwrap();
        }
        world.wait(HOUR - waited);
        world.refresh_all();
        world.market(SOL_PERP).ledger.sides
    };
    let unpaused = owed(&[]);
    assert!(unpaused[0].funding_index.get() > 0);
    for pauses in [&[(1_800, 0)][..], &[(3_600, 0)], &[(1_800, 120)], &[(10, 0), (3_500, 100)]] {
        assert_eq!(owed(pauses), unpaused, "{pauses:?}");
    }
}

#[test]
fn funding_accrues_while_the_exchange_is_paused() {
    let mut world = exchange();
    world.set_exchange_status(Status::Paused, 300).unwrap();
    world.wait(200);
    world.republish(SOL_PERP);
    assert_eq!(world.update_funding(SOL_PERP), Ok(201));
}

#[test]
fn after_a_pause_owners_have_two_minutes_in_which_nobody_increases() {
    let mut world = exchange();
    world.set_exchange_status(Status::Paused, 60).unwrap();
    let step = |world: &mut World, size| {
        world.refresh_all();
        world.trade(OWNER, SOL_PERP, size).map(|_| ())
    };
    assert_eq!(step(&mut world, -sol(1)), Err(EngineError::Paused));
    world.wait(60);
    assert!(world.exchange.session().in_grace());
    assert_eq!(step(&mut world, sol(1)), Err(EngineError::ReduceOnly));
    assert_eq!(step(&mut world, -sol(1)), Ok(()));
    assert!(world.withdraw(OWNER, USDC).is_ok());
    world.wait(119);
    assert_eq!(step(&mut world, sol(1)), Err(EngineError::ReduceOnly));
    world.wait(1);
    assert_eq!(step(&mut world, sol(1)), Ok(()));
}

#[test]
fn attack_reduce_only_keeps_nobody_from_leaving_or_from_being_liquidated() {
    let mut world = World::with_liquidity(&[sol_perp()], 3, 1, MILLION);
    for account in [OWNER, OTHER] {
        world.deposit(account, 2_000 * USDC).unwrap();
        world.trade(account, SOL_PERP, sol(100)).unwrap();
    }
    world.wait(1);
    world.set_exchange_status(Status::ReduceOnly, 10_000).unwrap();
    world.set_market_status(SOL_PERP, Status::ReduceOnly, 10_000).unwrap();
    world.close(OWNER, SOL_PERP).unwrap();
    let balance = world.account(OWNER).balance.get();
    world.withdraw(OWNER, balance).unwrap();
    // 100 SOL lose 6 % of $25 000: $1500 of $2000 less costs, below the $625 of maintenance.
    world.move_price(SOL_PERP, -60_000);
    world.refresh_all();
    world.liquidate(LIQUIDATOR, OTHER, SOL_PERP, u64::MAX).unwrap();
}
