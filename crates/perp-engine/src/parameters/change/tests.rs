use super::*;
use crate::fixtures::{sol_parameters, thin_parameters, SOL};
use crate::market::measured_margin::target_ceil;
use crate::risk::margin::maintenance_margin_ceil;
use crate::units::MAX_OPEN_NOTIONAL;
use proptest::prelude::*;

const UNMEASURED: Ppm = Ppm::ZERO;

fn broken(from: &Parameters, to: &Parameters) -> ChangeRule {
    match check_change(from, to) {
        Err(EngineError::MarketChange { rule }) => rule,
        other => panic!("{other:?}"),
    }
}

/// Takes every step from one to the other, and says how many they were.
fn follow(from: &Parameters, to: &Parameters, mut each: impl FnMut(&Parameters, &Parameters)) -> u32 {
    let (mut now, mut steps) = (*from, 0);
    while now != *to {
        let next = next_step(&now, to, UNMEASURED).unwrap();
        each(&now, &next);
        (now, steps) = (next, steps + 1);
    }
    steps
}

#[test]
fn a_maintenance_margin_that_doubles_takes_four_days() {
    // From 5 % and 60 % to 10 % and 60 %: 3 points of notional, and one ppm of rounding.
    let from = Parameters { measured_weight: Ppm::ZERO, ..sol_parameters() };
    let to = Parameters { base_margin: Ppm::new(100_000), ..from };
    assert_eq!(cost_of_change_ceil(&from, &to, UNMEASURED), Ok(30_001));
    // 30 001 / 320 is 93.8: a ninety-fourth of the way an hour.
    let steps = follow(&from, &to, |before, after| {
        assert!(after.base_margin.get() - before.base_margin.get() <= 50_000 / 94 + 2);
        assert!(cost_of_change_ceil(before, after, UNMEASURED).unwrap() <= STEP_PPM);
        after.validate().unwrap();
    });
    // Rounding towards where it comes from leaves a rest for one more.
    assert_eq!(steps, 95);
    // With a measured margin twice as much is called for, up to its limit of 20 %: 10 points more where it was 10 %.
    let measured = Parameters { base_margin: Ppm::new(100_000), ..sol_parameters() };
    assert_eq!(cost_of_change_ceil(&sol_parameters(), &measured, UNMEASURED), Ok(60_002 + 1));
}

#[test]
fn what_costs_no_open_position_anything_is_done_in_one_step() {
    let sol = sol_parameters();
    let free = Parameters {
        open_interest_cap: Size::new(200_000 * SOL),
        open_interest_high: Size::new(100_000 * SOL),
        minimum_position: Atoms::new(200_000_000),
        protocol_share: Ppm::new(200_000),
        bounty_share_min: Ppm::new(400_000),
        liquidation_buffer: Ppm::new(300_000),
        max_confidence_to_increase: Ppm::new(4_000),
        max_price_step: Ppm::new(15_000),
        backing_cap: Ppm::new(510_000),
        settle_after: 300_000,
        // What costs less.
        base_margin: Ppm::new(49_000),
        measured_limit: Ppm::new(100_000),
        taker_fee: Ppm::new(300),
        spread_volatility: Ppm::new(1_500_000),
        carry_rate: 2 * sol.carry_rate,
        ..sol
    };
    assert_eq!(check_change(&sol, &free), Ok(()));
    assert_eq!((cost_of_change_ceil(&sol, &free, UNMEASURED), next_step(&sol, &free, UNMEASURED)), (Ok(0), Ok(free)));
}

