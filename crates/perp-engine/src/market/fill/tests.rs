use super::*;
use crate::fixtures::{at, base, set_side, sol_market, PRICE, SOL};
use crate::units::{Ppm, X40_PER_ATOM};
use proptest::prelude::*;

// S = 20 000 000 SOL and M = 0.4 %: the impact is linear from a skew of 80 000 SOL.

fn sol(amount: i64) -> SignedSize {
    base(amount * 1_000_000_000)
}

/// Impact in thousandths of a SOL.
fn impact(skew: i64, order: i64) -> u64 {
    let charged = impact_ceil(sol(skew), sol(order), &sol_market().parameters).unwrap().get();
    assert_eq!(charged % 1_000_000, 0);
    charged / 1_000_000
}

fn skewed(long: u64, short: u64) -> Market {
    let mut market = sol_market();
    set_side(&mut market, Side::Long, long * SOL, 0);
    set_side(&mut market, Side::Short, short * SOL, 0);
    market
}

#[test]
fn impact_grows_with_the_square_of_the_skew_up_to_the_limit() {
    // G(s) = s² / 40 000 000: G(1000) = 0.025, G(2000) = 0.1, G(80 000) = 160 SOL.
    assert_eq!(impact(0, 1_000), 25);
    assert_eq!(impact(0, 2_000), 100);
    assert_eq!(impact(1_000, 1_000), 75);
    assert_eq!(impact(0, 80_000), 160_000);
    assert_eq!(impact(0, -80_000), 160_000);
}

#[test]
fn impact_is_linear_beyond_the_limit() {
    // G(100 000) = 80 000 · (200 000 − 80 000) / 40 000 000 = 240 SOL: 0.4 % of each SOL beyond 80 000.
    assert_eq!(impact(0, 100_000), 240_000);
    assert_eq!(impact(80_000, 20_000), 80_000);
    assert_eq!(impact(-100_000, -10_000), 40_000);
}

#[test]
fn reducing_the_skew_costs_nothing_and_crossing_zero_costs_the_other_side() {
    assert_eq!(impact(100_000, -50_000), 0);
    assert_eq!(impact(1_000, -1_000), 0);
    // From −1000 to +2000: G(2000).
    assert_eq!(impact(-1_000, 3_000), 100);
    assert_eq!(impact(1_000, -3_000), 100);
}

#[test]
fn impact_rounds_up_by_less_than_a_base_unit() {
    // 1 / (2 · 2·10^16) of a base unit.
    assert_eq!(impact_ceil(SignedSize::ZERO, base(1), &sol_market().parameters), Ok(Size::new(1)));
    // Without a limit there is no impact.
    let none = Parameters { impact_limit: Ppm::ZERO, ..sol_market().parameters };
    assert_eq!(impact_ceil(SignedSize::ZERO, sol(1_000), &none), Ok(Size::ZERO));
}

#[test]
fn an_order_pays_spread_impact_and_fee() {
    // 1000 SOL into an empty market at $250 = $250 000.
    // In 2^-40 atoms, spread: 10^12 · 78 290 278; impact: 0.025 SOL · 2^38. Fee: 4 bps of $250 000 = $100.
    let fill = quote(&skewed(0, 0), sol(1_000), at(0).now).unwrap();
    assert_eq!(fill.index_notional, QuoteX40::new(250_000_000_000 * X40_PER_ATOM));
    assert_eq!(fill.charge, QuoteX40::new(1_000_000_000_000 * 78_290_278 + 25_000_000 * i128::from(PRICE)));
    assert_eq!(fill.spread, QuoteX40::new(1_000_000_000_000 * 78_290_278));
    assert_eq!(fill.unit_spread, Price::new(78_290_278));
    assert_eq!(fill.fee, Atoms::new(100_000_000));
    // The buyer pays the charge, the seller gets that much less.
    assert_eq!(fill.notional(Side::Long).unwrap().get(), fill.index_notional.get() + fill.charge.get());
    assert_eq!(fill.notional(Side::Short).unwrap().get(), fill.index_notional.get() - fill.charge.get());
    // 78 290 278 · 10^12 / 2^40 = 71 204 593.9… atoms: $71.204594 + $6.25 + $100.
    assert_eq!(fill.cost_ceil(), Ok(Atoms::new(177_454_594)));
}

