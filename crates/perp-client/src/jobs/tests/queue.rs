use super::world::{address, frictionless, World};
use crate::instructions::create_share_account;
use crate::jobs::compute::{compute_units, with_headroom};
use crate::jobs::{epochs, payments, settlements_before_boundary, Pays, PostedPrice, Task, TOKEN_ACCOUNT_LAMPORTS};
use anchor_lang::prelude::Pubkey;
use bytemuck::Zeroable;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::fixtures::usdc;
use perp_engine::operations::position::SETTLING_SECONDS;
use perp_engine::oracle::OracleReading;
use perp_engine::state::PriceLimit;
use perp_engine::units::Atoms;
use std::collections::{BTreeMap, BTreeSet};

/// Winners of 20 and 10 SOL and a loser of 30, all from $250, since risen to $260, a second provider's request and the fees of the
/// first one's, and so many seconds to the boundary.
fn before_boundary(seconds: u32) -> World {
    let mut world = World::new(&[(frictionless(), 400_000), (frictionless(), 0)]);
    world.trader(2_000, &[(0, 200, 25_000)]);
    world.trader(2_000, &[(0, 100, 25_000)]);
    world.trader(6_000, &[(0, -300, 25_000)]);
    let provider = world.exchange.add_provider();
    world.exchange.request_liquidity_deposit(provider, usdc(100), PriceLimit::None).unwrap();
    let ahead = world.exchange.state.boundary.seconds_since(world.exchange.clock.now).unwrap();
    world.exchange.wait(u32::try_from(ahead).unwrap() - seconds, 1).unwrap();
    world.print(0, 26_000);
    world
}

#[test]
fn just_before_a_boundary_settlements_are_paid_for_as_the_plan_says() {
    let mut world = before_boundary(SETTLING_SECONDS);
    let rewarded = [address(world.keeper)];
    let jobs = settlements_before_boundary(&world.fresh(), &world.accounts(), &rewarded, Atoms::ZERO);
    // An atom less than $200 and $100 move, and a basis point of each is paid. The loser may still be judged at the price before.
    assert_eq!(
        jobs.iter().map(|job| job.pays).collect::<Vec<_>>(),
        [19_999, 9_999].map(|atoms| Pays::atoms(Atoms::new(atoms)))
    );
    for job in &jobs {
        assert_eq!(world.execute(job), Ok(job.pays.atoms), "{job}");
    }
    // Once in ten minutes.
    assert_eq!(settlements_before_boundary(&world.fresh(), &world.accounts(), &rewarded, Atoms::ZERO), []);
}

#[test]
fn earlier_and_for_less_than_the_least_nothing_is_settled() {
    for (seconds, least) in [(SETTLING_SECONDS + 1, 0), (SETTLING_SECONDS, 20_000)] {
        let world = before_boundary(seconds);
        let rewarded = [address(world.keeper)];
        let jobs = settlements_before_boundary(&world.fresh(), &world.accounts(), &rewarded, Atoms::new(least));
        assert_eq!(jobs, [], "{seconds} s, {least}");
    }
}

#[test]
fn fees_that_reach_for_one_pay_for_the_larger() {
    let mut world = before_boundary(SETTLING_SECONDS);
    world.exchange.pool.settling = Atoms::new(25_000);
    let rewarded = [address(world.keeper)];
    let jobs = settlements_before_boundary(&world.fresh(), &world.accounts(), &rewarded, Atoms::ZERO);
    assert_eq!(jobs.iter().map(|job| job.pays.atoms.get()).collect::<Vec<_>>(), [19_999, 5_001]);
}

