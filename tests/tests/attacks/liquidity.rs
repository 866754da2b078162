//! Against the liquidity providers, and by them.

use crate::{gains_nothing, unsigned, with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_spl::token::spl_token::instruction::close_account;
use perp_accounts::EpochRecord;
use perp_client::instructions::{self as client, Authority, NewRequest};
use perp_engine::state::{PriceLimit, DEAD_SHARES};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, assert_refused_at, listing, TokenError, World, DAY, SOL, USDC};
use solana_instruction::error::InstructionError;

const ANY: PriceLimit = PriceLimit::None;

#[test]
fn attack_a_request_is_not_paid_early_or_twice_and_its_epoch_is_closed_once() {
    let mut world = world();
    let (owner, keeper) = (world.user(2_000 * USDC), world.admin);
    for nonce in [1, 2] {
        world.request_liquidity_deposit(owner, nonce, 1_000 * USDC, ANY).unwrap();
    }
    let at = world.addresses;
    assert_refused(world.close_epoch(keeper), ExchangeError::BoundaryAhead);
    world.to_boundary();
    world.value_market(keeper, 0).unwrap();
    assert_refused(world.close_epoch(keeper), ExchangeError::MarketsNotValued);
    // Twice valued is not two markets valued.
    assert_refused(world.value_market(keeper, 0), ExchangeError::MarketValued);
    world.value_market(keeper, 1).unwrap();
    let boundary = Timestamp::new(world.boundary());
    let close = client::close_epoch(&at, keeper, boundary);
    let twice = world.run(&[close.clone(), close.clone()]);
    assert_refused_at(1, twice, perp_tests::SystemError::AccountAlreadyInUse);
    world.close(keeper);
    assert_refused(world.run(std::slice::from_ref(&close)), perp_tests::SystemError::AccountAlreadyInUse);
    // Twice in one transaction, and once more after it.
    let payment = world.payment(keeper, owner, 1);
    let twice = world.run(&[payment.clone(), payment.clone()]);
    assert_refused_at(1, twice, ErrorCode::AccountOwnedByWrongProgram);
    world.send(&payment).unwrap();
    assert_refused(world.run(&[payment]), ErrorCode::AccountOwnedByWrongProgram);
    assert_eq!(world.shares(&owner), 999_800_000);
    // Once its last request is paid the record is gone, and no other can be made at its place.
    world.pay_liquidity_request(keeper, owner, 2).unwrap();
    assert_refused(world.run(&[close]), ExchangeError::WrongBoundary);
}

#[test]
fn attack_tokens_and_shares_of_the_exchange_are_no_source_of_requests() {
    let mut world = world();
    let thief = world.user(1_000 * USDC);
    let at = world.addresses;
    world.request_liquidity_deposit(thief, 1, 1_000 * USDC, ANY).unwrap();
    let new = NewRequest { nonce: 2, amount: Atoms::new(1_000 * USDC), limit: ANY };
    let from_vault = client::request_liquidity_deposit(&at, thief, at.vault, &new);
    assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 1, 5_000 * USDC, ANY).unwrap();
    let from_escrow = client::request_liquidity_withdrawal(&at, thief, at.share_escrow, &new);
    assert_refused(world.run(&[from_escrow]), ExchangeError::TransferToItself);
    // Shares of another are not the thief's to sell, nor is a signature his to leave out.
    let of_provider = at.shares_of(&provider);
    let of_another = client::request_liquidity_withdrawal(&at, thief, of_provider, &new);
    assert_refused(world.run(&[of_another]), TokenError::OwnerMismatch);
    let in_his_name = client::request_liquidity_withdrawal(&at, provider, of_provider, &new);
    assert_refused(world.run(&[unsigned(in_his_name)]), ErrorCode::AccountNotSigner);
}

