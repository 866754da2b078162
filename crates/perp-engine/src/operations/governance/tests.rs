use super::*;
use crate::fixtures::{
    at, pool, pool_parameters, publish, reading, session, set_side, sol_market, sol_parameters, usdc, PRICE, SOL, USDC,
};
use crate::parameters::ChangeRule;
use crate::state::{
    Canceller, Grace, Market, Parameters, Pool, PoolParameters, Proposal, ProposalKind, Queue, Role, Status,
};
use crate::units::{Atoms, Ppm, Price, Side, Size, Timestamp};
use crate::{EngineError, Session};

fn small() -> Parameters {
    Parameters { backing_cap: Ppm::new(10_000), shared_draw_limit: Atoms::ZERO, ..sol_parameters() }
}

fn listing() -> Listing {
    Listing { parameters: small(), base_decimals: 9, target_backing: usdc(1_000) }
}

/// SOL-PERP with somebody in it.
fn busy_market() -> Market {
    let mut market = sol_market();
    set_side(&mut market, Side::Long, 10 * SOL, 2_500 * USDC);
    set_side(&mut market, Side::Short, 10 * SOL, 2_500 * USDC);
    market.ledger.backing = usdc(10_000);
    market
}

/// The next step of a proposal, so many seconds later, with a price of then.
fn step(market: &mut Market, proposal: &Proposal, seconds: i64) -> Result<Option<Proposal>, EngineError> {
    publish(market, PRICE, seconds);
    let session = session(Status::Active, at(seconds));
    let mut ready = market.refresh(None, &session).unwrap();
    let plan = plan_apply_parameters(proposal, &ready, &session)?;
    plan.apply(&mut ready);
    Ok(plan.left)
}

#[test]
fn a_margin_is_raised_after_a_day_and_step_by_step() {
    let mut market = busy_market();
    market.parameters.measured_weight = Ppm::ZERO;
    // 1.2 points more maintenance margin: 12 001 ppm, 38 steps.
    let target = Parameters { base_margin: Ppm::new(70_000), ..market.parameters };
    let mut proposal = plan_propose_parameters(&market, &target, at(0).now).unwrap();
    assert_eq!((proposal.ripe_from, proposal.replaces), (at(86_400).now, 0));
    let early = step(&mut market, &proposal, 86_399);
    assert_eq!(early, Err(EngineError::ProposalNotRipe { from: at(86_400).now.get() }));

    let mut taken = 0;
    let mut now = 86_400;
    while let Some(left) = step(&mut market, &proposal, now).unwrap() {
        taken += 1;
        assert_eq!((left.steps, left.replaces, left.ripe_from), (taken, u64::from(taken), at(now + 3_600).now));
        // Not twice in an hour.
        assert!(matches!(step(&mut market, &left, now + 3_599), Err(EngineError::ProposalNotRipe { .. })));
        // By 20 000 / 38 ppm each time.
        assert!(market.parameters.base_margin.get().abs_diff(50_000 + taken * 20_000 / 38) <= 2);
        (proposal, now) = (left, now + 3_600);
    }
    assert_eq!((taken, market.parameters), (37, target));
    assert_eq!(market.parameter_changes, 38);
}

#[test]
fn a_change_lapses_and_so_does_one_whose_steps_nobody_takes() {
    let mut market = busy_market();
    let target = Parameters { base_margin: Ppm::new(70_000), ..sol_parameters() };
    let proposal = plan_propose_parameters(&market, &target, at(0).now).unwrap();
    let lapsed = Err(EngineError::ProposalLapsed { at: at(86_400 + 604_800).now.get() });
    assert_eq!(step(&mut market, &proposal, 86_400 + 604_800), lapsed);
    let left = step(&mut market, &proposal, 86_400 + 604_799).unwrap().unwrap();
    // The next is ripe an hour later, and lapses seven days after that.
    let end = 86_400 + 604_799 + 3_600 + 604_800;
    assert_eq!(step(&mut market, &left, end), Err(EngineError::ProposalLapsed { at: at(end).now.get() }));
}

#[test]
fn attack_a_decision_does_not_undo_what_was_tightened_meanwhile() {
    let mut market = busy_market();
    let target = Parameters { open_interest_cap: Size::new(150_000 * SOL), ..sol_parameters() };
    let proposal = plan_propose_parameters(&market, &target, at(0).now).unwrap();
    let tighter = Tightening {
        open_interest_cap: Size::new(20_000 * SOL),
        open_interest_low: Size::new(1_000 * SOL),
        max_confidence_to_increase: Ppm::new(2_000),
    };
    let plan = plan_tighten_market(&market, &tighter).unwrap();
    assert_eq!(Tightening::of(&plan.parameters), tighter);
    plan.apply(&mut market.refresh(None, &session(Status::Active, at(0))).unwrap());
    assert_eq!(step(&mut market, &proposal, 86_400), Err(EngineError::ProposalOutdated));
    // Anybody clears it away.
    assert_eq!(check_cancel(&proposal, Canceller::Anybody, Some(&market), at(1).now), Ok(()));
}

