//! What an order that opens or adds must leave behind.

use super::*;

#[test]
fn increasing_needs_the_initial_margin() {
    // 5 % of $25 000 = $1250, at the index without friction.
    let market = frictionless();
    assert!(trade(&funded(1_250), &market, sol(100), 0).is_ok());
    let short = Account { balance: Atoms::new(1_250 * USDC - 1), ..funded(0) };
    let equity = SignedAtoms::new(1_249_999_999);
    let refused = trade(&short, &market, sol(-100), 0);
    assert_eq!(refused, Err(EngineError::InitialMargin { equity, required: usdc(1_250) }));
    // A profit that is not settled does not count: 100 SOL bought at $125 are worth $12 500 more.
    let (mut account, mut market) = (funded(1_250), frictionless());
    market.price.price = Price::new(PRICE / 2);
    done(&mut account, &mut market, sol(100), 0);
    market.price.price = Price::new(PRICE);
    assert!(matches!(trade(&account, &market, sol(1), 1), Err(EngineError::InitialMargin { .. })));
    // A flip is an increase as a whole, and what it realizes does count: $12 500 + $1250.
    assert!(trade(&account, &market, sol(-200), 1).is_ok());
}

#[test]
fn increasing_needs_an_account_without_debts() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    let mut other = Market { index: 1, ..frictionless() };
    account.positions[1] = Position { debt: usdc(1), ..Position::empty_in(1) };
    other.ledger.debts = usdc(1);
    let refused = trade_beside(&[&other], &account, &market, sol(10), 0);
    assert_eq!(refused, Err(EngineError::DebtOutstanding { market: 1, debt: usdc(1) }));
    // A debt in the market itself is paid by the order first, here as far as there is cash.
    account.positions[0] = Position { debt: usdc(9_000), ..Position::empty_in(0) };
    account.positions[1] = Position::default();
    market.ledger.debts = usdc(9_000);
    let plan = trade(&account, &market, sol(10), 0).unwrap();
    assert_eq!((plan.ledger.balance, plan.ledger.position.debt), (usdc(1_000), Atoms::ZERO));
    account.balance = usdc(8_000);
    let refused = trade(&account, &market, sol(10), 0);
    assert_eq!(refused, Err(EngineError::DebtOutstanding { market: 0, debt: usdc(1_000) }));
}

#[test]
fn an_account_without_a_balance_lacks_margin_and_has_no_debt_to_pay_first() {
    // 1 SOL at $250: a fee of 4 bps, $0.10, which nobody has, would be owed. 5 % of $250 is $12.50. Against it stand the
    // spread of 71 204.59… atoms twice, as paid and as expected, the impact of 25 base units, 6.25 atoms, and the fee.
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    let refused = trade(&funded(0), &market, sol(1), 0);
    let equity = SignedAtoms::new(-242_416);
    assert_eq!(refused, Err(EngineError::InitialMargin { equity, required: Atoms::new(12_500_000) }));
    // A cent less than the fee is no debt either.
    let poor = Account { balance: Atoms::new(90_000), ..funded(0) };
    assert!(matches!(trade(&poor, &market, sol(1), 0), Err(EngineError::InitialMargin { .. })));
    // One that stood before and that the balance does not cover is.
    let mut owing = poor;
    owing.positions[0] = Position { debt: Atoms::new(90_001), ..Position::empty_in(0) };
    market.ledger.debts = Atoms::new(90_001);
    assert!(matches!(trade(&owing, &market, sol(1), 0), Err(EngineError::DebtOutstanding { market: 0, .. })));
}

#[test]
fn a_slot_with_nothing_but_a_claim_needs_no_price_to_trade() {
    // A claim of $40 on a market whose price is an hour old, whose newest is too wide, or whose oracle is in an outage.
    let (mut account, mut market) = (funded(10_000), frictionless());
    publish(&mut market, PRICE, 3_600);
    let mut old = Market { index: 1, ..sol_market() };
    old.ledger.claims = usdc(40);
    account.positions[1] = Position { claim: usdc(40), claim_factor: old.ledger.claim_factor, ..Position::empty_in(1) };
    let (mut wide, mut outage) = (old, old);
    wide.price.newest_published = at(10).now;
    outage.price.outage_since = at(61).now;
    for claimed in [old, wide, outage] {
        for size in [10, -10] {
            let plan = planned_for(&account, &market, &[&claimed], Status::Active, at(3_600), |portfolio, market| {
                plan_trade(portfolio, market, &sol(size))
            });
            assert_eq!(plan.map(|plan| plan.opened), Ok(Size::new(10 * SOL)));
        }
    }
    // With a size it stops nothing either, but demands margin.
    account.positions[1].size = base(1);
    let other = planned_for(&account, &market, &[&old], Status::Active, at(3_600), |portfolio, market| {
        plan_trade(portfolio, market, &sol(10))
    });
    let without = trade(&funded(10_000), &frictionless(), sol(10), 0).unwrap().after.margin;
    assert_eq!(other.unwrap().after.margin, without.checked_add(Atoms::new(1)).unwrap());
}

