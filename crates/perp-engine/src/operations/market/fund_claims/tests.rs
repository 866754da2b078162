use super::*;
use crate::fixtures::{at, sol_market, usdc, USDC};
use crate::ledger::Ledger;
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::position::plan_redeem_claim;
use crate::state::Account;
use bytemuck::Zeroable;

/// The account wins `amount` in a market without backing.
fn claim(account: &mut Account, market: &mut Market, amount: Atoms) {
    let mut ledger = Ledger::open_or_take(account, market, at(0).now).unwrap();
    ledger.gain(amount).unwrap();
    ledger.apply_to(account, &mut market.ledger);
}

#[test]
fn backing_is_set_aside_as_far_as_it_goes() {
    // $100 of claims: $40 of backing leave 60 % unfunded, 1.2 halves rounded up; then $80 are $20 more than is needed.
    let mut market = sol_market();
    market.ledger.claims = usdc(100);
    market.ledger.backing = usdc(40);
    let plan = plan_fund_claims(&market, at(0)).unwrap();
    assert_eq!((plan.funded, plan.ledger.backing, plan.ledger.claims_reserve), (usdc(40), Atoms::ZERO, usdc(40)));
    assert_eq!((plan.ledger.claim_factor >> 48, plan.ledger.claim_round), (1, 0));
    assert_eq!(plan_fund_claims(&Market { ledger: plan.ledger, ..market }, at(0)), Err(EngineError::NothingToFund));

    market.ledger = MarketLedger { backing: usdc(80), ..plan.ledger };
    let plan = plan_fund_claims(&market, at(0)).unwrap();
    assert_eq!((plan.funded, plan.ledger.backing, plan.ledger.claims_reserve), (usdc(60), usdc(20), usdc(100)));
    assert_eq!((plan.ledger.claim_factor, plan.ledger.claim_round), (FULL_CLAIM_FACTOR, 1));
    assert_eq!(plan_fund_claims(&Market { ledger: plan.ledger, ..market }, at(0)), Err(EngineError::NothingToFund));
}

#[test]
fn so_little_that_no_claim_would_shrink_is_not_set_aside() {
    // An atom of 2^60 is less than a part in 2^47: the factor would not change, and nobody could redeem the atom.
    let mut market = sol_market();
    market.ledger.claims = Atoms::new(1 << 60);
    market.ledger.backing = Atoms::new(1);
    assert_eq!(plan_fund_claims(&market, at(0)), Err(EngineError::NothingToFund));
    market.ledger.backing = Atoms::new(1 << 14);
    assert_eq!(plan_fund_claims(&market, at(0)).unwrap().funded, Atoms::new(1 << 14));
}

#[test]
fn attack_funding_small_claims_again_and_again_does_not_freeze_the_large_ones() {
    // Somebody creates a claim of $1 and has all but an atom of it funded, ten times over: the factor falls by 10^6 each
    // time. A claim of $100 000 that arises then and is half funded still redeems its half.
    let mut market = sol_market();
    let mut claims = Account::zeroed();
    for _ in 0..10 {
        claim(&mut claims, &mut market, usdc(1));
        market.ledger.backing = market.ledger.unfunded_claims().unwrap().checked_sub(Atoms::new(1)).unwrap();
        market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
    }
    let mut victim = Account::zeroed();
    claim(&mut victim, &mut market, usdc(100_000));
    market.ledger.backing = usdc(50_000);
    market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
    let redeemed = plan_redeem_claim(&victim, &market).unwrap().redeemed;
    assert!(redeemed.get() >= 50_000 * USDC - 2, "only {} atoms of half the claim", redeemed.get());
}