#[test]
fn attack_nothing_is_loosened_at_once() {
    let market = busy_market();
    let now = Tightening::of(&market.parameters);
    for looser in [
        Tightening { open_interest_cap: Size::new(100_000 * SOL + 1), ..now },
        Tightening { open_interest_low: Size::new(5_000 * SOL + 1), ..now },
        Tightening { max_confidence_to_increase: Ppm::new(5_001), ..now },
        // One that is tighter makes up for none that is looser.
        Tightening { max_confidence_to_increase: Ppm::new(5_001), open_interest_low: Size::ZERO, ..now },
    ] {
        assert_eq!(plan_tighten_market(&market, &looser), Err(EngineError::NotATightening));
    }
    assert_eq!(plan_tighten_market(&market, &now), Err(EngineError::NothingToChange));
}

#[test]
fn nothing_is_changed_while_a_price_is_missing_or_not_answered() {
    let target = Parameters { base_margin: Ppm::new(70_000), ..sol_parameters() };
    let proposal = plan_propose_parameters(&busy_market(), &target, at(0).now).unwrap();
    let session = session(Status::Active, at(86_400));
    let apply_in = |market: &mut Market, session: &Session| {
        plan_apply_parameters(&proposal, &market.refresh(None, session).unwrap(), session).map(drop)
    };
    let apply = |market: &mut Market| apply_in(market, &session);
    let mut silent = busy_market();
    publish(&mut silent, PRICE, 86_400 - 16);
    assert_eq!(apply(&mut silent), Err(EngineError::PriceStale { age: 16, allowed: 15 }));
    let mut graced = busy_market();
    publish(&mut graced, PRICE, 86_400);
    let until = at(86_401).now;
    graced.grace = Grace { price_before: Price::new(PRICE), until, ..Grace::default() };
    assert_eq!(apply(&mut graced), Err(EngineError::GraceInForce { until: until.get() }));
    let mut ending = busy_market();
    publish(&mut ending, PRICE, 86_400);
    ending.settlement.delisted_from = at(90_000).now;
    assert_eq!(apply(&mut ending), Err(EngineError::AlreadyDelisted));
    // Where nobody has a position no price is needed.
    assert_eq!(apply(&mut sol_market()), Ok(()));
    // Nor is anything changed by which a boundary that has come is valued.
    let open = Session { boundary: at(86_400).now, ..session };
    let boundary = open.boundary.get();
    assert_eq!(apply_in(&mut sol_market(), &open), Err(EngineError::BoundaryOpen { boundary }));
    let ahead = Session { boundary: at(86_401).now, ..session };
    assert_eq!(apply_in(&mut sol_market(), &ahead), Ok(()));
}

#[test]
fn what_does_not_hold_together_is_not_even_proposed() {
    let market = busy_market();
    let now = at(0).now;
    // A penalty of 3 % and a step of 1.8 % are more than the maintenance margin of 3 %.
    let thin = Parameters { penalty: Ppm::new(30_000), ..sol_parameters() };
    assert!(matches!(plan_propose_parameters(&market, &thin, now), Err(EngineError::MarketParameters { .. })));
    let jump = Parameters { backing_cap: Ppm::new(900_000), ..sol_parameters() };
    let refused = Err(EngineError::MarketChange { rule: ChangeRule::Growth });
    assert_eq!(plan_propose_parameters(&market, &jump, now), refused);
    assert_eq!(plan_propose_parameters(&market, &sol_parameters(), now), Err(EngineError::NothingToChange));
}

#[test]
fn an_oracle_is_changed_after_two_days_where_both_say_the_same() {
    let mut market = busy_market();
    market.second_price.price = Price::new(PRICE);
    let proposal = plan_propose_oracle(&market, Ppm::new(20_000), 60, at(0).now).unwrap();
    assert_eq!(proposal.ripe_from, at(172_800).now);
    publish(&mut market, PRICE, 172_800);
    let clock = session(Status::Active, at(172_800));
    let mut ready = market.refresh(None, &clock).unwrap();
    let apply = |ready: &_, price, seconds| plan_apply_oracle(&proposal, ready, &reading(price, 0, seconds), &clock);
    // $252.50 is one percent more than $250.
    let after = apply(&ready, 25_250_000_000, 172_800).unwrap();
    assert_eq!((after.second_max_deviation, after.second_max_age), (Ppm::new(20_000), 60));
    assert_eq!(Parameters { second_max_deviation: Ppm::ZERO, second_max_age: 0, ..after }, sol_parameters());
    for price in [25_251_000_000, 24_749_000_000] {
        assert!(matches!(apply(&ready, price, 172_800), Err(EngineError::OraclePriceDiffers { .. })));
    }
    assert!(matches!(apply(&ready, 25_000_000_000, 172_784), Err(EngineError::PriceStale { age: 16, .. })));
    apply_oracle(&mut ready, after);
    assert!(market.second_price.price == Price::ZERO && market.has_second_source());
}

