//! What somebody would gain by, and does not.

use super::*;
use crate::state::MAX_POSITIONS;

#[test]
fn attack_hiding_from_liquidation_in_a_market_that_cannot_pay() {
    // 100 SOL bought for $5000, $20 000 in profit in a market that has nothing, and $2500 owed elsewhere: the profit is promised and
    // no cash. Closing a part relieves nothing and is refused; all of it may be closed: what was promised becomes a claim, and
    // nothing worsens.
    let (mut account, mut market) = holding(100, 0);
    market.ledger.backing = Atoms::ZERO;
    account.positions[0].entry_notional = exact(5_000).into();
    set_side(&mut market, Side::Long, 100 * SOL, 5_000 * USDC);
    account.positions[1] = Position { debt: usdc(2_500), ..Position::empty_in(1) };
    let other = Market { index: 1, ..sol_market() };
    let equity = SignedAtoms::new(-2_500_000_000);
    for max_size in [1, 50 * SOL, 99 * SOL] {
        let order = LiquidationOrder { max_size: Size::new(max_size), ..ALL };
        let refused = Err(EngineError::LiquidationWorsensHealth { equity, margin: Atoms::ZERO });
        assert_eq!(liquidate_beside(&[&other], &account, &market, order).map(|plan| plan.closed), refused);
    }
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (equity, Atoms::ZERO));
    assert_eq!((plan.closed, plan.after), (Size::new(100 * SOL), plan.before));
    assert_eq!(plan.ledger.position.claim, usdc(20_000));
}

#[test]
fn attack_one_markets_unpaid_profit_keeps_no_account_from_liquidation_elsewhere() {
    // 100 SOL on which $700 of cash stand against $750, and $1 000 000 of profit in a market whose backing is $49: equity $749.
    // What is promised beyond the $49 lowers only that market's own margin. An atom more in it and the account is healthy.
    let (mut account, market) = holding(100, 700 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    set_side(&mut other, Side::Short, SOL, 1_000_250 * USDC);
    let entry_notional = other.ledger.side(Side::Short).entry_notional;
    account.positions[1] = Position { size: base(-1_000_000_000), entry_notional, ..Position::empty_in(1) };
    other.ledger.backing = Atoms::new(50 * USDC - 1);
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(749_999_999), usdc(750)));
    assert!(!plan.closed.is_zero());
    other.ledger.backing = usdc(50);
    assert!(matches!(liquidate_beside(&[&other], &account, &market, ALL), Err(EngineError::NotLiquidatable { .. })));
    // Nor while a claim waits there, however much backing there is.
    other.ledger.backing = usdc(1_000_000);
    other.ledger.claims = Atoms::new(1);
    assert!(!liquidate_beside(&[&other], &account, &market, ALL).unwrap().closed.is_zero());
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
    // The owner opens at the index and has the position liquidated at once by another account of their own: of the penalty they
    // get less than half back. Where equity is nearly gone the caller gets 0.018 % of the notional whose penalty is not covered, at
    // most $4.50: opening has left at least as much in the market, 0.02 % less a tenth, and cost the owner $5.
    for balance in [0, 1, 5, 100, 374, 500, 700, 749] {
        let (account, market) = holding(100, balance * USDC);
        let plan = liquidate(&account, &market, ALL).unwrap();
        let lost = u64::try_from(plan.before.equity.get() - plan.after.equity.get()).unwrap();
        let Penalty { bounty, added, .. } = plan.penalty;
        assert!((bounty.get() - added.get()) * 2 <= lost, "${balance}");
        assert!(bounty.get() < lost + 5 * USDC, "${balance}");
        assert!(added <= Atoms::new(4_500_000), "${balance}");
    }
}

/// Σ bounties of liquidating in orders of `max_size` until nothing is left to liquidate, and what was closed.
fn bounties_in_orders_of(mut account: Account, mut market: Market, max_size: u64) -> (u64, u64) {
    let (mut bounties, mut closed) = (0, 0);
    let order = LiquidationOrder { max_size: Size::new(max_size), ..ALL };
    loop {
        match liquidate(&account, &market, order) {
            Ok(plan) => {
                plan.ledger.apply_to(&mut account, &mut market.ledger);
                bounties += plan.penalty.bounty.get();
                closed += plan.closed.get();
            }
            Err(error) => {
                assert!(matches!(error, EngineError::NotLiquidatable { .. } | EngineError::NoPosition), "{error:?}");
                return (bounties, closed);
            }
        }
    }
}

#[test]
fn attack_many_small_liquidations_pay_no_more_than_one() {
    // Closing the same $8636 in calls of a hundredth each: every call rounds down, and as the account gets healthier the share
    // falls.
    let (account, market) = holding(100, 700 * USDC);
    let whole = liquidate(&account, &market, ALL).unwrap();
    let (bounties, _) = bounties_in_orders_of(account, market, whole.closed.get() / 100);
    assert!(bounties <= whole.penalty.bounty.get(), "{bounties}");
}

#[test]
fn attack_splitting_a_liquidation_that_takes_all_equity_pays_no_more_than_once() {
    // At equity of 0.23 of the margin the penalty of 1 % of each piece takes a third of the 3 % it frees, more than the equity
    // behind it: each piece leaves the account deeper. The share stops growing at a third of the margin, so a hundred pieces pay
    // no more than one.
    let (account, market) = holding(100, 750 * USDC / 1_000 * 230);
    let once = liquidate(&account, &market, ALL).unwrap().penalty.bounty.get();
    for pieces in [2, 3, 10, 100] {
        let (bounties, _) = bounties_in_orders_of(account, market, 100 * SOL / pieces);
        assert!(bounties <= once, "{bounties} in {pieces} pieces, {once} once");
    }
}

