use crate::expected::{lamports, says, world};
use anchor_lang::prelude::Pubkey;
use perp_accounts::EpochRecord;
use perp_client::instructions::close_epoch;
use perp_engine::state::{LimitSet, PriceLimit, Status};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::events::EpochClosed;
use perp_tests::world::POOL;
use perp_tests::{assert_refused, tokens, World, DAY, SOL, USDC};

const ANY: PriceLimit = PriceLimit::None;
/// Every limit.
const ALL: u8 = 0b1_1111;

/// Ten million in a pool with one market, whose long of 40 SOL paid a fee of 4, and a withdrawal of 10 000 shares and, a day
/// later, a deposit of 1 000 that wait for the same boundary; which has come.
fn both(shares: u64, deposit: u64) -> (World, Pubkey, Pubkey) {
    let mut world = world(1);
    let (provider, trader, owner) = (world.provider, world.trader(1_000 * USDC), world.user(deposit));
    world.give(provider, 0);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.close_position(trader, 0).unwrap_err();
    world.next_slot();
    world.close_position(trader, 0).unwrap();
    world.request_liquidity_withdrawal(provider, 1, shares, ANY).unwrap();
    world.wait(DAY - 600);
    world.request_liquidity_deposit(owner, 1, deposit, ANY).unwrap();
    world.to_boundary();
    (world, provider, owner)
}

#[test]
fn deposits_and_withdrawals_are_served_by_one_price_and_shares_change_once() {
    let (mut world, provider, owner) = both(10_000 * USDC, 1_000 * USDC);
    let (at, closer, boundary) = (world.addresses, world.key(), world.boundary());
    assert_refused(world.close_epoch(closer), ExchangeError::MarketsNotValued);
    world.value_all(closer);
    let (before, rich) = (world.pool().state, lamports(&mut world, &closer));
    let rent = tokens::rent(EpochRecord::SPACE);
    let escrowed = tokens::balance(&mut *world.chain, &at.share_escrow);
    // What the trader has paid and nobody claims: the pool is worth that more than its shares.
    let value = before.cash.get() + world.market(0).state.ledger.backing.get();
    assert!((POOL + 3 * USDC..POOL + 12 * USDC).contains(&value), "{value}");
    // Of 1 000 two hundredths of a percent, 0.20, are set apart; the rest buys at that value.
    let issued = (999_800_000 * u128::from(POOL) / u128::from(value)) as u64;
    let taken = (u128::from(10_000 * USDC) * u128::from(value) / u128::from(POOL)) as u64;
    let fee = taken.div_ceil(5_000);
    let expected = EpochClosed {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: before.sequence + 1,
        record: at.epoch(Timestamp::new(boundary)),
        closer,
        previous: before.last.boundary.get(),
        boundary,
        next: 0,
        rest_belongs_from: boundary + 3_600,
        lower: value,
        upper: value,
        requests: 2,
        deposits_accepted: ALL,
        withdrawals_accepted: ALL,
        deposited: 1_000 * USDC,
        issued,
        leaving: 10_000 * USDC,
        redeemed: 10_000 * USDC,
        paid: taken - fee,
        // Each has paid 30 000 and the record's rent; of the 50 000 and two rents left after the valuation 20 000 and one are the closer's.
        lamports: 20_000 + rent,
        lamports_each: 15_000 + rent / 2,
        pool_cash_before: before.cash.get(),
        pool_cash_after: before.cash.get() + 999_800_000 - taken,
        escrow_before: 1_000 * USDC,
        escrow_after: 0,
        payable_before: 0,
        payable_after: taken - fee,
        settling_before: before.settling.get(),
        settling_after: before.settling.get() + 200_000 + fee,
        shares_before: POOL,
        shares_after: POOL + issued - 10_000 * USDC,
    };
    says(world.close_epoch(closer), expected.clone());
    // More shares ceased to exist than came into being: only the difference was burned.
    let held = tokens::balance(&mut *world.chain, &at.share_escrow);
    assert_eq!(held, escrowed - (10_000 * USDC - issued));
    let record = world.epoch(boundary);
    assert_eq!((record.exchange, record.state.boundary.get()), (at.exchange, boundary));
    let all = LimitSet::where_each(|_| true);
    assert_eq!((record.state.deposits_accepted, record.state.withdrawals_accepted), (all, all));
    assert_eq!((record.state.payable.get(), record.state.requests), (expected.paid, 2));
    // The closer advanced the record's rent and was paid; what the requests get back lies with the record.
    assert_eq!(lamports(&mut world, &at.epoch(Timestamp::new(boundary))), rent + 30_000 + rent);
    assert_eq!(lamports(&mut world, &closer), rich + 20_000);
    assert_eq!(lamports(&mut world, &at.pool), tokens::rent(perp_accounts::Pool::SPACE));
    world.pay_all(closer);
    assert_eq!((world.shares(&owner), world.tokens(&provider)), (issued, taken - fee));
    assert_eq!(lamports(&mut world, &closer), rich + 20_000 + 2 * 10_000);
}

