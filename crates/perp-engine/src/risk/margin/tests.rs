use super::*;
use crate::fixtures::{base, exact, set_side, sol_market, sol_parameters, usdc, PRICE, SOL, USDC};
use crate::ledger::Ledger;
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::market::solvency::solvency;
use crate::state::AccountCounters;
use crate::units::{FundingIndex, Size, X40_PER_ATOM};
use proptest::prelude::*;

/// A position of `sol` SOL entered for `entry` dollars.
fn position(sol: i64, entry: i128) -> Position {
    Position { size: base(sol * 1_000_000_000), entry_notional: exact(entry).into(), ..Position::empty_in(0) }
}

/// The market with `position` as its only one and `backing` dollars.
fn market_of(position: &Position, backing: u64) -> Market {
    let mut market = sol_market();
    market.ledger.backing = usdc(backing);
    if let Some(side) = position.size.side() {
        let totals = market.ledger.side_mut(side);
        totals.open_interest = position.size.size();
        totals.entry_notional = position.entry_notional;
    }
    market.ledger.claims = position.claim;
    market
}

fn maintained(position: &Position, market: &Market) -> LegHealth {
    leg(position, market).maintenance(position, &market.ledger, market, market.price.price).unwrap()
}

fn leg(position: &Position, market: &Market) -> Leg {
    Leg::of(position, &market.ledger, market, market.price.price).unwrap()
}

/// Equity, what of it is not cash yet, and the margin demanded, with and without that, in dollars.
fn dollars(leg: LegHealth) -> (i128, i128, u64, u64) {
    let whole = |value: QuoteX40| value.get() / X40_PER_ATOM / i128::from(USDC);
    (whole(leg.equity), whole(leg.payable), leg.required.get() / USDC, leg.required_on_cash.get() / USDC)
}

#[test]
fn maintenance_is_three_percent_rounded_up() {
    // 5 % · 60 % = 3 %: of $25 000, $750.
    let parameters = sol_parameters();
    let maintenance = maintenance_margin_ceil(usdc(25_000), Ppm::ZERO, &parameters).unwrap();
    assert_eq!(maintenance, Maintenance { margin: usdc(750), marginal: Ppm::new(30_000) });
    // One atom demands one atom, 34 atoms two: ⌈34 · 3 %⌉ = ⌈1.02⌉.
    assert_eq!(maintenance_margin_ceil(Atoms::new(1), Ppm::ZERO, &parameters).unwrap().margin, Atoms::new(1));
    assert_eq!(maintenance_margin_ceil(Atoms::new(33), Ppm::ZERO, &parameters).unwrap().margin, Atoms::new(1));
    assert_eq!(maintenance_margin_ceil(Atoms::new(34), Ppm::ZERO, &parameters).unwrap().margin, Atoms::new(2));
}

#[test]
fn the_size_premium_grows_with_the_root_of_the_notional() {
    // One ppm per √atom: at $10 000 = 10^10 atoms 100 000 ppm = 10 %, MM 6 %, marginal 9 %.
    let parameters = Parameters { size_premium: 1 << 32, ..sol_parameters() };
    let maintenance = maintenance_margin_ceil(usdc(10_000), Ppm::ZERO, &parameters).unwrap();
    assert_eq!(maintenance, Maintenance { margin: usdc(600), marginal: Ppm::new(90_000) });
    // Below $2500 = (50 000)^2 atoms the base of 5 % is more.
    let small = maintenance_margin_ceil(usdc(2_500), Ppm::ZERO, &parameters).unwrap();
    assert_eq!(small, Maintenance { margin: usdc(75), marginal: Ppm::new(30_000) });
    // From $1 000 000 = (10^6)^2 atoms it is all of the notional: MM 60 %.
    let huge = maintenance_margin_ceil(usdc(4_000_000), Ppm::ZERO, &parameters).unwrap();
    assert_eq!(huge.margin, usdc(2_400_000));
}

#[test]
fn volatility_raises_the_fraction() {
    // max(5 %, 8 %) · 60 % = 4.8 %.
    let parameters = Parameters { volatility_margin: Ppm::new(80_000), ..sol_parameters() };
    assert_eq!(maintenance_margin_ceil(usdc(1_000), Ppm::ZERO, &parameters).unwrap().margin, usdc(48));
}

