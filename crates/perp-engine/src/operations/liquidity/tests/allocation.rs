//! How much of the pool's cash a market gets, and what comes back.

use super::*;
use crate::fixtures::{planned, restricted_until};

/// Target 1000 with a backing of 0; 10 000 in cash of which half may be placed here.
fn empty_market() -> Market {
    let mut market = market(FLAT);
    market.ledger.backing = Atoms::ZERO;
    market.target_backing = atoms(1_000);
    market
}

/// What is planned in an exchange where nobody waits for a boundary.
fn allocate_in(pool: &Pool, market: &Market, status: Status, seconds: i64) -> Result<AllocationPlan, EngineError> {
    let session = session(status, at(seconds));
    planned(market, status, at(seconds), |market| plan_allocate_backing(pool, market, &session))
}

fn allocate(pool: &Pool, market: &Market) -> Result<AllocationPlan, EngineError> {
    allocate_in(pool, market, Status::Active, 0)
}

#[test]
fn backing_moves_to_its_target_and_back() {
    // 500 are placed in another market.
    let pool = Pool { placed: atoms(500), ..pool(10_000) };
    let market = empty_market();
    let placed = allocate(&pool, &market).unwrap();
    assert_eq!(placed.moved, SignedAtoms::new(1_000));
    assert_eq!((placed.ledger.backing, placed.ledger.net_principal), (atoms(1_000), atoms(1_000)));
    assert_eq!((placed.pool.cash, placed.pool.placed), (atoms(9_000), atoms(1_500)));

    // Trading won 600 and the target falls to 700: 900 come back, all but 100 of the principal.
    let mut market = Market { ledger: placed.ledger, target_backing: atoms(700), ..market };
    market.ledger.backing = atoms(1_600);
    let back = allocate(&placed.pool, &market).unwrap();
    assert_eq!(back.moved, SignedAtoms::new(-900));
    assert_eq!((back.ledger.backing, back.ledger.net_principal), (atoms(700), atoms(100)));
    assert_eq!((back.pool.cash, back.pool.placed), (atoms(9_900), atoms(600)));

    // Beyond the principal it is profit: 700 come back and the principal ends at zero, in the pool and the market.
    let market = Market { ledger: back.ledger, target_backing: Atoms::ZERO, ..market };
    let back = allocate(&back.pool, &market).unwrap();
    assert_eq!((back.ledger.backing, back.ledger.net_principal), (Atoms::ZERO, Atoms::ZERO));
    assert_eq!((back.pool.cash, back.pool.placed), (atoms(10_600), atoms(500)));
}

#[test]
fn within_the_hysteresis_nothing_moves() {
    // 5 % of 1000: from 950 to 1050.
    let pool = pool(10_000);
    for (backing, moved) in [(949, Some(51)), (950, None), (1_000, None), (1_050, None), (1_051, Some(-51))] {
        let mut market = empty_market();
        market.ledger.backing = atoms(backing);
        let plan = allocate(&pool, &market);
        match moved {
            Some(moved) => assert_eq!(plan.unwrap().moved, SignedAtoms::new(moved)),
            None => assert_eq!(plan, Err(EngineError::WithinHysteresis)),
        }
    }
}

#[test]
fn no_more_is_placed_than_there_is_and_than_the_cap_allows() {
    let market = Market { target_backing: atoms(100_000), ..empty_market() };
    // Half of 10 000.
    let placed = allocate(&pool(10_000), &market).unwrap();
    assert_eq!(placed.moved, SignedAtoms::new(5_000));
    let full = Market { ledger: placed.ledger, ..market };
    assert_eq!(allocate(&placed.pool, &full), Err(EngineError::NothingToMove));
    // Half of 300 + 9 700 is 5000, but there are 300.
    let little = Pool { placed: atoms(9_700), ..pool(300) };
    assert_eq!(allocate(&little, &market).unwrap().moved, SignedAtoms::new(300));
}

