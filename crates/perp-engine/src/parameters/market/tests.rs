extern crate std;

use super::*;
use crate::fixtures::{at, grouped_parameters, planned_for, set_side, sol_market, sol_parameters};
use crate::market_parameters;
use crate::operations::position::{plan_liquidation, LiquidationOrder};
use crate::state::{Account, Market, Position, Status};
use crate::units::{QuoteX40, Side, X40_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;
use std::vec::Vec;

/// SOL-PERP's parameters changed by `change` break `rule` first.
#[track_caller]
fn breaks(rule: MarketRule, change: impl FnOnce(&mut Parameters)) {
    let mut parameters = sol_parameters();
    change(&mut parameters);
    assert_eq!(parameters.validate(), Err(EngineError::MarketParameters { rule }));
}

#[track_caller]
fn holds(change: impl FnOnce(&mut Parameters)) {
    let mut parameters = sol_parameters();
    change(&mut parameters);
    assert_eq!(parameters.validate(), Ok(()));
}

#[test]
fn the_starting_numbers_agree_with_each_other() {
    holds(|_| {});
}

#[test]
fn sizes_are_within_their_ranges() {
    breaks(MarketRule::Sizes, |p| p.open_interest_cap = Size::ZERO);
    breaks(MarketRule::Sizes, |p| p.open_interest_cap = Size::new((1 << 50) + 1));
    breaks(MarketRule::Sizes, |p| p.impact_scale = Size::ZERO);
    breaks(MarketRule::Sizes, |p| p.impact_scale = Size::new((1 << 56) + 1));
    breaks(MarketRule::Sizes, |p| p.open_interest_low = p.open_interest_high);
    breaks(MarketRule::Sizes, |p| p.open_interest_high = Size::new((1 << 57) + 1));
    breaks(MarketRule::Sizes, |p| p.minimum_position = Atoms::new((1 << 52) + 1));
    holds(|p| p.open_interest_cap = Size::new(1 << 50));
}

#[test]
fn shares_are_within_their_ranges() {
    breaks(MarketRule::Shares, |p| p.base_margin = Ppm::new(1_000_001));
    breaks(MarketRule::Shares, |p| p.base_margin = Ppm::ZERO);
    breaks(MarketRule::Shares, |p| p.maintenance_fraction = Ppm::ZERO);
    breaks(MarketRule::Shares, |p| p.taker_fee_rebalancing = Ppm::new(401));
    breaks(MarketRule::Shares, |p| p.bounty_share_min = Ppm::new(500_001));
    // 80 % to the bounty and 20 % + 1 ppm to the backing.
    breaks(MarketRule::Shares, |p| (p.bounty_share_max, p.backing_share) = (Ppm::new(800_000), Ppm::new(200_001)));
    breaks(MarketRule::Shares, |p| p.spread_volatility = Ppm::new(10_000_001));
    breaks(MarketRule::Shares, |p| p.spread_measured = Ppm::new(10_000_001));
    breaks(MarketRule::Shares, |p| p.spread_drift = Ppm::new(10_000_001));
    breaks(MarketRule::Shares, |p| p.measured_weight = Ppm::new(10_000_001));
    breaks(MarketRule::Shares, |p| p.measured_limit = Ppm::new(1_000_001));
    breaks(MarketRule::Shares, |p| p.ramp_up = Ppm::new(10_000_001));
    breaks(MarketRule::Shares, |p| p.protocol_share = Ppm::new(1_000_001));
}

#[test]
fn a_position_at_the_threshold_survives_one_step() {
    // Maintenance 3 %. Penalty 1 %, fee 0.04 %, and funding, carry and its surge of an hour: 0.1 %, 5.7 and 39.9 ppm,
    // rounded up to 1046 ppm. That leaves 30 000 − 10 000 − 400 − 1046 = 18 554 ppm.
    holds(|p| p.max_price_step = Ppm::new(18_554));
    breaks(MarketRule::PriceStep, |p| p.max_price_step = Ppm::new(18_555));
    // Twice the time for one accrual is twice the funding.
    breaks(MarketRule::PriceStep, |p| (p.max_price_step, p.max_accrual_seconds) = (Ppm::new(18_554), 7_200));
    breaks(MarketRule::PriceStep, |p| p.maintenance_fraction = Ppm::new(500_000));
}

#[test]
fn the_confidence_of_a_valid_price_is_within_the_maintenance_margin() {
    // 30 000 − 10 000 − 1046.
    holds(|p| p.max_confidence_valid = Ppm::new(18_954));
    breaks(MarketRule::ValidConfidence, |p| p.max_confidence_valid = Ppm::new(18_955));
}

#[test]
fn trading_costs_are_within_the_maintenance_margin() {
    // Fee 400, impact 4000, spread: confidence 5000 · k and 1.6 · √6 / 5617.6 = 697.7 ppm.
    // k = 3.98 makes 19 900 + 698 + 4400 = 24 998; k = 5 makes 30 098.
    holds(|p| p.spread_confidence = Ppm::new(3_980_000));
    breaks(MarketRule::EntryCost, |p| p.spread_confidence = Ppm::new(5_000_000));
}

#[test]
fn provoking_ones_own_liquidation_loses() {
    // 1 % · (1 − 50 %) = 0.5 %; impact and fee together 0.44 %.
    holds(|p| p.impact_limit = Ppm::new(4_600));
    breaks(MarketRule::SelfLiquidation, |p| p.impact_limit = Ppm::new(4_601));
    breaks(MarketRule::SelfLiquidation, |p| p.bounty_share_max = Ppm::new(600_000));
}

#[test]
fn the_first_partial_liquidation_is_worth_its_callers_while() {
    let unmeasured = |p: &mut Parameters, change: &dyn Fn(&mut Parameters)| {
        p.measured_weight = Ppm::ZERO;
        change(p);
    };
    let holds = |change: &dyn Fn(&mut Parameters)| holds(|p| unmeasured(p, change));
    let breaks = |change: &dyn Fn(&mut Parameters)| breaks(MarketRule::FirstBounty, |p| unmeasured(p, change));
    // Without a measured margin, $100: margin $3, shortfall $0.75 / (1.25 · 3 % − 1 %) = $27.27, penalty ⌊272 727.27⌋, 30 % of it ⌊81 818.1⌋.
    holds(&|p| p.minimum_bounty = Atoms::new(81_818));
    breaks(&|p| p.minimum_bounty = Atoms::new(81_819));
    // A larger fraction closes less: 30 % of maintenance makes $7.50 / 36.5 % = $20.55, a bounty of ⌊61 643.8⌋.
    holds(&|p| (p.volatility_margin, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_643)));
    breaks(&|p| (p.volatility_margin, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_644)));
    // A size premium that binds right above $100 = (10^4)^2 atoms: 5 ppm per √atom. The marginal rate is 4.5 %, so
    // $0.75 / 4.625 % = $16.22, a bounty of 48 64x: less than at $100.
    holds(&|p| (p.size_premium, p.minimum_bounty) = (5 << 32, Atoms::new(48_600)));
    breaks(&|p| (p.size_premium, p.minimum_bounty) = (5 << 32, Atoms::new(50_000)));
    // Without a minimum position there is no minimum bounty.
    breaks(&|p| p.minimum_position = Atoms::ZERO);
    // Without a buffer nothing is closed at the threshold; without a slope everything would be.
    breaks(&|p| p.liquidation_buffer = Ppm::ZERO);
}

