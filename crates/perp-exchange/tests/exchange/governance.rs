//! Decisions as stories.

use crate::common::markets::{sol_perp, SOL_PERP};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{sol_parameters, usdc, SOL, USDC};
use perp_engine::operations::governance::Tightening;
use perp_engine::state::{Canceller, Parameters, ProposalKind, Role};
use perp_engine::units::{Atoms, Ppm, Size};
use perp_engine::EngineError;
use perp_exchange::{Change, Listing, Refusal};

const DAY: u32 = 86_400;

fn refused<T>(result: Result<T, Refusal>) -> Option<EngineError> {
    result.err().and_then(|refusal| refusal.rule())
}

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

/// Twenty-fold leverage becomes ten-fold: whoever is at eighteen-fold has a day before anything happens, and another before it reaches
/// him; who sees the proposal and adds margin is not liquidated.
#[test]
fn a_margin_that_is_raised_reaches_nobody_before_two_days() {
    let mut market = sol_perp();
    market.listing.parameters.measured_weight = Ppm::ZERO;
    let mut world = World::with_liquidity(&[market], 2, 1, MILLION);
    for account in [0, 1] {
        world.deposit(account, 10_000 * USDC).unwrap();
        // 720 SOL are $180 000: 5.56 % of margin, less costs, and 3 % needed.
        world.trade(account, SOL_PERP, sol(720) * if account == 0 { 1 } else { -1 }).unwrap();
    }
    let parameters = Parameters { base_margin: Ppm::new(100_000), ..market.listing.parameters };
    world.exchange.propose(&Change::Parameters { market: SOL_PERP, parameters }).unwrap();
    let early = world.exchange.apply_proposal(ProposalKind::Parameters, SOL_PERP, None);
    assert!(matches!(refused(early), Some(EngineError::ProposalNotRipe { .. })));
    world.wait(DAY);
    let mut hours = 0;
    loop {
        world.refresh_all();
        let step = world.exchange.apply_proposal(ProposalKind::Parameters, SOL_PERP, None);
        if refused(step).is_some() || world.exchange.proposals().is_empty() {
            break;
        }
        let health = world.exchange.health(world.account(0)).unwrap().maintenance;
        if health.is_below_margin() {
            break;
        }
        hours += 1;
        world.wait(3_600);
    }
    // From 3 % to about 5.4 % at 319 ppm an hour: 75 hours after the wait.
    assert!((60..=80).contains(&hours), "{hours}");
}

#[test]
fn one_proposal_at_a_time_about_the_same() {
    let mut world = World::with_liquidity(&[sol_perp()], 1, 1, MILLION);
    let cap = |size| Change::Parameters {
        market: SOL_PERP,
        parameters: Parameters { open_interest_cap: Size::new(size * SOL), ..sol_parameters() },
    };
    world.exchange.propose(&cap(120_000)).unwrap();
    let second = world.exchange.propose(&cap(150_000));
    assert_eq!(second, Err(Refusal::ProposalOpen { subject: SOL_PERP }));
    // The guardian has it cancelled, and the next waits a day of its own.
    world.wait(DAY);
    world.exchange.cancel_proposal(ProposalKind::Parameters, SOL_PERP, Canceller::Guardian).unwrap();
    world.exchange.propose(&cap(150_000)).unwrap();
    let early = world.exchange.apply_proposal(ProposalKind::Parameters, SOL_PERP, None);
    assert!(matches!(refused(early), Some(EngineError::ProposalNotRipe { .. })));
    world.wait(DAY);
    world.exchange.apply_proposal(ProposalKind::Parameters, SOL_PERP, None).unwrap();
    let parameters = world.market(SOL_PERP).parameters;
    assert_eq!((parameters.open_interest_cap, world.market(SOL_PERP).parameter_changes), (Size::new(150_000 * SOL), 1));
}

#[test]
fn once_somebody_provides_liquidity_a_market_is_listed_by_a_proposal_and_starts_small() {
    let mut world = World::new(&[sol_perp(), sol_perp()], 1, 1);
    world.provide_net(0, MILLION).unwrap();
    assert_eq!(refused(world.exchange.list(&sol_perp().listing)), Some(EngineError::FoundingOver));

    let parameters = Parameters { backing_cap: Ppm::new(10_000), shared_draw_limit: Atoms::ZERO, ..sol_parameters() };
    let listing = Listing { parameters, base_decimals: 9, target_backing: usdc(100_000) };
    world.exchange.propose(&Change::Listing(listing)).unwrap();
    world.wait(2 * DAY);
    let listed = world.exchange.apply_proposal(ProposalKind::Listing, 2, None).unwrap();
    assert_eq!((listed, world.exchange.market_count), (Some(2), 3));
    // A hundredth of the pool is all that is placed there.
    world.exchange.allocate_backing(2, None).unwrap();
    assert_eq!(world.market(2).ledger.backing, usdc(10_000));
}

#[test]
fn what_makes_increasing_harder_acts_at_once_and_moves_nobody() {
    let mut world = World::with_liquidity(&[sol_perp()], 2, 1, MILLION);
    world.deposit(0, 10_000 * USDC).unwrap();
    world.trade(0, SOL_PERP, sol(500)).unwrap();
    let before = world.exchange.health(world.account(0)).unwrap().maintenance;
    let tighter = Tightening {
        open_interest_cap: Size::new(100 * SOL),
        open_interest_low: Size::ZERO,
        max_confidence_to_increase: Ppm::new(1_000),
    };
    world.exchange.tighten_market(SOL_PERP, &tighter).unwrap();
    assert_eq!(world.exchange.health(world.account(0)).unwrap().maintenance, before);
    let more = world.trade(0, SOL_PERP, sol(1));
    assert!(matches!(more, Err(EngineError::InitialMargin { .. } | EngineError::OpenInterestCap { .. })), "{more:?}");
    world.wait(1);
    world.refresh_all();
    world.close(0, SOL_PERP).unwrap();
}

#[test]
fn a_role_goes_to_whom_it_is_handed_over() {
    let mut world = World::with_liquidity(&[sol_perp()], 1, 1, MILLION);
    let before = world.exchange.roles();
    world.exchange.propose(&Change::Role { role: Role::Guardian, holder: 77 }).unwrap();
    let subject = Role::Guardian as u16;
    let stopped = world.exchange.cancel_proposal(ProposalKind::Role, subject, Canceller::Guardian);
    assert_eq!(refused(stopped), Some(EngineError::GuardianIsReplaced));
    world.wait(DAY);
    world.exchange.apply_proposal(ProposalKind::Role, subject, None).unwrap();
    assert_eq!(world.exchange.roles(), [before[0], before[1], 77]);
    assert_eq!(Role::Guardian.of(world.exchange.roles()), 77);
}