#[test]
fn measured_volatility_raises_both_margins_where_it_is_more() {
    // 8 % measured is above the base of 5 %: 4.8 % for maintenance and 8 % to begin with; 4 % is not.
    let flat = position(4, 1_000);
    let mut market = market_of(&flat, 0);
    let margins = |market: &Market| {
        let initial =
            leg(&flat, market).initial(&flat, &market.ledger, market, market.price.price, Price::ZERO).unwrap();
        (maintained(&flat, market).margin, initial.margin)
    };
    market.averages.measured_margin = 80_000 * 3_600;
    assert_eq!(margins(&market), (usdc(48), usdc(80)));
    market.averages.measured_margin = 40_000 * 3_600;
    assert_eq!(margins(&market), (usdc(30), usdc(50)));
    // A listed margin for volatility stays the least.
    market.parameters.volatility_margin = Ppm::new(60_000);
    assert_eq!(margins(&market), (usdc(36), usdc(60)));
    // One unit of 1/3600 ppm is a whole ppm.
    market.averages.measured_margin = 80_000 * 3_600 + 1;
    assert_eq!(margins(&market).1, Atoms::new(80_001_000));
    // What the market counts on the losers for is the base margin whatever is measured.
    let solvency = |market: &Market| solvency(&market.ledger, &market.parameters, market.price.price).unwrap();
    assert_eq!(solvency(&market), solvency(&market_of(&flat, 0)));
}

#[test]
fn open_interest_scales_the_initial_margin_only() {
    // From 5000 to 225 000 SOL on the larger side: 5 % at 5000, 5 % + 95 % / 2 = 52.5 % at 115 000, then 100 %.
    let initial = |long: u64, short: u64| {
        let mut market = sol_market();
        set_side(&mut market, Side::Long, long * SOL, 0);
        set_side(&mut market, Side::Short, short * SOL, 0);
        initial_margin_ceil(usdc(1_000), Ppm::ZERO, &market.ledger, &market.parameters).unwrap()
    };
    assert_eq!(initial(0, 0), usdc(50));
    assert_eq!(initial(5_000, 0), usdc(50));
    assert_eq!(initial(115_000, 60_000), usdc(525));
    assert_eq!(initial(60_000, 115_000), usdc(525));
    assert_eq!(initial(225_000, 0), usdc(1_000));
    assert_eq!(initial(900_000, 900_000), usdc(1_000));
    // One base unit above the threshold: the rise rounds up to one ppm, $0.001 of $1000.
    let mut market = sol_market();
    set_side(&mut market, Side::Long, 5_000 * SOL + 1, 0);
    let margin = initial_margin_ceil(usdc(1_000), Ppm::ZERO, &market.ledger, &market.parameters);
    assert_eq!(margin, Ok(Atoms::new(50_001_000)));
}

#[test]
fn a_loss_counts_in_full_and_a_profit_as_far_as_the_market_could_pay_it_now() {
    // 100 SOL bought for $26 000, worth $25 000: −$1000, MM $750.
    let losing = position(100, 26_000);
    let lost = maintained(&losing, &market_of(&losing, 0));
    assert_eq!((lost.equity, lost.margin), (exact(-1_000), usdc(750)));
    assert_eq!(dollars(lost), (-1_000, 0, 750, 750));
    // Bought for $24 000, $1000 of profit: all of it counts where the backing has it, and while it is no cash it lowers what
    // the leg demands by all of the $750.
    let winning = position(100, 24_000);
    assert_eq!(dollars(maintained(&winning, &market_of(&winning, 1_000))), (1_000, 1_000, 750, 0));
    // A backing of $400 pays $400; the other $600 only lower the leg's own margin, to $150. Without backing to nothing, and
    // what is promised beyond the margin is no equity.
    assert_eq!(dollars(maintained(&winning, &market_of(&winning, 400))), (400, 400, 150, 0));
    assert_eq!(dollars(maintained(&winning, &market_of(&winning, 0))), (0, 0, 0, 0));
    // The same sold.
    let short = position(-100, 26_000);
    assert_eq!(dollars(maintained(&short, &market_of(&short, 400))), (400, 400, 150, 0));
    // The margin of the notional is the same whatever is promised.
    for backing in [0, 400, 1_000] {
        assert_eq!(maintained(&winning, &market_of(&winning, backing)).margin, usdc(750));
    }
}