#[test]
fn attack_splitting_a_liquidation_earns_no_more_than_once() {
    // At any equity, also where the pieces take it all and none covers the penalty of the later ones, but for an atom of rounding of
    // each piece.
    for equity in [0, 10, 50, 100, 230, 300, 333, 334, 400, 600] {
        let (account, market) = holding(100, 750 * USDC / 1_000 * equity);
        let once = liquidate(&account, &market, ALL).unwrap();
        for pieces in [2, 3, 10, 100] {
            let (bounties, closed) = bounties_in_orders_of(account, market, 100 * SOL / pieces);
            let no_more = bounties <= once.penalty.bounty.get() + pieces + 1;
            assert!(no_more || closed > once.closed.get(), "{pieces} pieces at {equity}: {bounties}");
        }
    }
}

#[test]
fn the_bounty_does_not_jump_where_equity_is_gone() {
    // From where equity just covers the penalty of $250 to none and below: never less than $4.50, and no dollar less of equity pays
    // more, but for the rounding of an atom.
    let mut last = u64::MAX - 1;
    for balance in [250 * USDC, 249 * USDC, 100 * USDC, 40 * USDC, 20 * USDC, 10 * USDC, 5 * USDC, USDC, 2, 1, 0] {
        let (account, market) = holding(100, balance);
        let bounty = liquidate(&account, &market, ALL).unwrap().penalty.bounty.get();
        assert!(bounty <= last + 1 && bounty + 1 >= 4_500_000, "{balance}: {bounty}");
        last = bounty;
    }
    let (account, mut market) = holding(100, 0);
    market.price.price = Price::new(PRICE - 1);
    // 0.09 atoms below zero: 25 000 · 0.018 % but for the same part of an atom.
    let bounty = liquidate(&account, &market, ALL).unwrap().penalty.bounty;
    assert_eq!((last, bounty), (4_500_000, Atoms::new(4_499_999)));
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
fn attack_withholding_a_price_liquidates_nobody_who_may_be_healthy() {
    // $700 here, where $750 are demanded, and 10 SOL elsewhere bought for $2500 that were worth as much 16 s ago. They may be worth
    // $2875, and whoever holds them may hand that price in: $375 gained, which their market could pay, against 3 % of $2875.
    let (mut account, mut market) = holding(100, 700 * USDC);
    publish(&mut market, PRICE, 16);
    let mut other = Market { index: 1, ..sol_market() };
    other.ledger.backing = usdc(1_000);
    set_side(&mut other, Side::Long, 10 * SOL, 2_500 * USDC);
    let entry_notional = other.ledger.side(Side::Long).entry_notional;
    account.positions[1] = Position { size: base(10_000_000_000), entry_notional, ..Position::empty_in(1) };
    let attempt = |account: &Account, other: &Market| {
        planned_for(account, &market, &[other], Status::Active, at(16), |portfolio, market| {
            plan_liquidation(portfolio, market, &ALL).map(|plan| (plan.before.equity.get(), plan.before.margin))
        })
    };
    let healthy = |equity, maintenance| {
        let (equity, maintenance) = (SignedAtoms::new(equity), Atoms::new(maintenance));
        Err(EngineError::NotLiquidatable { equity, maintenance })
    };
    assert_eq!(attempt(&account, &other), healthy(1_075_000_000, 836_250_001));
    // A market without backing pays none of it: what may have been gained is no cash, but lowers what the 10 SOL demand to nothing.
    let mut broke = other;
    broke.ledger.backing = Atoms::ZERO;
    assert_eq!(attempt(&account, &broke), Ok((700_000_000, usdc(750))));
    // Nor does one whose oracle is held for dead: nobody can hand anything in, and at the end that would be paid there is a loss.
    let mut dead = other;
    dead.price.outage_since = at(-1_000).now;
    assert_eq!(attempt(&account, &dead), Ok((700_000_000, usdc(750))));
    // Bought for $2600: $275 may have been gained. It is liquidated once the price is posted, not before.
    account.positions[1].entry_notional = exact(2_600).into();
    assert_eq!(attempt(&account, &other), healthy(975_000_000, 836_250_001));
    publish(&mut other, PRICE, 16);
    assert_eq!(attempt(&account, &other), Ok((600_000_000, usdc(825))));
}

#[test]
fn attack_a_claim_without_cash_keeps_nobody_from_being_liquidated() {
    // $700 here and a claim of $100 elsewhere that could be paid, but is not: no cash. Once it is funded it counts, redeemed or
    // not, and whatever that market's price.
    let (mut account, market) = holding(100, 700 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    publish(&mut other, PRICE, -100);
    (other.ledger.backing, other.ledger.claims) = (usdc(1_000), usdc(100));
    account.positions[1] = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(1) };
    assert!(liquidate_beside(&[&other], &account, &market, ALL).is_ok());
    (other.ledger.claims_reserve, other.ledger.claim_round) = (usdc(100), 1);
    let equity = SignedAtoms::new(800_000_000);
    let healthy = EngineError::NotLiquidatable { equity, maintenance: usdc(750) };
    assert_eq!(liquidate_beside(&[&other], &account, &market, ALL), Err(healthy));
}