#[test]
fn markets_are_valued_then_the_epoch_is_closed() {
    let mut world = before_boundary(0);
    let caller = Pubkey::new_unique();
    let boundary = world.exchange.state.boundary;
    // Market 1 is flat and needs no reading; market 0 waits for its own.
    let jobs = epochs(&world.fresh(), &BTreeMap::new(), caller);
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::ValueMarket { market: 1 }]);
    assert_eq!(jobs[0].pays, Pays::lamports(10_000));
    world.execute(&jobs[0]).unwrap();

    let reading = OracleReading::new(26_000_000_000, 0, -8, boundary.get()).unwrap().with_previous(boundary.get() - 1);
    let posted = BTreeMap::from([(0, PostedPrice { account: Pubkey::new_unique(), reading })]);
    let jobs = epochs(&world.fresh(), &posted, caller);
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::ValueMarket { market: 0 }]);
    assert!(jobs[0].instructions[0].accounts.iter().any(|meta| meta.pubkey == posted[&0].account));
    world.exchange.value_market(0, Some(&reading)).unwrap();

    let jobs = epochs(&world.fresh(), &posted, caller);
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::CloseEpoch { boundary }]);
    // Of 20 000 for two markets, 20 000 for the close and the record's rent, which the caller advances, the valuations took their part.
    assert_eq!(jobs[0].pays, Pays::lamports(20_000));
    let tries = world.fresh().addresses.epoch_tries(boundary);
    assert_eq!(jobs[0].compute_units, with_headroom(compute_units("close_epoch", 0) + 20_000) + 1_500 * tries);
    world.execute(&jobs[0]).unwrap();
    assert_eq!(epochs(&world.fresh(), &posted, caller), []);
}

#[test]
fn an_epoch_with_shares_that_leave_is_closed_whoever_holds_them() {
    let mut world = World::new(&[(frictionless(), 0)]);
    let shares = world.exchange.provider(0).unwrap().shares;
    world.exchange.request_liquidity_withdrawal(0, shares, PriceLimit::None).unwrap();
    let ahead = world.exchange.state.boundary.seconds_since(world.exchange.clock.now).unwrap();
    world.exchange.wait(u32::try_from(ahead).unwrap(), 1).unwrap();
    let (boundary, caller) = (world.exchange.state.boundary, Pubkey::new_unique());
    world.exchange.value_market(0, None).unwrap();
    let jobs = epochs(&world.fresh(), &BTreeMap::new(), caller);
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::CloseEpoch { boundary }]);
    world.execute(&jobs[0]).unwrap();
}

#[test]
fn requests_of_closed_epochs_are_paid() {
    let mut world = before_boundary(0);
    let boundary = world.exchange.state.boundary;
    let reading = OracleReading::new(26_000_000_000, 0, -8, boundary.get()).unwrap().with_previous(boundary.get() - 1);
    world.exchange.value_market(0, Some(&reading)).unwrap();
    world.exchange.value_market(1, None).unwrap();
    world.exchange.close_epoch().unwrap();
    let closed = world.exchange.epochs()[&boundary];
    let open = world.exchange.requests().values().next().unwrap().request;
    let request = LiquidityRequest { state: open, owner: Pubkey::new_unique(), ..LiquidityRequest::zeroed() };
    let mut later = request;
    later.state.belongs_from = boundary.after(1).unwrap();
    let requests = BTreeMap::from([(address(1), request), (address(2), later)]);
    let records = BTreeMap::from([(address(3), EpochRecord { state: closed, ..EpochRecord::zeroed() })]);
    let (caller, none) = (Pubkey::new_unique(), BTreeSet::new());
    let jobs = payments(&world.fresh(), &requests, &records, &none, caller);
    assert_eq!(jobs.iter().map(|job| job.task).collect::<Vec<_>>(), [Task::PayRequest { request: address(1) }]);
    assert_eq!(jobs[0].pays, Pays::lamports(10_000));
    // It moves tokens, and has room for the dearest program of those.
    let tries = world.fresh().addresses.associated_tries(&request.owner);
    assert_eq!(
        jobs[0].compute_units,
        with_headroom(compute_units("pay_liquidity_request", 0) + 20_000) + 1_500 * tries
    );
    assert_eq!((jobs[0].instructions.len(), jobs[0].advances), (1, 0));
    // Where its owner has closed the account that it is paid into, the account is made first: a deposit that was accepted is paid in shares.
    let again = payments(&world.fresh(), &requests, &records, &BTreeSet::from([address(1)]), caller);
    let made = create_share_account(&world.addresses, caller, request.owner);
    assert_eq!(again[0].instructions, [&[made][..], &jobs[0].instructions].concat());
    assert_eq!((again[0].advances, again[0].signers()), (TOKEN_ACCOUNT_LAMPORTS, vec![caller]));
}
