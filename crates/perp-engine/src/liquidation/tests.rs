use super::*;
use crate::claims::FULL_CLAIM_FACTOR;
use crate::fixtures::{at, base, publish, set_side, sol_market, sol_parameters, PRICE, SOL, USDC};
use crate::state::{Account, Position};
use crate::units::{Raw, Side, RAW_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;

fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

/// `sol` SOL entered at $250 each, `balance` atoms, and the market in which it is alone with $100 000 of backing.
fn holding(sol: i64, balance: u64) -> (Account, Market) {
    let mut market = sol_market();
    market.books.backing = usdc(100_000);
    let (side, size) = if sol > 0 { (Side::Long, sol.unsigned_abs()) } else { (Side::Short, sol.unsigned_abs()) };
    set_side(&mut market, side, size * SOL, size * 250 * USDC);
    let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
    account.positions[0] =
        Position { size: base(sol * 1_000_000_000), entry: market.books.side(side).entry, ..Position::opened(0) };
    (account, market)
}

fn liquidate(account: &Account, market: &Market, order: LiquidationOrder) -> Result<LiquidationPlan, EngineError> {
    let portfolio = Portfolio::new(account, Some(market), &[], at(0)).unwrap();
    plan_liquidation(&portfolio, market, order, Status::Active, at(0))
}

#[test]
fn a_partial_liquidation_restores_one_and_a_quarter_times_the_margin() {
    // 100 SOL at $250, $700 of equity against 3 % of $25 000 = $750.
    // n = (1.25 · 750 − 700) / (1.25 · 3 % − 1 %) = 237.5 / 2.75 % = 8636.363636 dollars, 34.545454544 SOL.
    for sol in [100, -100] {
        let (account, market) = holding(sol, 700 * USDC);
        let plan = liquidate(&account, &market, ALL).unwrap();
        assert_eq!(plan.closed, Size::new(34_545_454_544));
        assert_eq!(plan.realised, SignedAtoms::ZERO);
        // Penalty ⌊1 % · 8 636 363 636⌋. Depth 50/750 = 66 666 ppm, so the bounty's share is
        // 30 % + 20 % · 6.6666 % = 313 333 ppm: ⌊86 363 636 · 0.313333⌋. Nominal backing share 20 %: 17 272 727.
        let penalty = plan.penalty;
        assert_eq!((penalty.charged, penalty.collected), (Atoms::new(86_363_636), Atoms::new(86_363_636)));
        assert_eq!(penalty.bounty, Atoms::new(27_060_577));
        assert_eq!((penalty.insurance, penalty.backing), (Atoms::new(42_030_332), Atoms::new(17_272_727)));
        // What is left: $613.636364 against 3 % of $16 363.636364, $490.909091: 1.25 times as much.
        assert_eq!(plan.after.equity, SignedAtoms::new(613_636_364));
        assert_eq!(plan.after.margin, Atoms::new(490_909_091));
        assert_eq!(plan.ledger.books.insurance, penalty.insurance);
        assert_eq!(plan.ledger.books.backing, usdc(100_000).plus(penalty.backing).unwrap());
    }
}

#[test]
fn at_the_maintenance_margin_nothing_is_liquidated_and_an_atom_below_it_is() {
    let (account, market) = holding(100, 750 * USDC);
    let refused = liquidate(&account, &market, ALL);
    let equity = SignedAtoms::new(750_000_000);
    assert_eq!(refused, Err(EngineError::NotLiquidatable { equity, maintenance: usdc(750) }));
    let (account, market) = holding(100, 750 * USDC - 1);
    let plan = liquidate(&account, &market, ALL).unwrap();
    // 187.5 / 2.75 % = $6818.18.
    assert_eq!(plan.closed.get() / 1_000_000, 27_272);
}

#[test]
fn the_deeper_the_account_the_more_is_closed_and_the_larger_the_bountys_share() {
    // $375 of equity, half the margin: n = (937.5 − 375) / 2.75 % = $20 454.545454; depth 50 %: share 40 %.
    let (account, market) = holding(100, 375 * USDC);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(81_818_181_816));
    assert_eq!(plan.penalty.charged, Atoms::new(204_545_454));
    assert_eq!(plan.penalty.bounty, Atoms::new(81_818_181));
    assert_eq!(plan.after.equity, SignedAtoms::new(170_454_546));
}

