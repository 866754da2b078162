//! Against the liquidity providers, and by them.

use crate::{gains_nothing, with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::Pubkey;
use anchor_spl::token::spl_token::instruction::{close_account, transfer_checked};
use perp_client::instructions::{self as client, Authority, NewRequest};
use perp_engine::state::{Status, DEAD_SHARES};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, assert_refused_at, listing, tokens, TokenError, World, DAY, SOL, USDC};
use solana_instruction::error::InstructionError;

#[test]
fn attack_a_request_is_not_executed_early_or_twice_or_late() {
    let mut world = world();
    let owner = world.user(1_000 * USDC);
    let executor = world.admin;
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::RequestNotMature);
    world.wait(29);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::RequestNotMature);
    assert_refused(world.refund_liquidity_deposit(executor, owner, 1), ExchangeError::RequestNotExpired);
    world.wait(1);
    let request = world.request(&owner, 1);
    let execution = client::execute_liquidity_deposit(&world.addresses, executor, &request, 2);
    // Twice in one transaction, and once more after it.
    let twice = world.run(&[execution.clone(), execution.clone()]);
    assert_refused_at(1, twice, ErrorCode::AccountOwnedByWrongProgram);
    world.send(&execution).unwrap();
    assert_refused(world.run(&[execution]), ErrorCode::AccountOwnedByWrongProgram);
    assert_eq!(world.shares(&owner), 1_000 * USDC);

    world.request_liquidity_withdrawal(owner, 2, 1_000 * USDC, 1, 0).unwrap();
    world.wait(3 * DAY);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 2), ExchangeError::RequestExpired);
    world.refund_liquidity_withdrawal(executor, owner, 2).unwrap();
    assert_eq!(world.shares(&owner), 1_000 * USDC);
}

#[test]
fn attack_a_request_is_not_executed_to_anothers_token_account_or_as_the_other_kind() {
    let mut world = world();
    let (owner, thief) = (world.user(1_000 * USDC), world.user(0));
    let at = world.addresses;
    world.run(&[client::create_share_account(&at, thief, thief)]).unwrap();
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 2, 1_000 * USDC, 1, 0).unwrap();
    world.wait(30);
    world.publish_all_again();
    let (deposit, withdrawal) = (world.request(&owner, 1), world.request(&provider, 2));
    gains_nothing(&mut world, &[thief], |world| {
        let into_mine = client::execute_liquidity_deposit(&at, thief, &deposit, 2);
        let into_mine = with_account(into_mine, deposit.destination, at.shares_of(&thief));
        assert_refused(world.run(&[into_mine]), ExchangeError::WrongDestination);
        let back_to_me = client::refund_liquidity_deposit(&at, thief, &deposit);
        let back_to_me = with_account(back_to_me, at.tokens_of(&owner), at.tokens_of(&thief));
        assert_refused(world.run(&[back_to_me]), ExchangeError::NotTheAssociatedAccount);
        // Shares sold as if they were tokens to be deposited, and the other way round.
        let sold = client::execute_liquidity_deposit(&at, thief, &withdrawal, 2);
        assert_refused(world.run(&[sold]), ExchangeError::RequestOfOtherKind);
        let bought = client::execute_liquidity_withdrawal(&at, thief, &deposit, 2);
        assert_refused(world.run(&[bought]), ExchangeError::RequestOfOtherKind);
        let returned = client::refund_liquidity_withdrawal(&at, thief, &deposit);
        assert_refused(world.run(&[returned]), ExchangeError::RequestOfOtherKind);
        assert_eq!(world.shares(&thief), 0);
    });
}

#[test]
fn attack_tokens_and_shares_of_the_exchange_are_no_source_of_requests() {
    let mut world = world();
    let thief = world.user(1_000 * USDC);
    let at = world.addresses;
    world.request_liquidity_deposit(thief, 1, 1_000 * USDC, 1, 0).unwrap();
    let new = NewRequest { nonce: 2, amount: Atoms::new(1_000 * USDC), minimum_output: Atoms::new(1), tip: 0 };
    let from_vault = client::request_liquidity_deposit(&at, thief, at.vault, &new);
    assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 1, 5_000 * USDC, 1, 0).unwrap();
    let from_escrow = client::request_liquidity_withdrawal(&at, thief, at.share_escrow, &new);
    assert_refused(world.run(&[from_escrow]), ExchangeError::TransferToItself);
    // Shares of another are not the thief's to sell.
    let of_provider = at.shares_of(&provider);
    let of_another = client::request_liquidity_withdrawal(&at, thief, of_provider, &new);
    assert_refused(world.run(&[of_another]), TokenError::OwnerMismatch);
}

