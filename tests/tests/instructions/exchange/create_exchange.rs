use crate::expected::says;
use anchor_lang::prelude::Pubkey;
use perp_client::addresses::padded;
use perp_client::instructions::{self as client, NewExchange};
use perp_engine::state::{ExchangeState, Pool, PoolParameters};
use perp_engine::units::{Atoms, Ppm};
use perp_swap::errors::ExchangeError;
use perp_swap::events::ExchangeCreated;
use perp_tests::{assert_refused, listing, tokens, Backend, Ran, World};

fn create(world: &mut World, exchange: &NewExchange) -> Ran {
    let at = world.addresses;
    world.run(&[client::create_exchange(world.admin, at.quote_mint, at.token_program, exchange)])
}

#[test]
fn an_exchange_begins_with_an_empty_pool_and_its_creator_as_admin() {
    let mut world = World::before_creation(Backend::Sbf);
    let (at, admin, risk_admin, guardian) = (world.addresses, world.admin, world.risk_admin, world.guardian);
    let exchange = world.exchange_arguments();
    let expected = ExchangeCreated {
        exchange: at.exchange,
        time: world.now,
        exchange_sequence: 1,
        creator: admin,
        name: World::name(),
        quote_mint: at.quote_mint,
        quote_decimals: 6,
        risk_admin,
        guardian,
    };
    says(create(&mut world, &exchange), expected);

    let stored = world.exchange();
    assert_eq!((stored.creator, stored.name, stored.admin), (admin, World::name(), admin));
    assert_eq!((stored.pending_admin, stored.risk_admin, stored.guardian), (Pubkey::default(), risk_admin, guardian));
    assert_eq!((stored.quote_mint, stored.token_program, stored.quote_decimals), (at.quote_mint, at.token_program, 6));
    assert_eq!((stored.pool, stored.vault), (at.pool, at.vault));
    assert_eq!((stored.share_mint, stored.share_escrow), (at.share_mint, at.share_escrow));
    assert_eq!((stored.state, stored.market_count), (ExchangeState { sequence: 1, ..Default::default() }, 0));
    assert_eq!(world.pool().state, Pool::opened(listing::pool_parameters()));
    // Vault and share escrow are the exchange's, and no share exists.
    for (account, mint) in [(at.vault, at.quote_mint), (at.share_escrow, at.share_mint)] {
        let account = tokens::read_token_account(&mut *world.chain, &account).unwrap();
        assert_eq!((account.mint, account.owner, account.amount), (mint, at.exchange, 0));
    }
    assert_eq!(tokens::supply(&mut *world.chain, &at.share_mint), 0);
}

#[test]
fn a_name_that_is_no_text_is_refused() {
    let mut world = World::before_creation(Backend::Sbf);
    let text: [u8; 32] = padded("main").unwrap();
    // Nothing; text after a zero; a byte with which no character begins; the first byte of a character of two.
    let (mut after_zero, mut no_character, mut half_character) = (text, text, text);
    (after_zero[9], no_character[0], half_character[4]) = (b'!', 0xFF, 0xCE);
    for name in [[0; 32], after_zero, no_character, half_character] {
        let exchange = NewExchange { name, ..world.exchange_arguments() };
        assert_refused(create(&mut world, &exchange), ExchangeError::NameNotText);
    }
    let omega = NewExchange { name: padded("Ω and 30 bytes of text after it").unwrap(), ..world.exchange_arguments() };
    create(&mut world, &omega).unwrap();
}

#[test]
fn parameters_that_no_pool_may_have_are_refused() {
    let mut world = World::before_creation(Backend::Sbf);
    let good = listing::pool_parameters();
    for parameters in [
        PoolParameters { minimum_request: Atoms::new(10_000), ..good },
        PoolParameters { epoch_seconds: 599, ..good },
        PoolParameters { epoch_seconds: 86_401, ..good },
        PoolParameters { deposit_notice: 59, ..good },
        PoolParameters { withdrawal_notice: 30 * 3_600 + 1, ..good },
        PoolParameters { queue_fee: Ppm::new(1_001), ..good },
        PoolParameters { hysteresis: Ppm::new(1_000_001), ..good },
        PoolParameters { shared_draw_share: Ppm::new(1_000_001), ..good },
        PoolParameters { shared_draw_window: 3_599, ..good },
    ] {
        let exchange = NewExchange { parameters, ..world.exchange_arguments() };
        assert_refused(create(&mut world, &exchange), ExchangeError::PoolParameters);
    }
}
