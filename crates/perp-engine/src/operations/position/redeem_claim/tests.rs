use super::*;
use crate::fixtures::{at, sol_market, usdc};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::market::plan_fund_claims;
use crate::state::{Position, PriceCache};
use bytemuck::Zeroable;

#[test]
fn a_claim_is_redeemed_at_any_time_and_needs_no_price() {
    let mut account = Account { balance: usdc(1), ..Account::zeroed() };
    account.positions[2] = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
    let mut market = sol_market();
    market.price = PriceCache::default();
    market.ledger.claims = usdc(100);
    assert_eq!(plan_redeem_claim(&account, &market), Err(EngineError::NothingToRedeem));
    assert_eq!(plan_fund_claims(&market, at(0)), Err(EngineError::NothingToFund));

    market.ledger.backing = usdc(40);
    let funded = plan_fund_claims(&market, at(0)).unwrap();
    assert_eq!((funded.funded, funded.ledger.claims_reserve, funded.ledger.backing), (usdc(40), usdc(40), Atoms::ZERO));
    market.ledger = funded.ledger;
    let plan = plan_redeem_claim(&account, &market).unwrap();
    // 60/100 rounds up, so the claim keeps 60.000001.
    assert_eq!(
        (plan.ledger.slot, plan.redeemed, plan.ledger.position.claim),
        (2, Atoms::new(39_999_999), Atoms::new(60_000_001))
    );
    assert_eq!(plan.ledger.market.claims_reserve, Atoms::new(1));
}

#[test]
fn attack_closing_and_reopening_a_claim_round_pays_nobody_twice() {
    // Two claims of $50. $99.999999 funds all but one atom, then the last atom: each gets $50 once.
    let mut market = sol_market();
    market.ledger.claims = usdc(100);
    let claim = Position { claim: usdc(50), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
    let mut accounts = [Account::zeroed(); 2];
    for account in &mut accounts {
        account.positions[0] = claim;
    }
    for backing in [99_999_999, 1] {
        market.ledger.backing = Atoms::new(backing);
        market.ledger = plan_fund_claims(&market, at(0)).unwrap().ledger;
        for account in &mut accounts {
            for _ in 0..2 {
                if let Ok(plan) = plan_redeem_claim(account, &market) {
                    plan.apply(account, &mut market);
                }
            }
        }
    }
    assert_eq!(accounts.map(|account| account.balance), [usdc(50), usdc(50)]);
    assert!(accounts.iter().all(|account| account.positions[0] == Position::default()));
    assert_eq!(
        (market.ledger.claims_reserve, market.ledger.claims, market.ledger.claim_round),
        (Atoms::ZERO, Atoms::ZERO, 1)
    );
}
