use crate::expected::{account_sequence, event, indebted, moment, partly_funded, says, unrealized, world};
use perp_client::instructions::{settle_pnl, Authority, TargetMarket};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{PriceLimit, Status};
use perp_engine::units::{Clock, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::events::{ProfitSettled, SettlementRewarded};
use perp_tests::{assert_refused, World, SOL, USDC};

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
    // funding is accrued by the price.
    for (account, profit) in [(long, 61_530_363_255), (short, -23_651_113_779)] {
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
            state: moment(&mut world, 0, 0),
            profit,
            funding: balance_after as i64 - balance_before as i64 - profit,
            redeemed: 0,
            repaid: 0,
            balance_before,
            balance_after,
            reward: None,
        };
        paid += balance_after as i64 - balance_before as i64;
        let funding = expected.funding;
        says(done, expected);
        // Less than an atom is left unrealized, and funding rounds by less than another.
        assert!((world.equity(&address) - equity).abs() <= 1);
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
fn settling_for_what_the_market_has_changes_nothing_of_what_is_above_the_margin() {
    let mut world = world(1);
    let (late, early) = (world.trader(50_000 * USDC), world.trader(50_000 * USDC));
    let (whale, loser) = (world.trader(1_000_000 * USDC), world.trader(50_000 * USDC));
    // One long at 262.50 and one at 250, a short, and a whale whose profit at 312.50 takes all backing with it once it is noted
    // as a claim and funded; it waives the rest.
    world.later_at(1, 0, 262.5);
    world.trade(late, 0, 300 * SOL).unwrap();
    world.later_at(1, 0, 250.0);
    for (account, size) in [(early, 150), (loser, -90), (whale, 48_000)] {
        world.trade(account, 0, size * SOL).unwrap();
    }
    world.later_at(1, 0, 312.5);
    world.close_position(whale, 0).unwrap();
    // What the others have won, 15 000 and 9 375, is less than a hundredth of the claims.
    world.fund_claims(0).unwrap();
    world.waive_claim(whale, 0).unwrap();
    assert!(world.market(0).state.ledger.backing.get() <= 1, "but for the atom that rounding leaves");
    // At 260 the short has paid 900 into the backing beside 6.56 of fees and funding, and with its 750 the late long would pay the rest of the 1 500 that the
    // early one has won: they count for what is there, before they are settled for it and after.
    world.later_at(20, 0, 260.0);
    world.settle_pnl(loser.margin_account, 0).unwrap();
    let market = world.market(0).state;
    let there = market.ledger.backing.get();
    assert!((900 * USDC..910 * USDC).contains(&there) && !market.ledger.is_short(), "{there}");
    let price = market.price.price.get();
    let health = |world: &mut World| {
        let (account, market) = (world.margin_account(&early.margin_account).state, world.market(0).state);
        let clock = Clock { now: Timestamp::new(world.now), slot: world.slot };
        Portfolio::new(&account, Some(&market), [], clock).unwrap().maintenance_health().unwrap()
    };
    let (before, balance) = (health(&mut world), world.balance(&early.margin_account));
    let event = event!(world.settle_pnl(early.margin_account, 0), ProfitSettled);
    // With what funding the account has just paid into it.
    assert_eq!(event.profit + event.funding, there as i64);
    assert_eq!(world.balance(&early.margin_account), balance + there);
    // That was owed and not there to be paid before: it counts as equity now, and no longer against the leg's own margin.
    let (after, funding) = (health(&mut world), event.funding.unsigned_abs());
    assert!(event.funding < 0);
    assert_eq!(after.equity.get(), before.equity.get() + funding as i64);
    assert_eq!(after.margin.get(), before.margin.get() + funding);
    // Once the loss has become cash the rest of the profit does.
    world.settle_pnl(late.margin_account, 0).unwrap();
    let rest = unrealized(&world.position(&early.margin_account, 0), price);
    assert!(rest > 0);
    assert_eq!(event!(world.settle_pnl(early.margin_account, 0), ProfitSettled).profit, rest);
}

#[test]
fn in_a_short_market_the_whole_profit_becomes_a_claim() {
    // Longs have won 3 250 000 of a market that has 2 000 000, and a short has lost 312 500.
    let mut world = world(1);
    let (whale, friend, loser) =
        (world.trader(1_000_000 * USDC), world.trader(60_000 * USDC), world.trader(400_000 * USDC));
    for (actor, size) in [(whale, 50_000), (friend, 2_000), (loser, -5_000)] {
        world.trade(actor, 0, size * SOL).unwrap();
    }
    world.later_at(60, 0, 312.5);
    assert!(world.market(0).state.ledger.is_short());
    let (backing, balance) = (world.market(0).state.ledger.backing, world.balance(&friend.margin_account));
    let event = event!(world.settle_pnl(friend.margin_account, 0), ProfitSettled);
    // 2 000 · 62.50 less 142.409 186 of spread and (52 000² − 50 000²) / (2 · 20 000 000) · 250 = 1 275 of impact. What the
    // market has is paid to nobody before all of them stand alike.
    assert_eq!(event.profit, 123_582_590_813);
    let claim = world.position(&friend.margin_account, 0).claim.get() as i64;
    assert_eq!(claim, event.profit);
    // Funding came before.
    assert_eq!(world.balance(&friend.margin_account), balance.checked_add_signed(event.funding).unwrap());
    let after = world.market(0).state.ledger.backing.get();
    assert_eq!(after, backing.get().checked_add_signed(-event.funding).unwrap());
}

#[test]
fn a_pause_is_named_and_an_old_price_settles_what_is_certain() {
    let mut world = world(1);
    let (long, short, risk_admin) = (world.trader(1_000 * USDC), world.trader(1_000 * USDC), world.risk_admin);
    assert_refused(world.settle_pnl(long.margin_account, 0), ExchangeError::NoPosition);
    world.trade(long, 0, 4 * SOL).unwrap();
    world.trade(short, 0, -4 * SOL).unwrap();
    world.later_at(60, 0, 312.5);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.settle_pnl(long.margin_account, 0), ExchangeError::Paused);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    world.wait(16);
    let settled = |world: &mut World, account: Authority| {
        let at_cache = settle_pnl(&world.addresses, account.margin_account, TargetMarket::at_cached_price(0), None);
        event!(world.send(&at_cache), ProfitSettled).profit
    };
    // A profit at the last good price: 4 · 62.50 less the spread and impact of 0.284 919 that opening cost.
    assert_eq!(settled(&mut world, long), 249_715_081);
    // A loss at the better end, 15 % lower, where the short has lost 4 · 15.625 and the spread of 0.284 818.
    assert_eq!(settled(&mut world, short), -62_784_818);
    // Once the oracle is held for dead a profit at the worse end as well, where the long has lost 4 · 46.875 again; of
    // that nothing is certain, and so it is with the rest of the short's loss.
    world.report_oracle_outage(0).unwrap();
    world.wait(300);
    assert_eq!((settled(&mut world, long), settled(&mut world, short)), (0, 0));
    // A reading too wide to be a price changes nothing of that.
    world.publish_with(0, 250.0, 9.0, world.now);
    assert_eq!(event!(world.settle_pnl(long.margin_account, 0), ProfitSettled).profit, 0);
}