#[test]
fn attack_draining_a_market_again_and_again_costs_the_pool_its_cap_once() {
    let mut pool = pool(10_000);
    let mut market = empty_market();
    let mut drained = 0;
    for _ in 0..20 {
        if let Ok(plan) = allocate(&pool, &market) {
            pool = plan.pool;
            market.ledger = plan.ledger;
        }
        // A coalition wins all of it.
        drained += market.ledger.backing.get();
        market.ledger.backing = Atoms::ZERO;
    }
    assert_eq!(drained, 5_000);
    assert_eq!((pool.cash, pool.placed), (atoms(5_000), atoms(5_000)));
}

#[test]
fn attack_filling_a_hole_with_the_pools_cash() {
    // 1280 longs that entered at 1/2 have gained 640, the backing is 600: a surplus of −40, and no price of the target helps.
    let mut market = Market { target_backing: atoms(5_000), ..market([(1_280, 640), (0, 0)]) };
    market.ledger.backing = atoms(600);
    let refused = allocate(&pool(10_000), &market);
    // A move of 15 % costs 192.
    assert_eq!(refused, Err(EngineError::MarketCapacity { surplus: SignedAtoms::new(-40), stress_loss: atoms(192) }));
    market.ledger.backing = atoms(640);
    assert!(allocate(&pool(10_000), &market).is_ok());
}

#[test]
fn what_comes_back_leaves_the_market_what_it_needs() {
    // 1280 longs at their entry: a move of 15 % costs 192, so of 1000 at most 808 are free.
    let mut market = Market { target_backing: Atoms::ZERO, ..market([(1_280, 1_280), (0, 0)]) };
    let pool = Pool { placed: atoms(1_000), ..pool(0) };
    market.ledger.net_principal = atoms(1_000);
    let plan = allocate(&pool, &market).unwrap();
    assert_eq!(plan.moved, SignedAtoms::new(-808));
    let market = Market { ledger: plan.ledger, ..market };
    let refused = allocate(&plan.pool, &market);
    assert_eq!(refused, Err(EngineError::MarketCapacity { surplus: SignedAtoms::new(192), stress_loss: atoms(192) }));
}

#[test]
fn attack_taking_out_what_only_losers_promise() {
    // Longs lost 1280 and are good for 38 of it: the surplus is 1038 and the stress loss 192, but no more than the backing's 1000 can go,
    // and only 846 is free.
    let market = Market { target_backing: Atoms::ZERO, ..market([(1_280, 2_560), (0, 0)]) };
    assert_eq!(allocate(&pool(0), &market).unwrap().moved, SignedAtoms::new(-846));
}

#[test]
fn positions_need_a_fresh_price_or_a_dead_oracle_and_a_flat_market_none() {
    let pool = pool(10_000);
    let mut traded = Market { target_backing: atoms(2_000), ..market([(1_280, 1_280), (0, 0)]) };
    let late = |market: &Market| allocate_in(&pool, market, Status::Active, 400).map(|plan| plan.moved);
    assert_eq!(late(&traded), Err(EngineError::PriceStale { age: 400, allowed: 15 }));
    traded.price.outage_since = at(101).now;
    assert_eq!(late(&traded), Err(EngineError::PriceStale { age: 400, allowed: 15 }));
    // Dead: the price is any from 0.85 to 1.15. Longs gain ⌈192.0…⌉ at the upper end, which leaves 807, and a move of 15 % from
    // there costs ⌈15 % of 1473⌉ = 221: of what is beyond the target at most 586 is free. At the lower end more would be.
    traded.price.outage_since = at(100).now;
    traded.target_backing = Atoms::ZERO;
    assert_eq!(late(&traded), Ok(SignedAtoms::new(-586)));
    // Shorts are valued at the upper end as well, where they have lost; the lower end, where they have won, is the worse.
    let mut shorts = Market { target_backing: Atoms::ZERO, ..market([(0, 0), (1_280, 1_280)]) };
    shorts.price.outage_since = at(100).now;
    // At 0.85 they won ⌈192.0…⌉; ⌈15 % of 1088⌉ = 164 of stress: 1000 − 193 − 164.
    assert_eq!(late(&shorts), Ok(SignedAtoms::new(-643)));

    let mut flat = market(FLAT);
    flat.price.outage_since = at(0).now;
    assert_eq!(late(&flat), Ok(SignedAtoms::new(-1_000)));
}

