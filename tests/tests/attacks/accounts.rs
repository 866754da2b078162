//! Accounts that are not what the instruction asks for: of another type, exchange or owner, or the same twice.

use crate::scenes::scene;
use crate::substitutions::named_accounts;
use crate::{gains_nothing, unsigned, with_account, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::Pubkey;
use perp_accounts::{encode_into, MarginAccount};
use perp_client::instructions::{self as client, Authority, NewRequest, TargetMarket};
use perp_client::Addresses;
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::idl::instructions;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, assert_refused_at, listing, tokens, TokenError, World, SOL, USDC};
use solana_account::Account;
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;

/// An exchange of the attacker's own on the same chain, with a mint of its own and one market of the same feed.
pub fn foreign_exchange(world: &mut World, attacker: Pubkey) -> Addresses {
    let token = world.addresses.token_program;
    let mint = Pubkey::new_from_array([0xBB; 32]);
    world.chain.set_account(&mint, tokens::mint(&token, u64::MAX >> 8, None));
    world.run(&[client::create_exchange(attacker, mint, token, &world.exchange_arguments())]).unwrap();
    let exchange = perp_client::addresses::exchange_address(&attacker, &World::name());
    let foreign = Addresses::new(exchange, mint, token);
    let market = listing::market(0, listing::parameters(), 0);
    world.run(&[client::create_market(&foreign, attacker, &market)]).unwrap();
    foreign
}

/// The attacker's account on that exchange, with worthless money in it.
pub fn foreign_account(world: &mut World, foreign: &Addresses, attacker: Pubkey, amount: u64) -> Authority {
    world.run(&[client::open_account(foreign, attacker, attacker, 0, None)]).unwrap();
    let actor = Authority { signer: attacker, margin_account: foreign.margin_account(&attacker, 0) };
    let source = foreign.tokens_of(&attacker);
    let funded = tokens::token_account(&foreign.token_program, foreign.quote_mint, attacker, amount);
    world.chain.set_account(&source, funded);
    world.run(&[client::deposit(foreign, actor, source, Atoms::new(amount))]).unwrap();
    actor
}

#[test]
fn attack_money_of_a_worthless_exchange_buys_nothing_on_a_real_one() {
    let mut world = world();
    world.trader(1_000 * USDC);
    let attacker = world.user(0);
    let foreign = foreign_exchange(&mut world, attacker);
    let rich = foreign_account(&mut world, &foreign, attacker, 1_000_000 * USDC);
    let at = world.addresses;
    let wallet = at.tokens_of(&attacker);
    gains_nothing(&mut world, &[attacker], |world| {
        let state = world.margin_account(&rich.margin_account).state;
        // From the real vault, with everything else of the real exchange but the account.
        let theft = client::withdraw(&at, rich, &state, wallet, Atoms::new(USDC));
        assert_refused(world.run(&[theft]), ExchangeError::ExchangeMismatch);
        // From the foreign exchange, but out of the real vault, in the real token.
        let theft = client::withdraw(&foreign, rich, &state, wallet, Atoms::new(USDC));
        let theft = with_account(theft, foreign.vault, at.vault);
        assert_refused(world.send(&theft), ExchangeError::WrongVault);
        let theft = with_account(theft, foreign.exchange, at.exchange);
        assert_refused(world.run(&[theft]), ExchangeError::WrongMint);
        // Trading on a real market with foreign margin, and on a foreign market with the real exchange.
        let trade = client::trade(&at, rich, &state, world.target(0), &order(SOL));
        assert_refused(world.send(&trade), ExchangeError::ExchangeMismatch);
        let trade = with_account(trade, at.exchange, foreign.exchange);
        assert_refused(world.run(&[trade]), ExchangeError::ExchangeMismatch);
    });
}