#[test]
fn attack_an_owner_cannot_keep_a_request_from_others_until_it_suits() {
    let mut world = world();
    let (at, provider, executor, friend) = (world.addresses, world.provider, world.admin, world.user(0));
    let new = NewRequest { nonce: 1, amount: Atoms::new(5_000 * USDC), minimum_output: Atoms::new(1), tip: 0 };
    // To an account that only its owner could make again after closing it.
    let (tokens, shares) = (at.tokens_of(&provider), at.shares_of(&provider));
    let request = client::request_liquidity_withdrawal(&at, provider, shares, &new);
    let request = with_account(request, tokens, at.tokens_of(&friend));
    assert_refused(world.run(&[request]), ExchangeError::NotTheAssociatedAccount);
    world.run(&[client::create_share_account(&at, friend, friend)]).unwrap();
    world.give(provider, 5_000 * USDC);
    let request = client::request_liquidity_deposit(&at, provider, tokens, &new);
    let request = with_account(request, shares, at.shares_of(&friend));
    assert_refused(world.run(&[request]), ExchangeError::NotTheAssociatedAccount);

    // The owner closes the associated account: whoever executes makes it again.
    let held = world.tokens(&provider);
    world.donate(provider, held);
    world.request_liquidity_withdrawal(provider, 1, 5_000 * USDC, 1, 0).unwrap();
    let close = close_account(&at.token_program, &tokens, &provider, &provider, &[]).unwrap();
    world.run(&[close]).unwrap();
    world.wait(DAY);
    world.publish_all_again();
    // The token program finds no token account at its address.
    let nowhere = world.execute_liquidity_withdrawal(executor, provider, 1);
    assert_refused(nowhere, InstructionError::InvalidAccountData);
    world.run(&[client::create_token_account(&at, executor, provider)]).unwrap();
    world.execute_liquidity_withdrawal(executor, provider, 1).unwrap();
    assert_eq!(world.tokens(&provider), 5_000 * USDC);
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
    assert_eq!(world.shares(&victim), 1_000 * USDC, "a share still costs one atom");
    assert_eq!(world.shares(&attacker), 10 * USDC - DEAD_SHARES);
    let (shares, executor) = (world.shares(&attacker), world.admin);
    world.request_liquidity_withdrawal(attacker, 5, shares, 1, 0).unwrap();
    world.wait(DAY);
    world.publish_all_again();
    world.execute_liquidity_withdrawal(executor, attacker, 5).unwrap();
    // 10 less the dead shares came back, the 50 000 are gone.
    assert_eq!(world.tokens(&attacker), before - 50_000 * USDC - DEAD_SHARES);
}

#[test]
fn attack_in_and_out_of_the_pool_gains_nothing() {
    let mut world = world();
    let owner = world.user(123_456_789_012);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 100 * SOL + 12_345).unwrap();
    let executor = world.admin;
    world.wait(60);
    world.publish(0, 251.37);
    world.update_price(0).unwrap();
    world.publish_all_again();
    let before = world.tokens(&owner);
    world.add_liquidity(owner, before);
    let shares = world.shares(&owner);
    world.request_liquidity_withdrawal(owner, 9, shares, 1, 0).unwrap();
    world.wait(DAY);
    // The same prices as on the way in: only the trader's funding and carry came to the pool.
    world.publish_all_again();
    world.execute_liquidity_withdrawal(executor, owner, 9).unwrap();
    let carry = world.pool().state;
    let after = world.tokens(&owner);
    assert!(after < before, "{before} in, {after} out; pool {carry:?}");
}

#[test]
fn attack_a_deposit_below_its_minimum_of_shares_is_not_executed() {
    let mut world = world();
    let owner = world.user(1_000 * USDC);
    let executor = world.admin;
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1_000 * USDC + 1, 0).unwrap();
    world.wait(30);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::OutputTooSmall);
    world.wait(3_600);
    world.refund_liquidity_deposit(executor, owner, 1).unwrap();
    assert_eq!(world.tokens(&owner), 1_000 * USDC);
}

#[test]
fn attack_prices_older_than_the_request_do_not_price_it() {
    let mut world = world();
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 10 * SOL).unwrap();
    let owner = world.user(1_000 * USDC);
    let executor = world.admin;
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    world.wait(25);
    world.publish_all_again();
    // Mature, and the price of five seconds before is fresh enough for anything else.
    world.wait(5);
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::PriceBeforeMaturity);
    world.publish_all_again();
    world.wait(16);
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::LegStale);
    world.publish_all_again();
    world.execute_liquidity_deposit(executor, owner, 1).unwrap();
}

