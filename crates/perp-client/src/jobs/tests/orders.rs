use super::world::{address, fills_of, frictionless, oracle, World};
use crate::jobs::compute::{compute_units, with_headroom};
use crate::jobs::{
    armings, executions, fills_at, readings_to_arm, readings_to_fill, sweeps, Job, Pays, PostedPrice, PostedPrices,
    Task,
};
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use perp_engine::fixtures::SOL;
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{OrderTrigger, Parameters};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};
use perp_swap::instruction::ExecuteOrder;
use std::collections::BTreeMap;

/// Orders fill from three seconds later on.
fn prompt() -> Parameters {
    Parameters { future_tolerance: 2, ..frictionless() }
}

/// So many SOL at the next price.
fn next_price(sol: i64) -> NewOrder {
    let size = SignedSize::new(sol * i64::try_from(SOL).unwrap());
    NewOrder {
        size,
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Order::at_any_price(size).acceptable_price,
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: ORDER_TIP_LAMPORTS,
    }
}

/// A price in cents a SOL: a dollar is a thousandth of an atom for a base unit.
fn price(cents: u64) -> Price {
    Price::new(cents * (1 << 40) / 100_000)
}

fn below(cents: u64, sol: i64) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: price(cents), ..next_price(sol) }
}

/// Of a trader with $10 000 who has traded tenths of SOL at $250, with these orders placed a second later at the same price.
fn world(trades: &[(u16, i64, i64)], orders: &[NewOrder]) -> World {
    let mut world = World::new(&[(prompt(), 400_000)]);
    let trader = world.trader(10_000, trades);
    let reading = world.reading(25_000);
    world.exchange.open_orders(trader).unwrap();
    world.exchange.place_orders(trader, 0, &[], orders, Some(&reading)).unwrap();
    world
}

/// The trader's margin account.
fn trader() -> Pubkey {
    address(1)
}

impl World {
    /// A second later the price account says so.
    fn next(&mut self, cents: i64) {
        self.exchange.wait(1, 2).unwrap();
        self.print(0, cents);
    }

    /// Somebody posts the reading of this second.
    fn post(&mut self, cents: i64) -> Pubkey {
        let (account, now) = (Pubkey::new_unique(), self.exchange.clock.now.get());
        let reading = self.reading(cents).with_previous(now - 1);
        self.posted.entry(0).or_default().push(PostedPrice { account, reading });
        account
    }

    fn armings(&self) -> Vec<Job> {
        let accounts = self.accounts();
        armings(&self.fresh(), |address| accounts.get(address).copied(), &self.orders(), &self.posted)
    }

    fn executions(&self, callers: &[Pubkey]) -> Vec<Job> {
        let accounts = self.accounts();
        executions(&self.fresh(), |address| accounts.get(address).copied(), &self.orders(), &self.posted, callers)
    }

    fn to_fill(&self) -> BTreeMap<(u16, Timestamp), u64> {
        let accounts = self.accounts();
        readings_to_fill(&self.fresh(), |address| accounts.get(address).copied(), &self.orders())
    }

    fn sweeps(&self) -> Vec<Job> {
        let accounts = self.accounts();
        sweeps(&self.fresh(), |address| accounts.get(address).copied(), &self.orders())
    }

    fn size(&self) -> i64 {
        self.exchange.account(1).unwrap().positions[0].size.get() / i64::try_from(SOL).unwrap()
    }
}

/// What each job fills, after its task the places of all.
fn fills(jobs: &[Job]) -> Vec<(Task, Vec<u8>)> {
    jobs.iter().map(|job| (job.task, fills_of(job).map(|(_, place)| place).collect())).collect()
}

fn arm(place: u8) -> Task {
    Task::ArmOrder { account: trader(), place }
}

