use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::fixtures::{filling, selling, selling_below, that_may_increase, ARMED, EXPIRED, MET, SELLER};
use crate::fixtures::{now, order, stage, ALICE, ALL, BOB, CAROL, EMPTY, KEEPER, LOSER, OTHER_LOSER, WINNER};
use crate::fixtures::{CLOSED_DEPOSIT, CLOSED_WITHDRAWAL, RIPE_DEPOSIT, UNVALUED};
use crate::operation::{Operation, Outcome};
use alloc::vec;
use alloc::vec::Vec;
use perp_engine::fixtures::usdc;
use perp_engine::market::price::PriceOutcome;
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::state::{Account, Position, PriceLimit, Status};
use perp_engine::units::Atoms;

mod atomicity;
mod liquidity;
mod orders;
mod previews;

type Method = fn(&mut Exchange) -> Result<Outcome, Refusal>;

/// A guardian lets positions only be reduced for an hour.
const LIMITED: StatusOrder =
    StatusOrder { status: Status::ReduceOnly, seconds: 3_600, authority: StatusAuthority::Guardian };

/// Every operation as one that takes place on the [`stage`], and the method that does the same.
fn every_operation(exchange: &Exchange) -> Vec<(Operation, Method)> {
    let reading = now(exchange, 252);
    let some = Some(reading);
    vec![
        (Operation::SetExchangeStatus { order: LIMITED }, |exchange| {
            exchange.set_exchange_status(&LIMITED).map(|()| Outcome::Done)
        }),
        (Operation::Donate { amount: usdc(3) }, |exchange| exchange.donate(usdc(3)).map(|()| Outcome::Done)),
        (Operation::UpdatePrice { market: 0, reading }, |exchange| {
            exchange.update_price(0, &now(exchange, 252)).map(Outcome::Price)
        }),
        (Operation::UpdateSecondPrice { market: 3, reading }, |exchange| {
            exchange.update_second_price(3, &now(exchange, 252)).map(Outcome::Price)
        }),
        (Operation::ReportOracleOutage { market: 3 }, |exchange| {
            exchange.report_oracle_outage(3).map(|()| Outcome::Done)
        }),
        (Operation::UpdateFunding { market: 0, reading: some }, |exchange| {
            exchange.update_funding(0, Some(&now(exchange, 252))).map(Outcome::Amount)
        }),
        (Operation::FundClaims { market: 2 }, |exchange| {
            exchange.fund_claims(2).map(|funded| Outcome::Amount(funded.get()))
        }),
        (Operation::FundInsurance { market: Some(1), amount: usdc(4) }, |exchange| {
            exchange.fund_insurance(Some(1), usdc(4)).map(|()| Outcome::Done)
        }),
        (Operation::FundInsurance { market: None, amount: usdc(5) }, |exchange| {
            exchange.fund_insurance(None, usdc(5)).map(|()| Outcome::Done)
        }),
        (Operation::WithdrawProtocolFees { market: 1 }, |exchange| {
            exchange.withdraw_protocol_fees(1).map(|fees| Outcome::Amount(fees.get()))
        }),
        (Operation::SetBackingTarget { market: 1, target: usdc(6) }, |exchange| {
            exchange.set_backing_target(1, usdc(6)).map(|()| Outcome::Done)
        }),
        (Operation::SetMarketStatus { market: 1, order: LIMITED }, |exchange| {
            exchange.set_market_status(1, &LIMITED).map(|()| Outcome::Done)
        }),
        (Operation::DelistMarket { market: 3 }, |exchange| exchange.delist_market(3).map(|()| Outcome::Done)),
        (Operation::BeginSettlement { market: 4 }, |exchange| exchange.begin_settlement(4).map(Outcome::Settlement)),
        (Operation::OpenAccount { isolated_market: Some(2) }, |exchange| {
            exchange.open_account(Some(2)).map(|number| Outcome::Number(number as u64))
        }),
        (Operation::CloseAccount { account: EMPTY }, |exchange| exchange.close_account(EMPTY).map(|()| Outcome::Done)),
        (Operation::Deposit { account: BOB, amount: usdc(7) }, |exchange| {
            exchange.deposit(BOB, usdc(7)).map(Outcome::Deposit)
        }),
        (Operation::Withdraw { account: BOB, amount: usdc(8) }, |exchange| {
            exchange.withdraw(BOB, usdc(8)).map(Outcome::Withdrawal)
        }),
        (Operation::Trade { account: ALICE, market: 1, order: order(-2), reading: None }, |exchange| {
            exchange.trade(ALICE, 1, &order(-2), None).map(Outcome::Trade)
        }),
        (
            Operation::Liquidate { liquidator: KEEPER, account: CAROL, market: 1, order: ALL, reading: None },
            |exchange| exchange.liquidate(KEEPER, CAROL, 1, &ALL, None).map(Outcome::Liquidation),
        ),
        (Operation::OpenOrders { account: BOB }, |exchange| exchange.open_orders(BOB).map(|()| Outcome::Done)),
        (
            Operation::PlaceOrders {
                account: ALICE,
                market: 0,
                cancel: vec![MET as u8],
                orders: vec![that_may_increase(selling(1)), selling_below(200, 1)],
                reading: some,
            },
            |exchange| {
                let orders = [that_may_increase(selling(1)), selling_below(200, 1)];
                let reading = now(exchange, 252);
                exchange.place_orders(ALICE, 0, &[MET as u8], &orders, Some(&reading)).map(Outcome::Placement)
            },
        ),
        (Operation::ArmOrder { account: ALICE, slot: MET, market: 0, reading: some }, |exchange| {
            exchange.arm_order(ALICE, MET, 0, Some(&now(exchange, 252))).map(Outcome::Arming)
        }),
        (
            Operation::ExecuteOrder { account: SELLER, slot: ARMED, market: 0, reading: filling(exchange, 252) },
            |exchange| exchange.execute_order(SELLER, ARMED, 0, &filling(exchange, 252)).map(Outcome::Execution),
        ),
        (Operation::SweepOrder { account: ALICE, slot: EXPIRED, market: None }, |exchange| {
            exchange.sweep_order(ALICE, EXPIRED, None).map(Outcome::Amount)
        }),
        (Operation::CloseOrders { account: CAROL }, |exchange| exchange.close_orders(CAROL).map(|()| Outcome::Done)),
        (Operation::SettleFunding { account: BOB, market: 0 }, |exchange| {
            exchange.settle_funding(BOB, 0).map(Outcome::FundingSettlement)
        }),
        (Operation::SettlePnl { account: ALICE, market: 0, reading: some, keeper: None }, |exchange| {
            exchange.settle_pnl(ALICE, 0, Some(&now(exchange, 252)), None).map(Outcome::PnlSettlement)
        }),
        (Operation::RedeemClaim { account: WINNER, market: 2 }, |exchange| {
            exchange.redeem_claim(WINNER, 2).map(Outcome::Redemption)
        }),
        (Operation::WaiveClaim { account: WINNER, market: 2 }, |exchange| {
            exchange.waive_claim(WINNER, 2).map(Outcome::Waiver)
        }),
        (Operation::ResolveBankruptcy { account: OTHER_LOSER, market: 2 }, |exchange| {
            exchange.resolve_bankruptcy(OTHER_LOSER, 2).map(Outcome::Bankruptcy)
        }),
        (
            Operation::RequestLiquidityDeposit { provider: 1, amount: usdc(20), limit: PriceLimit::OnePercent },
            |exchange| exchange.request_liquidity_deposit(1, usdc(20), PriceLimit::OnePercent).map(Outcome::Number),
        ),
        (
            Operation::RequestLiquidityWithdrawal { provider: 0, shares: usdc(30), limit: PriceLimit::None },
            |exchange| exchange.request_liquidity_withdrawal(0, usdc(30), PriceLimit::None).map(Outcome::Number),
        ),
        (Operation::ValueMarket { market: UNVALUED, reading: None }, |exchange| {
            exchange.value_market(UNVALUED, None).map(Outcome::Valuation)
        }),
        (Operation::CloseEpoch, |exchange| exchange.close_epoch().map(Outcome::Epoch)),
        (Operation::PayLiquidityRequest { request: CLOSED_DEPOSIT }, |exchange| {
            exchange.pay_liquidity_request(CLOSED_DEPOSIT).map(Outcome::Payment)
        }),
        (Operation::AllocateBacking { market: 3, reading: None }, |exchange| {
            exchange.allocate_backing(3, None).map(Outcome::Allocation)
        }),
    ]
}

