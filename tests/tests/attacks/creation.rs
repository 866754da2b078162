//! Getting in first, or twice.

use crate::{with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::system_program;
use perp_accounts::oracle::OracleKind;
use perp_client::addresses::exchange_address;
use perp_client::instructions as client;
use perp_engine::state::PriceLimit;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, assert_refused_at, listing, tokens, SystemError, World, USDC};

#[test]
fn attack_creating_the_exchange_of_another_first_gives_an_exchange_of_ones_own() {
    let mut world = World::before_creation(BACKEND);
    let attacker = world.key();
    let at = world.addresses;
    let (mint, program) = (at.quote_mint, at.token_program);
    let arguments = world.exchange_arguments();
    // The same name under the attacker's key is another address.
    world.run(&[client::create_exchange(attacker, mint, program, &arguments)]).unwrap();
    assert_ne!(exchange_address(&attacker, &arguments.name), at.exchange);
    // At the victim's address it needs the victim's signature.
    let theirs = client::create_exchange(world.admin, mint, program, &arguments);
    let mine = with_account(theirs, world.admin, attacker);
    assert_refused(world.run(&[mine]), ErrorCode::ConstraintSeeds);
    world.create_exchange().unwrap();
    assert_eq!(world.exchange().admin, world.admin);
}

#[test]
fn attack_lamports_sent_to_the_addresses_beforehand_do_not_stop_a_creation() {
    let mut world = World::before_creation(BACKEND);
    let at = world.addresses;
    let owner = world.user(0);
    let account = at.margin_account(&owner, 0);
    for address in [at.exchange, at.pool, at.vault, at.share_mint, at.share_escrow, at.market(0), account] {
        world.chain.set_account(&address, tokens::account(&system_program::ID, Vec::new()));
    }
    world.create_exchange().unwrap();
    world.list(listing::market(0, listing::parameters(), 0));
    world.open_account(owner, 0, None).unwrap();
    assert_eq!(world.margin_account(&account).owner, owner);
}

#[test]
fn attack_nothing_is_initialized_twice() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let provider = world.provider;
    world.request_liquidity_withdrawal(provider, 77, 100 * USDC, PriceLimit::None).unwrap();
    for again in [
        world.create_exchange(),
        world.open_account(trader.signer, 0, None),
        world.request_liquidity_withdrawal(provider, 77, 100 * USDC, PriceLimit::None),
    ] {
        assert_refused(again, SystemError::AccountAlreadyInUse);
    }
    assert_eq!(world.balance(&trader.margin_account), 1_000 * USDC);
    // Markets are numbered without gaps and without repetition.
    for index in [0, 1] {
        let market = listing::market(index, listing::parameters(), 0);
        assert_refused(world.create_market(market), SystemError::AccountAlreadyInUse);
    }
    let market = listing::market(3, listing::parameters(), 0);
    assert_refused(world.create_market(market), ExchangeError::WrongMarketIndex);
}

#[test]
fn attack_a_market_is_not_bound_to_an_oracle_that_anybody_can_write() {
    let mut world = world();
    let mut market = listing::market(2, listing::parameters(), 0);
    market.oracle.program = perp_swap::ID;
    assert_refused(world.create_market(market), ExchangeError::OracleUnknownProgram);
    let mut market = listing::market(2, listing::parameters(), 0);
    market.oracle.feed_id = [0; 32];
    assert_refused(world.create_market(market), ExchangeError::OracleBindingNeedsFeedId);
    let mut market = listing::market(2, listing::parameters(), 0);
    market.oracle.kind = OracleKind::LegacyPush;
    assert_refused(world.create_market(market), ExchangeError::OracleProgramOfOtherKind);
}

#[test]
fn attack_parameters_that_contradict_each_other_are_not_listed() {
    let mut world = world();
    // A bounty so large that provoking one's own liquidation would pay: 0.4 % + 0.04 % > 1 % · (1 − 60 %).
    let mut parameters = listing::parameters();
    parameters.bounty_share_max = perp_engine::units::Ppm::new(600_000);
    let market = listing::market(2, parameters, 0);
    assert_refused(world.create_market(market), ExchangeError::MarketParameters);
    // Only the admin lists.
    let stranger = world.key();
    let market = listing::market(2, listing::parameters(), 0);
    let listed = client::create_market(&world.addresses, stranger, &market);
    assert_refused(world.run(&[listed]), ExchangeError::MissingRole);
}

#[test]
fn attack_a_transaction_cannot_carry_two_copies_of_a_creation() {
    let mut world = world();
    let owner = world.user(0);
    let open = client::open_account(&world.addresses, owner, owner, 3, None);
    assert_refused_at(1, world.run(&[open.clone(), open]), SystemError::AccountAlreadyInUse);
}
