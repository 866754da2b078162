use super::*;
use crate::error::EngineError;
use crate::fixtures::{at, set_side, sol_market, sol_parameters};
use crate::liquidation::{plan_liquidation, LiquidationOrder};
use crate::portfolio::Portfolio;
use crate::state::{Account, Market, Position};
use crate::status::Status;
use crate::units::{Raw, Side, RAW_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;

/// SOL-PERP's parameters changed by `change` break exactly `rule` first.
#[track_caller]
fn breaks(rule: u8, change: impl FnOnce(&mut Parameters)) {
    let mut parameters = sol_parameters();
    change(&mut parameters);
    assert_eq!(parameters.validate(), Err(EngineError::ParametersInconsistent { rule }));
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
fn rule_1_sizes() {
    breaks(1, |p| p.open_interest_cap = Size::ZERO);
    breaks(1, |p| p.open_interest_cap = Size::new((1 << 56) + 1));
    breaks(1, |p| p.impact_scale = Size::ZERO);
    breaks(1, |p| p.impact_scale = Size::new((1 << 56) + 1));
    breaks(1, |p| p.open_interest_low = p.open_interest_high);
    breaks(1, |p| p.open_interest_high = Size::new((1 << 57) + 1));
    holds(|p| p.open_interest_cap = Size::new(1 << 56));
}

#[test]
fn rule_2_shares() {
    breaks(2, |p| p.base_margin = Ppm::new(1_000_001));
    breaks(2, |p| p.base_margin = Ppm::ZERO);
    breaks(2, |p| p.maintenance_fraction = Ppm::ZERO);
    breaks(2, |p| p.taker_fee_reducing = Ppm::new(401));
    breaks(2, |p| p.bounty_share_min = Ppm::new(500_001));
    // 80 % to the bounty and 20 % + 1 ppm to the backing.
    breaks(2, |p| (p.bounty_share_max, p.backing_share) = (Ppm::new(800_000), Ppm::new(200_001)));
    breaks(2, |p| p.spread_volatility = Ppm::new(10_000_001));
    breaks(2, |p| p.protocol_share = Ppm::new(1_000_001));
}

#[test]
fn rule_3_a_position_at_the_threshold_survives_one_step() {
    // Maintenance 3 %. Penalty 1 %, fee 0.04 %, and funding and carry of an hour: 0.1 % and 5.7 ppm, rounded up to
    // 1006 ppm. That leaves 30 000 − 10 000 − 400 − 1006 = 18 594 ppm.
    holds(|p| p.step = Ppm::new(18_594));
    breaks(3, |p| p.step = Ppm::new(18_595));
    // Twice the time for one accrual is twice the funding.
    breaks(3, |p| (p.step, p.funding_dt_cap) = (Ppm::new(18_594), 7_200));
    breaks(3, |p| p.maintenance_fraction = Ppm::new(500_000));
}

#[test]
fn rule_4_the_confidence_of_a_good_price_is_within_the_maintenance_margin() {
    // 30 000 − 10 000 − 1006.
    holds(|p| p.confidence_good = Ppm::new(18_994));
    breaks(4, |p| p.confidence_good = Ppm::new(18_995));
}

#[test]
fn rule_5_trading_costs_are_within_the_maintenance_margin() {
    // Fee 400, impact 4000, spread: confidence 5000 · k and 1.6 · √6 / 5617.6 = 697.7 ppm.
    // k = 3.98 makes 19 900 + 698 + 4400 = 24 998; k = 5 makes 30 098.
    holds(|p| p.spread_confidence = Ppm::new(3_980_000));
    breaks(5, |p| p.spread_confidence = Ppm::new(5_000_000));
}

#[test]
fn rule_6_provoking_ones_own_liquidation_loses() {
    // 1 % · (1 − 50 %) = 0.5 %; impact and fee together 0.44 %.
    holds(|p| p.impact_limit = Ppm::new(4_600));
    breaks(6, |p| p.impact_limit = Ppm::new(4_601));
    breaks(6, |p| p.bounty_share_max = Ppm::new(600_000));
}

#[test]
fn rule_7_the_first_partial_liquidation_is_worth_its_callers_while() {
    // $100: margin $3, shortfall $0.75 / (1.25 · 3 % − 1 %) = $27.27, penalty ⌊272 727.27⌋, 30 % of it ⌊81 818.1⌋.
    holds(|p| p.minimum_bounty = Atoms::new(81_818));
    breaks(7, |p| p.minimum_bounty = Atoms::new(81_819));
    // A larger fraction closes less: 30 % of maintenance makes $7.50 / 36.5 % = $20.55, a bounty of ⌊61 643.8⌋.
    holds(|p| (p.volatility_margin, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_643)));
    breaks(7, |p| (p.volatility_margin, p.minimum_bounty) = (Ppm::new(500_000), Atoms::new(61_644)));
    // A size premium that binds right above $100 = (10^4)^2 atoms: 5 ppm per √atom. The marginal rate is 4.5 %, so
    // $0.75 / 4.625 % = $16.22, a bounty of 48 64x: less than at $100.
    holds(|p| (p.size_premium, p.minimum_bounty) = (5 << 32, Atoms::new(48_600)));
    breaks(7, |p| (p.size_premium, p.minimum_bounty) = (5 << 32, Atoms::new(50_000)));
    // Without a minimum position there is no minimum bounty.
    breaks(7, |p| p.minimum_position = Atoms::ZERO);
    // Without a buffer nothing is closed at the threshold; without a slope everything would be.
    breaks(7, |p| p.liquidation_buffer = Ppm::ZERO);
}

#[test]
fn rule_8_times_and_rates() {
    breaks(8, |p| p.age_trade = 0);
    breaks(8, |p| p.age_trade = 16);
    breaks(8, |p| p.age_liquidate = 61);
    breaks(8, |p| p.age_other = 3_601);
    breaks(8, |p| p.age_funding = 14);
    breaks(8, |p| p.future_tolerance = 11);
    breaks(8, |p| p.dark_delay = 60);
    holds(|p| p.dark_delay = 7_200);
    breaks(8, |p| p.dark_delay = 7_201);
    breaks(8, |p| p.funding_dt_cap = 0);
    breaks(8, |p| p.funding_velocity = (1 << RATE_BITS) / (86_400 * 86_400) + 1);
    breaks(8, |p| (p.carry_rate, p.funding_rate_cap) = (1, 0));
    // 1 % an hour at most, here with a margin that survives it.
    let high = |p: &mut Parameters, rate| {
        (p.funding_rate_cap, p.step, p.confidence_good) = (rate, Ppm::new(9_500), Ppm::new(9_500));
    };
    holds(|p| high(p, (1 << RATE_BITS) / 360_000));
    breaks(8, |p| high(p, (1 << RATE_BITS) / 360_000 + 1));
}

#[test]
fn rule_9_what_else_must_agree() {
    breaks(9, |p| p.confidence_increase = Ppm::new(15_001));
    breaks(9, |p| p.jump = Ppm::new(29_999));
    breaks(9, |p| p.bankrupt_bounty = Ppm::new(1));
}

#[test]
fn no_parameters_make_the_rules_overflow_silently() {
    let huge = Ppm::new(u32::MAX);
    let parameters =
        Parameters { spread_confidence: huge, volatility: huge, spread_volatility: huge, ..sol_parameters() };
    assert_eq!(parameters.validate(), Err(EngineError::ParametersInconsistent { rule: 2 }));
    assert!(Parameters::default().validate().is_err());
    let extreme = Parameters { funding_rate_cap: u64::MAX, carry_rate: u64::MAX, ..sol_parameters() };
    assert!(extreme.validate().is_err());
}

proptest! {
    /// What rule 7 promises: whatever valid parameters, and for every position of at least the minimum, the first
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
            volatility_margin: Ppm::new(volatility), step: Ppm::ZERO, impact_limit: Ppm::ZERO, jump: Ppm::ONE,
            confidence_good: Ppm::new(1_000), confidence_increase: Ppm::new(1_000),
            open_interest_high: Size::new(1 << 57), ..sol_parameters()
        };
        prop_assume!(parameters.validate().is_ok());
        let value = u64::try_from(u128::from(parameters.minimum_position.get()) * u128::from(times) / 1_000).unwrap();
        let mut market = Market { parameters, ..sol_market() };
        set_side(&mut market, Side::Long, value * 4, value);
        let margin = maintenance_margin_ceil(Atoms::new(value), &parameters).unwrap().margin.get();
        let mut account = Account { balance: Atoms::new(margin - 1), ..Account::zeroed() };
        account.positions[0] = Position {
            size: Size::new(value * 4).on(Side::Long).unwrap(),
            entry: Raw::new(i128::from(value) * RAW_PER_ATOM).into(),
            ..Position::opened(0)
        };
        let portfolio = Portfolio::new(&account, Some(&market), &[], at(0)).unwrap();
        let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let plan = plan_liquidation(&portfolio, &market, order, Status::Active, at(0)).unwrap();
        prop_assert!(plan.penalty.bounty.get() + 2 >= bounty, "{} of {bounty}", plan.penalty.bounty.get());
    }
}