#[test]
fn a_market_is_listed_at_once_only_while_nobody_provides_liquidity() {
    let mut market = Market::default();
    listing().begin(3, 6, &mut market);
    assert_eq!((market.index, market.quote_decimals, market.target_backing), (3, 6, usdc(1_000)));
    let proposal = plan_propose_listing(&listing(), 3, at(0).now).unwrap();
    assert_eq!(plan_apply_listing(&proposal, 3, at(172_800).now), Ok(listing()));
    assert!(matches!(plan_apply_listing(&proposal, 3, at(172_799).now), Err(EngineError::ProposalNotRipe { .. })));
    // Its index was taken meanwhile.
    assert_eq!(plan_apply_listing(&proposal, 4, at(172_800).now), Err(EngineError::WrongProposal));
    let large = Listing { parameters: sol_parameters(), ..listing() };
    let refused = Err(EngineError::MarketChange { rule: ChangeRule::Listing });
    assert_eq!(plan_propose_listing(&large, 3, at(0).now), refused);
}

#[test]
fn insurance_goes_to_the_pool_a_little_at_a_time_and_never_below_its_floor() {
    // A pool of $100 000: $10 000 stay, $1 000 go at most.
    let now = Pool { insurance: usdc(10_500), ..pool(100_000 * USDC) };
    let floor = EngineError::InsuranceFloor { floor: usdc(10_000), most: usdc(1_000) };
    assert_eq!(plan_propose_insurance(&now, usdc(501), at(0).now), Err(floor));
    assert_eq!(plan_propose_insurance(&now, Atoms::ZERO, at(0).now), Err(EngineError::AmountZero));
    let rich = Pool { insurance: usdc(50_000), ..now };
    assert_eq!(plan_propose_insurance(&rich, Atoms::new(1_000 * USDC + 1), at(0).now), Err(floor));

    let proposal = plan_propose_insurance(&now, usdc(500), at(0).now).unwrap();
    let (mut after, mut queue) = (now, Queue::default());
    let clock = session(Status::Active, at(86_400));
    plan_apply_insurance(&proposal, &mut after, &mut queue, 1, &clock).unwrap();
    assert_eq!((after.insurance, after.cash), (usdc(10_000), usdc(100_500)));
    // What was drawn meanwhile is looked at again.
    let mut drawn = Pool { insurance: usdc(10_400), ..now };
    let late = plan_apply_insurance(&proposal, &mut drawn, &mut queue, 1, &clock);
    assert_eq!(late, Err(floor));
}

#[test]
fn the_pools_parameters_change_after_a_day() {
    let now = pool(1_000 * USDC);
    let slower = PoolParameters { hysteresis: Ppm::new(100_000), ..pool_parameters() };
    let proposal = plan_propose_pool_parameters(&now, &slower, at(0).now).unwrap();
    let apply = |seconds| plan_apply_pool_parameters(&proposal, &now, &session(Status::Active, at(seconds)));
    assert!(apply(86_399).is_err());
    assert_eq!(apply(86_400), Ok(slower));
}

#[test]
fn a_role_is_handed_over_after_a_day_and_the_guardian_does_not_stop_its_own_replacement() {
    for role in Role::ALL {
        let proposal = plan_propose_role(role, at(0).now).unwrap();
        assert!(plan_apply_role(&proposal, role, at(86_399).now).is_err());
        assert_eq!(plan_apply_role(&proposal, role, at(86_400).now), Ok(()));
        let cancelled = check_cancel(&proposal, Canceller::Guardian, None, at(1).now);
        let refused = Err(EngineError::GuardianIsReplaced);
        assert_eq!(cancelled, if role == Role::Guardian { refused } else { Ok(()) });
        assert_eq!(check_cancel(&proposal, Canceller::Proposer, None, at(1).now), Ok(()));
    }
}

#[test]
fn attack_strangers_cancel_only_what_nobody_can_apply_any_more() {
    let market = busy_market();
    let target = Parameters { base_margin: Ppm::new(70_000), ..sol_parameters() };
    let proposal = plan_propose_parameters(&market, &target, at(0).now).unwrap();
    let lapses = 86_400 + 604_800;
    let by_anybody = |market, seconds| check_cancel(&proposal, Canceller::Anybody, market, at(seconds).now);
    let stands = Err(EngineError::ProposalStands { lapses: at(lapses).now.get() });
    assert_eq!(by_anybody(Some(&market), lapses - 1), stands);
    assert_eq!(by_anybody(Some(&market), lapses), Ok(()));
    // Another market whose parameters have changed is none of its business.
    let other = Market { index: 1, parameter_changes: 9, ..market };
    assert_eq!(by_anybody(Some(&other), 1), stands);
    assert_eq!(Timestamp::new(proposal.lapses_at().unwrap().get()), at(lapses).now);
    assert_eq!(ProposalKind::from_byte(proposal.kind), Some(ProposalKind::Parameters));
}