#[test]
fn a_margin_for_measured_volatility_has_what_it_is_measured_against() {
    breaks(MarketRule::MeasuredMargin, |p| p.volatility = Ppm::ZERO);
    breaks(MarketRule::MeasuredMargin, |p| p.measured_limit = Ppm::new(49_999));
    breaks(MarketRule::MeasuredMargin, |p| p.ramp_up = Ppm::ZERO);
    breaks(MarketRule::MeasuredMargin, |p| p.ramp_down = Ppm::ZERO);
    // Without a weight none of it is used.
    holds(|p| {
        (p.measured_weight, p.measured_limit, p.volatility) = (Ppm::ZERO, Ppm::ZERO, Ppm::ZERO);
        (p.ramp_up, p.ramp_down) = (Ppm::ZERO, Ppm::ZERO);
    });
    // The first bounty is smallest at the limit: 50 % · 60 % = 30 % of maintenance makes it ⌊61 643.8⌋ as for a listed margin of
    // that, and at the base margin it would be 81 818.
    holds(|p| (p.measured_limit, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_643)));
    breaks(MarketRule::FirstBounty, |p| (p.measured_limit, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_644)));
}

#[test]
fn times_and_rates_agree() {
    breaks(MarketRule::TimesAndRates, |p| p.max_age_trade = 0);
    breaks(MarketRule::TimesAndRates, |p| (p.max_age_trade, p.max_age_liquidate) = (14, 13));
    // What liquidates is fresh, one of the sixteen seconds that are remembered.
    breaks(MarketRule::TimesAndRates, |p| p.max_age_liquidate = 16);
    breaks(MarketRule::TimesAndRates, |p| p.max_age_funding = 13);
    breaks(MarketRule::TimesAndRates, |p| p.max_age_funding = 3_601);
    holds(|p| (p.max_age_liquidate, p.max_age_funding) = (13, 13));
    breaks(MarketRule::TimesAndRates, |p| p.future_tolerance = 11);
    breaks(MarketRule::TimesAndRates, |p| p.outage_delay = 15);
    holds(|p| p.outage_delay = 16);
    holds(|p| p.outage_delay = 7_200);
    breaks(MarketRule::TimesAndRates, |p| p.outage_delay = 7_201);
    breaks(MarketRule::TimesAndRates, |p| p.max_accrual_seconds = 0);
    breaks(MarketRule::TimesAndRates, |p| p.funding_velocity = (1 << RATE_BITS) / (86_400 * 86_400) + 1);
    breaks(MarketRule::TimesAndRates, |p| (p.carry_rate, p.carry_surge, p.funding_rate_cap) = (1, 0, 0));
    breaks(MarketRule::TimesAndRates, |p| (p.carry_rate, p.carry_surge, p.funding_rate_cap) = (1, 1, 1));
    holds(|p| (p.carry_rate, p.carry_surge, p.funding_rate_cap) = (1, 1, 2));
    // 1 % an hour at most, here with a margin that survives it.
    let high = |p: &mut Parameters, rate| {
        (p.funding_rate_cap, p.max_price_step, p.max_confidence_valid) = (rate, Ppm::new(9_500), Ppm::new(9_500));
    };
    holds(|p| high(p, (1 << RATE_BITS) / 360_000));
    breaks(MarketRule::TimesAndRates, |p| high(p, (1 << RATE_BITS) / 360_000 + 1));
}