#[test]
fn each_cost_is_what_it_says() {
    let sol = sol_parameters();
    let cost = |to: Parameters| cost_of_change_ceil(&sol, &to, UNMEASURED).unwrap();
    // From 60 % of f to 70 %, where f is at most the 20 % of the measured limit.
    assert_eq!(cost(Parameters { maintenance_fraction: Ppm::new(700_000), ..sol }), 20_000 + 1);
    // A limit one point higher, of which 60 % are maintenance margin.
    assert_eq!(cost(Parameters { measured_limit: Ppm::new(210_000), ..sol }), 6_000 + 1);
    // A weight twice as large calls for the limit of 20 % where half of it was called for: 60 % of 10 points and two roundings.
    assert_eq!(cost(Parameters { measured_weight: Ppm::new(660_000), ..sol }), 60_002 + 1);
    // The same by half the listed volatility, which takes half of the spread and of the drift's limit away: that costs nothing.
    assert_eq!(cost(Parameters { volatility: Ppm::new(400_000), ..sol }), 60_002 + 1);
    assert_eq!(cost(Parameters { taker_fee: Ppm::new(500), taker_fee_rebalancing: Ppm::new(350), ..sol }), 150);
    // The penalty, and half of it that may be bounty.
    assert_eq!(cost(Parameters { penalty: Ppm::new(12_000), ..sol }), 2_000 + 1_000);
    // Of a marginal impact of 0.4 % half is new where the scale is halved.
    let shallower = Parameters { impact_scale: Size::new(10_000_000 * SOL), ..sol };
    assert_eq!(impact_rise_ceil(&sol, &shallower), Ok(2_000));
    assert_eq!(cost(Parameters { stress_move: Ppm::new(140_000), ..sol }), 10_000);
    // Another half of the confidence of 1.5 %.
    assert_eq!(cost(Parameters { spread_confidence: Ppm::new(1_500_000), ..sol }), 7_500);
    // Funding that returns at half its speed: at most the cap for a day, 24 times 0.1 %.
    let slower = cost(Parameters { funding_velocity: sol.funding_velocity / 2, ..sol });
    assert_eq!(slower, 24_000);
}

#[test]
fn a_premium_costs_the_largest_position_most() {
    let thin = thin_parameters();
    let to = Parameters { size_premium: thin.size_premium / 10 * 11, ..thin };
    // An eleventh of the new premium where it reaches all of the notional: 90 911 ppm, of which 60 % are maintenance.
    assert_eq!(cost_of_change_ceil(&thin, &to, UNMEASURED), Ok(54_547 + 1));
}

#[test]
fn attack_no_decision_raises_what_a_position_pays_over_time_or_takes_out_of_the_insurance() {
    let sol = sol_parameters();
    for faster in [
        Parameters { funding_rate_cap: sol.funding_rate_cap + 1, ..sol },
        Parameters { funding_velocity: sol.funding_velocity + 1, ..sol },
        Parameters { impact_scale: Size::new(sol.impact_scale.get() / 2), ..sol },
        Parameters { max_accrual_seconds: 3_601, ..sol },
        Parameters { ramp_up: Ppm::new(600_001), ..sol },
        Parameters { shared_draw_limit: Atoms::new(sol.shared_draw_limit.get() + 1), ..sol },
    ] {
        let faster = Parameters { max_price_step: Ppm::new(10_000), ..faster };
        assert_eq!(broken(&sol, &faster), ChangeRule::Falling);
    }
    // 40 % a year are 1096 ppm a day; 80 % are more than 2000.
    assert_eq!(broken(&sol, &Parameters { carry_surge: 2 * sol.carry_surge, ..sol }), ChangeRule::Carry);
    // What was more before may stay, and fall.
    let dear = Parameters { carry_surge: 4 * sol.carry_surge, ..sol };
    assert_eq!(check_change(&dear, &Parameters { carry_surge: 3 * sol.carry_surge, ..dear }), Ok(()));
    // With a shallower market funding may build up no faster than before: half of the velocity for half of the scale.
    let half = Parameters {
        impact_scale: Size::new(sol.impact_scale.get() / 2),
        funding_velocity: sol.funding_velocity / 2,
        ..sol
    };
    assert_eq!(check_change(&sol, &half), Ok(()));
}

#[test]
fn attack_caps_do_not_jump_and_nobody_is_shut_in() {
    let sol = sol_parameters();
    let cap = |size| Parameters { open_interest_cap: Size::new(size), ..sol };
    assert_eq!(check_change(&sol, &cap(200_000 * SOL)), Ok(()));
    assert_eq!(broken(&sol, &cap(200_000 * SOL + 1)), ChangeRule::Growth);
    assert_eq!(broken(&sol, &Parameters { backing_cap: Ppm::new(510_001), ..sol }), ChangeRule::Growth);
    let narrow = Parameters { max_confidence_valid: Ppm::new(4_999), max_confidence_to_increase: Ppm::ZERO, ..sol };
    assert_eq!(broken(&sol, &narrow), ChangeRule::Readings);
    assert_eq!(broken(&sol, &Parameters { max_age_trade: 4, ..sol }), ChangeRule::Readings);
    assert_eq!(broken(&sol, &Parameters { isolated_only: 1, ..sol }), ChangeRule::Fixed);
    let bounded = Parameters { second_max_deviation: Ppm::new(10_000), second_max_age: 60, ..sol };
    assert_eq!(broken(&sol, &bounded), ChangeRule::Fixed);
}

