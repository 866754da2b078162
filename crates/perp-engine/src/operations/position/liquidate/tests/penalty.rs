//! What a liquidation costs the account, and who gets it.

use super::*;
use crate::units::{FundingIndex, MAX_ATOMS};
use proptest::prelude::*;

#[test]
fn where_closing_costs_as_much_as_it_relieves_everything_is_closed() {
    // A penalty of 3 % where the margin is 3 %, and no buffer: no part restores anything.
    let (account, mut market) = holding(100, 700 * USDC);
    market.parameters.penalty = Ppm::new(30_000);
    market.parameters.liquidation_buffer = Ppm::ZERO;
    let plan = liquidate(&account, &market, ALL).unwrap();
    // 3 % of $25 000 is $750; the $700 of equity are all there is.
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(100 * SOL), usdc(700)));
}

#[test]
fn the_penalty_takes_at_most_the_equity_left() {
    // $5 of equity; 1 % of $25 000 is $250. All of it closes and $5 are charged. The depth of 993 333 ppm counts as that of a third
    // of the margin, where the penalty takes all equity: 666 666 ppm, a share of 30 % + 20 % · 66.6666 % = 433 333 ppm.
    let (account, market) = holding(100, 5 * USDC);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(100 * SOL), usdc(5)));
    // $2.166665 of $5, a nominal $1 to the backing and the rest to the insurance. $5 are the penalty of $500: for the other $24 500
    // the caller gets 0.018 %, $4.41, which take the insurance's $1.833335 and $2.576665 of the backing.
    assert_eq!((plan.penalty.bounty, plan.penalty.added), (Atoms::new(6_576_665), Atoms::new(4_410_000)));
    assert_eq!((plan.penalty.backing, plan.penalty.insurance), (usdc(1), Atoms::new(1_833_335)));
    assert_eq!(plan.ledger.market.insurance, Atoms::ZERO);
    assert_eq!(plan.ledger.market.backing, Atoms::new(99_998_423_335));
    assert_eq!(plan.ledger.balance, Atoms::ZERO);
    assert_eq!(plan.after.equity, SignedAtoms::ZERO);
}

#[test]
fn a_penalty_set_off_against_a_claim_pays_nobody_in_cash() {
    // $10 of balance and a claim of $690 without cash, which lowers the $750 of margin to $60. To have 1.25 · 60 = $75 again, $65 are
    // missing: $2363.636364 close, and the penalty of $23.64 is cut to the $10 of equity. It is set off against the claim, so
    // nothing is collected and nothing paid out of it, and what is owed to claims falls by it. Of the other $1363.636364 the caller
    // gets 0.018 %, out of the backing.
    let (mut account, mut market) = holding(100, 10 * USDC);
    account.positions[0].claim = usdc(690);
    account.positions[0].claim_factor = FULL_CLAIM_FACTOR;
    market.ledger.claims = usdc(690);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!((plan.penalty.charged, plan.ledger.balance), (usdc(10), usdc(10)));
    assert_eq!(plan.closed.get() / 1_000_000, 9_454);
    assert_eq!(
        (plan.penalty.collected, plan.penalty.bounty, plan.penalty.insurance),
        (Atoms::ZERO, Atoms::new(245_454), Atoms::ZERO)
    );
    assert_eq!((plan.ledger.position.claim, plan.penalty.added), (usdc(680), plan.penalty.bounty));
    assert_eq!(plan.ledger.market.backing, Atoms::new(100_000_000_000 - 245_454));
}