#[test]
fn while_a_claim_waits_without_cash_no_profit_counts_as_equity() {
    // $1000 of profit and a backing of $5000, but somebody's claim of an atom waits.
    let winning = position(100, 24_000);
    let mut market = market_of(&winning, 5_000);
    market.ledger.claims = Atoms::new(1);
    assert_eq!(dollars(maintained(&winning, &market)), (0, 0, 0, 0));
    market.ledger.claims_reserve = Atoms::new(1);
    assert_eq!(dollars(maintained(&winning, &market)), (1_000, 1_000, 750, 0));
}

#[test]
fn a_profit_counts_as_equity_only_up_to_what_is_paid_for_it_at_the_price_it_is_settled_at() {
    // 100 SOL bought for $24 000, judged at $260: $2000 of profit and 3 % of $26 000, $780. Paid would be $1000, at $250: the
    // other $1000 lower the margin to nothing. At $239 nothing would be paid.
    let winning = position(100, 24_000);
    let market = market_of(&winning, 5_000);
    let better = Leg::of(&winning, &market.ledger, &market, Price::new(PRICE / 25 * 26)).unwrap();
    let judged = |settled| better.maintenance(&winning, &market.ledger, &market, Price::new(settled)).unwrap();
    assert_eq!(judged(PRICE).margin, usdc(780));
    assert_eq!(dollars(judged(PRICE)), (1_000, 1_000, 0, 0));
    assert_eq!(dollars(judged(PRICE / 250 * 239)), (0, 0, 0, 0));
    // Never more than at the price at which it is judged.
    assert_eq!(dollars(judged(PRICE * 2)), (1_999, 1_999, 780, 0));
}

#[test]
fn a_debt_counts_in_full() {
    let mut losing = position(100, 26_000);
    losing.debt = usdc(50);
    assert_eq!(dollars(maintained(&losing, &market_of(&losing, 0))), (-1_050, 0, 750, 750));
}

#[test]
fn a_claim_counts_where_cash_is_set_aside_and_not_where_not() {
    // A claim of $100, three quarters of it funded; nothing else in the market but $10 of backing, which belongs to the waiting
    // part of it and is not set aside: $75.
    let claim = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, claim_round: 0, ..Position::empty_in(0) };
    let mut market = market_of(&claim, 10);
    market.ledger.claims_reserve = usdc(75);
    market.ledger.claim_factor = (2 << 48) | FULL_CLAIM_FACTOR;
    assert_eq!(maintained(&claim, &market), LegHealth { equity: exact(75), ..LegHealth::default() });
    // All of it funded: its round is over and it is cash, whatever else the market owes.
    market.ledger.claim_factor = FULL_CLAIM_FACTOR;
    market.ledger.claim_round = 1;
    market.ledger.claims_reserve = usdc(100);
    market.ledger.backing = Atoms::ZERO;
    set_side(&mut market, Side::Long, 100 * SOL, 20_000 * USDC);
    assert_eq!(maintained(&claim, &market).equity, exact(100));
}

#[test]
fn what_the_account_owes_an_insurance_counts_for_nothing() {
    // $100 of claim without cash, $60 of which are the insurance's: neither is cash.
    let claim = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
    let recoverable = Position { recoverable: usdc(60), ..claim };
    assert_eq!(maintained(&recoverable, &market_of(&claim, 0)), LegHealth::default());
}

