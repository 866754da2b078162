//! What holds for every market whose parameters are in range.

use super::*;
use crate::fixtures::NOW;
use crate::market::solvency::net_asset_value;
use crate::units::products::funding_owed;
use crate::units::Atoms;
use proptest::prelude::*;

prop_compose! {
    /// Any market whose parameters are in range, with positions on both sides or one.
    fn any_market()(
        velocity in 0..=MAX_FUNDING_VELOCITY,
        cap in 0..=MAX_FUNDING_RATE,
        carry_part in 0u64..=100,
        rate_part in -100i64..=100,
        sizes in [prop_oneof![Just(0), 1u64..=1 << 30, 1u64..=1 << 56], prop_oneof![Just(0), 1u64..=1 << 30, 1u64..=1 << 56]],
        scale in 1u64..=1 << 56,
        price in 1u64..=1 << 50,
        fraction in 0u64..1 << 61,
    ) -> Market {
        let mut market = sol_market();
        publish(&mut market, price, 0);
        market.parameters = Parameters {
            funding_velocity: velocity,
            funding_rate_cap: cap,
            carry_rate: cap / 100 * carry_part,
            impact_scale: Size::new(scale),
            open_interest_cap: Size::new(1 << 56),
            max_accrual_seconds: 86_400,
            ..sol_parameters()
        };
        market.ledger.funding_rate = i64::try_from(cap).unwrap() / 100 * rate_part;
        market.ledger.funding_fraction = fraction;
        set_side(&mut market, LONG, sizes[0], 0);
        set_side(&mut market, SHORT, sizes[1], 0);
        market
    }
}

