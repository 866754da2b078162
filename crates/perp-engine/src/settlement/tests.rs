use super::*;
use crate::claims::FULL_CLAIM_FACTOR;
use crate::fixtures::{at, publish, set_side, sol_market, PRICE, SOL, USDC};
use crate::margin::unsettled_funding_owed;
use crate::state::Position;
use crate::units::{FundingIndex, Raw, Side, Size, RAW_PER_ATOM};
use bytemuck::Zeroable;

fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

/// An account with `balance` dollars and 10 SOL on one side entered for `entry` dollars, and a market with `backing`
/// dollars in which it is alone. At $250 the position is worth $2500.
fn alone(balance: u64, side: Side, entry: u64, backing: u64) -> (Account, Market) {
    let mut market = sol_market();
    market.books.backing = usdc(backing);
    set_side(&mut market, side, 10 * SOL, entry * USDC);
    let mut account = Account { balance: usdc(balance), ..Account::zeroed() };
    account.positions[0] = Position {
        size: Size::new(10 * SOL).on(side).unwrap(),
        entry: market.books.side(side).entry,
        ..Position::opened(0)
    };
    (account, market)
}

fn settle(account: &Account, market: &Market) -> Result<SettlementPlan, EngineError> {
    plan_settle_pnl(account, market, Status::Active, at(0))
}

fn entry_dollars(plan: &SettlementPlan) -> i128 {
    plan.ledger.position.entry.get().get() / RAW_PER_ATOM / i128::from(USDC)
}

#[test]
fn a_profit_becomes_cash_and_the_entry_moves_to_the_price() {
    // Bought for $2400, worth $2500.
    let (account, market) = alone(5, Side::Long, 2_400, 1_000);
    let plan = settle(&account, &market).unwrap();
    assert_eq!(plan.profit, SignedAtoms::new(100_000_000));
    assert_eq!((plan.ledger.balance, plan.ledger.books.backing), (usdc(105), usdc(900)));
    assert_eq!(entry_dollars(&plan), 2_500);
    // Sold for $2600: the entry falls.
    let (account, market) = alone(5, Side::Short, 2_600, 1_000);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.ledger.balance, entry_dollars(&plan)), (usdc(105), 2_500));
}

#[test]
fn a_profit_is_settled_as_far_as_there_is_cash_and_never_into_a_claim() {
    let (account, market) = alone(5, Side::Long, 2_400, 30);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.ledger.balance, plan.ledger.books.backing), (usdc(35), Atoms::ZERO));
    assert_eq!((entry_dollars(&plan), plan.ledger.position.claim), (2_430, Atoms::ZERO));
    // While a claim waits, nothing.
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    market.books.claims = usdc(1);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.profit, plan.ledger.balance), (SignedAtoms::ZERO, usdc(5)));
}

#[test]
fn a_loss_is_taken_as_far_as_there_is_cash_and_the_rest_is_a_debt() {
    // Bought for $2600: $100 of loss, $60 of balance.
    let (account, market) = alone(60, Side::Long, 2_600, 0);
    let plan = settle(&account, &market).unwrap();
    assert_eq!(plan.profit, SignedAtoms::new(-100_000_000));
    assert_eq!(
        (plan.ledger.balance, plan.ledger.books.backing, plan.ledger.position.debt),
        (Atoms::ZERO, usdc(60), usdc(40))
    );
    assert_eq!(entry_dollars(&plan), 2_500);
}

#[test]
fn a_profit_pays_the_debt_of_its_own_market_first() {
    // $100 of profit, $40 of debt, no backing: the debt is paid by the profit, the rest stays unrealised.
    let (mut account, mut market) = alone(0, Side::Long, 2_400, 0);
    account.positions[0].debt = usdc(40);
    market.books.debts = usdc(40);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.profit, plan.ledger.position.debt), (SignedAtoms::new(40_000_000), Atoms::ZERO));
    assert_eq!((plan.ledger.balance, entry_dollars(&plan)), (Atoms::ZERO, 2_440));
}