#[test]
fn without_equity_everything_is_closed_and_no_penalty_is_charged() {
    // 100 SOL, $700, and the price falls to $240: −$300.
    let (account, mut market) = holding(100, 700 * USDC);
    market.price.price = Price::new(PRICE / 25 * 24);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(100 * SOL));
    assert_eq!(plan.penalty, Penalty::default());
    assert_eq!(plan.realised.get() / 1_000_000, -1_000);
    // The $700 are the market's and the rest is owed.
    assert_eq!(plan.ledger.balance, Atoms::ZERO);
    assert_eq!(plan.ledger.position.debt.get() / 1_000, 300_000);
    assert!(plan.after.equity.is_negative());
}

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
fn without_equity_everything_is_closed_also_where_the_size_premium_binds() {
    // One ppm per √atom: $25 000 demands 15.8 % · 60 %. The marginal rate is half as much again, and the quotient alone
    // would leave a third of a position that nothing can restore.
    let (account, mut market) = holding(100, 0);
    market.parameters.size_premium = 1 << 32;
    market.price.price = Price::new(PRICE - 11);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(100 * SOL));
}

#[test]
fn the_penalty_takes_at_most_the_equity_left() {
    // $5 of equity; 1 % of $25 000 is $250. All of it closes, $5 are charged, the bounty's share is nearly half.
    let (account, market) = holding(100, 5 * USDC);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(100 * SOL), usdc(5)));
    // Depth 745/750 = 993 333 ppm: 498 666 ppm of $5.
    assert_eq!(plan.penalty.bounty, Atoms::new(2_493_330));
    assert_eq!((plan.penalty.backing, plan.penalty.insurance), (usdc(1), Atoms::new(1_506_670)));
    assert_eq!(plan.ledger.balance, Atoms::ZERO);
    assert_eq!(plan.after.equity, SignedAtoms::ZERO);
}

#[test]
fn what_would_leave_less_than_the_minimum_position_closes_whole() {
    // $100 is 0.4 SOL. 0.5 SOL = $125 demands $3.75: with $3.50 the quotient closes $43, leaving $82.
    let (mut account, mut market) = holding(1, 3_500_000);
    account.positions[0].size = base(500_000_000);
    set_side(&mut market, Side::Long, 500_000_000, 125 * USDC);
    account.positions[0].entry = market.books.side(Side::Long).entry;
    assert_eq!(liquidate(&account, &market, ALL).unwrap().closed, Size::new(500_000_000));
    // Asking for less does not leave it either.
    let little = LiquidationOrder { max_size: Size::new(200_000_000), ..ALL };
    assert_eq!(liquidate(&account, &market, little).unwrap().closed, Size::new(500_000_000));
    // $25 of it leaves exactly the minimum.
    let exact = LiquidationOrder { max_size: Size::new(100_000_000), ..ALL };
    assert_eq!(liquidate(&account, &market, exact).unwrap().closed, Size::new(100_000_000));
}

#[test]
fn the_liquidator_sets_a_largest_size_and_a_least_bounty() {
    let (account, market) = holding(100, 700 * USDC);
    let some = LiquidationOrder { max_size: Size::new(10 * SOL), ..ALL };
    let plan = liquidate(&account, &market, some).unwrap();
    // 1 % of $2500, 313 333 ppm of it.
    assert_eq!((plan.closed, plan.penalty.bounty), (Size::new(10 * SOL), Atoms::new(7_833_325)));
    let enough = LiquidationOrder { min_bounty: Atoms::new(7_833_325), ..some };
    assert!(liquidate(&account, &market, enough).is_ok());
    let greedy = LiquidationOrder { min_bounty: Atoms::new(7_833_326), ..some };
    let refused = Err(EngineError::BountyTooSmall { bounty: Atoms::new(7_833_325) });
    assert_eq!(liquidate(&account, &market, greedy), refused);
    let nothing = LiquidationOrder { max_size: Size::ZERO, ..ALL };
    assert_eq!(liquidate(&account, &market, nothing), Err(EngineError::SizeOutOfRange));
}