#[test]
fn an_order_is_armed_by_what_meets_it_and_filled_at_the_reading_of_its_moment() {
    let mut world = world(&[], &[below(24_000, 10)]);
    world.next(24_100);
    assert_eq!(world.armings(), []);
    world.next(24_000);
    let jobs = world.armings();
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [arm(0)]);
    // Half the tip is due to it, and nothing is paid yet.
    assert_eq!((jobs[0].pays, jobs[0].promises), (Pays::NOTHING, 20_000));
    // The reading goes along within the instruction itself.
    assert_eq!(jobs[0].instructions.len(), 1);
    assert!(jobs[0].instructions[0].accounts.iter().any(|meta| meta.pubkey == oracle(0)));
    assert_eq!(jobs[0].compute_units, with_headroom(compute_units("arm_order", 1)));
    world.execute(&jobs[0]).unwrap();
    assert_eq!(world.armings(), []);

    let caller = Pubkey::new_unique();
    world.exchange.wait(2, 4).unwrap();
    world.post(23_900);
    assert_eq!(world.executions(&[caller]), []);
    world.exchange.wait(1, 2).unwrap();
    let account = world.post(23_900);
    let jobs = world.executions(&[caller]);
    assert_eq!(
        jobs.iter().map(|job| job.task).collect::<Vec<_>>(),
        [Task::ExecuteOrder { account: trader(), place: 0 }]
    );
    assert_eq!((jobs[0].pays, jobs[0].promises), (Pays::lamports(40_000), 0));
    assert_eq!(jobs[0].signers(), [caller]);
    assert!(jobs[0].instructions.last().unwrap().accounts.iter().any(|meta| meta.pubkey == account));
    world.execute(&jobs[0]).unwrap();
    assert_eq!((world.size(), world.executions(&[caller])), (10, vec![]));
}

#[test]
fn what_its_reading_only_disarms_is_executed_where_another_order_waits_for_it() {
    // A buy at $240 or below, at no more than $235, and one at $240 at any price.
    let bounded = NewOrder { acceptable_price: price(23_500), ..below(24_000, 10) };
    let mut world = world(&[], &[bounded, NewOrder { lamports: 90_000, ..below(24_000, 10) }]);
    world.next(24_000);
    for job in world.armings() {
        world.execute(&job).unwrap();
    }
    world.exchange.wait(3, 6).unwrap();
    world.post(23_900);
    let caller = Pubkey::new_unique();
    let jobs = world.executions(&[caller]);
    let execution = |place| Task::ExecuteOrder { account: trader(), place };
    // One after the other, and only that pays which is filled.
    assert_eq!(fills(&jobs), [(execution(0), vec![0, 1])]);
    assert_eq!((jobs[0].pays, jobs[0].promises), (Pays::lamports(90_000), 0));
    world.execute(&jobs[0]).unwrap();
    assert_eq!((world.size(), world.executions(&[caller])), (10, vec![]));
}

#[test]
fn what_is_disarmed_for_an_order_whose_reading_is_not_there_yet_promises_half_of_its_tip() {
    let bounded = NewOrder { acceptable_price: price(23_500), ..below(24_000, 10) };
    let mut world = world(&[], &[bounded, NewOrder { lamports: 90_000, ..below(24_000, 10) }]);
    for place in [0, 1] {
        world.next(24_000);
        let jobs = world.armings();
        world.execute(jobs.iter().find(|job| job.task == arm(place)).unwrap()).unwrap();
    }
    // The reading of the second that the first waits for is there, and not that of the next one.
    world.exchange.wait(2, 4).unwrap();
    world.post(23_900);
    let caller = Pubkey::new_unique();
    let jobs = world.executions(&[caller]);
    assert_eq!(jobs.iter().map(|job| (job.pays, job.promises)).collect::<Vec<_>>(), [(Pays::lamports(0), 45_000)]);
    world.execute(&jobs[0]).unwrap();
    world.exchange.wait(1, 2).unwrap();
    world.post(23_900);
    let jobs = world.executions(&[caller]);
    world.execute(&jobs[0]).unwrap();
    assert_eq!((jobs[0].pays, world.size()), (Pays::lamports(90_000), 10));
}

