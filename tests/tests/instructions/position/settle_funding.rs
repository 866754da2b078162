use crate::expected::{account_sequence, indebted, moment, partly_funded, says, world};
use perp_client::instructions::Authority;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::FundingSettled;
use perp_tests::{assert_refused, Ran, World, SOL, USDC};

/// The event that settling funding must have, with these parts and the rest as the accounts have it.
#[track_caller]
fn settles(world: &mut World, account: Authority, seconds: u64, funding: i64, redeemed: u64, repaid: u64) {
    let (address, balance_before) = (account.margin_account, world.balance(&account.margin_account));
    let number = account_sequence(world, account) + 1;
    let done: Ran = world.settle_funding(address, 0);
    let expected = FundingSettled {
        exchange: world.addresses.exchange,
        time: world.now,
        account: address,
        owner: account.signer,
        account_sequence: number,
        market: world.addresses.market(0),
        market_index: 0,
        state: moment(world, 0, seconds),
        funding,
        redeemed,
        repaid,
        balance_before,
        balance_after: world.balance(&address),
    };
    says(done, expected);
}

#[test]
fn payers_pay_and_receivers_receive_and_funding_is_accrued_first() {
    let mut world = world(1);
    let (long, short) = (world.trader(200_000 * USDC), world.trader(100_000 * USDC));
    world.trade(long, 0, 8_000 * SOL).unwrap();
    world.trade(short, 0, -3_000 * SOL).unwrap();
    let balances = [long, short].map(|account| world.balance(&account.margin_account));
    world.wait(3_600);
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    // A skew of 5 000 is 1/16 of the full one: the mean rate of the first hour is 0.0125 % a day, so longs owe 10.4167
    // on 2 000 000 and shorts receive 3.9063 on 750 000; carry is 5 % a year · 8 % and 3 % of the cap, 0.9126 and
    // 0.1283.
    settles(&mut world, long, 0, -11_329_270, 0, 0);
    settles(&mut world, short, 0, 3_777_910, 0, 0);
    let after = [long, short].map(|account| world.balance(&account.margin_account));
    assert_eq!(after, [balances[0] - 11_329_270, balances[1] + 3_777_910]);
    // Nothing is due twice.
    settles(&mut world, long, 0, 0, 0, 0);
    let counters = world.margin_account(&long.margin_account).state.counters;
    assert_eq!(counters.funding.get(), -11_329_270);
}

#[test]
fn a_closed_positions_debt_is_paid_as_far_as_the_balance_goes() {
    let (mut world, debtor) = indebted();
    let (account, keeper) = (debtor.margin_account, world.trader(0));
    world.give(debtor.signer, 300 * USDC);
    // While the position is open its profit may still set some of the debt off.
    world.deposit(debtor, 200 * USDC).unwrap();
    settles(&mut world, debtor, 0, 0, 0, 0);
    world.liquidate(keeper, account, 0).unwrap();
    assert_eq!(world.balance(&account), 0);
    let debt = world.position(&account, 0).debt.get();
    // Nothing else moves in the same second at the same price.
    world.deposit(debtor, 100 * USDC).unwrap();
    settles(&mut world, debtor, 0, 0, 0, 100 * USDC);
    assert_eq!((world.balance(&account), world.position(&account, 0).debt.get()), (0, debt - 100 * USDC));
}

#[test]
fn what_is_funded_of_a_claim_is_redeemed_and_funding_owed_is_set_off_against_the_rest() {
    let (mut world, friend) = partly_funded();
    let account = friend.margin_account;
    let (before, reserve) = (world.position(&account, 0), world.market(0).state.ledger.claims_reserve.get());
    let mut copy = world.balance(&account);
    let event = crate::expected::event!(world.settle_funding(account, 0), FundingSettled);
    let after = world.position(&account, 0);
    assert_eq!(event.redeemed, reserve - world.market(0).state.ledger.claims_reserve.get());
    copy += event.redeemed;
    assert_eq!(world.balance(&account), copy);
    let left = before.claim.get() - event.redeemed;
    assert_eq!(after.claim.get() as i64, left as i64 + event.funding);
    assert!(event.redeemed > 0 && event.funding < 0);
}

#[test]
fn no_position_and_a_pause_are_refused() {
    let mut world = world(1);
    let (trader, risk_admin) = (world.trader(1_000 * USDC), world.risk_admin);
    assert_refused(world.settle_funding(trader.margin_account, 0), ExchangeError::NoPosition);
    world.trade(trader, 0, SOL).unwrap();
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.settle_funding(trader.margin_account, 0), ExchangeError::Paused);
}
