use super::*;
use crate::fixtures::{reading, sol};
use perp_engine::operations::orders::NewOrder;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::units::{Price, Size, MAX_ATOMS};

/// Every operation as one that is refused on the [`stage`], and the name of the rule.
fn refused(exchange: &Exchange) -> Vec<(Operation, &'static str)> {
    let (account, market) = (ALICE, 0);
    let all = Atoms::new(MAX_ATOMS);
    let loosened = StatusOrder { status: Status::Active, ..LIMITED };
    let too_long = StatusOrder { seconds: 18_001, ..LIMITED };
    let paused = StatusOrder { status: Status::Paused, ..LIMITED };
    let future = reading(252, exchange.clock.now.get() - perp_engine::fixtures::NOW + 11);
    // Beyond the largest price, $1 024 000 per SOL.
    let unpriceable = now(exchange, 1_100_000);
    let bounty = LiquidationOrder { min_bounty: usdc(1_000), ..ALL };
    let limit = PriceLimit::None;
    let place = |cancel, orders| {
        let reading = Some(now(exchange, 252));
        Operation::PlaceOrders { account, market, cancel, orders, reading }
    };
    vec![
        (Operation::SetExchangeStatus { order: loosened }, "GuardianOnlyTightens"),
        (Operation::SetExchangeStatus { order: too_long }, "StatusAllowance"),
        (Operation::Donate { amount: all }, "Overflow"),
        (Operation::UpdatePrice { market, reading: unpriceable }, "PriceOutOfRange"),
        (Operation::UpdateSecondPrice { market, reading: now(exchange, 252) }, "NoSecondOracle"),
        (Operation::UpdateSecondPrice { market: 3, reading: unpriceable }, "PriceOutOfRange"),
        (Operation::ReportOracleOutage { market }, "PriceStillFresh"),
        (Operation::UpdateFunding { market: 3, reading: None }, "PriceStale"),
        (Operation::UpdateFunding { market, reading: Some(unpriceable) }, "PriceOutOfRange"),
        (Operation::FundClaims { market }, "NothingToFund"),
        (Operation::FundInsurance { market: Some(market), amount: Atoms::ZERO }, "AmountZero"),
        (Operation::FundInsurance { market: None, amount: Atoms::ZERO }, "AmountZero"),
        (Operation::FundInsurance { market: None, amount: all }, "Overflow"),
        (Operation::WithdrawProtocolFees { market: 2 }, "NoProtocolFees"),
        (Operation::SetBackingTarget { market, target: Atoms::new(MAX_ATOMS + 1) }, "Overflow"),
        (Operation::SetMarketStatus { market, order: loosened }, "GuardianOnlyTightens"),
        (Operation::SetMarketStatus { market, order: paused }, "MarketsDoNotPause"),
        (Operation::DelistMarket { market: 4 }, "AlreadyDelisted"),
        (Operation::BeginSettlement { market }, "SettlementNotDue"),
        (Operation::CloseAccount { account }, "AccountNotEmpty"),
        (Operation::Deposit { account, amount: all }, "Overflow"),
        (Operation::Withdraw { account, amount: usdc(990) }, "InitialMargin"),
        (Operation::Withdraw { account: LOSER, amount: usdc(1) }, "DebtOutstanding"),
        (Operation::Trade { account, market, order: order(1), reading: Some(future) }, "ClockBehind"),
        // The reading of the trade that is refused is not taken in either.
        (Operation::Trade { account, market, order: order(1_000), reading: Some(now(exchange, 252)) }, "InitialMargin"),
        (
            Operation::Trade {
                account,
                market,
                order: Order { acceptable_price: Price::new(1), ..order(1) },
                reading: Some(now(exchange, 252)),
            },
            "PriceBoundExceeded",
        ),
        (
            Operation::Liquidate { liquidator: KEEPER, account: BOB, market, order: ALL, reading: None },
            "NotLiquidatable",
        ),
        (
            Operation::Liquidate { liquidator: KEEPER, account: CAROL, market: 1, order: bounty, reading: None },
            "BountyTooSmall",
        ),
        (
            Operation::PlaceOrders {
                account: SELLER,
                market,
                cancel: vec![ARMED as u8],
                orders: vec![],
                reading: None,
            },
            "OrderArmed",
        ),
        (Operation::Withdraw { account: SELLER, amount: usdc(1) }, "OrderArmed"),
        // The order that is cancelled stays where another one is refused.
        (place(vec![MET as u8], vec![NewOrder { lamports: 39_999, ..selling(1) }]), "OrderTipTooSmall"),
        (Operation::ArmOrder { account, slot: MET, market, reading: Some(now(exchange, 261)) }, "OrderNotMet"),
        (Operation::ArmOrder { account: SELLER, slot: ARMED, market, reading: None }, "OrderArmed"),
        (Operation::ExecuteOrder { account, slot: MET, market, reading: filling(exchange, 252) }, "OrderNotArmed"),
        (Operation::ExecuteOrder { account: SELLER, slot: ARMED, market, reading: reading(252, 0) }, "NoFillReading"),
        (Operation::SweepOrder { account, slot: MET, market: None }, "OrderAlive"),
        (Operation::SweepOrder { account, slot: MET, market: Some(1) }, "MarketMissing"),
        (Operation::SettleFunding { account, market: 2 }, "NoPosition"),
        (Operation::SettlePnl { account, market: 1, reading: None, keeper: None }, "NoPosition"),
        (Operation::RedeemClaim { account, market }, "NothingToRedeem"),
        (Operation::WaiveClaim { account, market }, "NoClaim"),
        (Operation::ResolveBankruptcy { account: WINNER, market: 2 }, "NoDebt"),
        (Operation::RequestLiquidityDeposit { provider: 0, amount: usdc(9), limit }, "RequestTooSmall"),
        (Operation::RequestLiquidityDeposit { provider: 0, amount: all, limit }, "Overflow"),
        (Operation::RequestLiquidityWithdrawal { provider: 1, shares: usdc(20), limit }, "InsufficientBalance"),
        (Operation::ValueMarket { market, reading: Some(now(exchange, 252)) }, "MarketValued"),
        (Operation::CloseEpoch, "MarketsNotValued"),
        (Operation::AllocateBacking { market: 1, reading: Some(now(exchange, 252)) }, "WithinHysteresis"),
    ]
}

