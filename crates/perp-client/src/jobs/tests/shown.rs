use super::world::{frictionless, oracle, World};
use crate::jobs::{outages, prices, shows, silences, undone_settlements, Job, PostedPrice, Shown, Task};
use anchor_lang::prelude::Pubkey;
use perp_engine::oracle::OracleReading;
use perp_engine::units::Timestamp;

/// A price of $250 published so many seconds ago, after one of `previous` seconds ago.
fn said(world: &World, ago: i64, previous: i64) -> OracleReading {
    let now = world.exchange.clock.now.get();
    let reading = OracleReading::new(25_000_000_000, 0, -8, now - ago).unwrap();
    reading.with_previous(now - previous)
}

impl World {
    fn posts(&mut self, reading: OracleReading) {
        self.posted.insert(0, vec![PostedPrice { account: Pubkey::new_from_array([5; 32]), reading }]);
    }
}

fn tasks(jobs: &[Job]) -> Vec<Task> {
    jobs.iter().map(|job| job.task).collect()
}

#[test]
fn the_first_reading_after_a_silence_proves_it_behind_the_newest() {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    let silent_since = world.exchange.market(0).unwrap().price.published;
    world.exchange.wait(100, 200).unwrap();
    let since = world.exchange.clock.now.get() - silent_since.get();
    // Somebody has posted the newest price only: 5 s after the first.
    world.readings.insert(0, said(&world, 0, 1));
    assert_eq!(tasks(&prices(&world.fresh())), [Task::UpdatePrices { market: 0 }]);
    world.posts(said(&world, 5, 6));
    assert_eq!(silences(&world.fresh(), &world.posted), []);
    let first = said(&world, 5, since);
    world.posts(first);
    assert_eq!(shows(&world.fresh().exchange, 0, &first), Some(Shown::Silence));
    let jobs = silences(&world.fresh(), &world.posted);
    assert_eq!(tasks(&jobs), [Task::ProveSilence { market: 0 }]);
    world.execute(&jobs[0]).unwrap();
    // Two minutes after the first.
    let grace = world.exchange.market(0).unwrap().grace;
    assert_eq!((grace.until.get(), grace.silent_since), (first.publish_time() + 120, silent_since));
    assert_eq!(silences(&world.fresh(), &world.posted), []);
}

#[test]
fn a_first_reading_that_is_too_old_to_enter_is_left_alone() {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    let silent_since = world.exchange.market(0).unwrap().price.published;
    world.exchange.wait(100, 200).unwrap();
    world.readings.insert(0, said(&world, 0, 1));
    let since = world.exchange.clock.now.get() - silent_since.get();
    // It may be fifteen seconds old.
    for (ago, count) in [(15, 1), (16, 0)] {
        world.posts(said(&world, ago, since));
        assert_eq!(silences(&world.fresh(), &world.posted).len(), count, "{ago}");
    }
}

#[test]
fn an_end_is_undone_by_a_reading_of_the_outage() {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    world.exchange.wait(60, 120).unwrap();
    world.execute(&outages(&world.fresh())[0]).unwrap();
    let settle_after = world.exchange.market(0).unwrap().parameters.settle_after;
    world.exchange.wait(settle_after, 1).unwrap();
    world.execute(&outages(&world.fresh())[0]).unwrap();
    let ended = world.exchange.clone();
    let after = i64::from(settle_after);
    // The report is no outage yet, and a day later it is for good.
    for (ago, waits, count) in [(after, 0, 0), (after - 1, 0, 1), (0, 0, 1), (86_399, 86_399, 1), (86_400, 86_400, 0)] {
        world.exchange = ended.clone();
        world.exchange.wait(waits, 1).unwrap();
        world.posts(said(&world, ago, ago + 1));
        assert_eq!(undone_settlements(&world.fresh(), &world.posted).len(), count, "{ago} {waits}");
    }
    // In the market's own account it is the same, and no price like others.
    world.exchange = ended;
    world.posted.clear();
    world.readings.insert(0, said(&world, 10, 11));
    assert_eq!(prices(&world.fresh()), []);
    let jobs = undone_settlements(&world.fresh(), &world.posted);
    assert_eq!(tasks(&jobs), [Task::UndoSettlement { market: 0 }]);
    assert!(jobs[0].instructions[0].accounts.iter().any(|meta| meta.pubkey == oracle(0)));
    world.execute(&jobs[0]).unwrap();
    let market = world.exchange.market(0).unwrap();
    assert!(!market.settlement.has_begun() && market.price.published > Timestamp::NEVER);
    assert_eq!(undone_settlements(&world.fresh(), &world.posted), []);
}
