//! What somebody would gain by, and does not.

use super::*;
use crate::state::MAX_POSITIONS;

#[test]
fn attack_hiding_from_liquidation_in_a_market_that_cannot_pay() {
    // Longs: 100 SOL bought for $5000 and 100 more for $65 000, good for $1500; shorts won $10 000: a coverage of 15 %. With
    // $2500 owed elsewhere that is $500 of equity against $750, of which a part would be closed. But no part helps: $8727 of
    // profit become a claim, which counts for less. Whoever takes all of the position closes it.
    let (mut account, mut market) = holding(100, 0);
    market.ledger.backing = Atoms::ZERO;
    account.positions[0].entry_notional = exact(5_000).into();
    set_side(&mut market, Side::Long, 200 * SOL, 70_000 * USDC);
    set_side(&mut market, Side::Short, 10 * SOL, 12_500 * USDC);
    account.positions[1] = Position { debt: usdc(2_500), ..Position::empty_in(1) };
    let other = Market { index: 1, ..sol_market() };
    let attempt = |max_size| {
        liquidate_beside(&[&other], &account, &market, LiquidationOrder { max_size: Size::new(max_size), ..ALL })
    };
    assert!(matches!(attempt(50 * SOL), Err(EngineError::LiquidationWorsensHealth { .. })), "{:?}", attempt(50 * SOL));
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
    other.ledger.backing = usdc(1);
    set_side(&mut other, Side::Long, 4, 0);
    let entry = QuoteX40::new(X40_PER_ATOM * 7 / 10);
    other.ledger.side_mut(Side::Long).entry_notional = entry.into();
    account.positions[1] = Position { size: base(4), entry_notional: entry.into(), ..Position::empty_in(1) };
    let attempt = |max_size| {
        liquidate_beside(&[&other], &account, &market, LiquidationOrder { max_size: Size::new(max_size), ..ALL })
    };
    assert!(matches!(attempt(1), Err(EngineError::LiquidationWorsensHealth { .. })), "{:?}", attempt(1));
    assert!(attempt(1_000_000).is_ok());
}

#[test]
fn attack_provoking_ones_own_liquidation_costs_more_than_it_pays() {
    // The owner opens at the index and has the position liquidated at once by another account of their own: they lose the
    // penalty and get at most half of it back.
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
                plan.ledger.apply_to(&mut split_account, &mut split_market.ledger);
                bounties += plan.penalty.bounty.get();
            }
            Err(error) => assert!(matches!(error, EngineError::NotLiquidatable { .. })),
        }
    }
    assert!(bounties <= whole.penalty.bounty.get());
}

#[test]
fn attack_leaving_a_market_before_each_liquidation_does_not_stop_it() {
    // 100 SOL here and a small leg in each of eleven other markets. The liquidator lists all of them once; the owner closes
    // one leg after the other, always just before the liquidation arrives.
    let (mut account, market) = holding(100, 700 * USDC);
    let mut others = [Market::zeroed(); MAX_POSITIONS - 1];
    for ((slot, other), index) in account.positions[1..].iter_mut().zip(&mut others).zip(1..) {
        *other = Market { index, ..sol_market() };
        set_side(other, Side::Long, SOL, 250 * USDC);
        let entry_notional = other.ledger.side(Side::Long).entry_notional;
        *slot = Position { size: base(1_000_000_000), entry_notional, ..Position::empty_in(index) };
    }
    let listed = others.each_ref();
    for left in 1..MAX_POSITIONS {
        account.positions[left] = Position::default();
        let plan = liquidate_beside(&listed, &account, &market, ALL).unwrap();
        // $750 here and 3 % of $250 in each market that is left.
        let legs = u64::try_from(MAX_POSITIONS - 1 - left).unwrap();
        assert_eq!(plan.before.margin.get(), 750 * USDC + legs * 7_500_000);
    }
}

#[test]
fn attack_judging_a_claim_at_an_old_price_liquidates_nobody() {
    // $700 here and a claim of $100 elsewhere: healthy while that market can pay it. Its price is 16 s old, so how much it can
    // pay is not known: nobody is liquidated on it, although trading and withdrawing need no price there.
    let (mut account, mut market) = holding(100, 700 * USDC);
    publish(&mut market, PRICE, 16);
    let mut other = Market { index: 1, ..sol_market() };
    (other.ledger.backing, other.ledger.claims) = (usdc(1_000), usdc(100));
    account.positions[1] = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(1) };
    let attempt = |other: &Market| {
        planned_for(&account, &market, &[other], Status::Active, at(16), |portfolio, market| {
            plan_liquidation(portfolio, market, &ALL).map(|_| ())
        })
    };
    assert_eq!(attempt(&other), Err(EngineError::LegStale { market: 1, age: 16, allowed: 15 }));
    publish(&mut other, PRICE, 1);
    let equity = SignedAtoms::new(800_000_000);
    assert_eq!(attempt(&other), Err(EngineError::NotLiquidatable { equity, maintenance: usdc(750) }));
}
