use super::*;
use crate::fixtures::{at, base, sol_market, usdc};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::account::check_closable;
use crate::operations::market::plan_fund_claims;
use crate::operations::position::plan_redeem_claim;
use crate::state::{AccountCounters, Position, PriceCache};
use crate::units::SignedAtoms;
use bytemuck::Zeroable;

/// An account with $3 that claims $100 of a market which has `funded` dollars for the $100 of this claim and the $100 of
/// another.
fn claiming(funded: u64) -> (Account, Market) {
    let mut market = sol_market();
    market.ledger.claims = usdc(200);
    market.ledger.backing = usdc(funded);
    if funded > 0 {
        market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
    }
    let mut account = Account { balance: usdc(3), ..Account::zeroed() };
    account.positions[2] = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
    (account, market)
}

#[test]
fn a_claim_nobody_will_pay_is_given_up_and_the_account_can_be_closed() {
    let (mut account, mut market) = claiming(0);
    // No price: nothing of the market is needed.
    market.price = PriceCache::default();
    let plan = plan_waive_claim(&account, &market).unwrap();
    assert_eq!((plan.ledger.slot, plan.redeemed, plan.waived), (2, Atoms::ZERO, usdc(100)));
    plan.apply(&mut account, &mut market);
    // The market owes that much less, and nothing else changed hands.
    assert_eq!((market.ledger.claims, market.ledger.backing), (usdc(100), Atoms::ZERO));
    assert_eq!((account.balance, account.positions[2]), (usdc(3), Position::default()));
    account.balance = Atoms::ZERO;
    assert_eq!(check_closable(&account), Ok(()));
}

#[test]
fn what_is_funded_is_paid_first_and_only_the_rest_is_given_up() {
    // $50 for $200: a quarter of the claim, 75/100 of which 1.5 halves are exact.
    let (account, market) = claiming(50);
    let plan = plan_waive_claim(&account, &market).unwrap();
    assert_eq!((plan.redeemed, plan.waived), (usdc(25), usdc(75)));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(28), Atoms::ZERO));
    // The other claim of $100 and the $25 that are set aside for it.
    assert_eq!((plan.ledger.market.claims, plan.ledger.market.claims_reserve), (usdc(100), usdc(25)));
    assert_eq!(plan.ledger.market.claim_round, 0);
}

#[test]
fn waiving_raises_what_others_are_paid_and_lowers_it_for_nobody() {
    // $150 arrive for two claims of $100: $75 for each. With one of them waived the other is paid in full and $50 are left.
    let (mut account, mut market) = claiming(0);
    let mut other = account;
    plan_waive_claim(&account, &market).unwrap().apply(&mut account, &mut market);
    market.ledger.backing = usdc(150);
    market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
    plan_redeem_claim(&other, &market).unwrap().apply(&mut other, &mut market);
    assert_eq!((other.balance, market.ledger.backing), (usdc(103), usdc(50)));
}

#[test]
fn waiving_the_last_claim_closes_the_round_and_returns_what_rounding_left() {
    // $200 of which a third is funded; the claim is the only one. 2/3 rounds up: 100 − 66.666667 = 33.333333 are redeemed, and
    // the atom that is left of 33.333334 goes back to the backing.
    let (account, mut market) = claiming(0);
    market.ledger.claims = usdc(100);
    market.ledger.backing = Atoms::new(33_333_334);
    market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
    let plan = plan_waive_claim(&account, &market).unwrap();
    assert_eq!((plan.redeemed, plan.waived), (Atoms::new(33_333_333), Atoms::new(66_666_667)));
    let ledger = &plan.ledger.market;
    assert_eq!((ledger.claims, ledger.claims_reserve, ledger.backing), (Atoms::ZERO, Atoms::ZERO, Atoms::new(1)));
    assert_eq!((ledger.claim_round, ledger.claim_factor), (1, FULL_CLAIM_FACTOR));
}

#[test]
fn what_was_realized_stays_realized() {
    let (mut account, mut market) = claiming(0);
    let realized = SignedAtoms::new(100_000_000);
    account.counters = AccountCounters { realized, ..AccountCounters::default() };
    market.ledger.counters.traders_result = realized;
    let (seen, counted) = (account.counters, market.ledger.counters);
    plan_waive_claim(&account, &market).unwrap().apply(&mut account, &mut market);
    assert_eq!((account.counters, market.ledger.counters), (seen, counted));
}

#[test]
fn an_account_that_owes_or_could_come_to_owe_keeps_its_claims() {
    // Its debt of $60 elsewhere would be set off against the claim of $100; insurance would pay it if the claim were gone.
    let (account, market) = claiming(0);
    let mut owing = account;
    owing.positions[7] = Position { debt: usdc(60), ..Position::empty_in(4) };
    assert_eq!(plan_waive_claim(&owing, &market), Err(EngineError::DebtOutstanding { market: 4, debt: usdc(60) }));
    for slot in [2, 7] {
        let mut open = account;
        open.positions[slot] = Position { size: base(-1), ..open.positions[slot] };
        assert_eq!(plan_waive_claim(&open, &market), Err(EngineError::PositionsOpen));
    }
}

#[test]
fn only_a_claim_can_be_waived() {
    let (mut account, mut market) = claiming(0);
    account.positions[2] = Position { debt: usdc(1), ..Position::empty_in(0) };
    assert_eq!(plan_waive_claim(&account, &market), Err(EngineError::NoClaim));
    account.positions[2] = Position { size: base(5), ..Position::empty_in(0) };
    assert_eq!(plan_waive_claim(&account, &market), Err(EngineError::NoClaim));
    market.index = 1;
    assert_eq!(plan_waive_claim(&account, &market), Err(EngineError::NoPosition));
}
