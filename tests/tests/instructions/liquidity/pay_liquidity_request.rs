use crate::expected::{close, lamports, leave_associated_account, says, world};
use anchor_lang::prelude::Pubkey;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_client::instructions::{
    create_share_account, create_token_account, pay_liquidity_request, request_liquidity_deposit, NewRequest,
};
use perp_engine::state::{PriceLimit, RequestKind, Status};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityPaid;
use perp_tests::{assert_refused, tokens, World, SOL, USDC};

const AMOUNT: u64 = 1_000 * USDC;
const ANY: PriceLimit = PriceLimit::None;

/// A deposit of 1 000 and a withdrawal of 1 000 shares of a closed epoch, from a pool without trades, and a caller.
fn closed() -> (World, Pubkey, Pubkey) {
    let mut world = world(1);
    let (provider, owner, closer) = (world.provider, world.user(AMOUNT), world.key());
    world.give(provider, 0);
    world.request_liquidity_withdrawal(provider, 1, AMOUNT, ANY).unwrap();
    world.wait(perp_tests::DAY - 600);
    world.request_liquidity_deposit(owner, 1, AMOUNT, ANY).unwrap();
    world.to_boundary();
    world.value_all(closer);
    world.close(closer);
    (world, owner, closer)
}

#[test]
fn each_request_is_paid_its_part_and_the_last_one_closes_the_record() {
    let (mut world, owner, closer) = closed();
    let (at, caller, provider) = (world.addresses, world.key(), world.provider);
    let record = at.epoch(Timestamp::new(world.records()[0].state.boundary.get()));
    // A share is worth an atom; 0.20 of each 1 000 are the queue's.
    let net = AMOUNT - AMOUNT / 5_000;
    let (rent, of_record) = (tokens::rent(LiquidityRequest::SPACE), tokens::rent(EpochRecord::SPACE));
    let before = world.pool().state;
    let expected = LiquidityPaid {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: before.sequence + 1,
        request: at.request(&owner, 1),
        owner,
        caller,
        kind: RequestKind::Deposit,
        boundary: world.records()[0].state.boundary.get(),
        tokens: 0,
        shares: net,
        left: 0,
        // Each has paid 30 000 for one market and the record's rent; one valuation, the close and the record took 30 000 and a rent.
        lamports: 15_000 + of_record / 2,
        requests_left: 1,
        pool_cash_before: before.cash.get(),
        pool_cash_after: before.cash.get(),
        escrow_before: 0,
        escrow_after: 0,
        payable_before: net,
        payable_after: net,
    };
    let (poor, rich) = (lamports(&mut world, &owner), lamports(&mut world, &caller));
    says(world.pay_liquidity_request(caller, owner, 1), expected.clone());
    assert_eq!((world.shares(&owner), world.tokens(&owner)), (net, 0));
    assert_eq!(
        (lamports(&mut world, &owner), lamports(&mut world, &caller)),
        (poor + rent + 15_000 + of_record / 2, rich + 10_000)
    );
    assert!(world.chain.account(&at.request(&owner, 1)).is_none());

    let (poor, unpaid) = (lamports(&mut world, &provider), lamports(&mut world, &closer));
    let expected = LiquidityPaid {
        pool_sequence: before.sequence + 2,
        request: at.request(&provider, 1),
        owner: provider,
        kind: RequestKind::Withdrawal,
        tokens: net,
        shares: 0,
        requests_left: 0,
        payable_after: 0,
        ..expected
    };
    says(world.pay_liquidity_request(caller, provider, 1), expected);
    assert_eq!(world.tokens(&provider), net);
    assert!(world.chain.account(&record).is_none());
    // The last one's owner gets the rent of the record.
    assert_eq!(lamports(&mut world, &provider), poor + rent + 15_000 + of_record / 2 + of_record);
    assert_eq!(lamports(&mut world, &closer), unpaid);
    assert_eq!(lamports(&mut world, &caller), rich + 20_000);
}

#[test]
fn it_is_paid_in_every_status_and_by_the_owner_too() {
    let (mut world, owner, _) = closed();
    let (admin, provider) = (world.admin, world.provider);
    world.set_exchange_status(admin, Status::Paused, 300).unwrap();
    let before = lamports(&mut world, &owner);
    let request = world.addresses.request(&owner, 1);
    let held = lamports(&mut world, &request);
    world.pay_liquidity_request(owner, owner, 1).unwrap();
    assert_eq!(lamports(&mut world, &owner), before + held + 15_000 + tokens::rent(EpochRecord::SPACE) / 2);
    world.pay_liquidity_request(provider, provider, 1).unwrap();
    assert!(world.records().is_empty());
}