#[test]
fn rungs_of_a_ladder_that_are_met_together_are_filled_in_one_transaction_four_at_a_time() {
    let mut world = world(&[], &[24_500, 24_400, 24_300, 24_200, 24_100].map(|cents| below(cents, 2)));
    world.next(24_000);
    // Whoever arms them does so in any order; those of one moment fill in the order in which they were placed.
    for job in world.armings().iter().rev() {
        world.execute(job).unwrap();
    }
    world.exchange.wait(3, 6).unwrap();
    world.post(24_000);
    let caller = Pubkey::new_unique();
    let jobs = world.executions(&[caller]);
    let execution = |place| Task::ExecuteOrder { account: trader(), place };
    assert_eq!(fills(&jobs), [(execution(0), vec![0, 1, 2, 3])]);
    assert_eq!(jobs[0].pays, Pays::lamports(4 * 40_000));
    // Prices are brought up to date once; whichever of the others is not due any more fails nothing.
    let strict = ExecuteOrder::DISCRIMINATOR;
    assert_eq!(jobs[0].instructions.iter().filter(|called| called.data.starts_with(strict)).count(), 1);
    world.execute(&jobs[0]).unwrap();
    let jobs = world.executions(&[caller]);
    assert_eq!(fills(&jobs), [(execution(4), vec![4])]);
    world.execute(&jobs[0]).unwrap();
    assert_eq!((world.size(), world.executions(&[caller])), (10, vec![]));
}

#[test]
fn an_order_by_time_is_armed_when_its_slice_is_due() {
    let mut world = world(&[], &[NewOrder { slices: 2, seconds_between: 60, lamports: 80_000, ..next_price(1) }]);
    // Armed as it was placed: it fills three seconds later.
    world.exchange.wait(3, 6).unwrap();
    world.post(25_000);
    let caller = Pubkey::new_unique();
    let jobs = world.executions(&[caller]);
    world.execute(&jobs[0]).unwrap();
    world.exchange.wait(59, 118).unwrap();
    world.print(0, 25_000);
    assert_eq!((world.size(), world.armings()), (1, vec![]));
    world.next(25_000);
    let jobs = world.armings();
    assert_eq!(jobs.iter().map(|job| (job.task, job.promises)).collect::<Vec<_>>(), [(arm(0), 20_000)]);
    world.execute(&jobs[0]).unwrap();
    assert_eq!(world.to_fill(), BTreeMap::new());
    world.exchange.wait(3, 6).unwrap();
    let now = world.exchange.clock.now;
    assert_eq!(world.to_fill(), BTreeMap::from([((0, now), 40_000)]));
    // After fifteen seconds more it is lost.
    world.exchange.wait(15, 30).unwrap();
    assert_eq!(world.to_fill().len(), 1);
    world.exchange.wait(1, 2).unwrap();
    assert_eq!(world.to_fill(), BTreeMap::new());
}

#[test]
fn an_order_whose_bound_the_market_does_not_meet_promises_nothing() {
    // A sale at $250 or more, armed at any price below $300: at $249 arming it and posting its reading would be paid for in vain.
    let bait = NewOrder { acceptable_price: price(25_000), ..below(30_000, -10) };
    let mut world = world(&[(0, 100, 25_000)], &[bait]);
    let promises = |jobs: Vec<Job>| jobs.iter().map(|job| (job.task, job.promises)).collect::<Vec<_>>();
    world.next(24_900);
    assert_eq!(promises(world.armings()), [(arm(0), 0)]);
    let job = world.armings().remove(0);
    world.execute(&job).unwrap();
    world.exchange.wait(3, 6).unwrap();
    assert_eq!(world.to_fill().into_values().collect::<Vec<_>>(), [0]);
    // At $251 it fills.
    world.print(0, 25_100);
    assert_eq!(world.to_fill().into_values().collect::<Vec<_>>(), [40_000]);
}