#[test]
fn a_penalty_set_off_against_a_claim_pays_nobody_in_cash() {
    // $10 of balance and a claim of $690 that is as good as cash by h: the penalty of $86.36 is set off against it, so
    // nothing is collected and nothing paid out, and what is owed to claims falls by it.
    let (mut account, mut market) = holding(100, 10 * USDC);
    account.positions[0].claim = usdc(690);
    account.positions[0].claim_factor = FULL_CLAIM_FACTOR;
    market.books.claims = usdc(690);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.penalty.charged, Atoms::new(86_363_636));
    assert_eq!(
        (plan.penalty.collected, plan.penalty.bounty, plan.penalty.insurance),
        (Atoms::ZERO, Atoms::ZERO, Atoms::ZERO)
    );
    assert_eq!(plan.ledger.position.claim, Atoms::new(690_000_000 - 86_363_636));
    assert_eq!(plan.ledger.books.backing, usdc(100_000));
}

#[test]
fn a_penalty_beyond_the_cash_pays_the_bounty_first_and_leaves_a_debt() {
    // $50 of cash here and $650 of profit elsewhere: of $86.36 only $50 are collected.
    let (mut account, market) = holding(100, 50 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    other.books.backing = usdc(1_000);
    set_side(&mut other, Side::Short, SOL, 900 * USDC);
    account.positions[1] =
        Position { size: base(-1_000_000_000), entry: other.books.side(Side::Short).entry, ..Position::opened(1) };
    let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
    let plan = plan_liquidation(&portfolio, &market, ALL, Status::Active, at(0)).unwrap();
    // Margin 750 + 7.5, equity 700: n = (1.25 · 757.5 − 700) / 2.75 % = $8977.27, penalty $89.772727, of which
    // depth 57.5/757.5 gives the bounty 315 181 ppm.
    let penalty = plan.penalty;
    assert_eq!((penalty.charged, penalty.collected), (Atoms::new(89_772_727), usdc(50)));
    assert_eq!(penalty.bounty, Atoms::new(28_294_657));
    assert_eq!((penalty.insurance, penalty.backing), (Atoms::new(21_705_343), Atoms::ZERO));
    assert_eq!(plan.ledger.position.debt, Atoms::new(39_772_727));
}

#[test]
fn every_leg_must_be_fresh_and_the_closed_one_usable() {
    let (mut account, market) = holding(100, 700 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    account.positions[1] = Position { size: base(1), entry: Raw::ZERO.into(), ..Position::opened(1) };
    set_side(&mut other, Side::Long, 1, 0);
    let attempt = |market: &Market, other: &Market, status, seconds| {
        let portfolio = Portfolio::new(&account, Some(market), &[other], at(seconds)).unwrap();
        plan_liquidation(&portfolio, market, ALL, status, at(seconds)).map(|_| ())
    };
    assert_eq!(attempt(&market, &other, Status::Active, 15), Ok(()));
    assert_eq!(attempt(&market, &other, Status::ReduceOnly, 15), Ok(()));
    assert_eq!(attempt(&market, &other, Status::Paused, 0), Err(EngineError::Paused));
    let mut fresh = market;
    publish(&mut fresh, PRICE, 16);
    let stale = Err(EngineError::LegStale { market: 1, age: 16, allowed: 15 });
    assert_eq!(attempt(&fresh, &other, Status::Active, 16), stale);
    assert_eq!(attempt(&market, &other, Status::Active, 16), Err(EngineError::PriceStale { age: 16, allowed: 15 }));
    let mut wide = market;
    wide.price.newest_published = at(1).now;
    assert_eq!(attempt(&wide, &other, Status::Active, 1), Err(EngineError::MarketUnusable { market: 0 }));

    account.positions[0] = Position::default();
    let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
    let nothing = plan_liquidation(&portfolio, &market, ALL, Status::Active, at(0));
    assert_eq!(nothing, Err(EngineError::NoPosition));
}

#[test]
fn a_winner_in_a_market_that_cannot_pay_is_closed_although_his_claim_counts_for_less() {
    // Longs: 100 SOL bought for $5000, $20 000 in profit, and 100 more bought for $65 000; together $20 000 under water
    // and good for 3 % of $50 000 = $1500. Shorts won $10 000: h = 15 %, so the profit counts $3000. With $3100 owed
    // elsewhere the account is below zero and its owner cannot close.
    let (mut account, mut market) = holding(100, 0);
    market.books.backing = Atoms::ZERO;
    account.positions[0].entry = Raw::new(5_000 * i128::from(USDC) * RAW_PER_ATOM).into();
    set_side(&mut market, Side::Long, 200 * SOL, 70_000 * USDC);
    set_side(&mut market, Side::Short, 10 * SOL, 12_500 * USDC);
    account.positions[1] = Position { debt: usdc(3_100), ..Position::opened(1) };
    let other = Market { index: 1, ..sol_market() };
    let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
    let plan = plan_liquidation(&portfolio, &market, ALL, Status::Active, at(0)).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(-100_000_000), usdc(750)));
    // A claim of $20 000 besides the shorts' $10 000; the remaining longs are good for $750: h = 2.5 %.
    assert_eq!(plan.ledger.position.claim, usdc(20_000));
    assert_eq!(plan.after.equity, SignedAtoms::new(-2_600_000_000));
}