/// The stage on which the operation takes place: a boundary is closed once the last market is valued.
fn stage_of(operation: &Operation) -> Exchange {
    let mut stage = stage();
    if *operation == Operation::CloseEpoch {
        stage.value_market(UNVALUED, None).unwrap();
    }
    stage
}

#[test]
fn an_operation_does_what_the_method_of_its_name_does() {
    for (operation, method) in every_operation(&stage()) {
        let stage = stage_of(&operation);
        assert_eq!(stage.check(), Ok(()));
        let (mut executed, mut called) = (stage.clone(), stage.clone());
        let outcome = executed.execute(&operation);
        assert!(outcome.is_ok(), "{operation:?}: {outcome:?}");
        assert_eq!(outcome, method(&mut called));
        assert!(executed == called, "{operation:?} differs from its method");
        assert!(executed != stage, "{operation:?} did nothing");
        assert_eq!(executed.check(), Ok(()), "{operation:?}");
    }
}

#[test]
fn what_an_operation_says_it_wrote_has_one_event_more_and_the_rest_is_as_it_was() {
    let opened = stage().accounts().len();
    let writes = |operation: &Operation| -> (Vec<usize>, Vec<u16>, bool, bool) {
        match *operation {
            Operation::SetExchangeStatus { .. } => (vec![], vec![], false, true),
            Operation::Donate { .. } => (vec![], vec![], false, false),
            Operation::UpdatePrice { market, .. }
            | Operation::UpdateSecondPrice { market, .. }
            | Operation::ReportOracleOutage { market }
            | Operation::UpdateFunding { market, .. }
            | Operation::FundClaims { market }
            | Operation::FundInsurance { market: Some(market), .. }
            | Operation::WithdrawProtocolFees { market }
            | Operation::SetBackingTarget { market, .. }
            | Operation::DelistMarket { market }
            | Operation::BeginSettlement { market }
            | Operation::SetMarketStatus { market, .. } => (vec![], vec![market], false, false),
            Operation::OpenAccount { .. } => (vec![opened], vec![], false, false),
            Operation::CloseAccount { account }
            | Operation::Deposit { account, .. }
            | Operation::Withdraw { account, .. }
            | Operation::OpenOrders { account }
            | Operation::CloseOrders { account }
            | Operation::SweepOrder { account, .. } => (vec![account], vec![], false, false),
            Operation::Trade { account, market, .. }
            | Operation::PlaceOrders { account, market, .. }
            | Operation::ArmOrder { account, market, .. }
            | Operation::ExecuteOrder { account, market, .. }
            | Operation::SettleFunding { account, market }
            | Operation::SettlePnl { account, market, .. }
            | Operation::RedeemClaim { account, market }
            | Operation::WaiveClaim { account, market } => (vec![account], vec![market], false, false),
            Operation::Liquidate { liquidator, account, market, .. } => {
                (vec![liquidator, account], vec![market], false, false)
            }
            Operation::ResolveBankruptcy { account, market } => (vec![account], vec![market], true, false),
            Operation::AllocateBacking { market, .. } | Operation::ValueMarket { market, .. } => {
                (vec![], vec![market], true, false)
            }
            Operation::FundInsurance { market: None, .. }
            | Operation::RequestLiquidityDeposit { .. }
            | Operation::RequestLiquidityWithdrawal { .. }
            | Operation::PayLiquidityRequest { .. } => (vec![], vec![], true, false),
            // The exchange waits for another boundary, or for none.
            Operation::CloseEpoch => (vec![], vec![], true, true),
        }
    };
    for (operation, _) in every_operation(&stage()) {
        let stage = stage_of(&operation);
        let mut after = stage.clone();
        after.execute(&operation).unwrap();
        let changes = after.changes();
        let (accounts, markets, pool, exchange) = writes(&operation);
        assert_eq!((&changes.accounts, &changes.markets), (&accounts, &markets), "{operation:?}");
        assert_eq!((changes.pool, changes.exchange), (pool, exchange), "{operation:?}");

        for (number, (was, is)) in stage.accounts().iter().zip(after.accounts()).enumerate() {
            match after.account(number) {
                Ok(_) if accounts.contains(&number) => assert_eq!(is.sequence, was.sequence + 1, "{operation:?}"),
                Ok(_) => assert_eq!(is, was),
                Err(_) => assert_eq!(*is, Account::opened(None)),
            }
        }
        for (was, is) in stage.markets().iter().zip(after.markets()) {
            let written = markets.contains(&is.index);
            assert!(written || is == was, "{operation:?}");
            assert_eq!(is.sequence, was.sequence + u64::from(written), "{operation:?}");
        }
        assert_eq!(after.pool.sequence, stage.pool.sequence + u64::from(pool), "{operation:?}");
        for account in 0..after.accounts().len() {
            let same = after.orders_of(account) == stage.orders_of(account);
            assert_eq!(same, !changes.orders.contains(&account), "{operation:?}");
        }
        let own_event = exchange && operation != Operation::CloseEpoch;
        assert_eq!(after.state.sequence, stage.state.sequence + u64::from(own_event), "{operation:?}");
    }
}

