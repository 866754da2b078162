//! What an order that closes all or part of a position must leave behind.

use super::*;

#[test]
fn a_partial_reduction_must_not_worsen_the_account() {
    // $500 of equity against $750 of maintenance margin. At the index a reduction costs nothing and helps.
    let (account, mut market) = holding(500, PRICE);
    assert!(trade(&account, &market, sol(-50), 1).is_ok());
    // A fee of 2 % on half of it, $250, leaves $250 · 750 against $500 · 375: exactly as healthy.
    market.parameters.taker_fee_rebalancing = Ppm::new(20_000);
    assert!(trade(&account, &market, sol(-50), 1).is_ok());
    market.parameters.taker_fee_rebalancing = Ppm::new(20_001);
    let refused = trade(&account, &market, sol(-50), 1);
    let (equity, margin) = (SignedAtoms::new(249_987_500), usdc(375));
    assert_eq!(refused, Err(EngineError::ReductionWorsensHealth { equity, margin }));
    // What would leave less than $100 is refused in favor of all of it.
    let most = units(-99_600_000_001);
    assert_eq!(trade(&account, &market, most, 1), Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
}

#[test]
fn closing_whole_costs_at_most_the_equity_behind_the_position() {
    // Of $500 only $500 can be taken for closing everything, whatever it would cost: 3 % of $25 000 is $750.
    let (account, mut market) = holding(500, PRICE);
    market.parameters.taker_fee_rebalancing = Ppm::new(30_000);
    let plan = trade(&account, &market, sol(-100), 1).unwrap();
    assert_eq!((plan.fill.fee, plan.fill.charge), (usdc(500), QuoteX40::ZERO));
    assert_eq!((plan.ledger.balance, plan.ledger.position.debt), (Atoms::ZERO, Atoms::ZERO));
    // With nothing left it is free, and below nothing only liquidation closes.
    let (broke, _) = holding(0, PRICE);
    assert_eq!(trade(&broke, &market, sol(-100), 1).unwrap().fill.cost_ceil(), Ok(Atoms::ZERO));
    market.price.price = Price::new(PRICE - 1);
    let refused = trade(&broke, &market, sol(-100), 1);
    // 10^11 · 2^-40 atoms of loss are 0.09 atoms: −1 rounded down.
    assert_eq!(refused, Err(EngineError::NegativeEquity { equity: SignedAtoms::new(-1) }));
}

#[test]
fn closing_one_leg_of_two_leaves_the_other_its_share() {
    // Two legs of $750 of margin each and $900 of equity: closing one may cost half of it.
    let (mut account, mut market) = holding(900, PRICE);
    let mut other = Market { index: 1, ..market };
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    other.ledger = market.ledger;
    market.parameters.taker_fee_rebalancing = Ppm::new(30_000);
    let plan = trade_beside(&[&other], &account, &market, sol(-100), 1).unwrap();
    assert_eq!(plan.fill.fee, usdc(450));
    assert_eq!(plan.after, Health { equity: SignedAtoms::new(450_000_000), margin: usdc(750) });
}

#[test]
fn a_profit_the_market_cannot_pay_becomes_a_claim() {
    // $12 500 of profit, $1000 of backing.
    let (account, mut market) = holding(1_250, PRICE / 2 * 3);
    market.ledger.backing = usdc(1_000);
    let plan = trade(&account, &market, sol(-100), 1).unwrap();
    assert_eq!(plan.realized, SignedAtoms::new(12_500_000_000));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(2_250), usdc(11_500)));
    assert_eq!((plan.ledger.market.backing, plan.ledger.market.claims), (Atoms::ZERO, usdc(11_500)));
    // The slot stays occupied by the claim.
    assert!(plan.ledger.position.cleared_if_empty().is_occupied());
}