#[test]
fn attack_an_owner_cannot_keep_a_payment_from_others_until_it_suits() {
    let mut world = world();
    let (at, provider, keeper) = (world.addresses, world.provider, world.admin);
    world.request_liquidity_withdrawal(provider, 1, 5_000 * USDC, ANY).unwrap();
    let close = close_account(&at.token_program, &at.tokens_of(&provider), &provider, &provider, &[]).unwrap();
    world.run(&[close]).unwrap();
    world.to_boundary();
    world.value_all(keeper);
    // What he gets is settled without him.
    let record = world.close(keeper).state;
    assert_eq!(world.pool().state.payable, record.paid);
    // The token program finds no token account at its address, and whoever pays makes it again.
    let nowhere = world.pay_liquidity_request(keeper, provider, 1);
    assert_refused(nowhere, InstructionError::InvalidAccountData);
    world.run(&[client::create_token_account(&at, keeper, provider)]).unwrap();
    world.pay_liquidity_request(keeper, provider, 1).unwrap();
    assert_eq!(world.tokens(&provider), record.paid.get());
}

#[test]
fn attack_the_share_price_cannot_be_inflated_at_the_first_deposit() {
    let mut world = World::empty(BACKEND);
    world.list(listing::market(0, listing::parameters(), 0));
    let attacker = world.user(100_000 * USDC);
    let victim = world.user(1_000 * USDC);
    let before = world.tokens(&attacker);
    // The smallest first deposit, then a fortune past the program, so that the next deposit rounds to no share.
    world.add_liquidity(attacker, 10 * USDC);
    world.donate(attacker, 50_000 * USDC);
    world.add_liquidity(victim, 1_000 * USDC);
    // 0.02 % of each are set apart.
    assert_eq!(world.shares(&victim), 999_800_000, "a share still costs one atom");
    assert_eq!(world.shares(&attacker), 9_998_000 - DEAD_SHARES);
    let shares = world.shares(&attacker);
    world.request_liquidity_withdrawal(attacker, 5, shares, ANY).unwrap();
    let keeper = world.admin;
    world.serve(keeper);
    // What was left of 10 less the dead shares came back, less ⌈9 988 000 / 5 000⌉; the 50 000 are gone.
    assert_eq!(world.tokens(&attacker), before - 50_000 * USDC - 10 * USDC + 9_988_000 - 1_998);
}

#[test]
fn attack_two_first_depositors_of_one_boundary_get_shares_in_proportion() {
    let mut world = World::empty(BACKEND);
    world.list(listing::market(0, listing::parameters(), 0));
    let (small, large, keeper) = (world.user(10 * USDC), world.user(1_000_000 * USDC), world.admin);
    // Whoever comes first in the queue is not first at the boundary.
    world.request_liquidity_deposit(small, 1, 10 * USDC, ANY).unwrap();
    world.request_liquidity_deposit(large, 1, 1_000_000 * USDC, ANY).unwrap();
    world.serve(keeper);
    // The dead shares, a cent, are taken of both in proportion.
    let issued = 1_000_010 * USDC - 200_002_000 - DEAD_SHARES;
    let part = |amount: u64| (u128::from(issued) * u128::from(amount) / u128::from(1_000_010 * USDC)) as u64;
    assert_eq!(world.shares(&small), part(10 * USDC));
    assert_eq!(world.shares(&large), part(1_000_000 * USDC));
}

#[test]
fn attack_in_and_out_of_the_pool_gains_nothing() {
    let mut world = world();
    let owner = world.user(123_456_789_012);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 100 * SOL + 12_345).unwrap();
    world.later_at(60, 0, 251.37);
    let before = world.tokens(&owner);
    world.add_liquidity(owner, before);
    let (shares, keeper) = (world.shares(&owner), world.admin);
    world.request_liquidity_withdrawal(owner, 9, shares, ANY).unwrap();
    // The same prices as on the way in: only the trader's funding and carry came to the pool.
    world.serve(keeper);
    let after = world.tokens(&owner);
    assert!(after < before, "{before} in, {after} out");
}