#[test]
fn just_before_a_boundary_the_queue_pays_for_it_once_in_ten_minutes() {
    let mut world = world(1);
    let (at, provider) = (world.addresses, world.user(500_000 * USDC));
    // The fee of 500 000 that entered, 100, is set apart for settlements.
    world.add_liquidity(provider, 400_000 * USDC);
    world.publish_all_again();
    let settling = world.pool().state.settling.get();
    assert!(settling >= 80 * USDC, "{settling}");
    let (long, late, keeper) = (world.trader(200_000 * USDC), world.trader(200_000 * USDC), world.trader(0));
    world.trade(long, 0, 8_000 * SOL).unwrap();
    world.trade(late, 0, -4_000 * SOL).unwrap();
    world.request_liquidity_deposit(provider, 9, 10 * USDC, PriceLimit::None).unwrap();
    let boundary = world.boundary();
    let settle = settle_pnl(&at, long.margin_account, world.target(0), Some(keeper.margin_account));

    // A second too early nothing is paid, and six seconds before it is.
    world.set_time(boundary - 7);
    world.publish(0, 251.0);
    assert_eq!(event!(world.send(&settle), ProfitSettled).reward, None);
    world.set_time(boundary - 6);
    world.publish(0, 257.0);
    let keeper_sequence = account_sequence(&mut world, keeper);
    let (pool_sequence, before) = (world.pool().state.sequence, world.pool().state.settling.get());
    let found = event!(world.send(&settle), ProfitSettled);
    // A basis point of what moved, 8 000 · 6 or so.
    let amount = (found.profit.unsigned_abs() + found.funding.unsigned_abs()) / 10_000;
    assert!((4 * USDC..5 * USDC).contains(&amount), "{amount}");
    let expected = SettlementRewarded {
        account: keeper.margin_account,
        account_sequence: keeper_sequence + 1,
        pool_sequence: pool_sequence + 1,
        amount,
        balance_before: 0,
        balance_after: amount,
        settling_before: before,
        settling_after: before - amount,
    };
    assert_eq!(found.reward, Some(expected));
    assert_eq!((world.balance(&keeper.margin_account), world.pool().state.settling.get()), (amount, before - amount));
    // Not again for the same position, and at the boundary for none.
    world.set_time(boundary - 5);
    world.publish(0, 250.0);
    assert_eq!(event!(world.send(&settle), ProfitSettled).reward, None);
    world.set_time(boundary);
    world.publish(0, 240.0);
    let settle = settle_pnl(&at, late.margin_account, world.target(0), Some(keeper.margin_account));
    assert_eq!(event!(world.send(&settle), ProfitSettled).reward, None);
    assert_eq!(world.balance(&keeper.margin_account), amount);
}

#[test]
fn a_reward_goes_to_another_account_of_the_exchange_out_of_its_pool() {
    let mut world = world(1);
    let (at, long) = (world.addresses, world.trader(1_000 * USDC));
    world.trade(long, 0, 4 * SOL).unwrap();
    let own = settle_pnl(&at, long.margin_account, world.target(0), Some(long.margin_account));
    assert_refused(world.send(&own), ExchangeError::RewardToItself);
    // The pool without a receiver, and a receiver without the pool, are passed for nothing.
    let other = world.trader(0);
    let both = settle_pnl(&at, long.margin_account, world.target(0), Some(other.margin_account));
    for place in [4, 5] {
        let mut one = both.clone();
        one.accounts[place].pubkey = perp_swap::ID;
        one.accounts[place].is_writable = false;
        assert_eq!(event!(world.send(&one), ProfitSettled).reward, None);
    }
}
