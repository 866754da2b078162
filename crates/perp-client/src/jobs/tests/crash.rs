use super::world::{address, frictionless, second_oracle, World, BEGIN};
use crate::instructions::Authority;
use crate::jobs::{after_crash, backing, funding, liquidations, outages, second_prices, Fresh, Job, Pays, Task};
use anchor_lang::prelude::Pubkey;
use perp_engine::fixtures::sol_parameters;
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Ppm, Timestamp};

/// Plans and carries out until nothing is left to do.
fn until_done(world: &mut World, plan: impl Fn(&Fresh, &World) -> Vec<Job>) -> Vec<Job> {
    let mut done = Vec::new();
    for _ in 0..50 {
        let jobs = plan(&world.fresh(), world);
        if jobs.is_empty() {
            return done;
        }
        for job in jobs {
            // An earlier one of the plan may have done what this one was for.
            if world.execute(&job).is_ok() {
                done.push(job);
            }
        }
    }
    panic!("still something to do after fifty passes: {:?}", done.last());
}

/// A backing of $6 000; longs of 80 and 20 SOL against shorts of 20 and 20, all bought at $250, and the price at $500.
fn doubled() -> World {
    let mut world = World::new(&[(frictionless(), 6_000)]);
    world.trader(2_000, &[(0, 800, 25_000)]);
    world.trader(2_000, &[(0, -200, 25_000)]);
    world.trader(2_000, &[(0, -200, 25_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 50_000);
    world
}

#[test]
fn after_a_crash_losers_claims_and_bankruptcies_are_brought_to_an_end() {
    let mut world = doubled();
    let keepers = [Authority { signer: Pubkey::new_unique(), margin_account: address(world.keeper) }];
    until_done(&mut world, |fresh, world| liquidations(fresh, &world.accounts(), &keepers, Atoms::ZERO));
    let done = until_done(&mut world, |fresh, world| after_crash(fresh, &world.accounts(), Atoms::new(1)));
    let did = |what: fn(&Task) -> bool| done.iter().filter(|job| what(&job.task)).count();
    // The winners gained 25 000, and there are 6 000 of backing and 4 000 of the losers.
    assert!(did(|task| matches!(task, Task::SettlePnl { .. })) >= 2, "{done:?}");
    assert!(did(|task| matches!(task, Task::FundClaims { .. })) >= 1, "{done:?}");
    assert!(did(|task| matches!(task, Task::RedeemClaim { .. })) >= 1, "{done:?}");
    assert_eq!(did(|task| matches!(task, Task::ResolveBankruptcy { .. })), 2, "{done:?}");
    assert!(done.iter().all(|job| job.pays == Pays::NOTHING));
    let owed =
        world.exchange.accounts().iter().flat_map(|account| account.occupied().map(|(_, position)| position.debt));
    assert!(owed.into_iter().all(|debt| debt.is_zero()));
    world.exchange.check().unwrap();
}

#[test]
fn a_market_with_cash_for_all_its_winners_settles_nobody() {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    world.trader(2_000, &[(0, -200, 25_000)]);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 26_000);
    assert_eq!(after_crash(&world.fresh(), &world.accounts(), Atoms::ZERO), []);
}

#[test]
fn funding_that_is_owed_where_cash_is_short_is_settled() {
    // $6 000 of backing; at $330 the long of 80 SOL has gained 6 400, and the short of 40 has 3 200 to lose and is owed funding.
    let funded = Parameters { funding_velocity: sol_parameters().funding_velocity, ..frictionless() };
    let mut world = World::new(&[(funded, 6_000)]);
    let long = world.trader(2_000, &[(0, 800, 25_000)]);
    let short = world.trader(4_000, &[(0, -400, 25_000)]);
    world.exchange.wait(50, 100).unwrap();
    let of = |world: &World| {
        let jobs = after_crash(&world.fresh(), &world.accounts(), Atoms::new(1));
        jobs.into_iter().filter(|job| matches!(job.task, Task::SettleFunding { .. })).collect::<Vec<_>>()
    };
    // With cash for everybody nobody has to.
    world.print(0, 25_010);
    assert_eq!(of(&world), []);
    world.print(0, 33_000);
    let jobs = of(&world);
    assert_eq!(
        jobs.iter().map(|job| job.task).collect::<Vec<_>>(),
        [Task::SettleFunding { account: address(long), market: 0 }]
    );
    assert!(jobs[0].moves > Atoms::ZERO && jobs[0].pays == Pays::NOTHING);
    let before = world.exchange.account(long).unwrap().balance;
    world.execute(&jobs[0]).unwrap();
    assert_eq!(world.exchange.account(long).unwrap().balance, before.checked_sub(jobs[0].moves).unwrap());
    assert_eq!(of(&world), []);
    assert!(world.exchange.account(short).unwrap().occupied().count() == 1);
    world.exchange.check().unwrap();
}

#[test]
fn who_owes_after_his_position_and_comes_to_something_pays() {
    let mut world = doubled();
    let keepers = [Authority { signer: Pubkey::new_unique(), margin_account: address(world.keeper) }];
    until_done(&mut world, |fresh, world| liquidations(fresh, &world.accounts(), &keepers, Atoms::ZERO));
    let debt = |world: &World, account: usize| {
        let account = world.exchange.account(account).unwrap();
        account.occupied().map(|(_, position)| position.debt.get()).sum::<u64>()
    };
    // Both shorts of 20 SOL at $250 lost more than their $2 000, and are closed.
    let owing: Vec<usize> = (0..world.exchange.accounts().len()).filter(|account| debt(&world, *account) > 0).collect();
    assert_eq!(owing.len(), 2);
    world.exchange.deposit(owing[0], Atoms::new(debt(&world, owing[0]))).unwrap();
    let owed = debt(&world, owing[0]);
    let jobs = after_crash(&world.fresh(), &world.accounts(), Atoms::new(1));
    let settled: Vec<_> = jobs.iter().filter(|job| matches!(job.task, Task::SettleFunding { .. })).collect();
    let [job] = settled[..] else { panic!("{settled:?}") };
    assert_eq!((job.task, job.moves.get()), (Task::SettleFunding { account: address(owing[0]), market: 0 }, owed));
    world.execute(job).unwrap();
    assert_eq!(debt(&world, owing[0]), 0);
    // The other one is bankrupt.
    assert!(jobs.iter().any(|job| job.task == Task::ResolveBankruptcy { account: address(owing[1]), market: 0 }));
    world.exchange.check().unwrap();
}

#[test]
fn a_loss_below_the_least_is_left_alone() {
    let world = doubled();
    let planned = |least| after_crash(&world.fresh(), &world.accounts(), Atoms::new(least)).len();
    assert!(planned(1) > 0);
    assert_eq!(planned(u64::MAX), 0);
}

#[test]
fn a_silent_oracle_is_reported_once_and_its_market_ended_in_time() {
    let mut world = World::new(&[(frictionless(), 6_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    assert_eq!(outages(&world.fresh()), []);
    world.exchange.wait(60, 120).unwrap();
    let jobs = outages(&world.fresh());
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::ReportOutage { market: 0 }]);
    world.execute(&jobs[0]).unwrap();
    assert_eq!(outages(&world.fresh()), []);
    let settle_after = world.exchange.market(0).unwrap().parameters.settle_after;
    world.exchange.wait(settle_after, 1).unwrap();
    let jobs = outages(&world.fresh());
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::BeginSettlement { market: 0 }]);
    world.execute(&jobs[0]).unwrap();
    assert_eq!(outages(&world.fresh()), []);
}

