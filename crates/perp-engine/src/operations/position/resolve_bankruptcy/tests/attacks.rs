//! What somebody would take out of an insurance, and does not.

use super::*;
use crate::fixtures::{publish, PRICE};
use crate::operations::position::{plan_liquidation, plan_trade, LiquidationOrder, Order};
use crate::units::{Clock, Size};

#[test]
fn attack_a_claim_of_ones_own_making_keeps_no_bankruptcy_from_being_resolved() {
    // 700 units bought at $100 in a thin market with $200 000 of backing are sold at ten times the price: of $630 000 of profit
    // $200 000 are paid and $430 000 are a claim. $230 000 are withdrawn. 10 000 SOL bought at $250 with the $140 000 left are lost in
    // a gap to $200: $360 000 of debt.
    let mut tox = market(1, 200_000, 0);
    tox.parameters.minimum_position = Atoms::ZERO;
    publish(&mut tox, PRICE * 4, 0);
    // At $1000 for one SOL of it.
    set_side(&mut tox, Side::Long, 700 * SOL, 70_000 * USDC);
    let mut sol = market(0, 5_000_000, 100_000);
    set_side(&mut sol, Side::Long, 10_000 * SOL, 2_500_000 * USDC);
    let mut account = Account { balance: usdc(170_000), ..Account::zeroed() };
    account.positions[0] =
        Position { size: base(10_000_000_000_000), entry_notional: exact(2_500_000).into(), ..Position::empty_in(0) };
    account.positions[1] =
        Position { size: base(700_000_000_000), entry_notional: exact(70_000).into(), ..Position::empty_in(1) };

    let close = Order { reduce_only: true, ..Order::at_any_price(base(-700_000_000_000)) };
    let later = Clock { slot: at(0).slot + 1, ..at(0) };
    let sold = planned_for(&account, &tox, &[&sol], Status::Active, later, |portfolio, market| {
        plan_trade(portfolio, market, &close)
    });
    let sold = sold.unwrap();
    sold.ledger.apply_to(&mut account, &mut tox.ledger);
    assert_eq!(account.positions[1].claim.get() / USDC / 1_000, 429);
    assert_eq!(tox.ledger.payable(), Ok(Atoms::ZERO));
    // As far as the initial margin of $125 000 allows.
    account.balance = account.balance.checked_sub(usdc(230_000)).unwrap();
    assert!(account.balance >= usdc(139_000));

    publish(&mut sol, PRICE / 5 * 4, 0);
    let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    let gap = planned_for(&account, &sol, &[&tox], Status::Active, later, |portfolio, market| {
        plan_liquidation(portfolio, market, &all)
    });
    let gap = gap.unwrap();
    gap.ledger.apply_to(&mut account, &mut sol.ledger);
    let debt = account.positions[0].debt;
    assert!((usdc(360_000)..usdc(362_000)).contains(&debt), "{debt:?}");

    // The claim is no cash: the account is bankrupt, SOL's insurance pays what it has, the shared one a tenth of its million and
    // its limit of $100 000, and the rest is written off.
    let mut shared = insured(1_000_000);
    let insured_before = sol.ledger.insurance;
    let plan = done(&mut account, &mut sol, &[&tox], &mut shared, 0);
    assert_eq!((plan.paid_by_insurance, plan.paid_by_shared_insurance), (insured_before, usdc(100_000)));
    assert_eq!(plan.written_off, debt.checked_sub(insured_before).unwrap().checked_sub(usdc(100_000)).unwrap());
    assert_eq!((plan.recoverable, sol.ledger.insurance), (debt, Atoms::ZERO));

    // Losers pay TOX later, its claims are funded, anybody redeems: all of what others bore goes to SOL's insurance first, and
    // only what is left of the claim is the account's.
    let claim = account.positions[1].claim;
    tox.ledger.backing = usdc(1_000_000);
    tox.ledger = plan_fund_claims(&tox, at(0)).unwrap().ledger;
    plan_redeem_claim(&account, &tox).unwrap().apply(&mut account, &mut tox);
    assert_eq!(plan_withdrawal(&account, usdc(1), at(0).now), Err(EngineError::DebtOutstanding { market: 0, debt }));
    assert_eq!(settle(&mut account, &mut sol), debt);
    assert_eq!(sol.ledger.insurance, debt);
    assert_eq!(account.balance, claim.checked_sub(debt).unwrap());
    assert!(plan_withdrawal(&account, account.balance, at(0).now).is_ok());
}

#[test]
fn attack_a_hundred_bankruptcies_on_a_hundred_days_cost_the_shared_insurance_one_limit() {
    // $20 000 of debt a day in one market, ten thousand a day within the window of a tenth, and a limit of $100 000 for life.
    let mut drawing = market(0, 0, 0);
    let mut shared = insured(1_000_000);
    for day in 0..100 {
        let mut account = account(0, 20_000, 0, &mut drawing, &mut market(7, 0, 0));
        done(&mut account, &mut drawing, &[], &mut shared, day * 86_400);
    }
    assert_eq!(drawing.ledger.shared_drawn, usdc(100_000));
    assert_eq!(shared.insurance, usdc(900_000));
    assert_eq!(drawing.ledger.written_off, usdc(100 * 20_000 - 100_000));
}

#[test]
fn attack_drawing_through_many_markets_at_once_costs_the_shared_insurance_a_tenth() {
    let mut shared = insured(1_000_000);
    for index in 0..20 {
        let mut drawing = market(index, 0, 0);
        let mut account = account(0, 90_000, 0, &mut drawing, &mut market(30, 0, 0));
        done(&mut account, &mut drawing, &[], &mut shared, i64::from(index) * 4_000);
    }
    assert_eq!(shared.insurance, usdc(900_000));
}

#[test]
fn attack_a_debtor_keeps_nothing_of_a_claim_by_depositing_around_it() {
    // $60 of claim, $100 owed and resolved. A deposit of $25 is what is owed too, before it can leave or trade.
    let (mut owed, mut owing) = (market(0, 0, 100), market(1, 0, 0));
    let mut account = account(0, 100, 60, &mut owed, &mut owing);
    done(&mut account, &mut owed, &[&owing], &mut insured(0), 0);
    account.balance = usdc(25);
    let owes = EngineError::DebtOutstanding { market: 0, debt: usdc(60) };
    assert_eq!(plan_withdrawal(&account, usdc(25), at(0).now), Err(owes));
    owing.ledger.backing = usdc(1_000_000);
    let buy = Order::at_any_price(base(1_000_000));
    let elsewhere = planned_for(
        &account,
        &Market { index: 5, ..owing },
        &[&owed, &owing],
        Status::Active,
        at(0),
        |portfolio, market| plan_trade(portfolio, market, &Order { size: base(400_000_000), ..buy }).map(|_| ()),
    );
    assert_eq!(elsewhere, Err(owes));
    assert_eq!(settle(&mut account, &mut owed), usdc(25));
    assert_eq!((owed.ledger.insurance, account.positions[0].recoverable), (usdc(25), usdc(35)));
}