#[test]
fn what_else_must_agree() {
    breaks(MarketRule::StressMove, |p| p.max_confidence_to_increase = Ppm::new(15_001));
    breaks(MarketRule::StressMove, |p| p.stress_move = Ppm::new(29_999));
    breaks(MarketRule::StressMove, |p| p.reserved[3] = 1);
    holds(|p| p.isolated_only = 1);
    breaks(MarketRule::StressMove, |p| p.isolated_only = 2);
}

#[test]
fn a_second_source_has_both_of_its_parameters_or_there_is_none() {
    let second = |p: &mut Parameters, deviation, age| {
        (p.second_max_deviation, p.second_max_age) = (Ppm::new(deviation), age);
    };
    // Up to the stress move of 15 %, which the market must be able to pay for, and an hour.
    holds(|p| second(p, 1, 1));
    holds(|p| second(p, 150_000, 3_600));
    breaks(MarketRule::SecondSource, |p| second(p, 150_001, 3_600));
    breaks(MarketRule::SecondSource, |p| second(p, 150_000, 3_601));
    breaks(MarketRule::SecondSource, |p| second(p, 10_000, 0));
    breaks(MarketRule::SecondSource, |p| second(p, 0, 60));
}

/// Every parameter by name, with the error that its largest value is.
fn largest() -> Vec<(&'static str, Option<EngineError>)> {
    macro_rules! each {
        ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
            std::vec![$({
                let mut parameters = sol_parameters();
                bytemuck::bytes_of_mut(&mut parameters.$field).fill(u8::MAX);
                (stringify!($field), parameters.validate().err())
            },)+]
        };
    }
    market_parameters!(each)
}