#[test]
fn what_is_below_an_atom_stays_unrealised() {
    for side in Side::BOTH {
        for quarter in [-RAW_PER_ATOM / 4, RAW_PER_ATOM / 4] {
            let (mut account, mut market) = alone(5, side, 2_500, 1_000);
            let entry = Raw::new(account.positions[0].entry.get().get() + quarter);
            account.positions[0].entry = entry.into();
            market.books.side_mut(side).entry = entry.into();
            let plan = settle(&account, &market).unwrap();
            assert_eq!((plan.profit, plan.ledger.balance), (SignedAtoms::ZERO, usdc(5)));
            assert_eq!(plan.ledger.position.entry, account.positions[0].entry);
        }
    }
}

#[test]
fn settling_profit_is_refused_where_liquidation_is_not_possible() {
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    let late = plan_settle_pnl(&account, &market, Status::Active, at(16));
    assert_eq!(late, Err(EngineError::PriceStale { age: 16, allowed: 15 }));
    let paused = plan_settle_pnl(&account, &market, Status::Paused, at(0));
    assert_eq!(paused, Err(EngineError::Paused));
    market.price.newest_published = at(5).now;
    let wide = plan_settle_pnl(&account, &market, Status::Active, at(5));
    assert_eq!(wide, Err(EngineError::MarketUnusable { market: 0 }));
    publish(&mut market, PRICE, 5);
    market.index = 3;
    assert_eq!(plan_settle_pnl(&account, &market, Status::Active, at(5)), Err(EngineError::NoPosition));
}

#[test]
fn attack_settling_a_healthy_accounts_profit_does_not_lower_its_equity() {
    // Longs have lost in all: our 1000 SOL won $30 000, a stranger's 1000 SOL lost $100 000; 1000 SOL of shorts won $20 000.
    // There is a backing of $10 000 and the losing side is good for 3 % of $500 000, $15 000: enough for the shorts.
    let mut market = sol_market();
    market.books.backing = usdc(10_000);
    set_side(&mut market, Side::Long, 2_000 * SOL, 570_000 * USDC);
    set_side(&mut market, Side::Short, 1_000 * SOL, 270_000 * USDC);
    let mut account = Account::zeroed();
    let entry = Raw::new(220_000 * i128::from(USDC) * RAW_PER_ATOM).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry, ..Position::opened(0) };
    // $10 000 in cash would leave the market $15 000 for the shorts' $20 000: the $20 000 that remain of our profit would
    // count for $15 000, and all of it for $25 000 instead of $30 000.
    let refused = settle(&account, &market);
    let (equity, margin) = (SignedAtoms::new(25_000 * USDC as i64), usdc(7_500));
    assert_eq!(refused, Err(EngineError::WouldWorsenHealth { equity, margin }));
    // With a backing of $60 000 nothing is lost by it.
    market.books.backing = usdc(60_000);
    assert_eq!(settle(&account, &market).unwrap().profit, SignedAtoms::new(30_000 * USDC as i64));
}

#[test]
fn attack_settling_a_healthy_accounts_funding_does_not_lower_its_equity() {
    // Longs' $30 000 won and $30 000 lost cancel. Each half is to receive just over $100, and the backing is $100: half of
    // $30 100 counts before, and $100 after.
    let mut market = sol_market();
    market.books.backing = usdc(100);
    set_side(&mut market, Side::Long, 2_000 * SOL, 500_000 * USDC);
    market.books.side_mut(Side::Long).funding_index = FundingIndex::new(-(RAW_PER_ATOM as i64) / 10_000 - 1);
    let mut account = Account::zeroed();
    let entry = Raw::new(220_000 * i128::from(USDC) * RAW_PER_ATOM).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry, ..Position::opened(0) };
    let refused = plan_settle_funding(&account, &market, Status::Active, at(0));
    let (equity, margin) = (SignedAtoms::new(100 * USDC as i64), usdc(7_500));
    assert_eq!(refused, Err(EngineError::WouldWorsenHealth { equity, margin }));
    // Nor by liquidating, which settles first: $15 050 are above the $7500 of margin.
    let portfolio = crate::portfolio::Portfolio::new(&account, Some(&market), &[], at(0)).unwrap();
    let order = crate::liquidation::LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    let refused = crate::liquidation::plan_liquidation(&portfolio, &market, order, Status::Active, at(0));
    assert!(
        matches!(refused, Err(EngineError::NotLiquidatable { maintenance, .. }) if maintenance == margin),
        "{refused:?}"
    );
}