#[test]
fn a_bankruptcy_is_an_event_of_the_market_that_is_owed_and_of_no_other() {
    // A debt of $3000 to market 2 beside a claim of $100 without cash on market 0, and a debt of $1 to market 1.
    let mut exchange = stage();
    let mut loser = *exchange.account(LOSER).unwrap();
    let mut claimed = *exchange.market(0).unwrap();
    let mut owed = *exchange.market(1).unwrap();
    claimed.ledger.claims = usdc(100);
    owed.ledger.debts = usdc(1);
    loser.positions[1] =
        Position { claim: usdc(100), claim_factor: claimed.ledger.claim_factor, ..Position::empty_in(0) };
    loser.positions[2] = Position { debt: usdc(1), ..Position::empty_in(1) };
    exchange.put_account(LOSER, loser).unwrap();
    exchange.put_market(claimed);
    exchange.put_market(owed);

    let plan = exchange.resolve_bankruptcy(LOSER, 2).unwrap();
    assert_eq!((plan.debt, plan.recoverable), (usdc(3_000), usdc(100)));
    assert_eq!(exchange.changes().markets, [2]);
    assert_eq!((exchange.market(0), exchange.market(1)), (Ok(&claimed), Ok(&owed)));
    let after = exchange.account(LOSER).unwrap();
    assert_eq!((&after.positions[1..], after.positions[0].recoverable), (&loser.positions[1..], usdc(100)));
}