proptest! {
    #[test]
    fn payers_owe_what_receivers_are_owed_and_the_rest(market in any_market(), seconds in 0i64..=86_400) {
        // Carry would hide a receiver who gets too much, and its surge moves cash.
        let market = Market { parameters: Parameters { carry_rate: 0, carry_surge: 0, ..market.parameters }, ..market };
        let accrued = after(&market, seconds);
        let mut owed = 0i128;
        for side in Side::BOTH {
            let (before, after) = (market.ledger.side(side), accrued.ledger.side(side));
            let change = after.funding_index.checked_sub(before.funding_index).unwrap();
            owed += funding_owed(after.open_interest, change).unwrap().get();
        }
        prop_assert!(owed >= 0, "receivers are owed {} more than payers pay", -owed);
        // No cash moves, and the counter has what payers owe beyond what receivers are owed.
        prop_assert_eq!(accrued.ledger.backing, market.ledger.backing);
        prop_assert_eq!(accrued.ledger.counters.funding.get().get(), owed);
    }

    /// Funding and carry that were counted are what pending funding grew by, however often it accrued.
    #[test]
    fn the_counters_add_up_to_what_accrued(market in any_market(), steps in prop::collection::vec(1i64..=4_000, 1..10)) {
        let (mut accruing, mut time) = (market, 0);
        for step in steps {
            time += step;
            accruing.ledger = after(&accruing, time).ledger;
        }
        let counters = &accruing.ledger.counters;
        let counted = counters.funding.get().checked_add(counters.carry.get()).unwrap();
        let pending = |market: &Market| pending_funding(&market.ledger).unwrap();
        prop_assert_eq!(counted, pending(&accruing).checked_sub(pending(&market)).unwrap());
        prop_assert!(!counters.funding.get().is_negative() && !counters.carry.get().is_negative());
    }

    /// The surge goes out of the backing into the insurance as it accrues, as far as there is backing: no atom is lost or made, and
    /// what the market is worth with its insurance grows by what its payers owe more, to the last bit.
    #[test]
    fn the_surge_of_the_carry_goes_to_the_insurance_and_no_atom_is_lost(
        market in any_market(), backing in prop_oneof![Just(0u64), 0u64..1 << 20, 0u64..=1 << 50], insurance in 0u64..1 << 40,
        filled in [0u64..=100, 0u64..=100], steps in prop::collection::vec(1i64..=4_000, 1..6),
    ) {
        let mut market = market;
        // A cap near the open interest, and a mean of any part of it.
        let [long, short] = market.ledger.sides.map(|side| side.open_interest.get());
        market.parameters.open_interest_cap = Size::new(long.max(short).max(1));
        for side in Side::BOTH {
            market.ledger.side_mut(side).mean_interest = Size::new(long.max(short) / 100 * filled[side.index()]);
        }
        (market.ledger.backing, market.ledger.insurance) = (Atoms::new(backing), Atoms::new(insurance));
        let (mut accruing, mut time) = (market, 0);
        for step in steps {
            time += step;
            let before = accruing.ledger;
            accruing.ledger = after(&accruing, time).ledger;
            let now = &accruing.ledger;
            let moved = now.insurance.checked_sub(before.insurance).unwrap();
            prop_assert_eq!(before.backing.checked_sub(moved), Ok(now.backing));
            let worth = |ledger: &MarketLedger| {
                // At any price: nobody trades.
                let value = net_asset_value(ledger, Price::new(1)).unwrap();
                value.checked_add(ledger.insurance.to_x40().unwrap()).unwrap()
            };
            let grown = worth(now).checked_sub(worth(&before)).unwrap();
            let counted = |ledger: &MarketLedger| {
                ledger.counters.funding.get().checked_add(ledger.counters.carry.get()).unwrap()
            };
            prop_assert_eq!(grown, counted(now).checked_sub(counted(&before)).unwrap());
            // Of the carry, and none of it while both means are within half of the cap.
            let carry = now.counters.carry.get().checked_sub(before.counters.carry.get()).unwrap();
            prop_assert!(moved.to_x40().unwrap() <= carry);
            let half = market.parameters.open_interest_cap.get() / 2;
            let within = now.sides.iter().all(|side| side.mean_interest.get() <= half);
            prop_assert!(!within || moved.is_zero());
        }
    }

    #[test]
    fn accruing_often_or_once_is_the_same(
        market in any_market(),
        steps in prop::collection::vec(1i64..=4_000, 1..20),
    ) {
        // The surge goes by a mean that forgets with every accrual: it alone depends on how often that is.
        let market = Market { parameters: Parameters { carry_surge: 0, ..market.parameters }, ..market };
        let mut often = market;
        let mut time = 0;
        for step in &steps {
            time += step;
            often.ledger = after(&often, time).ledger;
        }
        let once = after(&market, time).ledger;
        prop_assert_eq!(often.ledger.funding_rate, once.funding_rate);
        prop_assert_eq!(often.ledger.funding_fraction, once.funding_fraction);
        for side in Side::BOTH {
            let (many, one) = (often.ledger.side(side), once.side(side));
            prop_assert_eq!(many.carry_fraction, one.carry_fraction);
            // A payer pays the same to the bit; a receiver loses less than one unit a touch.
            let lost = many.funding_index.get() - one.funding_index.get();
            prop_assert!((0..=i64::try_from(steps.len()).unwrap()).contains(&lost), "{lost}");
            let larger = market.ledger.side(side).open_interest >= market.ledger.side(side.opposite()).open_interest;
            prop_assert!(lost == 0 || larger);
        }
    }

    #[test]
    fn the_closed_form_is_the_path_second_by_second(
        rate in -100i64..=100, skew in -150i64..=150, seconds in 0u64..=60,
    ) {
        let closed = path(rate, skew, seconds);
        let (mut stepped, mut doubled_areas) = (rate, [0u64; 2]);
        let speeds = speeds(Size::new(skew.unsigned_abs()), &small_parameters()).unwrap();
        for _ in 0..seconds {
            let opposed = stepped != 0 && stepped.signum() != skew.signum();
            let next = if opposed {
                stepped.signum() * (stepped.abs() - i64::try_from(speeds.returning).unwrap()).max(0)
            } else {
                (stepped + skew.signum() * i64::try_from(speeds.building).unwrap()).clamp(-100, 100)
            };
            let payer = if stepped + next < 0 { SHORT } else { LONG };
            doubled_areas[payer.index()] += (stepped + next).unsigned_abs();
            stepped = next;
        }
        prop_assert_eq!(closed.end, stepped);
        let area = |side| closed.phases.iter().filter(|phase| phase.0 == side).map(|phase| phase.1).sum::<u64>();
        prop_assert_eq!(doubled_areas, [area(LONG), area(SHORT)]);
    }

    #[test]
    fn one_accrual_moves_an_index_by_at_most_the_largest_rates(market in any_market(), seconds in 0i64..=200_000) {
        let accrued = after(&market, seconds);
        let parameters = &market.parameters;
        let time = u128::from(seconds.unsigned_abs().min(86_400));
        let price = u128::from(market.price.price.get());
        let funding = (u128::from(parameters.funding_rate_cap) * time * price).div_ceil(1 << RATE_BITS);
        let carry = u128::from(parameters.carry_rate + parameters.carry_surge);
        let carry = (carry * time * price).div_ceil(1 << RATE_BITS);
        for side in Side::BOTH {
            let moved = accrued.ledger.side(side).funding_index.checked_sub(market.ledger.side(side).funding_index).unwrap();
            prop_assert!(u128::from(moved.get().unsigned_abs()) <= funding + carry);
        }
        prop_assert!(accrued.ledger.funding_rate.unsigned_abs() <= parameters.funding_rate_cap);
        prop_assert!(accrued.ledger.funding_time == Timestamp::new(NOW + seconds));
    }
}
