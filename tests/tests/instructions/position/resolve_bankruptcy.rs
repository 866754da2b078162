use crate::expected::{account_sequence, market_sequence, says, world};
use perp_client::instructions::{resolve_bankruptcy, Authority};
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::{BankruptcyResolved, ClaimUsed};
use perp_tests::{assert_refused, World, SOL, USDC};

/// A long of 40 SOL that was closed by liquidation at a loss of 1 250 with less than 700 to pay it.
fn bankrupt(mut world: World) -> (World, Authority) {
    let (debtor, keeper) = (world.trader(700 * USDC), world.trader(0));
    world.trade(debtor, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    world.liquidate(keeper, debtor.margin_account, 0).unwrap();
    (world, debtor)
}

#[test]
fn both_insurances_pay_and_the_rest_is_written_off() {
    let (mut world, debtor) = bankrupt(world(1));
    let donor = world.user(1_100 * USDC);
    world.fund_insurance(donor, None, 1_000 * USDC).unwrap();
    world.fund_insurance(donor, Some(0), 30 * USDC).unwrap();
    let (account, debt) = (debtor.margin_account, world.position(&debtor.margin_account, 0).debt.get());
    let (backing, own) = (world.market(0).state.ledger.backing, 30 * USDC);
    // A tenth of the shared insurance a day.
    let written_off = debt - own - 100 * USDC;
    let expected = BankruptcyResolved {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: debtor.signer,
        account_sequence: account_sequence(&mut world, debtor) + 1,
        market: world.addresses.market(0),
        market_index: 0,
        market_sequence: market_sequence(&mut world, 0) + 1,
        pool_sequence: world.pool().state.sequence + 1,
        debt,
        paid_by_balance: 0,
        paid_by_claims: 0,
        paid_by_insurance: own,
        paid_by_shared_insurance: 100 * USDC,
        written_off,
        claims_used: vec![],
        balance_before: 0,
        balance_after: 0,
        insurance_before: own,
        insurance_after: 0,
        shared_insurance_before: 1_000 * USDC,
        shared_insurance_after: 900 * USDC,
    };
    says(world.resolve_bankruptcy(account, 0), expected);
    let ledger = world.market(0).state.ledger;
    assert_eq!((ledger.debts.get(), ledger.insurance.get(), ledger.written_off.get()), (0, 0, written_off));
    assert_eq!(ledger.backing.get(), backing.get() + own + 100 * USDC);
    assert_eq!(world.pool().state.insurance.get(), 900 * USDC);
    world.close_account(debtor).unwrap();
}

#[test]
fn its_event_says_what_claims_on_other_markets_paid() {
    let mut world = world(3);
    let (whale, loser) = (world.trader(1_000_000 * USDC), world.trader(400_000 * USDC));
    let (friend, liquidator) = (world.trader(70_000 * USDC), world.trader(0));
    let donor = world.user(500 * USDC);
    world.fund_insurance(donor, None, 300 * USDC).unwrap();
    world.fund_insurance(donor, Some(1), 200 * USDC).unwrap();
    for (actor, market, size) in
        [(whale, 0, 50_000), (loser, 0, -5_000), (friend, 0, 2_000), (friend, 1, 900), (friend, 2, 10)]
    {
        world.trade(actor, market, size * SOL).unwrap();
    }
    // The first market cannot pay its winners; what the loser leaves funds a part of their claims, which the friend has
    // not redeemed.
    world.later_at(60, 1, 250.0);
    world.publish(2, 250.0);
    world.update_price(2).unwrap();
    world.publish(0, 312.5);
    for actor in [whale, friend, loser] {
        world.close_position(actor, 0).unwrap();
    }
    world.fund_claims(0).unwrap();
    // The two others fall to 3.906 25: a debt in each, and no cash.
    world.wait(10);
    for market in [1, 2] {
        world.publish(market, 3.90625);
        world.update_price(market).unwrap();
    }
    let account = friend.margin_account;
    for market in [1, 2] {
        world.liquidate(liquidator, account, market).unwrap();
    }

    // The third market is passed but not named: nothing of it is used, it is owed itself.
    let before = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state));
    let (balance_before, shared_before) = (world.balance(&account), world.pool().state.insurance.get());
    let (number, pool_number) = (account_sequence(&mut world, friend) + 1, world.pool().state.sequence + 1);
    let done = world.resolve_bankruptcy(account, 1);
    let after = [0, 1, 2].map(|index| (world.position(&account, index), world.market(index).state));
    let redeemed = before[0].1.ledger.claims_reserve.get() - after[0].1.ledger.claims_reserve.get();
    let set_off = before[0].0.claim.get() - redeemed;
    assert!(redeemed > 0 && set_off > 0 && before[2].0.debt.get() > 0);
    assert_eq!((after[0].0.claim.get(), after[2].0.debt), (0, before[2].0.debt));
    assert_eq!(before[0].1.ledger.claims.get() - after[0].1.ledger.claims.get(), redeemed + set_off);
    let debt = before[1].0.debt.get();
    let written_off = debt - balance_before - redeemed - set_off - 230 * USDC;
    let expected = BankruptcyResolved {
        exchange: world.addresses.exchange,
        time: world.now,
        account,
        owner: friend.signer,
        account_sequence: number,
        market: world.addresses.market(1),
        market_index: 1,
        market_sequence: before[1].1.sequence + 1,
        pool_sequence: pool_number,
        debt,
        paid_by_balance: balance_before + redeemed,
        paid_by_claims: set_off,
        paid_by_insurance: 200 * USDC,
        // A tenth of 300.
        paid_by_shared_insurance: 30 * USDC,
        written_off,
        claims_used: vec![ClaimUsed { market_index: 0, market_sequence: before[0].1.sequence + 1, redeemed, set_off }],
        balance_before,
        balance_after: 0,
        insurance_before: 200 * USDC,
        insurance_after: 0,
        shared_insurance_before: shared_before,
        shared_insurance_after: 270 * USDC,
    };
    says(done, expected);
    assert_eq!((world.balance(&account), shared_before), (0, 300 * USDC));
    assert_eq!(written_off, after[1].1.ledger.written_off.get());
    let sequences = |all: [(_, perp_engine::state::Market); 3]| all.map(|(_, market)| market.sequence);
    assert_eq!(sequences(after), [before[0].1.sequence + 1, before[1].1.sequence + 1, before[2].1.sequence]);
}