#[test]
fn attack_a_listing_that_could_lose_more_than_a_hundredth_of_the_pool_or_any_insurance() {
    let small = Parameters { backing_cap: Ppm::new(10_000), shared_draw_limit: Atoms::ZERO, ..sol_parameters() };
    assert_eq!(check_listing(&small), Ok(()));
    let refused = |rule| Err(EngineError::MarketChange { rule });
    let larger = Parameters { backing_cap: Ppm::new(10_001), ..small };
    assert_eq!(check_listing(&larger), refused(ChangeRule::Listing));
    let drawing = Parameters { shared_draw_limit: Atoms::new(1), ..small };
    assert_eq!(check_listing(&drawing), refused(ChangeRule::Listing));
    let dear = Parameters { carry_surge: 2 * small.carry_surge, ..small };
    assert_eq!(check_listing(&dear), refused(ChangeRule::Carry));
}

/// Parameters whose measured and other margins are anything that may be listed.
fn margins() -> impl Strategy<Value = Parameters> {
    (
        (1u32..=1_000_000, 1u32..=1_000_000, 0u32..=1_000_000, 0u32..=10_000_000),
        (0u32..=1_000_000, 1u32..=10_000_000, prop_oneof![Just(0u64), 0u64..1 << 36]),
    )
        .prop_map(|((base, part, listed, weight), (limit, volatility, size_premium))| Parameters {
            base_margin: Ppm::new(base),
            maintenance_fraction: Ppm::new(part),
            volatility_margin: Ppm::new(listed),
            measured_weight: Ppm::new(weight),
            measured_limit: Ppm::new(limit.max(base)),
            volatility: Ppm::new(volatility),
            size_premium,
            ..sol_parameters()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is measured, for every notional: what a position needs rises by no more than the cost of the change says.
    #[test]
    fn no_requirement_rises_by_more_than_the_cost(
        from in margins(), to in margins(), measured in 0u32..=1_000_000,
        value in prop_oneof![1u64..1 << 30, 1u64..=MAX_OPEN_NOTIONAL], volatility in 0u32..=100_000_000,
    ) {
        let cost = cost_of_change_ceil(&from, &to, Ppm::new(measured)).unwrap();
        let margin = |parameters: &Parameters, measured: u64| {
            let measured = Ppm::new(u32::try_from(measured).unwrap());
            maintenance_margin_ceil(Atoms::new(value), measured, parameters).unwrap().margin.get()
        };
        // Two atoms for the two roundings of the margin itself.
        let allowed = (u128::from(value) * u128::from(cost)).div_ceil(1_000_000) + 2;
        let rise = |before: u64, after: u64| u128::from(after.saturating_sub(before));
        // The measured margin stays what it is when the change is made.
        let stored = u64::from(measured);
        prop_assert!(rise(margin(&from, stored), margin(&to, stored)) <= allowed);
        // And later follows what is called for.
        let called_for = |parameters: &Parameters| {
            if is_measured(parameters) { target_ceil(Ppm::new(volatility), parameters).unwrap() } else { 0 }
        };
        let (before, after) = (called_for(&from), called_for(&to));
        prop_assert!(rise(margin(&from, before), margin(&to, after)) <= allowed);
    }

    /// A change is taken in steps of which each costs little, and comes to its end.
    #[test]
    fn every_change_is_a_path_of_small_steps(
        base in 30_000u32..=100_000, part in 500_000u32..=900_000, penalty in 9_000u32..=12_000, fee in 200u32..=1_000,
        stress in 100_000u32..=200_000, scale in 10_000_000u64..=40_000_000, premium in 0u64..1 << 18,
    ) {
        let sol = sol_parameters();
        let to = Parameters {
            base_margin: Ppm::new(base),
            maintenance_fraction: Ppm::new(part),
            penalty: Ppm::new(penalty),
            taker_fee: Ppm::new(fee),
            stress_move: Ppm::new(stress),
            impact_scale: Size::new(scale * SOL),
            size_premium: premium,
            ..sol
        };
        prop_assume!(check_change(&sol, &to).is_ok());
        let mut now = sol;
        for _ in 0..5_000 {
            if now == to {
                break;
            }
            let next = match next_step(&now, &to, UNMEASURED) {
                Ok(next) => next,
                // What lies between two sets need not hold together: then the change ends where it is.
                Err(EngineError::MarketParameters { .. } | EngineError::MarketChange { .. }) => return Ok(()),
                Err(other) => panic!("{other:?}"),
            };
            prop_assert!(cost_of_change_ceil(&now, &next, UNMEASURED).unwrap() <= STEP_PPM);
            prop_assert!(next != now);
            now = next;
        }
        prop_assert_eq!(now, to);
    }
}