#[test]
fn attack_claims_and_settlements_do_not_cross_exchanges() {
    let mut world = world();
    let attacker = world.user(0);
    let foreign = foreign_exchange(&mut world, attacker);
    let rich = foreign_account(&mut world, &foreign, attacker, 1_000_000 * USDC);
    let at = world.addresses;
    let (real, fake) = (at.market(0), foreign.market(0));
    gains_nothing(&mut world, &[attacker], |world| {
        let redeem = client::redeem_claim(&foreign, rich.margin_account, 0);
        assert_refused(world.run(&[with_account(redeem, fake, real)]), ExchangeError::ExchangeMismatch);
        let settle = client::settle_pnl(&at, rich.margin_account, world.target(0), None);
        assert_refused(world.run(&[settle]), ExchangeError::ExchangeMismatch);
        let settle = client::settle_funding(&foreign, rich.margin_account, 0);
        assert_refused(world.run(&[with_account(settle, fake, real)]), ExchangeError::ExchangeMismatch);
        // The real pool's cash into a market of the attacker's.
        let allocate = client::allocate_backing(&at, world.target(0));
        assert_refused(world.run(&[with_account(allocate, real, fake)]), ExchangeError::ExchangeMismatch);
        let allocate = client::allocate_backing(&foreign, world.target(0));
        assert_refused(world.run(&[with_account(allocate, foreign.pool, at.pool)]), ExchangeError::ExchangeMismatch);
        // The attacker is admin there, not here.
        let fees = client::withdraw_protocol_fees(&foreign, attacker, 0, at.tokens_of(&attacker));
        assert_refused(world.run(&[with_account(fees, fake, real)]), ExchangeError::ExchangeMismatch);
    });
}

#[test]
fn attack_a_vault_mint_or_token_program_of_the_attackers_own_takes_no_deposit() {
    let mut world = world();
    let attacker = world.trader(10 * USDC);
    let at = world.addresses;
    let worthless = Pubkey::new_from_array([0xBC; 32]);
    world.chain.set_account(&worthless, tokens::mint(&at.token_program, 1_000 * USDC, None));
    let [vault, source] = [0xD1, 0xD2].map(|byte| Pubkey::new_from_array([byte; 32]));
    let plenty = tokens::token_account(&at.token_program, worthless, attacker.signer, 500 * USDC);
    world.chain.set_account(&vault, plenty.clone());
    world.chain.set_account(&source, plenty);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        let deposit = client::deposit(&at, attacker, source, Atoms::new(500 * USDC));
        let swapped = with_account(deposit.clone(), at.vault, vault);
        assert_refused(world.run(&[swapped]), ExchangeError::WrongVault);
        let swapped = with_account(deposit.clone(), at.quote_mint, worthless);
        assert_refused(world.run(&[swapped]), ExchangeError::WrongMint);
        let swapped = with_account(deposit.clone(), at.token_program, anchor_spl::token_2022::ID);
        assert_refused(world.run(&[swapped]), ExchangeError::WrongTokenProgram);
        // A program that moves nothing and reports success would credit the deposit.
        let swapped = with_account(deposit.clone(), at.token_program, anchor_lang::system_program::ID);
        assert_refused(world.run(&[swapped]), ExchangeError::WrongTokenProgram);
        // Worthless tokens into the real vault.
        assert_refused(world.run(&[deposit]), TokenError::MintMismatch);
    });
}

#[test]
fn attack_tokens_of_others_cannot_be_deposited() {
    let mut world = world();
    let attacker = world.trader(0);
    let victim = world.user(1_000 * USDC);
    let at = world.addresses;
    gains_nothing(&mut world, &[attacker.signer], |world| {
        let theft = client::deposit(&at, attacker, at.tokens_of(&victim), Atoms::new(1_000 * USDC));
        assert_refused(world.run(&[theft]), TokenError::OwnerMismatch);
        let gift = client::fund_insurance(&at, attacker.signer, at.tokens_of(&victim), None, Atoms::new(1));
        assert_refused(world.run(&[gift]), TokenError::OwnerMismatch);
    });
    assert_eq!(world.tokens(&victim), 1_000 * USDC);
}