#[test]
fn attack_paying_a_healthy_accounts_debt_does_not_lower_its_equity() {
    // $40 000 won and a debt of $30 000: the debt is set off against the profit, and half of the other $10 000 count, since
    // $35 000 of backing are there for $70 000 of profits. With $20 000 of balance that is $25 000.
    let mut market = sol_market();
    market.books.backing = usdc(35_000);
    set_side(&mut market, Side::Long, 1_750 * SOL, 367_500 * USDC);
    market.books.debts = usdc(30_000);
    let mut account = Account { balance: usdc(20_000), ..Account::zeroed() };
    let entry = Raw::new(210_000 * i128::from(USDC) * RAW_PER_ATOM).into();
    let size = Size::new(1_000 * SOL).on(Side::Long).unwrap();
    account.positions[0] = Position { size, entry, debt: usdc(30_000), ..Position::opened(0) };
    // Paid with the balance, $30 000 of profit would be left to count at 55 000 / 70 000.
    let refused = plan_settle_funding(&account, &market, Status::Active, at(0));
    let (equity, margin) = (SignedAtoms::new(23_571_428_571), usdc(7_500));
    assert_eq!(refused, Err(EngineError::WouldWorsenHealth { equity, margin }));
}

#[test]
fn a_pause_that_ends_by_itself_holds_to_its_end_whatever_the_oracle_says() {
    // The newest price may be ten seconds ahead of the clock: ages are measured from it, statuses are not.
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    market.status = crate::status::StoredStatus::lasting(Status::Active).tightened(Status::Paused, at(0).now).unwrap();
    publish(&mut market, PRICE, 86_405);
    assert_eq!(plan_settle_pnl(&account, &market, Status::Active, at(86_399)), Err(EngineError::Paused));
    assert!(plan_settle_pnl(&account, &market, Status::Active, at(86_400)).is_ok());
}

#[test]
fn settling_funding_redeems_and_repays_besides() {
    // A thousandth of an atom on 10^10 units: $10 owed. The balance of $25 pays it and $15 of a debt of $40.
    let (mut account, mut market) = alone(25, Side::Long, 2_500, 0);
    account.positions[0].debt = usdc(40);
    market.books.debts = usdc(40);
    market.books.side_mut(Side::Long).funding_index = FundingIndex::new((RAW_PER_ATOM / 1_000) as i64);
    let plan = plan_settle_funding(&account, &market, Status::Active, at(9_999)).unwrap();
    // ⌊2^40 / 1000⌋ · 10^10 / 2^40 = 9 999 999.99…, rounded up.
    assert_eq!(plan.funding, SignedAtoms::new(-10_000_000));
    assert_eq!((plan.repaid, plan.ledger.balance, plan.ledger.books.backing), (usdc(15), Atoms::ZERO, usdc(25)));
    assert_eq!(plan.ledger.position.debt, usdc(25));
    let owed = unsettled_funding_owed(&account.positions[0], &market.books).unwrap();
    assert_eq!(owed.amount_ceil(), Ok(Atoms::new(10_000_000)));
    assert_eq!(unsettled_funding_owed(&plan.ledger.position, &plan.ledger.books), Ok(Raw::ZERO));
    let paused = plan_settle_funding(&account, &market, Status::Paused, at(0));
    assert_eq!(paused, Err(EngineError::Paused));
}

