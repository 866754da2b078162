use crate::expected::{account_sequence, event, indebted, moment, partly_funded, says, world};
use perp_client::instructions::{settle_pnl, TargetMarket};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ProfitSettled;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn profit_and_loss_become_cash_and_equity_stays() {
    let mut world = world(1);
    let (long, short) = (world.trader(200_000 * USDC), world.trader(100_000 * USDC));
    world.trade(long, 0, 8_000 * SOL).unwrap();
    world.trade(short, 0, -3_000 * SOL).unwrap();
    world.later_at(60, 0, 257.8125);
    let backing = world.market(0).state.ledger.backing.get() as i64;
    let mut paid = 0;
    // 8 000 · 7.8125 less 969.636 745 of spread and impact, and 3 000 · 7.8125 with 213.613 779 more; the minute's
    // funding of longs is accrued by the first of the two.
    for (account, seconds, profit) in [(long, 60, 61_530_363_255), (short, 0, -23_651_113_779)] {
        let address = account.margin_account;
        let number = account_sequence(&mut world, account) + 1;
        let (balance_before, equity) = (world.balance(&address), world.equity(&address));
        let done = world.settle_pnl(address, 0);
        let balance_after = world.balance(&address);
        let expected = ProfitSettled {
            exchange: world.addresses.exchange,
            time: world.now,
            account: address,
            owner: account.signer,
            account_sequence: number,
            market: world.addresses.market(0),
            market_index: 0,
            state: moment(&mut world, 0, seconds),
            profit,
            funding: balance_after as i64 - balance_before as i64 - profit,
            redeemed: 0,
            repaid: 0,
            balance_before,
            balance_after,
        };
        paid += balance_after as i64 - balance_before as i64;
        let funding = expected.funding;
        says(done, expected);
        // Less than an atom is left unrealized; the first equity was without the funding of this minute.
        assert!((world.equity(&address) - equity - if seconds > 0 { funding } else { 0 }).abs() <= 1);
        let counters = world.margin_account(&address).state.counters;
        assert_eq!((counters.realized.get(), counters.funding.get()), (profit, funding));
    }
    assert_eq!(world.market(0).state.ledger.backing.get() as i64, backing - paid);
}

#[test]
fn its_event_says_what_it_redeems_and_repays() {
    let (mut world, friend) = partly_funded();
    let account = friend.margin_account;
    let (before, balance_before) = (world.position(&account, 0), world.balance(&account));
    let reserve = world.market(0).state.ledger.claims_reserve.get();
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    let after = world.position(&account, 0);
    let redeemed = reserve - world.market(0).state.ledger.claims_reserve.get();
    // The rest of the claim waits, so that no profit is settled; the funding owed is set off against it.
    let funding = redeemed as i64 - (before.claim.get() - after.claim.get()) as i64;
    assert!(redeemed > 0 && after.claim.get() > 0 && funding < 0 && before.entry_notional == after.entry_notional);
    assert_eq!((event.profit, event.funding, event.redeemed, event.repaid), (0, funding, redeemed, 0));
    assert_eq!((event.balance_before, event.balance_after), (balance_before, balance_before + redeemed));

    let (mut world, debtor) = indebted();
    let account = debtor.margin_account;
    let debt = world.position(&account, 0).debt.get();
    assert!(debt > 550 * USDC && world.balance(&account) == 0);
    world.give(debtor.signer, 100 * USDC);
    world.deposit(debtor, 100 * USDC).unwrap();
    // Nothing else moves in the same second at the same price.
    let event = event!(world.settle_pnl(account, 0), ProfitSettled);
    assert_eq!((event.profit, event.funding, event.redeemed, event.repaid), (0, 0, 0, 100 * USDC));
    assert_eq!((event.balance_before, event.balance_after), (100 * USDC, 0));
    assert_eq!(world.position(&account, 0).debt.get(), debt - 100 * USDC);
}

#[test]
fn a_settlement_that_would_lower_equity_is_refused() {
    let mut world = world(1);
    let (late, early) = (world.trader(50_000 * USDC), world.trader(50_000 * USDC));
    let (whale, loser) = (world.trader(1_000_000 * USDC), world.trader(50_000 * USDC));
    // One long at 262.50 and one at 250, a short, and a whale whose profit at 312.50 takes all backing with it; it
    // waives what the market cannot pay.
    world.later_at(1, 0, 262.5);
    world.trade(late, 0, 1_000 * SOL).unwrap();
    world.later_at(1, 0, 250.0);
    for (account, size) in [(early, 1_000), (loser, -300), (whale, 48_000)] {
        world.trade(account, 0, size * SOL).unwrap();
    }
    world.later_at(1, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.waive_claim(whale, 0).unwrap();
    assert!(world.market(0).state.ledger.backing.is_zero());
    // At 260 the short has paid 3 000 into the backing; one long has won 10 000, the other lost 2 500. The market owes
    // longs 7 500 in all, of which it has 3 000: the winner's 10 000 count for 4 000, and settled for 3 000.
    world.later_at(1, 0, 260.0);
    world.settle_pnl(loser.margin_account, 0).unwrap();
    assert_refused(world.settle_pnl(early.margin_account, 0), ExchangeError::SettlementLowersEquity);
    // Once the loss has become cash it does not.
    world.settle_pnl(late.margin_account, 0).unwrap();
    world.settle_pnl(early.margin_account, 0).unwrap();
}

#[test]
fn where_liquidation_is_not_possible_settling_is_not_either() {
    let mut world = world(1);
    let (trader, risk_admin) = (world.trader(1_000 * USDC), world.risk_admin);
    let address = trader.margin_account;
    assert_refused(world.settle_pnl(address, 0), ExchangeError::NoPosition);
    world.trade(trader, 0, SOL).unwrap();
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.settle_pnl(address, 0), ExchangeError::Paused);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    let at_cache = settle_pnl(&world.addresses, address, TargetMarket::at_cached_price(0));
    world.wait(15);
    world.send(&at_cache).unwrap();
    world.wait(1);
    assert_refused(world.send(&at_cache), ExchangeError::PriceStale);
    world.publish_with(0, 250.0, 9.0, world.now);
    assert_refused(world.settle_pnl(address, 0), ExchangeError::MarketUnusable);
}