#[test]
fn attack_the_vault_is_no_source_of_deposits() {
    let mut world = world();
    world.trader(1_000 * USDC);
    let attacker = world.trader(0);
    let at = world.addresses;
    gains_nothing(&mut world, &[attacker.signer], |world| {
        let deposit = client::deposit(&at, attacker, at.vault, Atoms::new(1_000 * USDC));
        assert_refused(world.run(&[deposit]), ExchangeError::TransferToItself);
        let insurance = client::fund_insurance(&at, attacker.signer, at.vault, None, Atoms::new(USDC));
        assert_refused(world.run(&[insurance]), ExchangeError::TransferToItself);
    });
}

#[test]
fn attack_nothing_is_paid_from_the_vault_to_itself() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let (at, provider) = (world.addresses, world.provider);
    world.trade(trader, 0, 10 * SOL).unwrap();
    // Such tokens would belong to nobody.
    let withdrawal = world.withdrawal(trader, USDC);
    let withdrawal = with_account(withdrawal, at.tokens_of(&trader.signer), at.vault);
    assert_refused(world.run(&[withdrawal]), ExchangeError::TransferToItself);
    let fees = client::withdraw_protocol_fees(&at, world.admin, 0, at.vault);
    assert_refused(world.run(&[fees]), ExchangeError::TransferToItself);
    world.give(provider, 1_000 * USDC);
    let new = NewRequest { nonce: 1, amount: Atoms::new(1_000 * USDC), limit: PriceLimit::None };
    let request = client::request_liquidity_deposit(&at, provider, at.vault, &new);
    assert_refused(world.run(&[request]), ExchangeError::TransferToItself);
    let request = client::request_liquidity_withdrawal(&at, provider, at.share_escrow, &new);
    assert_refused(world.run(&[request]), ExchangeError::InsufficientBalance);
}

#[test]
fn attack_worthless_tokens_buy_no_shares_of_a_real_pool() {
    let mut world = world();
    let attacker = world.user(0);
    let foreign = foreign_exchange(&mut world, attacker);
    let at = world.addresses;
    world.run(&[client::create_share_account(&foreign, attacker, attacker)]).unwrap();
    world.run(&[client::create_share_account(&at, attacker, attacker)]).unwrap();
    let source = foreign.tokens_of(&attacker);
    let plenty = tokens::token_account(&foreign.token_program, foreign.quote_mint, attacker, 1_000_000 * USDC);
    world.chain.set_account(&source, plenty);
    let new = NewRequest { nonce: 1, amount: Atoms::new(1_000_000 * USDC), limit: PriceLimit::None };
    world.run(&[client::request_liquidity_deposit(&foreign, attacker, source, &new)]).unwrap();
    // A deposit of the attacker's here waits for the same boundary.
    world.give(attacker, 10 * USDC);
    world.request_liquidity_deposit(attacker, 1, 10 * USDC, PriceLimit::None).unwrap();
    world.to_boundary();
    let boundary = Timestamp::new(world.boundary());
    world.value_all(attacker);
    let record = world.close(attacker);
    world.run(&[client::value_market(&foreign, attacker, TargetMarket::at_cached_price(0))]).unwrap();
    world.run(&[client::close_epoch(&foreign, attacker, boundary)]).unwrap();
    let (address, of_foreign) = (foreign.request(&attacker, 1), foreign.epoch(boundary));
    let account = world.chain.account(&address).unwrap();
    let request = perp_accounts::decode(&address, &account.owner, &account.data).unwrap();
    gains_nothing(&mut world, &[attacker], |world| {
        // The request of the worthless exchange, paid by the real one, with either record.
        let real = at.request(&attacker, 1);
        let payment = client::pay_liquidity_request(&at, attacker, &request, &record);
        let payment = with_account(payment, real, address);
        assert_refused(world.send(&payment), ExchangeError::ExchangeMismatch);
        let payment = with_account(payment, at.epoch(boundary), of_foreign);
        assert_refused(world.send(&payment), ExchangeError::ExchangeMismatch);
        // The real request by what the worthless epoch issued, and the worthless exchange paying real shares.
        let payment = with_account(payment, address, real);
        assert_refused(world.run(&[payment]), ExchangeError::ExchangeMismatch);
        let payment = client::pay_liquidity_request(&foreign, attacker, &request, &record);
        let payment = with_account(payment, foreign.share_escrow, at.share_escrow);
        assert_refused(world.send(&payment), ExchangeError::WrongShareEscrow);
        let payment = with_account(payment, foreign.pool, at.pool);
        assert_refused(world.run(&[payment]), ExchangeError::ExchangeMismatch);
        assert_eq!(world.shares(&attacker), 0);
    });
}