#[test]
fn attack_settling_a_strangers_funding_does_not_lower_their_surplus() {
    // $1000 of profit in a market that has $500, and the $100 of funding owed to come: $500 less $100 against 750 − 500.
    let mut winning = position(100, 24_000);
    let mut market = market_of(&winning, 500);
    // ⌊2^40 / 1000⌋ · 2^-40 atoms a unit is just below a thousandth of an atom: just below $100 on 10^11 units, $100 once posted.
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(X40_PER_ATOM as i64 / 1_000);
    let before = maintained(&winning, &market);
    assert_eq!((before.equity, before.required), (exact(400), usdc(250)));

    let counters = AccountCounters::default();
    let mut ledger = Ledger { slot: 0, balance: usdc(200), counters, position: winning, market: market.ledger };
    ledger.settle_funding().unwrap();
    assert_eq!(ledger.balance, usdc(100));
    winning = ledger.position;
    market.ledger = ledger.market;
    // The $100 are in the backing now, which could pay $600 of the profit: $600, less the $100 of balance that are gone, against
    // 750 − 400. The surplus is $150 before and after.
    let after = maintained(&winning, &market);
    assert_eq!((after.equity, after.required), (exact(600), usdc(350)));
}

#[test]
fn a_loss_is_set_off_against_the_claim_and_a_gain_against_the_debt_at_face() {
    // $1000 of loss and a claim of $1500 on the same market, without backing: set off, a claim of $500 is left, which lowers the
    // margin to $250. Counted apart the loss would be one in full, and whoever does not settle first could liquidate.
    let mut losing = position(100, 26_000);
    losing.claim = usdc(1_500);
    losing.claim_factor = FULL_CLAIM_FACTOR;
    assert_eq!(dollars(maintained(&losing, &market_of(&losing, 0))), (0, 0, 250, 250));

    // $1000 of loss and just over $600 of funding to receive from a market that has nothing: settling it first leaves a claim,
    // which the loss sets off at face.
    let receiving = position(100, 26_000);
    let mut market = market_of(&receiving, 0);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(-6 * X40_PER_ATOM as i64 / 1_000 - 1);
    assert_eq!(dollars(maintained(&receiving, &market)), (-400, 0, 750, 750));

    // $1000 of profit and a debt of $400 to a market that has nothing: the profit pays the debt, the other $600 lower the margin.
    let mut winning = position(100, 24_000);
    winning.debt = usdc(400);
    assert_eq!(dollars(maintained(&winning, &market_of(&winning, 0))), (0, 0, 150, 150));
    assert_eq!(dollars(maintained(&winning, &market_of(&winning, 1_000))), (600, 600, 750, 150));
}

#[test]
fn attack_an_atom_of_rounding_liquidates_nobody() {
    // 0.4 atoms of funding owed cost an atom once they are posted: they count as one before.
    let flat = position(100, 25_000);
    let mut market = market_of(&flat, 1_000);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(4);
    let owed = unsettled_funding_owed(&flat, &market.ledger).unwrap();
    assert_eq!(owed, QuoteX40::new(4 * 100 * SOL as i128));
    assert_eq!(maintained(&flat, &market).equity, QuoteX40::new(-X40_PER_ATOM));
    // And what is to be received counts once it is a whole atom.
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(-4);
    assert_eq!(maintained(&flat, &market).equity, QuoteX40::ZERO);
}

#[test]
fn initial_margin_counts_no_profit_and_prices_the_spread_against_the_position() {
    // At a price worse by 78 290 278 · 2^-40 atoms (one second of drift): 10^11 times that is lost on 100 SOL.
    let spread = 100_000_000_000 * 78_290_278;
    let flat = position(100, 25_000);
    let market = market_of(&flat, 0);
    let adverse = |position: &Position| {
        leg(position, &market)
            .initial(position, &market.ledger, &market, market.price.price, Price::new(78_290_278))
            .unwrap()
    };
    assert_eq!(adverse(&flat), LegValue { equity: QuoteX40::new(-spread), margin: usdc(1_250), hedge: None });
    assert_eq!(adverse(&position(-100, 25_000)).equity, QuoteX40::new(-spread));
    // Profit is nothing, loss is all of it.
    assert_eq!(adverse(&position(100, 24_000)).equity, QuoteX40::ZERO);
    assert_eq!(adverse(&position(100, 26_000)).equity, exact(-1_000).checked_sub(QuoteX40::new(spread)).unwrap());
    // A slot without a size: the debt counts, the claim does not.
    let owing = Position { claim: usdc(70), debt: usdc(30), ..Position::empty_in(0) };
    assert_eq!(adverse(&owing), LegValue { equity: exact(-30), margin: Atoms::ZERO, hedge: None });
}