#[test]
fn attack_redeeming_others_during_an_oracle_outage_is_refused() {
    let mut world = world();
    let (trader, whale) = (world.trader(1_000 * USDC), world.trader(600_000 * USDC));
    world.trade(trader, 0, 10 * SOL).unwrap();
    world.trade(whale, 0, 20_000 * SOL).unwrap();
    let (provider, executor, buyer) = (world.provider, world.admin, world.user(1_000 * USDC));
    // A tenth of ten million, and at least 99 % of it.
    world.request_liquidity_withdrawal(provider, 1, 1_000_000 * USDC, 990_000 * USDC, 0).unwrap();
    world.wait(DAY);
    // Somebody waits until nobody has updated the first market for five minutes more: the 5 002 500 of positions there may have won
    // 15 %, 750 375 of the pool's ten million.
    world.report_oracle_outage(0).unwrap();
    world.request_liquidity_deposit(buyer, 2, 1_000 * USDC, 1, 0).unwrap();
    world.wait(300);
    world.publish(1, 250.0);
    world.update_price(1).unwrap();
    let cheap = world.execute_liquidity_withdrawal(executor, provider, 1);
    assert_refused(cheap, ExchangeError::LegStale);
    // Its owner may leave at the worse end of the range, but for the minimum.
    let cheap = world.execute_liquidity_withdrawal(provider, provider, 1);
    assert_refused(cheap, ExchangeError::OutputTooSmall);
    // One update ends it.
    world.publish_all_again();
    world.execute_liquidity_withdrawal(executor, provider, 1).unwrap();
    assert!(world.tokens(&provider) >= 999_000 * USDC);
    world.execute_liquidity_deposit(executor, buyer, 2).unwrap();
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
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    // Neither by refunding it early nor by closing its account as a margin account.
    assert_refused(world.refund_liquidity_deposit(owner, owner, 1), ExchangeError::RequestNotExpired);
    let request = world.addresses.request(&owner, 1);
    let close = client::close_account(Authority { signer: owner, margin_account: request });
    assert_refused(world.run(&[close]), ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn attack_a_refund_finds_its_owner_though_the_account_that_paid_is_gone() {
    let mut world = world();
    let (at, caller, provider) = (world.addresses, world.admin, world.provider);
    let (owner, thief) = (world.user(1_000 * USDC), world.user(0));
    let program = at.token_program;
    // The tokens come from an account that is not the associated one, and both are closed as soon as they are empty.
    let purse = Pubkey::new_from_array([0x50; 32]);
    let tokens = at.tokens_of(&owner);
    world.chain.set_account(&purse, tokens::token_account(&program, at.quote_mint, owner, 0));
    let to_purse = transfer_checked(&program, &tokens, &at.quote_mint, &purse, &owner, &[], 1_000 * USDC, 6).unwrap();
    world.run(&[to_purse, client::create_share_account(&at, owner, owner)]).unwrap();
    let new = NewRequest { nonce: 1, amount: Atoms::new(1_000 * USDC), minimum_output: Atoms::new(1), tip: 0 };
    world.run(&[client::request_liquidity_deposit(&at, owner, purse, &new)]).unwrap();
    let close = |account| close_account(&program, &account, &owner, &owner, &[]).unwrap();
    world.run(&[close(purse), close(tokens)]).unwrap();
    // Somebody makes an account of the owner's old address, as if it were the owner's.
    world.chain.set_account(&purse, tokens::token_account(&program, at.quote_mint, thief, 0));
    world.wait(30 + 3_600);
    let request = world.request(&owner, 1);
    let refund = client::refund_liquidity_deposit(&at, caller, &request);
    gains_nothing(&mut world, &[thief], |world| {
        for elsewhere in [purse, at.tokens_of(&thief), at.tokens_of(&provider), at.vault] {
            let theft = with_account(refund.clone(), tokens, elsewhere);
            assert_refused(world.run(&[theft]), ExchangeError::NotTheAssociatedAccount);
        }
    });
    // The associated account is not there: whoever refunds makes it, in the same transaction.
    assert_refused(world.send(&refund), InstructionError::InvalidAccountData);
    world.run(&[client::create_token_account(&at, caller, owner), refund]).unwrap();
    assert_eq!(world.tokens(&owner), 1_000 * USDC);

    // Shares find their way back as well.
    world.request_liquidity_withdrawal(provider, 2, 1_000 * USDC, 1, 0).unwrap();
    let shares = world.shares(&provider);
    world.wait(3 * DAY);
    let refund = client::refund_liquidity_withdrawal(&at, caller, &world.request(&provider, 2));
    world.run(&[client::create_share_account(&at, thief, thief)]).unwrap();
    for elsewhere in [at.shares_of(&thief), at.share_escrow, at.tokens_of(&provider)] {
        let theft = with_account(refund.clone(), at.shares_of(&provider), elsewhere);
        assert_refused(world.run(&[theft]), ExchangeError::NotTheAssociatedAccount);
    }
    world.run(&[refund]).unwrap();
    assert_eq!(world.shares(&provider), shares + 1_000 * USDC);
}

#[test]
fn attack_a_paused_exchange_prices_no_liquidity_but_refunds_what_expired() {
    let mut world = world();
    let owner = world.user(1_000 * USDC);
    let admin = world.admin;
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    world.wait(30);
    world.publish_all_again();
    world.set_exchange_status(admin, Status::Paused, 10).unwrap();
    assert_refused(world.execute_liquidity_deposit(admin, owner, 1), ExchangeError::Paused);
    world.wait(3_600);
    world.set_exchange_status(admin, Status::Paused, 10).unwrap();
    world.refund_liquidity_deposit(admin, owner, 1).unwrap();
    assert_eq!(world.tokens(&owner), 1_000 * USDC);
}