#[test]
fn a_second_price_is_kept_once_the_last_one_is_half_as_old_as_it_may_be() {
    // A second source that bounds what is a minute from it.
    let bounded = Parameters { second_max_deviation: Ppm::new(10_000), second_max_age: 60, ..frictionless() };
    let mut world = World::new(&[(bounded, 400_000), (frictionless(), 400_000)]);
    assert_eq!(second_prices(&world.fresh()), []);
    world.second = Some(world.reading(25_000));
    let jobs = second_prices(&world.fresh());
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::UpdateSecondPrice { market: 0 }]);
    assert!(jobs[0].instructions[0].accounts.iter().any(|meta| meta.pubkey == second_oracle()));
    world.execute(&jobs[0]).unwrap();
    for (seconds, is_due) in [(29, false), (1, true)] {
        world.exchange.wait(seconds, 2).unwrap();
        world.second = Some(world.reading(25_100));
        assert_eq!(second_prices(&world.fresh()).len(), usize::from(is_due), "{seconds}");
    }
    // One that says nothing new is left alone, however old.
    world.execute(&second_prices(&world.fresh())[0]).unwrap();
    world.exchange.wait(120, 2).unwrap();
    assert_eq!(second_prices(&world.fresh()), []);
}

#[test]
fn funding_that_is_late_is_accrued() {
    let mut world = World::new(&[(sol_parameters(), 400_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    world.exchange.wait(30, 60).unwrap();
    let late = world.exchange.clock.now.seconds_since(world.exchange.market(0).unwrap().ledger.funding_time).unwrap();
    assert_eq!(funding(&world.fresh(), late + 1), []);
    assert_eq!(funding(&world.fresh(), late).len(), 1);
    // A price that nobody has brought yet makes it no less late.
    world.print(0, 25_010);
    assert_eq!(funding(&world.fresh(), late + 1), []);
    let jobs = funding(&world.fresh(), late);
    assert_eq!(jobs.len(), 1);
    world.execute(&jobs[0]).unwrap();
    assert_eq!(world.exchange.market(0).unwrap().ledger.funding_time, world.exchange.clock.now);
    assert!(world.exchange.clock.now > Timestamp::new(BEGIN));
}

#[test]
fn backing_that_is_off_its_target_is_moved() {
    let mut world = World::new(&[(frictionless(), 6_000), (frictionless(), 6_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    assert_eq!(backing(&world.fresh()), []);
    world.exchange.set_backing_target(1, Atoms::new(9_000_000_000)).unwrap();
    let jobs = backing(&world.fresh());
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].task, jobs[0].moves), (Task::AllocateBacking { market: 1 }, Atoms::new(3_000_000_000)));
    world.execute(&jobs[0]).unwrap();
    assert_eq!(backing(&world.fresh()), []);
}