#[test]
fn a_refused_operation_changes_nothing() {
    let stage = stage();
    let mut exchange = stage.clone();
    for (operation, rule) in refused(&stage) {
        let refusal = exchange.execute(&operation).unwrap_err();
        assert_eq!(refusal.rule().map(|rule| rule.name()), Some(rule), "{operation:?}");
        assert!(exchange == stage, "{operation:?} changed something");
    }
}

#[test]
fn an_operation_is_refused_where_what_it_names_is_not_there() {
    let stage = stage();
    let mut exchange = stage.clone();
    let (account, market, order) = (99, 99, order(1));
    let (no_account, no_market) = (Refusal::NoAccount { account }, Refusal::NoMarket { market });
    let (no_provider, no_request) = (Refusal::NoProvider { provider: 9 }, Refusal::NoRequest { request: 9 });
    let no_orders = Refusal::NoOrders { account: BOB };
    let limit = PriceLimit::None;
    let belongs_from = stage.request(RIPE_DEPOSIT).unwrap().request.belongs_from.get();
    let cases = [
        (Operation::UpdatePrice { market, reading: now(&stage, 252) }, no_market),
        (Operation::UpdateSecondPrice { market, reading: now(&stage, 252) }, no_market),
        (Operation::FundInsurance { market: Some(market), amount: usdc(1) }, no_market),
        (Operation::OpenAccount { isolated_market: Some(market) }, no_market),
        (Operation::Trade { account: ALICE, market, order, reading: None }, no_market),
        (Operation::Trade { account, market: 0, order, reading: None }, no_account),
        (Operation::Deposit { account, amount: usdc(1) }, no_account),
        (Operation::CloseAccount { account }, no_account),
        (
            Operation::Liquidate { liquidator: account, account: CAROL, market: 1, order: ALL, reading: None },
            no_account,
        ),
        (Operation::RequestLiquidityDeposit { provider: 9, amount: usdc(20), limit }, no_provider),
        (Operation::RequestLiquidityWithdrawal { provider: 9, shares: usdc(20), limit }, no_provider),
        (Operation::ValueMarket { market, reading: None }, no_market),
        (Operation::PayLiquidityRequest { request: 9 }, no_request),
        (Operation::PayLiquidityRequest { request: RIPE_DEPOSIT }, Refusal::NoEpoch { belongs_from }),
        (Operation::SettlePnl { account: ALICE, market: 0, reading: None, keeper: Some(account) }, no_account),
        (Operation::AllocateBacking { market, reading: None }, no_market),
        (Operation::OpenOrders { account }, no_account),
        (Operation::OpenOrders { account: ALICE }, Refusal::OrdersOpen { account: ALICE }),
        (Operation::CloseOrders { account: BOB }, no_orders),
        (Operation::CloseOrders { account: ALICE }, Refusal::OrdersNotEmpty { account: ALICE }),
        (Operation::SweepOrder { account: ALICE, slot: 0, market: Some(market) }, no_market),
        (Operation::ArmOrder { account: BOB, slot: 0, market: 0, reading: None }, no_orders),
        (Operation::ExecuteOrder { account: ALICE, slot: 0, market, reading: filling(&stage, 252) }, no_market),
        (Operation::PlaceOrders { account: BOB, market: 0, cancel: vec![], orders: vec![], reading: None }, no_orders),
    ];
    for (operation, refusal) in cases {
        assert_eq!(exchange.execute(&operation), Err(refusal), "{operation:?}");
    }
    let own = Operation::Liquidate { liquidator: CAROL, account: CAROL, market: 1, order: ALL, reading: None };
    assert_eq!(exchange.execute(&own), Err(Refusal::SelfLiquidation));
    assert!(exchange == stage);
}