#[test]
fn attack_hiding_from_liquidation_in_a_market_that_cannot_pay() {
    // The same with $2500 owed elsewhere: $500 of equity against $750, of which a part would be closed. But no part
    // helps: $8727 of profit become a claim, which counts for less. Whoever takes all of the position closes it.
    let (mut account, mut market) = holding(100, 0);
    market.books.backing = Atoms::ZERO;
    account.positions[0].entry = Raw::new(5_000 * i128::from(USDC) * RAW_PER_ATOM).into();
    set_side(&mut market, Side::Long, 200 * SOL, 70_000 * USDC);
    set_side(&mut market, Side::Short, 10 * SOL, 12_500 * USDC);
    account.positions[1] = Position { debt: usdc(2_500), ..Position::opened(1) };
    let other = Market { index: 1, ..sol_market() };
    let attempt = |max_size| {
        let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        plan_liquidation(&portfolio, &market, order, Status::Active, at(0))
    };
    assert!(matches!(attempt(50 * SOL), Err(EngineError::WouldWorsenHealth { .. })), "{:?}", attempt(50 * SOL));
    let plan = attempt(100 * SOL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(500_000_000), usdc(750)));
    assert_eq!((plan.closed, plan.after.margin), (Size::new(100 * SOL), Atoms::ZERO));
}

#[test]
fn attack_grinding_an_account_down_by_a_base_unit_at_a_time() {
    // 0.3 atoms of profit elsewhere; here every unit is sold for a quarter of an atom less than it cost, so each call would
    // take a whole atom and free no margin. It is refused; a part worth more than the rounding is not.
    let (mut account, mut market) = holding(100, 400 * USDC);
    market.price.price = Price::new(PRICE / 1_000 * 999);
    let mut other = Market { index: 1, ..sol_market() };
    other.books.backing = usdc(1);
    set_side(&mut other, Side::Long, 4, 0);
    let entry = Raw::new(RAW_PER_ATOM * 7 / 10);
    other.books.side_mut(Side::Long).entry = entry.into();
    account.positions[1] = Position { size: base(4), entry: entry.into(), ..Position::opened(1) };
    let attempt = |max_size| {
        let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        plan_liquidation(&portfolio, &market, order, Status::Active, at(0))
    };
    assert!(matches!(attempt(1), Err(EngineError::WouldWorsenHealth { .. })), "{:?}", attempt(1));
    assert!(attempt(1_000_000).is_ok());
}