#[test]
fn every_parameter_is_bounded_by_a_rule() {
    use MarketRule::{
        EntryCost, FirstBounty, PriceStep, RiskGroup, SecondSource, Shares, Sizes, StressMove, TimesAndRates,
    };
    // The first rule that its largest value breaks; none where that leaves the range of the numbers rules are computed with.
    let bounded_by = [
        ("open_interest_cap", Some(Sizes)),
        ("impact_scale", Some(Sizes)),
        ("open_interest_low", Some(Sizes)),
        ("open_interest_high", Some(Sizes)),
        ("size_premium", Some(FirstBounty)),
        ("funding_velocity", Some(TimesAndRates)),
        ("funding_rate_cap", None),
        ("carry_rate", None),
        ("carry_surge", None),
        ("minimum_position", Some(Sizes)),
        ("minimum_bounty", Some(FirstBounty)),
        ("base_margin", Some(Shares)),
        ("maintenance_fraction", Some(Shares)),
        ("volatility_margin", Some(Shares)),
        ("measured_weight", Some(Shares)),
        ("measured_limit", Some(Shares)),
        ("ramp_up", Some(Shares)),
        ("ramp_down", Some(Shares)),
        ("max_price_step", Some(Shares)),
        ("penalty", Some(Shares)),
        ("bounty_share_min", Some(Shares)),
        ("bounty_share_max", Some(Shares)),
        ("backing_share", Some(Shares)),
        ("liquidation_buffer", Some(Shares)),
        ("impact_limit", Some(Shares)),
        ("taker_fee", Some(Shares)),
        ("taker_fee_rebalancing", Some(Shares)),
        ("protocol_share", Some(Shares)),
        ("spread_confidence", Some(Shares)),
        ("spread_volatility", Some(Shares)),
        ("spread_measured", Some(Shares)),
        ("spread_drift", Some(Shares)),
        ("volatility", Some(Shares)),
        ("max_confidence_to_increase", Some(EntryCost)),
        ("max_confidence_valid", Some(Shares)),
        ("stress_move", Some(Shares)),
        ("backing_cap", Some(Shares)),
        ("max_accrual_seconds", Some(PriceStep)),
        ("max_age_trade", Some(EntryCost)),
        ("max_age_liquidate", Some(TimesAndRates)),
        ("max_age_funding", Some(TimesAndRates)),
        ("future_tolerance", Some(TimesAndRates)),
        ("settle_after", Some(TimesAndRates)),
        ("isolated_only", Some(StressMove)),
        ("outage_delay", Some(TimesAndRates)),
        ("second_max_deviation", Some(SecondSource)),
        ("second_max_age", Some(SecondSource)),
        ("risk_group", Some(RiskGroup)),
        ("group_credit", Some(Shares)),
        ("group_divergence", Some(Shares)),
    ];
    let mut expected: Vec<_> = bounded_by
        .map(|(name, rule)| {
            (name, Some(rule.map_or(EngineError::Overflow, |rule| EngineError::MarketParameters { rule })))
        })
        .into();
    // How much of the shared insurance a market may draw is a matter of trust alone: any amount is a limit.
    let place = expected.iter().position(|(name, _)| *name == "minimum_bounty").unwrap() + 1;
    expected.insert(place, ("shared_draw_limit", None));
    assert_eq!(largest(), expected);
}

#[test]
fn no_parameters_make_the_rules_overflow_silently() {
    let huge = Ppm::new(u32::MAX);
    let parameters =
        Parameters { spread_confidence: huge, volatility: huge, spread_volatility: huge, ..sol_parameters() };
    assert_eq!(parameters.validate(), Err(EngineError::MarketParameters { rule: MarketRule::Shares }));
    assert!(Parameters::default().validate().is_err());
    let extreme = Parameters { funding_rate_cap: u64::MAX, carry_rate: u64::MAX, ..sol_parameters() };
    assert!(extreme.validate().is_err());
}