#[test]
fn an_epoch_is_closed_once_and_at_its_boundary_alone() {
    let (mut world, _, owner) = both(10_000 * USDC, 1_000 * USDC);
    let (at, closer, boundary) = (world.addresses, world.key(), world.boundary());
    for wrong in [0, boundary - 3_600, boundary + 3_600] {
        let close = close_epoch(&at, closer, Timestamp::new(wrong));
        assert_refused(world.run(&[close]), ExchangeError::WrongBoundary);
    }
    world.value_all(closer);
    world.close(closer);
    assert_eq!(world.boundary(), 0);
    let again = close_epoch(&at, closer, Timestamp::new(boundary));
    assert_refused(world.run(&[again]), perp_tests::SystemError::AccountAlreadyInUse);
    assert_refused(world.close_epoch(closer), ExchangeError::NoBoundary);
    // The next one is ahead.
    world.give(owner, 10 * USDC);
    world.request_liquidity_deposit(owner, 9, 10 * USDC, ANY).unwrap();
    assert_refused(world.close_epoch(closer), ExchangeError::BoundaryAhead);
}

#[test]
fn what_the_cash_does_not_reach_passes_to_the_next_boundary_in_proportion() {
    let mut world = world(1);
    let (provider, second, closer) = (world.provider, world.user(2_000_000 * USDC), world.key());
    world.add_liquidity(second, 2_000_000 * USDC);
    let (first, rest) = (world.shares(&provider), world.shares(&second));
    // Twelve million are worth as many shares; ten of them are cash.
    world.request_liquidity_withdrawal(provider, 1, first, ANY).unwrap();
    world.request_liquidity_withdrawal(second, 2, rest, ANY).unwrap();
    world.to_boundary();
    world.value_all(closer);
    let (boundary, pool) = (world.boundary(), world.pool().state);
    let record = world.close(closer).state;
    assert_eq!(record.leaving.get(), first + rest);
    assert!(record.is_partial() && record.redeemed < record.leaving);
    assert!(world.pool().state.cash <= Atoms::new(1), "all cash is set apart: {}", pool.cash.get());
    assert_eq!(world.boundary(), boundary + 3_600);
    world.pay_all(closer);
    // Both were paid the same part, and wait with the same part.
    let (paid, left) = (world.tokens(&provider), world.request(&provider, 1).state);
    let others = world.request(&second, 2).state;
    assert_eq!((left.belongs_from, others.belongs_from), (record.rest_belongs_from, record.rest_belongs_from));
    let part = |left: u64, all: u64| left as f64 / all as f64;
    assert!((part(left.amount.get(), first) - part(others.amount.get(), rest)).abs() < 1e-9);
    assert!((part(paid, first) - part(world.tokens(&second), rest)).abs() < 1e-9);
    // The market gives back what it does not need, and the rest is paid.
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    world.serve(closer);
    assert!(world.open_requests().is_empty());
}

#[test]
fn limits_that_the_price_has_passed_return_what_they_were_given() {
    let mut world = world(1);
    let (provider, winner, closer) = (world.provider, world.trader(1_000_000 * USDC), world.key());
    world.give(provider, 0);
    // The pool loses 4 % of ten million to a long of 40 000 SOL that wins $10 each.
    world.trade(winner, 0, 40_000 * SOL).unwrap();
    for (nonce, limit) in PriceLimit::ALL.into_iter().enumerate() {
        world.request_liquidity_withdrawal(provider, nonce as u64, 1_000 * USDC, limit).unwrap();
    }
    world.to_boundary();
    let boundary = world.boundary();
    world.publish_after(0, 260.0, boundary, boundary - 1);
    world.value_all(closer);
    let record = world.close(closer).state;
    let accepted = [PriceLimit::None, PriceLimit::FivePercent, PriceLimit::TenPercent];
    assert_eq!(record.withdrawals_accepted, LimitSet::where_each(|limit| accepted.contains(&limit)));
    assert_eq!((record.leaving.get(), record.requests), (3_000 * USDC, 5));
    let shares = world.shares(&provider);
    world.pay_all(closer);
    assert_eq!(world.shares(&provider), shares + 2_000 * USDC);
    assert_eq!(world.tokens(&provider), record.paid.get() / 3 * 3);
}

#[test]
fn a_paused_exchange_closes_all_the_same() {
    let (mut world, _, _) = both(10_000 * USDC, 1_000 * USDC);
    let (closer, admin) = (world.key(), world.admin);
    world.set_exchange_status(admin, Status::Paused, 300).unwrap();
    world.value_all(closer);
    world.close(closer);
    world.pay_all(closer);
}
