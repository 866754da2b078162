use crate::expected::says;
use perp_accounts::oracle::{OracleBinding, OracleKind, COMPATIBLE_RECEIVER};
use perp_accounts::{encode_into, Exchange};
use perp_client::addresses::padded;
use perp_client::instructions::{create_market, NewMarket, OracleSource};
use perp_engine::market::claims::FULL_CLAIM_FACTOR;
use perp_engine::state::{Market, Parameters, SecondPrice};
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
fn a_market_keeps_its_second_oracle_where_it_has_one() {
    let mut world = World::empty(Backend::Sbf);
    world.create_market(listing::market(0, listing::parameters(), 0)).unwrap();
    assert_eq!(world.market(0).second_oracle, OracleBinding::NONE);
    let bounded = listing::bounded(1, 0);
    world.create_market(bounded).unwrap();
    let (stored, second) = (world.market(1), bounded.second_oracle.unwrap());
    assert_eq!(stored.second_oracle, OracleBinding::from(second));
    assert_eq!((second.program, second.feed_id), (COMPATIBLE_RECEIVER, stored.oracle.feed_id));
    assert_eq!((stored.state.parameters, stored.state.second_price), (bounded.parameters, SecondPrice::default()));
}

#[test]
fn a_second_oracle_is_another_than_the_first_and_has_its_parameters() {
    let mut world = World::empty(Backend::Sbf);
    let good = listing::bounded(0, 0);
    let second = good.second_oracle.unwrap();
    let with = |second| NewMarket { second_oracle: Some(second), ..good };
    let of = |deviation, age| Parameters {
        second_max_deviation: Ppm::new(deviation),
        second_max_age: age,
        ..good.parameters
    };
    let unbound = listing::parameters();
    for (market, rule) in [
        (with(good.oracle), ExchangeError::OracleSecondIsFirst),
        // Which account of the feed is read makes it no other.
        (with(OracleSource { account: good.oracle.program, ..good.oracle }), ExchangeError::OracleSecondIsFirst),
        (with(OracleSource { feed_id: [0; 32], ..second }), ExchangeError::OracleBindingNeedsFeedId),
        (with(OracleSource { program: perp_swap::ID, ..second }), ExchangeError::OracleUnknownProgram),
        (with(OracleSource { kind: OracleKind::LegacyPush, ..second }), ExchangeError::OracleProgramOfOtherKind),
        (NewMarket { parameters: of(10_000, 3_601), ..good }, ExchangeError::MarketParameters),
        (NewMarket { parameters: of(150_001, 60), ..good }, ExchangeError::MarketParameters),
        (NewMarket { parameters: of(0, 60), ..good }, ExchangeError::MarketParameters),
        (NewMarket { parameters: unbound, ..good }, ExchangeError::SecondOracleParameters),
        (NewMarket { second_oracle: None, ..good }, ExchangeError::SecondOracleParameters),
    ] {
        assert_refused(world.create_market(market), rule);
    }
    // Another feed of the same program is another source.
    world.create_market(with(OracleSource { feed_id: [7; 32], ..good.oracle })).unwrap();
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
fn as_many_markets_are_listed_as_there_are_indices() {
    let mut world = World::empty(Backend::Sbf);
    let address = world.addresses.exchange;
    let full = Exchange { market_count: u16::MAX, ..world.exchange() };
    let mut account = world.chain.account(&address).unwrap();
    assert!(encode_into(&full, &mut account.data));
    world.chain.set_account(&address, account);
    let one_more = listing::market(u16::MAX, listing::parameters(), 0);
    assert_refused(world.create_market(one_more), ExchangeError::TooManyMarkets);
}