#[test]
fn a_claim_is_redeemed_at_any_time_and_needs_no_price() {
    let mut account = Account { balance: usdc(1), ..Account::zeroed() };
    account.positions[2] = Position { claim: usdc(100), claim_factor: FULL_CLAIM_FACTOR, ..Position::opened(0) };
    let mut market = sol_market();
    market.price = crate::state::PriceCache::zeroed();
    market.books.claims = usdc(100);
    assert_eq!(plan_redeem_claim(&account, &market), Err(EngineError::NothingToRedeem));
    assert_eq!(plan_fund_claims(&market), Err(EngineError::NothingToFund));

    market.books.backing = usdc(40);
    let funded = plan_fund_claims(&market).unwrap();
    assert_eq!((funded.funded, funded.books.pot, funded.books.backing), (usdc(40), usdc(40), Atoms::ZERO));
    market.books = funded.books;
    let plan = plan_redeem_claim(&account, &market).unwrap();
    // 60/100 rounds up, so the claim keeps 60.000001.
    assert_eq!(
        (plan.slot, plan.redeemed, plan.ledger.position.claim),
        (2, Atoms::new(39_999_999), Atoms::new(60_000_001))
    );
    assert_eq!(plan.ledger.books.pot, Atoms::new(1));
}

#[test]
fn attack_closing_and_reopening_a_claim_epoch_pays_nobody_twice() {
    // Two claims of $50. $99.999999 funds all but one atom, then the last atom: each gets $50 once.
    let mut market = sol_market();
    market.books.claims = usdc(100);
    let claim = Position { claim: usdc(50), claim_factor: FULL_CLAIM_FACTOR, ..Position::opened(0) };
    let mut accounts = [Account::zeroed(); 2];
    for account in &mut accounts {
        account.positions[0] = claim;
    }
    for backing in [99_999_999, 1] {
        market.books.backing = Atoms::new(backing);
        market.books = plan_fund_claims(&market).unwrap().books;
        for account in &mut accounts {
            for _ in 0..2 {
                if let Ok(plan) = plan_redeem_claim(account, &market) {
                    plan.ledger.apply(plan.slot, account, &mut market);
                }
            }
        }
    }
    assert_eq!(accounts.map(|account| account.balance), [usdc(50), usdc(50)]);
    assert!(accounts.iter().all(|account| account.positions[0] == Position::default()));
    assert_eq!((market.books.pot, market.books.claims, market.books.claim_epoch), (Atoms::ZERO, Atoms::ZERO, 1));
}

#[test]
fn attack_funding_small_claims_again_and_again_does_not_freeze_the_large_ones() {
    // Somebody creates a claim of $1 and has all but an atom of it funded, ten times over: the factor falls by 10^6 each
    // time. A claim of $100 000 that arises then and is half funded still redeems its half.
    let mut market = sol_market();
    let mut claims = Account::zeroed();
    for _ in 0..10 {
        let slot = if claims.positions[0].is_occupied() { claims.positions[0] } else { Position::opened(0) };
        let mut ledger = Ledger { balance: claims.balance, position: slot, books: market.books };
        ledger.gain(usdc(1)).unwrap();
        ledger.apply(0, &mut claims, &mut market);
        market.books.backing = market.books.unfunded_claims().unwrap().minus(Atoms::new(1)).unwrap();
        market.books = plan_fund_claims(&market).unwrap().books;
    }
    let mut victim = Account::zeroed();
    let mut ledger = Ledger { balance: Atoms::ZERO, position: Position::opened(0), books: market.books };
    ledger.gain(usdc(100_000)).unwrap();
    ledger.apply(0, &mut victim, &mut market);
    market.books.backing = usdc(50_000);
    market.books = plan_fund_claims(&market).unwrap().books;
    let redeemed = plan_redeem_claim(&victim, &market).unwrap().redeemed;
    assert!(redeemed.get() >= 50_000 * USDC - 2, "only {} atoms of half the claim", redeemed.get());
}
