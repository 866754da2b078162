use super::*;
use crate::error::EngineError;
use crate::fixtures::{exact, set_side, sol_market, usdc, PRICE, SOL, USDC};
use crate::state::Market;
use crate::units::{FundingIndex, X40_PER_ATOM};
use proptest::prelude::*;

fn signed(amount: i64) -> SignedAtoms {
    SignedAtoms::new(amount * 1_000_000)
}

fn at_price(market: &Market) -> Solvency {
    solvency(&market.ledger, &market.parameters, Price::new(PRICE)).unwrap()
}

/// $100 of backing, 10 SOL long that lost $100, 8 SOL short that won $80, $20 of claims that no cash is set aside for.
fn example() -> Market {
    let mut market = sol_market();
    market.ledger.backing = usdc(100);
    market.ledger.claims = usdc(30);
    market.ledger.claims_reserve = usdc(10);
    set_side(&mut market, Side::Long, 10 * SOL, 2_600 * USDC);
    set_side(&mut market, Side::Short, 8 * SOL, 2_080 * USDC);
    market
}

#[test]
fn losers_are_good_for_their_maintenance_margin_and_no_more() {
    let solvency = at_price(&example());
    // Longs: $2500 − $2600 = −$100, good for 3 % of $2500 = $75. Shorts: $2080 − $2000 = $80.
    assert_eq!(solvency.unrealized, [exact(-100), exact(80)]);
    assert_eq!(solvency.assets, usdc(175));
    // 80 + (30 − 10).
    assert_eq!(solvency.liabilities, usdc(100));
    assert_eq!(solvency.surplus, signed(75));
    // 15 % of $2500 − 3 % of $2000 = 375 − 60; the other way 300 − 75 is less.
    assert_eq!(solvency.stress_loss, usdc(315));
}

#[test]
fn a_small_loss_counts_as_far_as_it_goes() {
    // Longs lost $40 of the $75 they are good for.
    let mut market = example();
    set_side(&mut market, Side::Long, 10 * SOL, 2_540 * USDC);
    assert_eq!(at_price(&market).assets, usdc(140));
}

#[test]
fn a_market_that_owes_more_than_it_has_is_in_deficit() {
    // Without backing: $75 for $100 owed.
    let mut market = example();
    market.ledger.backing = Atoms::ZERO;
    assert_eq!(at_price(&market).surplus, signed(-25));
}

#[test]
fn funding_that_was_paid_in_and_not_yet_received_is_owed() {
    // Shorts have $8 of funding to receive: a thousandth of an atom on 8·10^9 units.
    let mut market = example();
    market.ledger.side_mut(Side::Short).funding_index = FundingIndex::new(-(X40_PER_ATOM as i64) / 1_000);
    let solvency = at_price(&market);
    assert_eq!(solvency.liabilities, usdc(108));
    assert_eq!(solvency.surplus, signed(67));
    // Longs have just below $100 to pay: settling either side changes assets and liabilities alike.
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(X40_PER_ATOM as i64 / 100);
    let solvency = at_price(&market);
    assert_eq!((solvency.liabilities, solvency.surplus), (usdc(108), SignedAtoms::new(166_999_999)));
}

#[test]
fn stress_loss_is_the_larger_sides_move_less_what_the_smaller_side_is_good_for() {
    let stress_loss = |long: u64, short: u64| {
        stress_loss_ceil([usdc(long), usdc(short)], Ppm::new(150_000), Ppm::new(30_000)).unwrap()
    };
    assert_eq!(stress_loss(1_000, 0), usdc(150));
    assert_eq!(stress_loss(0, 1_000), usdc(150));
    // 15 % − 3 % of a matched market: a move takes the losers' margin and 12 % more.
    assert_eq!(stress_loss(1_000, 1_000), usdc(120));
    assert_eq!(stress_loss(200, 1_000), usdc(144));
    // A move smaller than the maintenance margin is covered by the losers themselves.
    assert_eq!(stress_loss_ceil([usdc(1_000), usdc(1_000)], Ppm::new(20_000), Ppm::new(30_000)), Ok(Atoms::ZERO));
}

#[test]
fn a_trade_is_admitted_while_the_market_can_bear_its_stress_move() {
    let state = |surplus, stress_loss| Solvency {
        surplus: signed(surplus),
        stress_loss: usdc(stress_loss),
        ..at_price(&sol_market())
    };
    let admits = |after: Solvency, before| after.admits(|| Ok(before));
    assert_eq!(admits(state(100, 100), state(500, 0)), Ok(()));
    let refused = Err(EngineError::MarketCapacity { surplus: signed(99), stress_loss: usdc(100) });
    assert_eq!(admits(state(99, 100), state(500, 0)), refused);
    // Below its stress loss, a market accepts what makes that no larger and costs no more than it saves.
    assert_eq!(admits(state(40, 80), state(60, 100)), Ok(()));
    assert!(admits(state(39, 80), state(60, 100)).is_err());
    assert!(admits(state(60, 101), state(60, 100)).is_err());
    // Bringing in more than the stress loss grows by does not buy a larger one.
    assert!(admits(state(70, 105), state(60, 100)).is_err());
    assert_eq!(admits(state(-50, 100), state(-50, 100)), Ok(()));
    // What was before is computed only where it matters, and what keeps it from being computed is reported.
    assert_eq!(state(100, 100).admits(|| Err(EngineError::Overflow)), Ok(()));
    assert_eq!(state(99, 100).admits(|| Err(EngineError::Overflow)), Err(EngineError::Overflow));
}

proptest! {
    /// The stress move's cost as the specification writes it: `max(J·L − m·Sh, J·Sh − m·L)`.
    #[test]
    fn stress_loss_is_the_worse_of_the_two_directions(long in 0u64..1 << 54, short in 0u64..1 << 54, stress in 30_000u32..1_000_000) {
        let (stress, maintenance) = (Ppm::new(stress), Ppm::new(30_000));
        let one_way = |more, less| {
            share_ceil(Atoms::new(more), stress).unwrap().saturating_sub(share_floor(Atoms::new(less), maintenance).unwrap())
        };
        let worse = one_way(long, short).max(one_way(short, long));
        prop_assert_eq!(stress_loss_ceil([Atoms::new(long), Atoms::new(short)], stress, maintenance), Ok(worse));
    }
}