#[test]
fn nothing_is_placed_where_nobody_knows_what_is_owed() {
    // The range of a dead oracle says what may come back, not what is worth being put in: a market with positions gets nothing, one
    // without gets its target as ever.
    let pool = pool(10_000);
    let mut dead = Market { target_backing: atoms(2_000), ..market([(1_280, 1_280), (0, 0)]) };
    dead.price.outage_since = at(0).now;
    let place = |market: &Market| allocate_in(&pool, market, Status::Active, 400).map(|plan| plan.moved);
    assert_eq!(place(&dead), Err(EngineError::PriceStale { age: 400, allowed: 15 }));
    let mut flat = Market { target_backing: atoms(2_000), ..market(FLAT) };
    flat.price.outage_since = at(0).now;
    assert_eq!(place(&flat), Ok(SignedAtoms::new(1_000)));
}

#[test]
fn nothing_is_placed_unless_active_and_nothing_moves_while_paused() {
    let pool = pool(10_000);
    let low = empty_market();
    let high = Market { target_backing: Atoms::ZERO, ..market(FLAT) };
    let moved = |market: &Market, status| allocate_in(&pool, market, status, 0).map(|plan| plan.moved);
    assert_eq!(moved(&low, Status::ReduceOnly), Err(EngineError::ReduceOnly));
    assert_eq!(moved(&low, Status::Paused), Err(EngineError::Paused));
    assert_eq!(moved(&high, Status::ReduceOnly), Ok(SignedAtoms::new(-1_000)));
    assert_eq!(moved(&high, Status::Paused), Err(EngineError::Paused));
    let limited = Market { reduce_only: restricted_until(1), ..low };
    assert_eq!(moved(&limited, Status::Active), Err(EngineError::ReduceOnly));
}

#[test]
fn backing_rests_in_the_last_minute_before_a_boundary_that_somebody_waits_for() {
    let (pool, market) = (pool(10_000), empty_market());
    let allocate = |session: Session| {
        planned(&market, Status::Active, session.clock, |market| plan_allocate_backing(&pool, market, &session))
            .map(|plan| plan.moved)
    };
    let (moved, near) =
        (Ok(SignedAtoms::new(1_000)), Err(EngineError::BoundaryNear { boundary: at(BOUNDARY).now.get() }));
    // Nothing is placed from then on until it is closed, so that the cash is there for those who leave.
    for (before, expected) in [(61, moved), (60, moved), (59, near), (1, near), (0, near), (-1, near), (-100_000, near)]
    {
        assert_eq!(allocate(awaiting(BOUNDARY - before)), expected, "{before} s before it");
        // Nobody waits for one: nothing rests.
        assert_eq!(allocate(session(Status::Active, at(BOUNDARY - before))), moved);
    }
}

#[test]
fn backing_is_taken_back_between_a_boundary_and_its_close() {
    // $1000 above its target: cash that leavers may be paid from.
    let mut market = empty_market();
    (market.ledger.backing, market.target_backing) = (atoms(2_000), atoms(1_000));
    market.ledger.net_principal = atoms(2_000);
    let pool = Pool { placed: atoms(2_000), ..pool(10_000) };
    let session = awaiting(BOUNDARY + 5);
    let plan = planned(&market, Status::Active, session.clock, |market| plan_allocate_backing(&pool, market, &session));
    assert_eq!(plan.unwrap().moved, SignedAtoms::new(-1_000));
}