#[test]
fn attack_only_the_exchange_mints_shares_and_nobody_freezes_them() {
    use anchor_lang::solana_program::program_pack::Pack;
    use anchor_spl::token::spl_token::state::{Account as TokenAccount, Mint};
    let mut world = world();
    let at = world.addresses;
    let mint = Mint::unpack(&world.chain.account(&at.share_mint).unwrap().data).unwrap();
    assert_eq!(mint.mint_authority, Some(at.exchange).into());
    assert!(mint.freeze_authority.is_none());
    for (address, mint) in [(at.vault, at.quote_mint), (at.share_escrow, at.share_mint)] {
        let account = TokenAccount::unpack(&world.chain.account(&address).unwrap().data).unwrap();
        assert_eq!((account.owner, account.mint), (at.exchange, mint));
        assert!(account.delegate.is_none() && account.close_authority.is_none());
    }
}

#[test]
fn attack_accounts_of_another_type_are_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    let at = world.addresses;
    let target = world.target(0);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 1, 100 * USDC, PriceLimit::None).unwrap();
    let request = at.request(&provider, 1);
    let of_every_type = [at.exchange, at.pool, at.market(1), trader.margin_account, request, at.vault, at.quote_mint];
    let trade = world.trade_instruction(trader, target, &order(SOL));
    for wanted in [at.exchange, at.market(0), trader.margin_account] {
        for given in of_every_type {
            let of_the_token_program = [at.vault, at.quote_mint].contains(&given);
            let same_type = given == wanted || (given == at.market(1) && wanted == at.market(0));
            let expected = match (of_the_token_program, same_type) {
                (true, _) => ErrorCode::AccountOwnedByWrongProgram,
                (false, false) => ErrorCode::AccountDiscriminatorMismatch,
                (false, true) => continue,
            };
            assert_refused(world.run(&[with_account(trade.clone(), wanted, given)]), expected);
        }
    }
}

#[test]
fn attack_a_forged_account_of_another_program_is_refused() {
    let mut world = world();
    let attacker = world.trader(0);
    let at = world.addresses;
    // Byte for byte a margin account with a fortune in it, but written by another program.
    let mut rich = world.margin_account(&attacker.margin_account);
    rich.state.balance = Atoms::new(1_000_000 * USDC);
    let mut bytes = vec![0; MarginAccount::SPACE];
    assert!(encode_into(&rich, &mut bytes));
    let forged = Pubkey::new_from_array([0xFA; 32]);
    let program = Pubkey::new_from_array([0xFB; 32]);
    world.chain.set_account(&forged, tokens::account(&program, bytes));
    let as_rich = Authority { margin_account: forged, ..attacker };
    gains_nothing(&mut world, &[attacker.signer], |world| {
        let wallet = at.tokens_of(&attacker.signer);
        let theft = client::withdraw(&at, as_rich, &rich.state, wallet, Atoms::new(USDC));
        assert_refused(world.run(&[theft]), ErrorCode::AccountOwnedByWrongProgram);
    });
}