#[test]
fn a_penalty_beyond_the_cash_pays_the_bounty_first_and_leaves_a_debt() {
    // $50 of cash here and $650 of profit elsewhere, which that market could pay: of $89.77 only $50 are collected.
    let (mut account, market) = holding(100, 50 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    other.ledger.backing = usdc(1_000);
    set_side(&mut other, Side::Short, SOL, 900 * USDC);
    let entry_notional = other.ledger.side(Side::Short).entry_notional;
    account.positions[1] = Position { size: base(-1_000_000_000), entry_notional, ..Position::empty_in(1) };
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    // Margin 750 + 7.5, equity 700: n = (1.25 · 757.5 − 700) / 2.75 % = $8977.27, penalty $89.772727, of which
    // depth 57.5/757.5 gives the bounty 315 181 ppm.
    let penalty = plan.penalty;
    assert_eq!((penalty.charged, penalty.collected), (Atoms::new(89_772_727), usdc(50)));
    assert_eq!(penalty.bounty, Atoms::new(28_294_657));
    assert_eq!((penalty.insurance, penalty.backing), (Atoms::new(21_705_343), Atoms::ZERO));
    assert_eq!(plan.ledger.position.debt, Atoms::new(39_772_727));
}

/// An account with `balance` atoms and 100 SOL long in each of two markets, whose entries cost `above` more than $25 000, in
/// 2^-40 atoms.
fn two_legs(balance: u64, above: [i128; 2]) -> (Account, [Market; 2]) {
    let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
    let mut markets = [0, 1].map(|index| Market { index, ..holding(100, 0).1 });
    for ((market, position), above) in markets.iter_mut().zip(&mut account.positions).zip(above) {
        let entry_notional = exact(25_000).checked_add(QuoteX40::new(above)).unwrap().into();
        market.ledger.side_mut(Side::Long).entry_notional = entry_notional;
        *position = Position { size: base(100_000_000_000), entry_notional, ..Position::empty_in(market.index) };
    }
    (account, markets)
}

#[test]
fn a_penalty_that_takes_all_equity_leaves_none_missing() {
    // Each leg has lost 0.3 atoms: of a balance of 40 000 002 that leaves ⌊40 000 001.4⌋. Closing the first costs a whole
    // atom, so what is left beside the other leg is ⌊40 000 001 − 0.3⌋ = 40 000 000. 1 % of $25 000 would be $250; charging
    // the 40 000 001 of before the close would leave −1.
    let three_tenths = X40_PER_ATOM * 3 / 10;
    let (account, [market, other]) = two_legs(40_000_002, [three_tenths; 2]);
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.realized), (SignedAtoms::new(40_000_001), SignedAtoms::new(-1)));
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(100 * SOL), Atoms::new(40_000_000)));
    assert_eq!((plan.after.equity, plan.ledger.balance), (SignedAtoms::ZERO, Atoms::new(1)));
}

#[test]
fn the_penalty_is_counted_by_who_paid_and_who_got_it() {
    // The liquidation of the first test: 86 363 636 in three parts.
    let (mut account, mut market) = holding(100, 700 * USDC);
    let mut liquidator = Account { balance: usdc(1), ..Account::zeroed() };
    let plan = liquidate(&account, &market, ALL).unwrap();
    let mut ready = Ready::as_stored(&mut market, Status::Active, at(0));
    plan.apply(&mut account, &mut liquidator, &mut ready).unwrap();

    let counters = &market.ledger.counters;
    assert_eq!((account.counters.penalties, account.counters.bounties), (Atoms::new(86_363_636), Atoms::ZERO));
    assert_eq!((counters.bounties, counters.penalties_to_insurance), (Atoms::new(27_060_577), Atoms::new(42_030_332)));
    assert_eq!((counters.penalties, counters.liquidations, counters.trades), (Atoms::new(17_272_727), 1, 0));
    // 34 545 454 544 base units at a quarter atom.
    assert_eq!(counters.liquidated.get(), QuoteX40::new(34_545_454_544 * i128::from(PRICE)));
    assert_eq!((liquidator.balance, liquidator.counters.bounties), (Atoms::new(28_060_577), Atoms::new(27_060_577)));
    assert_eq!((account.balance, account.positions[0]), (plan.ledger.balance, plan.ledger.position));
}

#[test]
fn a_bounty_that_would_not_fit_changes_nothing() {
    let (mut account, mut market) = holding(100, 700 * USDC);
    let mut liquidator = Account { balance: Atoms::new(MAX_ATOMS), ..Account::zeroed() };
    let before = (account, liquidator, market);
    let plan = liquidate(&account, &market, ALL).unwrap();
    let mut ready = Ready::as_stored(&mut market, Status::Active, at(0));
    assert_eq!(plan.apply(&mut account, &mut liquidator, &mut ready), Err(EngineError::Overflow));
    assert_eq!((account, liquidator, market), before);
}

#[test]
fn no_penalty_takes_an_account_below_zero_at_any_boundary() {
    // A balance around nothing, around the nominal penalty of $250 on all of the first leg and around the margin of both, and
    // legs that lost or won fractions of an atom around a half and a whole one.
    let (tenth, mut cases) = (X40_PER_ATOM / 10, 0);
    for around in [1i64, 250_000_000, 1_500_000_000] {
        for off in [-2i64, -1, 0, 1, 2] {
            for above in [
                [0, 0],
                [tenth, tenth],
                [-tenth, tenth],
                [5 * tenth, 6 * tenth],
                [9 * tenth, -9 * tenth],
                [10 * tenth, 10 * tenth],
                [11 * tenth, -tenth],
                [-5 * tenth, -5 * tenth],
            ] {
                let balance = u64::try_from((around + off).max(0)).unwrap();
                let (account, [market, other]) = two_legs(balance, above);
                for max_size in [1, 33 * SOL, 100 * SOL] {
                    let order = LiquidationOrder { max_size: Size::new(max_size), ..ALL };
                    let Ok(plan) = liquidate_beside(&[&other], &account, &market, order) else { continue };
                    let left = plan.after.equity;
                    assert!(
                        plan.penalty.charged.is_zero() || !left.is_negative(),
                        "{balance} {above:?} {max_size}: {left:?}"
                    );
                    cases += 1;
                }
            }
        }
    }
    assert!(cases >= 120, "{cases}");
}