#[test]
fn a_trailing_stop_is_moved_by_the_best_price_and_armed_by_the_return_from_it() {
    let trigger = OrderTrigger::AtOrBelow;
    let stop = NewOrder { trigger, trailing: Ppm::new(10_000), reduce_only: true, ..next_price(-10) };
    let mut world = world(&[(0, 100, 25_000)], &[stop]);
    world.next(26_000);
    // Of two readings of a second the better one.
    let better = world.post(26_100);
    let jobs = world.armings();
    assert_eq!(jobs.iter().map(|job| (job.task, job.promises)).collect::<Vec<_>>(), [(arm(0), 0)]);
    assert!(jobs[0].instructions.last().unwrap().accounts.iter().any(|meta| meta.pubkey == better));
    world.execute(&jobs[0]).unwrap();
    // A percent less than $261.00 are $258.39, rounded down.
    world.posted.clear();
    world.next(25_839);
    assert_eq!(world.armings(), []);
    world.next(25_838);
    assert_eq!(world.armings()[0].promises, 20_000);
}

#[test]
fn a_reading_that_nobody_has_posted_is_worth_what_it_would_arm() {
    let mut world = world(&[], &[below(24_000, 1), below(23_000, 1)]);
    world.next(25_000);
    let accounts = world.accounts();
    let worth = |world: &World, cents: i64| {
        let unposted = BTreeMap::from([(0, world.reading(cents))]);
        let account = |address: &Pubkey| accounts.get(address).copied();
        readings_to_arm(&world.fresh(), account, &world.orders(), &PostedPrices::new(), &unposted)
    };
    assert_eq!(worth(&world, 24_001), BTreeMap::new());
    assert_eq!(worth(&world, 24_000), BTreeMap::from([(0, 20_000)]));
    assert_eq!(worth(&world, 23_000), BTreeMap::from([(0, 40_000)]));
    // What the market's own account meets needs no other.
    world.next(23_900);
    assert_eq!(worth(&world, 23_900), BTreeMap::new());
}

#[test]
fn what_a_reading_only_disarms_is_left_alone() {
    let mut world = world(&[], &[NewOrder { acceptable_price: price(24_900), ..next_price(1) }]);
    world.exchange.wait(3, 6).unwrap();
    world.post(25_000);
    assert_eq!(world.executions(&[Pubkey::new_unique()]), []);
    world.posted.clear();
    world.post(24_900);
    assert_eq!(world.executions(&[Pubkey::new_unique()]).len(), 1);
}

#[test]
fn dead_orders_are_swept_for_nothing() {
    let begun = World::new(&[(prompt(), 400_000)]).exchange.clock.now;
    let expires = begun.after(10).unwrap();
    let mut world = world(&[], &[NewOrder { expires, ..below(24_000, 1) }, below(24_000, 1)]);
    world.exchange.wait(10, 20).unwrap();
    assert_eq!(world.sweeps(), []);
    world.exchange.wait(1, 2).unwrap();
    let jobs = world.sweeps();
    let task = Task::SweepOrder { account: trader(), place: 0 };
    assert_eq!(
        jobs.iter().map(|job| (job.task, job.pays, job.promises)).collect::<Vec<_>>(),
        [(task, Pays::NOTHING, 0)]
    );
    world.execute(&jobs[0]).unwrap();
    assert_eq!(world.sweeps(), []);
}

#[test]
fn callers_take_turns() {
    let mut world = world(&[], &[next_price(1)]);
    let other = world.trader(10_000, &[]);
    let reading = world.reading(25_000);
    world.exchange.open_orders(other).unwrap();
    world.exchange.place_orders(other, 0, &[], &[next_price(2)], Some(&reading)).unwrap();
    world.exchange.wait(3, 6).unwrap();
    world.post(25_000);
    let callers = [Pubkey::new_unique(), Pubkey::new_unique()];
    let mut signers: Vec<_> = world.executions(&callers).iter().flat_map(Job::signers).collect();
    signers.sort_unstable();
    let mut expected = callers;
    expected.sort_unstable();
    assert_eq!(signers, expected);
}

#[test]
fn one_reading_at_most_is_that_of_a_moment() {
    let reading = |previous, published| OracleReading::new(1, 0, 0, published).unwrap().with_previous(previous);
    let is_of = |previous, published| fills_at(Timestamp::new(100), &reading(previous, published));
    // Published from the moment on, none before in it, and at most ten seconds later.
    assert!(is_of(99, 100) && is_of(90, 110));
    assert!(!is_of(98, 99) && !is_of(100, 101) && !is_of(99, 111));
}