#[test]
fn attack_a_truncated_or_empty_account_is_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let whole = world.chain.account(&trader.margin_account).unwrap();
    let withdrawal = world.withdrawal(trader, 1);
    for length in [0, 7, 8, 100, whole.data.len() - 1] {
        let data = whole.data[..length].to_vec();
        world.chain.set_account(&trader.margin_account, Account { data, ..whole.clone() });
        // Eight bytes say the type, and the rest must be there too.
        let expected =
            if length < 8 { ErrorCode::AccountDiscriminatorNotFound } else { ErrorCode::AccountDidNotDeserialize };
        assert_refused(world.send(&withdrawal), expected);
    }
    world.chain.set_account(&trader.margin_account, whole);
    world.run(&[withdrawal]).unwrap();
}

#[test]
fn attack_missing_named_accounts_are_refused_by_every_instruction() {
    for name in instructions() {
        let (mut world, whole) = scene(&name);
        for count in 0..named_accounts(&name).len() {
            let mut cut = whole.clone();
            cut.accounts.truncate(count);
            assert_refused(world.run(&[cut]), ErrorCode::AccountNotEnoughKeys);
        }
        world.run(&[whole]).unwrap();
    }
}

#[test]
fn attack_accounts_that_an_instruction_writes_are_not_passed_read_only() {
    for name in instructions() {
        let (mut world, whole) = scene(&name);
        for place in 0..named_accounts(&name).len() {
            let mut read_only = whole.clone();
            if !std::mem::take(&mut read_only.accounts[place].is_writable) {
                continue;
            }
            let refused = world.run(&[read_only]).expect_err("what is read-only is not written");
            // What is to be created is refused by the system program.
            let reasons = [ErrorCode::ConstraintMut.error(), InstructionError::PrivilegeEscalation];
            let TransactionError::InstructionError(_, reason) = &refused.error else { panic!("{name}: {refused:?}") };
            assert!(reasons.contains(reason), "{name}, account {place}: {refused:?}");
        }
        world.run(&[whole]).unwrap();
    }
}

#[test]
fn attack_the_same_account_twice_is_refused() {
    let mut world = world();
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 234.375);
    let target = world.target(0);
    gains_nothing(&mut world, &[victim.signer], |world| {
        // The bounty would come back to whoever is liquidated.
        let both = world.liquidation(victim, victim.margin_account, target, &ALL);
        assert_refused(world.run(&[both]), ExchangeError::SelfLiquidation);
    });
}

#[test]
fn attack_a_closed_account_does_not_live_on_in_the_same_transaction() {
    let mut world = world();
    let trader = world.trader(100 * USDC);
    world.withdraw(trader, 100 * USDC).unwrap();
    let at = world.addresses;
    gains_nothing(&mut world, &[trader.signer], |world| {
        let close = client::close_account(trader);
        let deposit = client::deposit(&at, trader, at.tokens_of(&trader.signer), Atoms::new(100 * USDC));
        // What is closed belongs to the system program.
        assert_refused_at(1, world.run(&[close, deposit]), ErrorCode::AccountOwnedByWrongProgram);
    });
    // Closed and opened again it is empty.
    world.close_account(trader).unwrap();
    world.open_account(trader.signer, 0, None).unwrap();
    assert!(world.margin_account(&trader.margin_account).state.is_empty());
}

#[test]
fn attack_closing_an_account_with_value_in_it_is_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    world.trade(trader, 0, SOL).unwrap();
    let free = world.balance(&trader.margin_account);
    assert_refused(world.withdraw(trader, free), ExchangeError::InitialMargin);
    assert_refused(world.close_account(trader), ExchangeError::AccountNotEmpty);
    // Its rent goes to the owner and to nobody else.
    world.next_slot();
    world.close_position(trader, 0).unwrap();
    let rest = world.balance(&trader.margin_account);
    world.withdraw(trader, rest).unwrap();
    let thief = world.key();
    let close = client::close_account(Authority { signer: thief, ..trader });
    assert_refused(world.run(&[close]), ExchangeError::NotTheOwner);
    assert_refused(world.run(&[unsigned(client::close_account(trader))]), ErrorCode::AccountNotSigner);
    world.close_account(trader).unwrap();
}
