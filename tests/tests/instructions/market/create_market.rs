use crate::expected::says;
use perp_accounts::oracle::{OracleBinding, OracleKind};
use perp_client::addresses::padded;
use perp_client::instructions::{create_market, NewMarket};
use perp_engine::market::claims::FULL_CLAIM_FACTOR;
use perp_engine::state::{Market, Parameters, MAX_MARKETS};
use perp_engine::units::{Atoms, Ppm, MAX_ATOMS};
use perp_swap::errors::ExchangeError;
use perp_swap::events::MarketCreated;
use perp_tests::{assert_refused, listing, Backend, World};

#[test]
fn a_market_begins_empty_and_without_a_price() {
    let mut world = World::empty(Backend::Sbf);
    let at = world.addresses;
    let market = listing::market(0, listing::parameters(), 5);
    let expected = MarketCreated {
        exchange: at.exchange,
        time: world.now,
        market: at.market(0),
        market_index: 0,
        market_sequence: 1,
        symbol: market.symbol,
        base_decimals: 9,
        target_backing: 5,
    };
    says(world.create_market(market), expected);

    let stored = world.market(0);
    let mut state = Market {
        parameters: market.parameters,
        target_backing: Atoms::new(5),
        sequence: 1,
        base_decimals: 9,
        quote_decimals: 6,
        ..Market::default()
    };
    state.ledger.claim_factor = FULL_CLAIM_FACTOR;
    assert_eq!((stored.exchange, stored.symbol, stored.state), (at.exchange, market.symbol, state));
    let oracle = market.oracle;
    assert_eq!(stored.oracle, OracleBinding::new(OracleKind::Pull, oracle.program, oracle.account, oracle.feed_id));
    assert_eq!((world.exchange().market_count, world.exchange().state.sequence), (1, 1));
}

#[test]
fn a_market_that_breaks_a_rule_is_not_listed() {
    let mut world = World::empty(Backend::Sbf);
    let good = listing::market(0, listing::parameters(), 5);
    let of = |parameters| NewMarket { parameters, ..good };
    for (market, rule) in [
        (NewMarket { index: 1, ..good }, ExchangeError::WrongMarketIndex),
        (NewMarket { base_decimals: 19, ..good }, ExchangeError::DecimalsOutOfRange),
        (NewMarket { target_backing: Atoms::new(MAX_ATOMS + 1), ..good }, ExchangeError::Overflow),
        (of(Parameters { base_margin: Ppm::new(20_000), ..good.parameters }), ExchangeError::MarketParameters),
        (of(Parameters { max_age_trade: 0, ..good.parameters }), ExchangeError::MarketParameters),
        (of(Parameters { future_tolerance: 11, ..good.parameters }), ExchangeError::MarketParameters),
    ] {
        assert_refused(world.create_market(market), rule);
    }
    let at = world.addresses;
    for signer in [world.risk_admin, world.guardian] {
        assert_refused(world.run(&[create_market(&at, signer, &good)]), ExchangeError::MissingRole);
    }
    world.create_market(good).unwrap();
}

#[test]
fn a_symbol_that_is_no_text_is_refused() {
    let mut world = World::empty(Backend::Sbf);
    let text: [u8; 16] = padded("M0-PERP").unwrap();
    // Nothing; text after a zero; a byte with which no character begins; the first byte of a character of two.
    let (mut after_zero, mut no_character, mut half_character) = (text, text, text);
    (after_zero[15], no_character[0], half_character[7]) = (b'!', 0xFF, 0xCE);
    let good = listing::market(0, listing::parameters(), 5);
    for symbol in [[0; 16], after_zero, no_character, half_character] {
        assert_refused(world.create_market(NewMarket { symbol, ..good }), ExchangeError::NameNotText);
    }
    world.create_market(NewMarket { symbol: *b"sixteen letters!", ..good }).unwrap();
}

#[test]
fn as_many_markets_are_listed_as_a_transaction_can_name() {
    let mut world = World::empty(Backend::Sbf);
    let most = u16::try_from(MAX_MARKETS).unwrap();
    for index in 0..most {
        world.create_market(listing::market(index, listing::parameters(), 0)).unwrap();
    }
    let one_more = listing::market(most, listing::parameters(), 0);
    assert_refused(world.create_market(one_more), ExchangeError::TooManyMarkets);
    assert_eq!(usize::from(world.exchange().market_count), MAX_MARKETS);
}