#[test]
fn attack_a_coalition_on_both_sides_of_a_boundary_gains_nothing() {
    let mut world = world();
    let (buyer, keeper) = (world.user(1_000_000 * USDC), world.admin);
    let trader = world.trader(1_000_000 * USDC);
    world.add_liquidity(buyer, 500_000 * USDC);
    world.publish_all_again();
    world.trade(trader, 0, 20_000 * SOL).unwrap();
    // Half of the coalition leaves and half of it enters at one boundary, whose price its own position made uncertain.
    let shares = world.shares(&buyer);
    world.request_liquidity_withdrawal(buyer, 10, shares, ANY).unwrap();
    world.wait(DAY - 600);
    world.request_liquidity_deposit(buyer, 11, 500_000 * USDC, ANY).unwrap();
    let boundary = world.boundary();
    world.set_time(boundary);
    for market in [0, 1] {
        world.publish_between(market, 250.0, 1.0, [boundary - 1, boundary]);
    }
    world.value_all(keeper);
    let record = world.close(keeper).state;
    assert!(record.lower < record.upper);
    world.pay_all(keeper);
    // It bought dearer than it sold: fewer shares than it gave, for no more tokens than it got.
    let (now, tokens) = (world.shares(&buyer), world.tokens(&buyer));
    assert!(now < shares && tokens < 500_000 * USDC, "{now} of {shares} shares, {tokens} tokens");
}

#[test]
fn attack_backing_moves_by_rule_and_not_by_wish() {
    let mut world = world();
    let stranger = world.user(0);
    // At its target nothing moves.
    assert_refused(world.allocate_backing(0), ExchangeError::WithinHysteresis);
    // Not more than half of the pool's principal into one market, whatever the target.
    world.set_backing_target(0, 9_000_000 * USDC).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.market(0).state.ledger.backing.get(), 5_000_000 * USDC);
    assert_refused(world.allocate_backing(0), ExchangeError::NothingToMove);
    // Not out of a market that needs it. A jump against 20 000 · 250 takes 15 %, 750 000; the trader is good for what
    // 5 000 000 · 2.848 bps of spread and 20 000² / (2 · 20 000 000) · 250 of impact have cost, 1 424.091 + 2 500.
    let trader = world.trader(1_000_000 * USDC);
    world.trade(trader, 0, 20_000 * SOL).unwrap();
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.market(0).state.ledger.backing.get(), 746_075_908_140);
    assert_refused(world.allocate_backing(0), ExchangeError::MarketCapacity);
    gains_nothing(&mut world, &[stranger], |world| {
        let theft = client::set_backing_target(&world.addresses, stranger, 0, Default::default());
        assert_refused(world.run(&[theft]), ExchangeError::MissingRole);
    });
}

#[test]
fn attack_a_request_cannot_be_cancelled() {
    let mut world = world();
    let owner = world.user(1_000 * USDC);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, ANY).unwrap();
    // Its account is not closed as a margin account, and no account is the record of its epoch before that is closed.
    let request = world.addresses.request(&owner, 1);
    let close = client::close_account(Authority { signer: owner, margin_account: request });
    assert_refused(world.run(&[close]), ErrorCode::AccountDiscriminatorMismatch);
    let boundary = Timestamp::new(world.boundary());
    let record: EpochRecord = bytemuck::Zeroable::zeroed();
    let at = world.addresses;
    let payment = client::pay_liquidity_request(&at, owner, &world.request(&owner, 1), &record);
    let no_record = at.epoch(Timestamp::new(0));
    for (given, expected) in [
        (at.epoch(boundary), ErrorCode::AccountOwnedByWrongProgram),
        (request, ErrorCode::AccountDiscriminatorMismatch),
        (at.pool, ErrorCode::AccountDiscriminatorMismatch),
    ] {
        assert_refused(world.run(&[with_account(payment.clone(), no_record, given)]), expected);
    }
}