#[test]
fn increasing_needs_a_market_that_can_bear_it() {
    // 15 % of $25 000 = $3750 of backing for 100 SOL on one side.
    let account = funded(10_000);
    let mut market = frictionless();
    market.ledger.backing = usdc(3_750);
    assert!(trade(&account, &market, sol(100), 0).is_ok());
    market.ledger.backing = Atoms::new(3_750 * USDC - 1);
    let refused = trade(&account, &market, sol(100), 0);
    let (surplus, stress_loss) = (SignedAtoms::new(3_749_999_999), usdc(3_750));
    assert_eq!(refused, Err(EngineError::MarketCapacity { surplus, stress_loss }));
    // The other side of a skewed market is always open: it lowers the stress loss.
    set_side(&mut market, Side::Long, 1_000 * SOL, 250_000 * USDC);
    assert!(trade(&account, &market, sol(-100), 0).is_ok());
}

#[test]
fn an_increase_respects_minimum_cap_and_status() {
    let account = funded(10_000);
    let mut market = frictionless();
    // $100 is 0.4 SOL.
    let small = units(399_999_999);
    assert_eq!(trade(&account, &market, small, 0), Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
    assert!(trade(&account, &market, units(400_000_000), 0).is_ok());
    market.parameters.open_interest_cap = Size::new(10 * SOL);
    assert!(trade(&account, &market, sol(10), 0).is_ok());
    assert_eq!(trade(&account, &market, sol(-11), 0), Err(EngineError::OpenInterestCap { cap: Size::new(10 * SOL) }));

    market.reduce_only = restricted_until(1);
    assert_eq!(trade(&account, &market, sol(10), 0), Err(EngineError::ReduceOnly));
    let paused = planned_for(&account, &market, &[], Status::Paused, at(0), |portfolio, market| {
        plan_trade(portfolio, market, &sol(10))
    });
    assert_eq!(paused, Err(EngineError::Paused));
    // A status that is over is no status.
    market.reduce_only = restricted_until(0);
    assert!(trade(&account, &market, sol(10), 0).is_ok());
}

#[test]
fn attack_no_rise_of_the_price_makes_positions_too_large_to_close() {
    // 2^52 atoms on one side, then 256 times the price: 2^60 can still be valued, closed and liquidated.
    let mut market = frictionless();
    market.parameters.open_interest_cap = Size::new(1 << 56);
    market.parameters.open_interest_high = Size::new(1 << 57);
    market.parameters.open_interest_low = Size::new(1 << 56);
    market.ledger.backing = Atoms::new(1 << 61);
    let mut account = Account { balance: Atoms::new(1 << 51), ..funded(0) };
    // A quarter of an atom a unit.
    let largest = units(-(1 << 54));
    let beyond = units(-(1 << 54) - 1);
    assert_eq!(trade(&account, &market, beyond, 0), Err(EngineError::SideNotionalTooLarge));
    done(&mut account, &mut market, largest, 0);
    market.price.price = Price::new(PRICE << 8);
    let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    let plan = planned_for(&account, &market, &[], Status::Active, later(1), |portfolio, market| {
        plan_liquidation(portfolio, market, &all)
    });
    let plan = plan.unwrap();
    assert_eq!(plan.closed, Size::new(1 << 54));
    // Another increase is refused, a reduction by somebody who can pay is not.
    account.balance = Atoms::new(1 << 62);
    assert_eq!(trade(&account, &market, sol(-1), 1), Err(EngineError::NotionalOutOfRange));
    assert!(trade(&account, &market, units(1 << 54), 1).is_ok());
}

#[test]
fn attack_no_position_is_opened_at_a_price_from_which_a_rise_would_leave_the_market_without_one() {
    let (mut account, mut market) = (funded(1_000_000_000), frictionless());
    market.price.price = Price::new(crate::units::MAX_OPEN_PRICE + 1);
    assert_eq!(trade(&account, &market, sol(-1), 0), Err(EngineError::PriceTooHighToIncrease));
    market.price.price = Price::new(crate::units::MAX_OPEN_PRICE);
    done(&mut account, &mut market, sol(-1), 0);
    market.price.price = Price::new(crate::units::MAX_PRICE);
    assert!(trade(&account, &market, sol(1), 1).is_ok());
}
