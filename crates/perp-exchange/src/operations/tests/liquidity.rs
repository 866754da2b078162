use super::*;
use crate::fixtures::{reach_boundary, PROVIDER};
use perp_engine::units::{SignedAtoms, Timestamp};

#[test]
fn an_operation_that_changes_what_a_market_is_worth_keeps_its_books_of_the_boundary_first() {
    // A boundary comes right now, and each operation is the first to touch its market.
    let mut stage = stage();
    stage.state.boundary = stage.clock.now;
    let (boundary, mut kept) = (stage.clock.now, 0);
    for (operation, _) in every_operation(&stage) {
        let mut after = stage.clone();
        // Nothing else can be valued or closed for it yet.
        if after.execute(&operation).is_err() {
            assert!(matches!(operation, Operation::CloseEpoch | Operation::ValueMarket { .. }), "{operation:?}");
            continue;
        }
        for index in after.changes().markets.clone() {
            let (was, is) = (stage.market(index).unwrap(), after.market(index).unwrap());
            let said = |market: &perp_engine::state::Market| (market.price.price, market.second_price);
            if was.ledger == is.ledger && said(was) == said(is) {
                continue;
            }
            if matches!(operation, Operation::FundInsurance { .. } | Operation::WithdrawProtocolFees { .. }) {
                // Neither is the pool's.
                continue;
            }
            kept += 1;
            let books = &is.at_boundary;
            assert_eq!((books.boundary, books.ledger, books.price), (boundary, was.ledger, was.price), "{operation:?}");
            assert_eq!((books.averages, books.second_price), (was.averages, was.second_price), "{operation:?}");
        }
    }
    assert!(kept >= 12, "only {kept} changed anything");
}

#[test]
fn a_settlement_just_before_a_boundary_pays_its_keeper_out_of_what_requests_paid() {
    // Alice's 10 SOL have gained a dollar each by $251 and another by $252. Six seconds before the boundary a basis point of what is
    // settled is paid, and not again within ten minutes.
    let mut exchange = stage();
    exchange.value_market(UNVALUED, None).unwrap();
    exchange.close_epoch().unwrap();
    exchange.request_liquidity_deposit(1, usdc(20), PriceLimit::None).unwrap();
    reach_boundary(&mut exchange);
    exchange.clock.now = Timestamp::new(exchange.clock.now.get() - 7);
    let early = exchange.clone();
    let settling = exchange.pool.settling;
    // 0.02 % of $2 000 000, $100 and $100 that came, and of $100 that went.
    assert_eq!(settling, Atoms::new(400_060_000));

    // A second too early nothing is paid.
    let reading = now(&exchange, 252);
    let plan = exchange.settle_pnl(ALICE, 0, Some(&reading), Some(KEEPER)).unwrap();
    assert!(plan.profit > SignedAtoms::ZERO);
    assert_eq!((exchange.pool, exchange.changes().pool), (early.pool, false));
    assert_eq!(exchange.account(KEEPER), early.account(KEEPER));

    let mut exchange = early;
    exchange.wait(1, 2).unwrap();
    let (before, reading) = (*exchange.account(KEEPER).unwrap(), now(&exchange, 252));
    let plan = exchange.settle_pnl(ALICE, 0, Some(&reading), Some(KEEPER)).unwrap();
    let moved = plan.profit.magnitude().get() + plan.settled.funding.magnitude().get();
    let reward = Atoms::new(moved / 10_000);
    assert!(!reward.is_zero());
    assert_eq!(exchange.account(KEEPER).unwrap().balance, before.balance.checked_add(reward).unwrap());
    assert_eq!(exchange.pool.settling, settling.checked_sub(reward).unwrap());
    assert_eq!((&exchange.changes().accounts[..], exchange.changes().pool), (&[ALICE, KEEPER][..], true));
    assert_eq!(exchange.check(), Ok(()));

    exchange.wait(1, 2).unwrap();
    let reading = now(&exchange, 253);
    exchange.settle_pnl(ALICE, 0, Some(&reading), Some(KEEPER)).unwrap();
    assert_eq!(exchange.pool.settling, settling.checked_sub(reward).unwrap());
    assert_eq!(exchange.changes().accounts, [ALICE]);
    // Nobody is paid for settling himself.
    assert_eq!(exchange.settle_pnl(ALICE, 0, Some(&reading), Some(ALICE)), Err(Refusal::SelfLiquidation));
}