#[test]
fn initial_margin_is_that_of_the_highest_price_on_either_side() {
    // 100 SOL at $250 that may be worth $28 750: 5 % of that, whatever has been lost at $250.
    let market = market_of(&position(100, 25_000), 0);
    for position in [position(100, 25_000), position(-100, 25_000)] {
        let value = leg(&position, &market)
            .initial(&position, &market.ledger, &market, Price::new(PRICE / 100 * 115), Price::ZERO)
            .unwrap();
        assert_eq!(value.equity, QuoteX40::ZERO);
        // PRICE / 100 · 115 is $287.49999996, which is ⌈$28 749.999996⌉ in atoms.
        assert_eq!(value.margin.get().div_ceil(1_000_000), 1_438);
    }
}

#[test]
fn a_spread_beyond_the_price_takes_all_of_a_long_and_no_more() {
    let flat = position(100, 25_000);
    let market = market_of(&flat, 0);
    let spread = Price::new(PRICE * 2);
    let value = leg(&flat, &market).initial(&flat, &market.ledger, &market, market.price.price, spread).unwrap();
    assert_eq!(value.equity, exact(-25_000));
    // A short has no such end.
    let short = position(-100, 25_000);
    let value = leg(&short, &market).initial(&short, &market.ledger, &market, market.price.price, spread).unwrap();
    assert_eq!(value.equity, exact(-50_000));
}

proptest! {
    /// Margin never falls when the position grows, and growing it in parts demands no less than growing it at once.
    #[test]
    fn margin_grows_with_the_position(value in 1u64..1 << 53, more in 0u64..1 << 50, premium in 0u64..1 << 36) {
        let parameters = Parameters { size_premium: premium, ..sol_parameters() };
        let margin = |value| maintenance_margin_ceil(Atoms::new(value), Ppm::ZERO, &parameters).unwrap();
        prop_assert!(margin(value + more).margin >= margin(value).margin);
        let ledger = sol_market().ledger;
        let initial = initial_margin_ceil(Atoms::new(value), Ppm::ZERO, &ledger, &parameters).unwrap();
        prop_assert!(initial >= margin(value).margin);
    }

    /// Closing `n` lowers the margin by at most `marginal · n` and the rounding of the fraction to whole ppm: a partial
    /// liquidation never overshoots its target by more.
    #[test]
    fn the_marginal_rate_is_an_upper_bound(value in 1u64..1 << 50, part in 0u64..1 << 50, premium in 0u64..1 << 36) {
        prop_assume!(part <= value);
        let parameters = Parameters { size_premium: premium, ..sol_parameters() };
        let margin = |value| maintenance_margin_ceil(Atoms::new(value), Ppm::ZERO, &parameters).unwrap();
        let Maintenance { margin: before, marginal } = margin(value);
        let after = margin(value - part).margin;
        let fall = u128::from(before.get() - after.get());
        let rounding = u128::from(value) * 3 / 1_000_000 + 2;
        prop_assert!(fall <= u128::from(part) * u128::from(marginal.get()) / 1_000_000 + rounding);
    }
}

#[test]
fn the_largest_numbers_fit() {
    let parameters = Parameters { size_premium: u64::MAX, ..sol_parameters() };
    let largest = Atoms::new(crate::units::MAX_NOTIONAL);
    // All of it, 60 % for maintenance.
    assert_eq!(
        maintenance_margin_ceil(largest, Ppm::ZERO, &parameters).map(|maintenance| maintenance.marginal),
        Ok(Ppm::new(900_000))
    );
    let mut market = sol_market();
    set_side(&mut market, Side::Long, crate::units::MAX_SIZE, 0);
    assert_eq!(initial_margin_ceil(largest, Ppm::ZERO, &market.ledger, &market.parameters), Ok(largest));
    assert!(Size::new(crate::units::MAX_SIZE).on(Side::Short).is_ok());
}
