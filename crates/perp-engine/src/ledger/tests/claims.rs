//! What the market cannot pay at once waits as a claim.

use super::*;
use crate::fixtures::at;
use crate::operations::market::plan_fund_claims;

/// Sets aside what backing there is for the market's claims. Returns how much.
fn fund(ledger: &mut Ledger) -> Atoms {
    let market = Market { ledger: ledger.market, ..sol_market() };
    let plan = plan_fund_claims(&market, at(0)).unwrap();
    ledger.market = plan.ledger;
    plan.funded
}

#[test]
fn while_a_claim_waits_nobody_is_paid_before_it() {
    let mut first = ledger(0, 0);
    first.gain(usdc(10)).unwrap();
    let mut second = slot_in(first.market, Atoms::ZERO);
    second.market.backing = usdc(500);
    second.gain(usdc(10)).unwrap();
    assert_eq!((owned(&second), held(&second)), ([0, 10, 0], [500, 20, 0, 0]));
    // Once all claims are funded, gains are cash again.
    assert_eq!(fund(&mut second), usdc(20));
    let mut third = slot_in(second.market, Atoms::ZERO);
    third.gain(usdc(10)).unwrap();
    assert_eq!((owned(&third), held(&third)), ([10, 0, 0], [470, 20, 20, 0]));
}

#[test]
fn claims_are_funded_in_proportion_whoever_came_first() {
    let mut early = ledger(0, 0);
    early.gain(usdc(300)).unwrap();
    let mut late = slot_in(early.market, Atoms::ZERO);
    late.gain(usdc(100)).unwrap();
    // $100 for $400: a quarter of each; 300/400 is three halves, halved once.
    late.market.backing = usdc(100);
    assert_eq!(fund(&mut late), usdc(100));
    assert_eq!(late.market.claim_factor, (1 << 48) | (3 << 46));
    assert_eq!(late.redeem_claim(), Ok(usdc(25)));
    assert_eq!((owned(&late), held(&late)), ([25, 75, 0], [0, 375, 75, 0]));
    early.market = late.market;
    assert_eq!(early.redeem_claim(), Ok(usdc(75)));
    assert_eq!((owned(&early), held(&early)), ([75, 225, 0], [0, 300, 0, 0]));
    assert_eq!(early.redeem_claim(), Ok(Atoms::ZERO));
}

#[test]
fn a_claim_that_arises_later_shares_only_in_what_is_funded_later() {
    let mut early = ledger(0, 0);
    early.gain(usdc(100)).unwrap();
    early.market.backing = usdc(50);
    fund(&mut early);
    let mut late = slot_in(early.market, Atoms::ZERO);
    late.gain(usdc(50)).unwrap();
    // $50 wait of the first and $50 of the second claim; $50 more is half of each.
    late.market.backing = usdc(50);
    fund(&mut late);
    assert_eq!(late.redeem_claim(), Ok(usdc(25)));
    early.market = late.market;
    assert_eq!(early.redeem_claim(), Ok(usdc(75)));
    assert_eq!(held(&early), [0, 50, 0, 0]);
}

#[test]
fn funding_everything_ends_the_round_and_the_next_begins_at_the_full_factor() {
    let mut account = ledger(0, 0);
    account.gain(usdc(100)).unwrap();
    account.market.backing = usdc(250);
    assert_eq!(fund(&mut account), usdc(100));
    assert_eq!((account.market.claim_round, account.market.claim_factor), (1, FULL_CLAIM_FACTOR));
    assert_eq!(account.redeem_claim(), Ok(usdc(100)));
    assert_eq!((owned(&account), held(&account)), ([100, 0, 0], [150, 0, 0, 0]));
}

#[test]
fn setting_off_the_last_claim_returns_what_lay_in_the_claims_reserve() {
    // $100 claimed, a third funded: the claim redeems 33.333333, the loss sets off the other 66.666667, and the atom that
    // rounding left in the claims reserve goes back to the backing.
    let mut account = ledger(0, 0);
    account.gain(usdc(100)).unwrap();
    account.market.backing = Atoms::new(33_333_334);
    fund(&mut account);
    account.loss(usdc(200)).unwrap();
    let market = &account.market;
    assert_eq!((market.claims, market.claims_reserve, account.position.claim), (Atoms::ZERO, Atoms::ZERO, Atoms::ZERO));
    assert_eq!(market.backing, Atoms::new(33_333_334));
    assert_eq!((market.claim_round, market.claim_factor), (1, FULL_CLAIM_FACTOR));
    // 200 − 66.666667 set off − 33.333333 paid.
    assert_eq!(account.position.debt, Atoms::new(100_000_000));
}