#[test]
fn attack_provoking_ones_own_liquidation_costs_more_than_it_pays() {
    // The owner opens at the index and has himself liquidated at once by another account of his: he loses the penalty and
    // gets at most half of it back.
    for balance in [1, 100, 374, 500, 700, 749] {
        let (account, market) = holding(100, balance * USDC);
        let plan = liquidate(&account, &market, ALL).unwrap();
        let lost = plan.before.equity.get() - plan.after.equity.get();
        assert!(i64::try_from(plan.penalty.bounty.get()).unwrap() * 2 <= lost);
    }
}

#[test]
fn attack_many_small_liquidations_pay_no_more_than_one() {
    // Closing the same $8636 in a hundred calls of a hundredth each: every call rounds down, none has a floor.
    let (account, market) = holding(100, 700 * USDC);
    let whole = liquidate(&account, &market, ALL).unwrap();
    let (mut split_account, mut split_market) = (account, market);
    let mut bounties = 0;
    let slice = LiquidationOrder { max_size: Size::new(whole.closed.get() / 100), ..ALL };
    for _ in 0..100 {
        match liquidate(&split_account, &split_market, slice) {
            Ok(plan) => {
                plan.ledger.apply(0, &mut split_account, &mut split_market);
                bounties += plan.penalty.bounty.get();
            }
            Err(error) => assert!(matches!(error, EngineError::NotLiquidatable { .. })),
        }
    }
    assert!(bounties <= whole.penalty.bounty.get());
}

proptest! {
    /// Every allowed liquidation of one position: it helps, does not overshoot its target by more than rounding, and the
    /// parts of the penalty add up.
    #[test]
    fn a_liquidation_helps_and_never_overshoots(
        size in 400_000_000u64..1 << 50, short: bool, equity_ppm in 0u64..1_000_000, premium in 0u64..1 << 34,
        max_size in 1u64..1 << 51,
    ) {
        let parameters = crate::state::Parameters { size_premium: premium, ..sol_parameters() };
        let mut market = Market { parameters, ..sol_market() };
        market.books.backing = Atoms::new(1 << 50);
        let side = if short { Side::Short } else { Side::Long };
        let entry = size / 4;
        set_side(&mut market, side, size, entry);
        let value = notional(Size::new(size), market.price.price).unwrap().amount_ceil().unwrap();
        let margin = maintenance_margin_ceil(value, &parameters).unwrap().margin.get();
        let balance = u64::try_from(u128::from(margin) * u128::from(equity_ppm) / 1_000_000).unwrap();
        let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
        account.positions[0] = Position {
            size: Size::new(size).on(side).unwrap(),
            entry: Raw::new(i128::from(entry) * RAW_PER_ATOM).into(),
            ..Position::opened(0)
        };
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        // A remainder of an atom in the entry may leave the account just at its margin.
        let Ok(plan) = liquidate(&account, &market, order) else { return Ok(()) };

        let left = plan.ledger.position.size;
        prop_assert!(left.is_zero() || left.side() == Some(side));
        prop_assert_eq!(left.size().get() + plan.closed.get(), size);
        if !left.is_zero() {
            prop_assert!(plan.after.surplus() >= plan.before.surplus());
            prop_assert!(plan.closed.get() <= max_size);
            let (equity, margin) = (i128::from(plan.after.equity.get()), i128::from(plan.after.margin.get()));
            // The fraction is a whole number of ppm: a step of it moves the margin by 10^-6 of the position.
            let rounding = i128::from(value.get()) * 2 / 1_000_000 + 4;
            prop_assert!(equity * 4 <= margin * 5 + rounding * 5, "{equity} against {margin}");
        }
        let penalty = plan.penalty;
        prop_assert_eq!(penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get(), penalty.collected.get());
        prop_assert!(penalty.charged <= plan.before.equity.positive_part());
        prop_assert!(penalty.bounty.get() * 2 <= penalty.charged.get());
    }
}
