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
    // A flip is an increase as a whole, and what it realises does count: $12 500 + $1250.
    assert!(trade(&account, &market, sol(-200), 1).is_ok());
}

#[test]
fn increasing_needs_an_account_without_debts() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    let mut other = Market { index: 1, ..frictionless() };
    account.positions[1] = Position { debt: usdc(1), ..Position::opened(1) };
    other.books.debts = usdc(1);
    let portfolio = Portfolio::new(&account, Some(&market), &[&other], at(0)).unwrap();
    let refused = plan_trade(&portfolio, &market, &sol(10), Status::Active, at(0));
    assert_eq!(refused, Err(EngineError::DebtOutstanding { market: 1, debt: usdc(1) }));
    // A debt in the market itself is paid by the order first, here as far as there is cash.
    account.positions[0] = Position { debt: usdc(9_000), ..Position::opened(0) };
    account.positions[1] = Position::default();
    market.books.debts = usdc(9_000);
    let plan = trade(&account, &market, sol(10), 0).unwrap();
    assert_eq!((plan.ledger.balance, plan.ledger.position.debt), (usdc(1_000), Atoms::ZERO));
    account.balance = usdc(8_000);
    let refused = trade(&account, &market, sol(10), 0);
    assert_eq!(refused, Err(EngineError::DebtOutstanding { market: 0, debt: usdc(1_000) }));
}

#[test]
fn increasing_needs_a_market_that_can_bear_it() {
    // 15 % of $25 000 = $3750 of backing for 100 SOL on one side.
    let account = funded(10_000);
    let mut market = frictionless();
    market.books.backing = usdc(3_750);
    assert!(trade(&account, &market, sol(100), 0).is_ok());
    market.books.backing = Atoms::new(3_750 * USDC - 1);
    let refused = trade(&account, &market, sol(100), 0);
    let (spare, need) = (SignedAtoms::new(3_749_999_999), usdc(3_750));
    assert_eq!(refused, Err(EngineError::MarketCapacity { spare, need }));
    // The other side of a skewed market is always open: it lowers the need.
    set_side(&mut market, Side::Long, 1_000 * SOL, 250_000 * USDC);
    assert!(trade(&account, &market, sol(-100), 0).is_ok());
}

#[test]
fn an_increase_respects_minimum_cap_and_status() {
    let account = funded(10_000);
    let mut market = frictionless();
    // $100 is 0.4 SOL.
    let small = Order { size: base(399_999_999), ..sol(0) };
    assert_eq!(trade(&account, &market, small, 0), Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
    assert!(trade(&account, &market, Order { size: base(400_000_000), ..sol(0) }, 0).is_ok());
    market.parameters.open_interest_cap = Size::new(10 * SOL);
    assert!(trade(&account, &market, sol(10), 0).is_ok());
    assert_eq!(trade(&account, &market, sol(-11), 0), Err(EngineError::OpenInterestCap { cap: Size::new(10 * SOL) }));

    market.status = StoredStatus { afterwards: Status::Active as u8, ..StoredStatus::lasting(Status::ReduceOnly) };
    assert_eq!(trade(&account, &market, sol(10), 0), Err(EngineError::ReduceOnly));
    let portfolio = Portfolio::new(&account, Some(&market), &[], at(0)).unwrap();
    let paused = plan_trade(&portfolio, &market, &sol(10), Status::Paused, at(0));
    assert_eq!(paused, Err(EngineError::Paused));
    // A status that is over is no status.
    market.status.until = at(0).now;
    assert!(trade(&account, &market, sol(10), 0).is_ok());
}

#[test]
fn attack_no_rise_of_the_price_makes_positions_too_large_to_close() {
    // 2^52 atoms on one side, then 256 times the price: 2^60 can still be valued, closed and liquidated.
    let mut market = frictionless();
    market.parameters.open_interest_cap = Size::new(1 << 56);
    market.parameters.open_interest_high = Size::new(1 << 57);
    market.parameters.open_interest_low = Size::new(1 << 56);
    market.books.backing = Atoms::new(1 << 61);
    let mut account = Account { balance: Atoms::new(1 << 51), ..funded(0) };
    // A quarter of an atom a unit.
    let largest = Order { size: base(-(1 << 54)), ..sol(0) };
    let beyond = Order { size: base(-(1 << 54) - 1), ..sol(0) };
    assert_eq!(trade(&account, &market, beyond, 0), Err(EngineError::NotionalOutOfRange));
    done(&mut account, &mut market, largest, 0);
    market.price.price = Price::new(PRICE << 8);
    let portfolio = Portfolio::new(&account, Some(&market), &[], later(1)).unwrap();
    let all = crate::liquidation::LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    let plan = crate::liquidation::plan_liquidation(&portfolio, &market, all, Status::Active, later(1)).unwrap();
    assert_eq!(plan.closed, Size::new(1 << 54));
    // Another increase is refused, a reduction by somebody who can pay is not.
    account.balance = Atoms::new(1 << 62);
    assert_eq!(trade(&account, &market, sol(-1), 1), Err(EngineError::NotionalOutOfRange));
    assert!(trade(&account, &market, Order { size: base(1 << 54), ..sol(0) }, 1).is_ok());
}

#[test]
fn attack_no_position_is_opened_so_dear_that_a_rise_would_leave_the_market_without_a_price() {
    let (mut account, mut market) = (funded(1_000_000_000), frictionless());
    market.price.price = Price::new(crate::units::MAX_OPEN_PRICE + 1);
    assert_eq!(trade(&account, &market, sol(-1), 0), Err(EngineError::PriceOutOfRange));
    market.price.price = Price::new(crate::units::MAX_OPEN_PRICE);
    done(&mut account, &mut market, sol(-1), 0);
    market.price.price = Price::new(crate::units::MAX_PRICE);
    assert!(trade(&account, &market, sol(1), 1).is_ok());
}