#[test]
fn a_price_that_the_second_source_does_not_bear_out_is_none() {
    // Market 3's price is an hour old. $250 bears out $252, which is 0.8 % away, and not $260, which is 4 %.
    let mut exchange = stage();
    let before = exchange.market(3).unwrap().price.published;
    let [says, near, far] = [250, 252, 260].map(|dollars| now(&exchange, dollars));
    assert_eq!(exchange.update_second_price(3, &says), Ok(PriceOutcome::Accepted));
    assert_eq!(exchange.update_second_price(3, &near), Ok(PriceOutcome::NotNewer));
    assert_eq!(exchange.update_price(3, &far), Ok(PriceOutcome::OutOfBounds));
    assert_eq!(exchange.market(3).unwrap().price.published, before);
    assert_eq!(exchange.update_price(3, &near), Ok(PriceOutcome::Accepted));
}

#[test]
fn every_intake_of_a_price_accrues_funding() {
    // A minute after the stage's last price; market 0 is skewed by nobody, but both sides carry.
    let mut exchange = stage();
    exchange.wait(60, 120).unwrap();
    let (reading, before) = (now(&exchange, 252), *exchange.market(0).unwrap());
    assert_eq!(exchange.update_price(0, &reading), Ok(PriceOutcome::Accepted));
    let after = *exchange.market(0).unwrap();
    assert_eq!(after.ledger.funding_time, exchange.clock.now);
    assert!(after.ledger.sides[0].funding_index > before.ledger.sides[0].funding_index);
    // Nothing is left to accrue, and the same again is not newer.
    assert_eq!(exchange.update_funding(0, None), Ok(0));
    assert_eq!(exchange.update_price(0, &reading), Ok(PriceOutcome::NotNewer));
}