proptest! {
    /// Whatever fractions of an atom the legs carry: a penalty never takes the account below zero, and one that is less than
    /// its rate takes all that is left.
    #[test]
    fn no_penalty_takes_an_account_below_zero(
        balance in 1u64..60_000_000, above in [-3 * X40_PER_ATOM..3 * X40_PER_ATOM, -3 * X40_PER_ATOM..3 * X40_PER_ATOM],
        max_size in prop_oneof![Just(u64::MAX), 1u64..100 * SOL],
    ) {
        let (account, [market, other]) = two_legs(balance, above);
        let order = LiquidationOrder { max_size: Size::new(max_size), ..ALL };
        let Ok(plan) = liquidate_beside(&[&other], &account, &market, order) else { return Ok(()) };
        let LiquidationPlan { penalty, after, .. } = plan;
        prop_assert!(penalty.charged.is_zero() || !after.equity.is_negative(), "{} is left", after.equity.get());
        let nominal = share_floor(plan.notional.to_atoms_floor().unwrap(), market.parameters.penalty).unwrap();
        prop_assert!(penalty.charged <= nominal);
        if penalty.charged < nominal {
            prop_assert_eq!(after.equity.positive_part(), Atoms::ZERO);
        }
    }
}

/// A market at one atom per base unit whose parameters have no smallest position.
fn atom_market(backing: u64) -> Market {
    let mut market = sol_market();
    market.parameters.minimum_position = Atoms::ZERO;
    market.parameters.minimum_bounty = Atoms::ZERO;
    market.price.price = Price::new(1 << 40);
    market.price.confidence = Price::ZERO;
    market.ledger.backing = Atoms::new(backing);
    market
}

fn whole_atoms(atoms: i128) -> QuoteX40 {
    QuoteX40::new(atoms * X40_PER_ATOM)
}

#[test]
fn in_a_market_that_cannot_pay_the_penalty_takes_no_more_than_the_equity_found() {
    // A long of 100 000 bought for 99 000 is owed 1 000, and the backing is 100: with a balance of 100 the equity is 200 against a
    // margin of 3 000 less the 900 that are not paid: 2425 are missing to 1.25 times 2 100, and 2425 / 2.75 % = 88 181 close. They
    // realize 881, 100 of it in cash, and the penalty of 1 % would be 881.
    let mut market = atom_market(100);
    market.ledger.side_mut(Side::Long).open_interest = Size::new(100_000);
    market.ledger.side_mut(Side::Long).entry_notional = whole_atoms(99_000).into();
    let mut account = Account { balance: Atoms::new(100), ..Account::zeroed() };
    let entry_notional = whole_atoms(99_000).into();
    account.positions[0] = Position { size: base(100_000), entry_notional, ..Position::empty_in(0) };
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(200), Atoms::new(2_100)));
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(88_181), Atoms::new(200)));
    // It is set off against the claim, which was no equity: 200 of cash are left.
    assert_eq!((plan.ledger.position.claim, plan.ledger.balance), (Atoms::new(581), Atoms::new(200)));
    assert_eq!(plan.after.equity, SignedAtoms::new(200));
}