#[test]
fn a_bounty_that_the_liquidators_account_cannot_hold_undoes_the_liquidation() {
    let mut exchange = stage();
    let full = Account { balance: Atoms::new(MAX_ATOMS), ..*exchange.account(KEEPER).unwrap() };
    exchange.put_account(KEEPER, full).unwrap();
    let before = exchange.clone();
    let refused = exchange.liquidate(KEEPER, CAROL, 1, &ALL, None).unwrap_err();
    assert_eq!(refused.rule(), Some(perp_engine::EngineError::Overflow));
    assert!(exchange == before);
}

#[test]
fn the_vault_keeps_an_operation_from_paying_what_it_does_not_hold() {
    // Not reachable while the books balance: a vault that has lost its tokens refuses, and nothing changes.
    let mut exchange = stage();
    exchange.vault = Atoms::ZERO;
    let before = exchange.clone();
    for operation in [
        Operation::Withdraw { account: BOB, amount: usdc(8) },
        Operation::WithdrawProtocolFees { market: 1 },
        Operation::PayLiquidityRequest { request: CLOSED_WITHDRAWAL },
    ] {
        let refused = exchange.execute(&operation).unwrap_err();
        assert_eq!(refused.rule(), Some(perp_engine::EngineError::Overflow), "{operation:?}");
        assert!(exchange == before, "{operation:?} changed something");
    }
}

#[test]
fn changes_tell_of_the_last_operation_that_took_place() {
    let mut exchange = stage();
    exchange.deposit(BOB, usdc(1)).unwrap();
    let deposited = exchange.changes().clone();
    assert_eq!(deposited.accounts, [BOB]);
    exchange.trade(ALICE, 0, &Order { size: sol(0), ..order(1) }, None).unwrap_err();
    exchange.wait(1, 1).unwrap();
    assert_eq!(*exchange.changes(), deposited);
    let order = LiquidationOrder { max_size: Size::new(1_000_000_000), ..ALL };
    exchange.liquidate(KEEPER, CAROL, 1, &order, None).unwrap();
    assert_eq!((&exchange.changes().accounts[..], &exchange.changes().markets[..]), (&[KEEPER, CAROL][..], &[1][..]));
}