#[test]
fn tokens_that_a_limit_refused_come_back_whole_though_the_account_that_paid_is_gone() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.user(AMOUNT), world.key());
    let loser = world.trader(1_000_000 * USDC);
    world.trade(loser, 0, 40_000 * SOL).unwrap();
    let elsewhere = leave_associated_account(&mut world, owner, at.quote_mint, at.tokens_of(&owner));
    let asked = NewRequest { nonce: 1, amount: Atoms::new(AMOUNT), limit: PriceLimit::TwoPercent };
    let request = request_liquidity_deposit(&at, owner, elsewhere, &asked);
    let gone = close(&world, owner, elsewhere);
    world.run(&[request, gone]).unwrap();
    // The long may owe $10 on each of 40 000 SOL, so that the pool may be worth 4 % more.
    world.to_boundary();
    let boundary = world.boundary();
    world.publish_after(0, 240.0, boundary, boundary - 1);
    world.value_all(caller);
    world.close(caller);
    assert_eq!(world.pool().state.escrow.get(), AMOUNT);
    // The owner has no account at all: the caller makes the associated one, in the same transaction.
    let payment = world.payment(caller, owner, 1);
    world.send(&payment).unwrap_err();
    world.run(&[create_token_account(&at, caller, owner), payment]).unwrap();
    assert_eq!((world.tokens(&owner), world.pool().state.escrow.get()), (AMOUNT, 0));
}

#[test]
fn it_goes_to_no_other_account_even_of_the_owners() {
    let (mut world, owner, _) = closed();
    let (at, caller, provider) = (world.addresses, world.user(0), world.provider);
    world.run(&[create_share_account(&at, caller, caller)]).unwrap();
    let elsewhere = leave_associated_account(&mut world, owner, at.share_mint, at.shares_of(&owner));
    let shares = world.payment(caller, owner, 1);
    let tokens = world.payment(caller, provider, 1);
    let wrong = ExchangeError::NotTheAssociatedAccount;
    // Place 6 is the destination.
    for (payment, destination) in [
        (&shares, elsewhere),
        (&shares, at.shares_of(&caller)),
        (&shares, at.share_escrow),
        (&tokens, at.tokens_of(&caller)),
        (&tokens, at.vault),
        (&tokens, at.shares_of(&provider)),
    ] {
        let mut theft = payment.clone();
        theft.accounts[6].pubkey = destination;
        assert_refused(world.run(&[theft]), wrong);
    }
    // Nor do the lamports: place 5 is the owner.
    let mut theft = tokens.clone();
    theft.accounts[5].pubkey = caller;
    assert_refused(world.run(&[theft]), ExchangeError::NotTheRequester);
}

#[test]
fn what_is_paid_names_escrow_and_mint() {
    let (mut world, owner, _) = closed();
    let (at, caller, provider) = (world.addresses, world.key(), world.provider);
    let (shares, tokens) = (world.payment(caller, owner, 1), world.payment(caller, provider, 1));
    // Places 7 and 8 are source and mint.
    for (payment, place, other, rule) in [
        (&shares, 7, at.vault, ExchangeError::WrongShareEscrow),
        (&shares, 8, at.quote_mint, ExchangeError::WrongShareMint),
        (&tokens, 7, at.share_escrow, ExchangeError::WrongVault),
        (&tokens, 8, at.share_mint, ExchangeError::WrongMint),
    ] {
        let mut theft = payment.clone();
        theft.accounts[place].pubkey = other;
        assert_refused(world.run(&[theft]), rule);
    }
}

#[test]
fn a_request_is_paid_by_its_own_epoch_alone() {
    let (mut world, owner, closer) = closed();
    let (at, second) = (world.addresses, world.user(AMOUNT));
    let record = world.records()[0];
    world.request_liquidity_deposit(second, 5, AMOUNT, ANY).unwrap();
    let early = pay_liquidity_request(&at, closer, &world.request(&second, 5), &record);
    assert_refused(world.run(&[early]), ExchangeError::WrongEpoch);
    world.to_boundary();
    world.value_all(closer);
    let later = world.close(closer);
    let (of_first, of_second) = (world.request(&owner, 1), world.request(&second, 5));
    for (request, wrong) in [(of_first, later), (of_second, record)] {
        let payment = pay_liquidity_request(&at, closer, &request, &wrong);
        assert_refused(world.run(&[payment]), ExchangeError::WrongEpoch);
    }
    world.pay_all(closer);
}