#[test]
fn the_markets_of_all_other_slots_are_passed_to_be_written() {
    let mut world = world(2);
    let (debtor, keeper) = (world.trader(1_020 * USDC), world.trader(0));
    for market in [0, 1] {
        world.trade(debtor, market, 40 * SOL).unwrap();
    }
    world.wait(60);
    for market in [0, 1] {
        world.publish(market, 218.75);
        world.update_price(market).unwrap();
    }
    let account = debtor.margin_account;
    world.liquidate(keeper, account, 0).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::PositionsOpen);
    world.liquidate(keeper, account, 1).unwrap();
    let owing: Vec<u16> = (0..2).filter(|market| !world.position(&account, *market).debt.is_zero()).collect();
    assert_eq!(owing, [0, 1]);
    let state = world.margin_account(&account).state;
    let resolve = resolve_bankruptcy(&world.addresses, account, &state, 0);
    let mut without = resolve.clone();
    without.accounts.pop();
    assert_refused(world.run(&[without]), ExchangeError::MarketMissing);
    let mut read_only = resolve.clone();
    read_only.accounts.last_mut().unwrap().is_writable = false;
    assert_refused(world.run(&[read_only]), ExchangeError::MarketNotWritable);
    world.run(&[resolve]).unwrap();
}

#[test]
fn who_can_pay_or_owes_nothing_here_and_a_pause_are_refused() {
    let (mut world, debtor) = bankrupt(world(2));
    let (account, risk_admin) = (debtor.margin_account, world.risk_admin);
    assert_refused(world.resolve_bankruptcy(account, 1), ExchangeError::NoDebt);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::Paused);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    let debt = world.position(&account, 0).debt.get();
    world.give(debtor.signer, debt);
    world.deposit(debtor, debt).unwrap();
    assert_refused(world.resolve_bankruptcy(account, 0), ExchangeError::NotBankrupt);
}