#[test]
fn the_penalty_is_at_least_what_trading_out_costs() {
    // A volatility of tenfold a year: z · σ · √1 s is 2 · 10 / √31 557 600 = 3560.2 ppm at once. With a confidence of 1 % of the price
    // an impact of at most 0.4 % and a fee of 0.04 % leaving by trading costs 1.7961 %, more than the penalty's 1 %; and with another account of
    // one's own as the liquidator half of that 1 % would come back.
    let (account, mut market) = holding(100, 700 * USDC);
    market.parameters.volatility = Ppm::new(10_000_000);
    market.price.confidence = Price::new(PRICE / 100);
    let plan = liquidate(&account, &market, ALL).unwrap();
    let spread = crate::market::price::spread_ceil(&market, at(0).now).unwrap().get();
    assert_eq!(u128::from(spread) * 1_000_000 / u128::from(PRICE), 13_560);
    // n = (937.5 − 700) / (3.75 % − 2.2961 %): what is closed pays 22 961 ppm, of which 1 % is split and the rest the backing's.
    let closed = plan.notional.to_atoms_floor().unwrap();
    assert_eq!(closed.get() / USDC, 16_335);
    let (charged, penalty) = (share_floor(closed, Ppm::new(22_961)), share_floor(closed, Ppm::new(10_000)).unwrap());
    assert_eq!(Ok(plan.penalty.charged), charged);
    let bounty = share_floor(penalty, Ppm::new(313_333)).unwrap();
    assert_eq!((plan.penalty.bounty, plan.penalty.added), (bounty, Atoms::ZERO));
    let split = bounty.checked_add(share_floor(penalty, Ppm::new(200_000)).unwrap()).unwrap();
    assert_eq!(plan.penalty.insurance, penalty.checked_sub(split).unwrap());
    // The account ends at 1.25 times its margin all the same.
    assert_eq!(plan.after.equity.get() / 1_000, plan.after.margin.get() as i64 / 4 * 5 / 1_000);
    // However old the price is, the caller chooses that: it is the spread of one just published.
    let at_age = |seconds| {
        let attempt = planned_for(&account, &market, &[], Status::Active, at(seconds), |portfolio, market| {
            plan_liquidation(portfolio, market, &ALL)
        });
        let plan = attempt.unwrap();
        plan.penalty.charged.get() as f64 / plan.notional.to_atoms_floor().unwrap().get() as f64
    };
    assert!((at_age(0) - at_age(15)).abs() < 1e-9);
    // Never more than all of what is closed, nor than the equity.
    market.parameters.taker_fee = Ppm::ONE;
    assert_eq!(liquidate(&account, &market, ALL).unwrap().penalty.charged, usdc(700));
}

#[test]
fn what_no_penalty_covers_is_paid_for_by_insurance_then_backing() {
    // No equity: $4.50 of $25 000. Of $3 of insurance and $1 of backing there are only $4.
    for (insurance, backing, bounty) in [(10, 10, 4_500_000), (3, 10, 4_500_000), (3, 1, 4_000_000), (0, 0, 0)] {
        let (account, mut market) = holding(100, 0);
        (market.ledger.insurance, market.ledger.backing) = (usdc(insurance), usdc(backing));
        let plan = liquidate(&account, &market, ALL).unwrap();
        assert_eq!((plan.penalty.bounty, plan.penalty.added), (Atoms::new(bounty), Atoms::new(bounty)));
        let from_insurance = bounty.min(insurance * USDC);
        assert_eq!(plan.ledger.market.insurance.get(), insurance * USDC - from_insurance);
        assert_eq!(plan.ledger.market.backing.get(), backing * USDC - (bounty - from_insurance));
    }
    // Of a fee of 0.5 % less a tenth no more than 0.1 % is paid: $25.
    let (account, mut market) = holding(100, 0);
    market.parameters.taker_fee_rebalancing = Ppm::new(5_000);
    assert_eq!(liquidate(&account, &market, ALL).unwrap().penalty.bounty, usdc(25));
    // Half of it pays half of that.
    let order = LiquidationOrder { max_size: Size::new(50 * SOL), ..ALL };
    assert_eq!(liquidate(&account, &market, order).unwrap().penalty.bounty, Atoms::new(12_500_000));
}

#[test]
fn funding_below_an_atom_is_judged_as_well() {
    // Two units short sold for 3.5, at a price of one: 1.5 of profit, and 0.4 of funding to receive, which is none in whole
    // atoms. The backing of 4 could pay it: the account has ⌊1.5⌋ against a margin of ⌈3 % of 2⌉ = 1, and what is owed to it
    // beyond that, without the backing, lowers the margin to none.
    let mut market = atom_market(4);
    let entry_notional = QuoteX40::new(7 * X40_PER_ATOM / 2).into();
    let long = market.ledger.side_mut(Side::Long);
    long.open_interest = Size::new(3);
    long.entry_notional = whole_atoms(1).into();
    let short = market.ledger.side_mut(Side::Short);
    short.open_interest = Size::new(2);
    short.entry_notional = entry_notional;
    short.funding_index = FundingIndex::new(-(1 << 40) / 5);
    let mut account = Account::zeroed();
    account.positions[0] = Position { size: base(-2), entry_notional, ..Position::empty_in(0) };
    let healthy = EngineError::NotLiquidatable { equity: SignedAtoms::new(1), maintenance: Atoms::new(1) };
    assert_eq!(liquidate(&account, &market, ALL), Err(healthy));
    // An atom of debt elsewhere takes ⌊1.5 − 1⌋ = 0 below the margin of 1.
    account.positions[1] = Position { debt: Atoms::new(1), ..Position::empty_in(1) };
    let other = Market { index: 1, ..sol_market() };
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::ZERO, Atoms::new(1)));
}