#[test]
fn shares_and_tokens_of_liquidity_end_where_they_belong() {
    let mut exchange = stage();
    let before = *exchange.provider(PROVIDER).unwrap();
    // At the closed boundary a share was worth an atom. Of the deposit of $100 two cents are set apart for settling traders; what is left
    // buys as many shares, and 100 000 000 shares bring as many atoms less the same fee.
    let closed = *exchange.epochs().values().next().unwrap();
    assert_eq!((closed.lower, closed.upper, closed.shares), (closed.shares, closed.shares, closed.shares));
    exchange.pay_liquidity_request(CLOSED_DEPOSIT).unwrap();
    let deposited = *exchange.provider(PROVIDER).unwrap();
    assert_eq!((deposited.shares.get() - before.shares.get(), deposited.paid_out), (99_980_000, before.paid_out));
    exchange.pay_liquidity_request(CLOSED_WITHDRAWAL).unwrap();
    let withdrawn = *exchange.provider(PROVIDER).unwrap();
    assert_eq!((withdrawn.shares, withdrawn.paid_out.get() - before.paid_out.get()), (deposited.shares, 99_980_000));
    // With its last request the epoch is forgotten.
    assert!(exchange.epochs().is_empty());
    let gone = Refusal::NoRequest { request: CLOSED_DEPOSIT };
    assert_eq!(exchange.pay_liquidity_request(CLOSED_DEPOSIT), Err(gone));

    // The third waits until its boundary is closed.
    let (request, belongs_from) = (RIPE_DEPOSIT, exchange.request(RIPE_DEPOSIT).unwrap().request.belongs_from.get());
    assert_eq!(exchange.pay_liquidity_request(request), Err(Refusal::NoEpoch { belongs_from }));
    exchange.value_market(UNVALUED, None).unwrap();
    let plan = exchange.close_epoch().unwrap();
    assert_eq!((plan.closed.requests, exchange.share_escrow), (1, plan.closed.issued));
    exchange.pay_liquidity_request(request).unwrap();
    assert_eq!(exchange.provider(PROVIDER).unwrap().shares.get(), deposited.shares.get() + plan.closed.issued.get());
    assert_eq!((exchange.requests().len(), exchange.share_escrow), (0, Atoms::ZERO));
    assert!(exchange.state.boundary.is_never());
    assert_eq!(exchange.check(), Ok(()));
}

#[test]
fn a_withdrawal_that_the_cash_does_not_cover_waits_under_its_number() {
    let mut exchange = stage();
    exchange.value_market(UNVALUED, None).unwrap();
    exchange.close_epoch().unwrap();
    for request in [CLOSED_WITHDRAWAL, CLOSED_DEPOSIT, RIPE_DEPOSIT] {
        exchange.pay_liquidity_request(request).unwrap();
    }
    let request = exchange.request_liquidity_withdrawal(PROVIDER, usdc(1_000_000), PriceLimit::None).unwrap();
    reach_boundary(&mut exchange);
    for (market, dollars) in [(0, 251), (1, 240), (2, 500), (3, 250), (4, 250)] {
        let reading = now(&exchange, dollars).with_previous(exchange.clock.now.get() - 1);
        exchange.value_market(market, Some(&reading)).unwrap();
    }
    // All but $30 of the pool's cash goes elsewhere before the close.
    let cash = exchange.pool.cash.get() - usdc(30).get();
    exchange.pool.cash = usdc(30);
    exchange.donated = Atoms::new(cash);
    let plan = exchange.close_epoch().unwrap();
    // $30 less six tenths of a cent, which is 0.02 %.
    assert_eq!((plan.closed.is_partial(), plan.closed.paid), (true, Atoms::new(29_994_000)));
    let paid = exchange.pay_liquidity_request(request).unwrap();
    let left = paid.request_left.unwrap();
    assert_eq!((paid.tokens, exchange.request(request).unwrap().request), (plan.closed.paid, left));
    assert_eq!(left.amount.get() + plan.closed.redeemed.get(), usdc(1_000_000).get());
    assert_eq!((left.belongs_from, exchange.state.boundary), (plan.closed.rest_belongs_from, left.belongs_from));
    assert_eq!(exchange.share_escrow, left.amount);
    assert_eq!(exchange.check(), Ok(()));
}