#[test]
fn the_part_that_reduces_the_skew_pays_the_lower_fee() {
    // Skew −1000: of a purchase of 3000 SOL, 1000 pay 2 bps ($50) and 2000 pay 4 bps ($200).
    let crossing = quote(&skewed(500, 1_500), sol(3_000), at(0).now).unwrap();
    assert_eq!(crossing.fee, Atoms::new(250_000_000));
    // All of it reduces: 2 bps of $250 000. In the other direction all of it increases.
    assert_eq!(quote(&skewed(500, 1_500), sol(1_000), at(0).now).unwrap().fee, Atoms::new(50_000_000));
    assert_eq!(quote(&skewed(500, 1_500), sol(-1_000), at(0).now).unwrap().fee, Atoms::new(100_000_000));
    // One fee, rounded up once: 3 base units at a quarter atom, 4 bps of 0.75 atoms.
    assert_eq!(quote(&skewed(0, 0), base(3), at(0).now).unwrap().fee, Atoms::new(1));
}

#[test]
fn a_sale_never_fetches_less_than_nothing() {
    // With a spread ten times the price the charge stops at the notional.
    let mut market = skewed(0, 0);
    market.parameters.spread_confidence = Ppm::new(10_000_000);
    market.price.confidence = market.price.price;
    let fill = quote(&market, sol(-1), at(0).now).unwrap();
    assert_eq!(fill.charge, fill.index_notional);
    assert_eq!(fill.spread, fill.charge);
    assert_eq!(fill.notional(Side::Short), Ok(QuoteX40::ZERO));
}

#[test]
fn a_cap_takes_from_spread_and_impact_before_it_takes_from_the_fee() {
    let atoms = |amount: i128| QuoteX40::new(amount * X40_PER_ATOM);
    let (index_notional, charge, spread, unit_spread) = (atoms(1_000), atoms(7), atoms(5), Price::new(1));
    let fill = Fill { index_notional, charge, spread, unit_spread, fee: Atoms::new(5) };
    assert_eq!(fill.capped(Atoms::new(12)), Ok(fill));
    let charge_of = |cap| fill.capped(Atoms::new(cap)).unwrap();
    assert_eq!((charge_of(9).charge, charge_of(9).fee), (atoms(4), Atoms::new(5)));
    assert_eq!((charge_of(3).charge, charge_of(3).fee), (QuoteX40::ZERO, Atoms::new(3)));
    assert_eq!(charge_of(0).cost_ceil(), Ok(Atoms::ZERO));
    // Of a charge of 7 the spread is 5. At 11 the impact has given way by one, at 9 all of it and one of the spread.
    assert_eq!((charge_of(11).charge, charge_of(11).spread), (atoms(6), atoms(5)));
    assert_eq!(charge_of(9).spread, atoms(4));
    assert_eq!(charge_of(3).spread, QuoteX40::ZERO);
}

#[test]
fn an_order_of_nothing_or_of_too_much_is_refused() {
    let market = skewed(0, 0);
    assert_eq!(quote(&market, SignedSize::ZERO, at(0).now), Err(EngineError::SizeOutOfRange));
    for order in [i64::MIN, i64::MAX, (1 << 57) + 1, -(1 << 57) - 1] {
        assert_eq!(quote(&market, base(order), at(0).now), Err(EngineError::SizeOutOfRange));
    }
}

proptest! {
    /// Splitting an order never lowers what it pays in impact, spread and fee together.
    #[test]
    fn splitting_an_order_saves_nothing(
        long in 0u64..200_000_000_000_000, short in 0u64..200_000_000_000_000,
        first in 1i64..100_000_000_000_000, second in 1i64..100_000_000_000_000, buys: bool, shift in 0u32..40,
    ) {
        let (first, second) = ((first >> shift).max(1), (second >> shift).max(1));
        let sign = if buys { 1 } else { -1 };
        let mut market = sol_market();
        set_side(&mut market, Side::Long, long, 0);
        set_side(&mut market, Side::Short, short, 0);
        let whole = quote(&market, base(sign * (first + second)), at(0).now).unwrap();
        let one = quote(&market, base(sign * first), at(0).now).unwrap();
        let side = if buys { Side::Long } else { Side::Short };
        let totals = market.ledger.side_mut(side);
        totals.open_interest = totals.open_interest.checked_add(Size::new(first.unsigned_abs())).unwrap();
        let two = quote(&market, base(sign * second), at(0).now).unwrap();
        prop_assert!(one.charge.get() + two.charge.get() >= whole.charge.get());
        prop_assert!(one.fee.get() + two.fee.get() >= whole.fee.get());
        prop_assert_eq!(one.index_notional.get() + two.index_notional.get(), whole.index_notional.get());
    }

    /// The potential is convex and even: whatever the skew, an order pays at least nothing and at most M of its notional
    /// and the rounding.
    #[test]
    fn impact_is_at_most_the_limit_of_the_order(skew in -1i64 << 55..1 << 55, order in -1i64 << 50..1 << 50) {
        let parameters = sol_market().parameters;
        let charged = u128::from(impact_ceil(base(skew), base(order), &parameters).unwrap().get());
        prop_assert!(charged <= u128::from(order.unsigned_abs()) * 4_000 / 1_000_000 + 2);
    }
}