#[test]
fn a_groups_markets_survive_their_moves_apart_and_nobody_opens_what_can_be_liquidated() {
    // 5 % · 75 % = 3.75 %, of which a credit of 10 % leaves 3.375 %.
    let grouped = |change: fn(&mut Parameters)| {
        move |parameters: &mut Parameters| {
            *parameters = grouped_parameters();
            change(parameters);
        }
    };
    holds(grouped(|_| {}));
    holds(grouped(|group| (group.risk_group, group.group_divergence) = (8, Ppm::new(33_750))));
    breaks(MarketRule::RiskGroup, grouped(|group| group.group_divergence = Ppm::new(33_751)));
    breaks(MarketRule::RiskGroup, grouped(|group| group.risk_group = 9));
    // No less than the step that a position by itself survives.
    holds(grouped(|group| group.group_divergence = Ppm::new(18_000)));
    breaks(MarketRule::RiskGroup, grouped(|group| group.group_divergence = Ppm::new(17_999)));
    // What the maintenance fraction of 75 % leaves.
    let credited = |credit| {
        move |parameters: &mut Parameters| {
            let (group_credit, group_divergence) = (Ppm::new(credit), Ppm::new(18_000));
            *parameters =
                Parameters { group_credit, group_divergence, minimum_bounty: Atoms::ZERO, ..grouped_parameters() };
        }
    };
    holds(credited(250_000));
    breaks(MarketRule::RiskGroup, credited(250_001));
    // A hedge is liquidated when it asks for less, so that its first liquidation pays less: at $100 a fifth less is enough.
    holds(grouped(|group| (group.group_credit, group.group_divergence) = (Ppm::new(200_000), Ppm::new(18_000))));
    breaks(
        MarketRule::FirstBounty,
        grouped(|group| (group.group_credit, group.group_divergence) = (Ppm::new(220_000), Ppm::new(18_000))),
    );
    // Outside a group there is neither.
    breaks(MarketRule::RiskGroup, |parameters| parameters.group_credit = Ppm::new(1));
    breaks(MarketRule::RiskGroup, |parameters| parameters.group_divergence = Ppm::new(18_000));
}

proptest! {
    /// What the rule on the first bounty promises: whatever valid parameters, and for every position of at least the minimum, the first
    /// liquidation pays the minimum bounty but for what whole base units cut off.
    #[test]
    fn the_first_liquidation_of_any_position_pays_the_minimum_bounty(
        base in 20_000u32..300_000, fraction in 400_000u32..1_000_000, penalty in 2_000u32..40_000,
        buffer in 10_000u32..1_000_000, premium in 0u64..1 << 36, bounty in 1_000u64..200_000, volatility in 0u32..500_000,
        times in 1_000u64..50_000_000,
    ) {
        let parameters = Parameters {
            base_margin: Ppm::new(base), maintenance_fraction: Ppm::new(fraction), penalty: Ppm::new(penalty),
            liquidation_buffer: Ppm::new(buffer), size_premium: premium, minimum_bounty: Atoms::new(bounty),
            volatility_margin: Ppm::new(volatility), max_price_step: Ppm::ZERO, impact_limit: Ppm::ZERO, stress_move: Ppm::ONE,
            max_confidence_valid: Ppm::new(1_000), max_confidence_to_increase: Ppm::new(1_000),
            open_interest_high: Size::new(1 << 57), ..sol_parameters()
        };
        prop_assume!(parameters.validate().is_ok());
        let value = u64::try_from(u128::from(parameters.minimum_position.get()) * u128::from(times) / 1_000).unwrap();
        let mut market = Market { parameters, ..sol_market() };
        set_side(&mut market, Side::Long, value * 4, value);
        let margin = maintenance_margin_ceil(Atoms::new(value), Ppm::ZERO, &parameters).unwrap().margin.get();
        let mut account = Account { balance: Atoms::new(margin - 1), ..Account::zeroed() };
        account.positions[0] = Position {
            size: Size::new(value * 4).on(Side::Long).unwrap(),
            entry_notional: QuoteX40::new(i128::from(value) * X40_PER_ATOM).into(),
            ..Position::empty_in(0)
        };
        let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let plan = planned_for(&account, &market, &[], Status::Active, at(0), |portfolio, market| {
            plan_liquidation(portfolio, market, &order)
        });
        let plan = plan.unwrap();
        prop_assert!(plan.penalty.bounty.get() + 2 >= bounty, "{} of {bounty}", plan.penalty.bounty.get());
    }
}