#[test]
fn a_reading_comes_to_what_its_time_and_width_make_of_it() {
    let mut exchange = stage();
    exchange.wait(4, 8).unwrap();
    let seconds = exchange.clock.now.get() - perp_engine::fixtures::NOW;
    let update = |exchange: &mut Exchange, dollars, ahead| {
        exchange.update_price(0, &crate::fixtures::reading(dollars, seconds + ahead)).unwrap()
    };
    assert_eq!(update(&mut exchange, 252, 0), PriceOutcome::Accepted);
    let price = exchange.market(0).unwrap().price;
    // Three seconds older: no longer the price, but one of its own second's prices.
    assert_eq!(update(&mut exchange, 240, -3), PriceOutcome::Older);
    assert_eq!(update(&mut exchange, 240, -3), PriceOutcome::NotNewer);
    let market = exchange.market(0).unwrap();
    assert_eq!(market.price, price);
    let lowest = market.recent.extremes(3, exchange.clock.now).map(|(low, _)| low);
    assert_eq!(lowest, Some(perp_engine::units::Price::new(perp_engine::fixtures::PRICE * 24 / 25)));
    // Too far ahead it is no price and proves that the clock lags: for a minute nothing is filled.
    assert_eq!(update(&mut exchange, 260, 11), PriceOutcome::ClockBehind);
    let refused = exchange.trade(ALICE, 0, &order(1), Some(&now(&exchange, 252))).unwrap_err();
    let until = exchange.clock.now.get() + 60;
    assert_eq!(refused.rule(), Some(perp_engine::EngineError::ClockBehind { until }));
    exchange.wait(60, 120).unwrap();
    exchange.trade(ALICE, 0, &order(1), Some(&now(&exchange, 252))).unwrap();
}

#[test]
fn a_closed_account_keeps_its_place_and_nobody_reaches_it() {
    let mut exchange = stage();
    let held = exchange.accounts().len();
    exchange.close_account(EMPTY).unwrap();
    let gone = Refusal::NoAccount { account: EMPTY };
    assert_eq!(exchange.account(EMPTY), Err(gone));
    assert_eq!((exchange.accounts().len(), exchange.accounts()[EMPTY]), (held, Account::opened(None)));

    assert_eq!(exchange.close_account(EMPTY), Err(gone));
    assert_eq!(exchange.deposit(EMPTY, usdc(1)), Err(gone));
    assert_eq!(exchange.withdraw(EMPTY, usdc(1)), Err(gone));
    assert_eq!(exchange.trade(EMPTY, 0, &order(1), None), Err(gone));
    assert_eq!(exchange.liquidate(EMPTY, CAROL, 1, &ALL, None), Err(gone));
    assert_eq!(exchange.liquidate(KEEPER, EMPTY, 1, &ALL, None), Err(gone));
    assert_eq!(exchange.settle_funding(EMPTY, 0), Err(gone));
    assert_eq!(exchange.settle_pnl(EMPTY, 0, None, None), Err(gone));
    assert_eq!(exchange.redeem_claim(EMPTY, 0), Err(gone));
    assert_eq!(exchange.waive_claim(EMPTY, 0), Err(gone));
    assert_eq!(exchange.resolve_bankruptcy(EMPTY, 0), Err(gone));
    assert_eq!(exchange.put_account(EMPTY, Account::opened(None)), Err(gone));

    // The next account takes the next number, and the books balance as before.
    assert_eq!(exchange.open_account(None), Ok(held));
    assert_eq!(exchange.check(), Ok(()));
}
