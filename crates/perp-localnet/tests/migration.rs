//! The localnet's exchange, brought about over RPC.

use perp_client::accounts::{Exchange, Market};
use perp_client::addresses::{padded, unpadded};
use perp_localnet::cli::Cli;
use perp_localnet::exchange::{create, take_all_prices};
use perp_localnet::setup::Localnet;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::ADMIN;
use perp_migrations::{migrate, MigrationError, Step};

use clap::Parser;
use perp_engine::units::{Atoms, Ppm};
use perp_exchange::convert::Units;
use perp_migrations::description::MarketDescription;
use solana_keypair::Keypair;

#[test]
fn a_migration_brings_the_exchange_about_and_running_it_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let localnet = Localnet::start(Ports::free().unwrap(), folder.path()).unwrap();
    let (connection, admin) = (&localnet.connection, &localnet.wallets.get(ADMIN).unwrap().keypair);
    let mut description = localnet.description().unwrap();

    let stranger = Keypair::new();
    let error = migrate(connection, &description, &stranger).unwrap_err();
    assert!(matches!(error, MigrationError::NotTheCreator { .. }), "{error}");

    let first = migrate(connection, &description, admin).unwrap();
    assert!(first.steps.iter().all(|step| matches!(step, Step::Create { .. })), "{first:?}");
    let exchange: Exchange = connection.fetch(&first.addresses.exchange).unwrap();
    assert_eq!((unpadded(&exchange.name).as_str(), exchange.market_count), ("localnet", 2));
    assert_eq!(exchange.vault, first.addresses.vault);
    for (index, wanted) in (0u16..).zip(&description.markets) {
        let market: Market = connection.fetch(&first.addresses.market(index)).unwrap();
        assert_eq!((market.symbol, market.state.parameters), (wanted.symbol, wanted.parameters));
    }

    // Anybody may ask again: nothing needs a signature.
    let again = migrate(connection, &description, &stranger).unwrap();
    assert!(again.steps.iter().all(|step| matches!(step, Step::Already { .. })), "{again:?}");

    description.markets[0].target_backing = Atoms::new(7_000_000);
    let error = migrate(connection, &description, &stranger).unwrap_err();
    assert!(matches!(error, MigrationError::MissingRole { .. }), "{error}");
    let changed = migrate(connection, &description, admin).unwrap();
    assert_eq!(changed.steps[1].outcome(), "market SOL-PERP: target_backing changed from 3000000 to 7");
    let snapshot = connection.snapshot(&changed.addresses).unwrap();
    assert_eq!(snapshot.market(0).unwrap().target_backing, Atoms::new(7_000_000));

    description.markets[1].parameters.base_margin = Ppm::new(50_000);
    description.exchange.quote_decimals = 9;
    let error = migrate(connection, &description, admin).unwrap_err().to_string();
    for expected in [
        "exchange: quote_decimals is 6 on the chain and 9 in the file",
        "BTC-PERP: base_margin_percent is 4 on the chain and 5 in the file",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    localnet.validator.stop().unwrap();
}

#[test]
fn what_the_checker_lets_pass_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let localnet = Localnet::start(Ports::free().unwrap(), folder.path()).unwrap();
    let (connection, admin) = (&localnet.connection, &localnet.wallets.get(ADMIN).unwrap().keypair);
    let mut description = localnet.description().unwrap();
    // The fewest and the most decimals, a symbol of two-byte letters and one of all sixteen bytes.
    for (base_decimals, symbol) in [(0, "ΩΩΩΩΩΩΩΩ"), (18, "sixteen letters!")] {
        let symbol = padded(symbol).unwrap();
        description.markets.push(MarketDescription { base_decimals, symbol, ..description.markets[1].clone() });
    }
    let migration = migrate(connection, &description, admin).unwrap();
    assert_eq!(migration.steps.len(), 5);
    for (index, wanted) in (0u16..).zip(&description.markets) {
        let market: Market = connection.fetch(&migration.addresses.market(index)).unwrap();
        assert_eq!((market.symbol, market.state.base_decimals), (wanted.symbol, wanted.base_decimals));
    }
    localnet.validator.stop().unwrap();
}

#[test]
fn every_market_of_a_fresh_localnet_has_the_price_of_its_feed() {
    let folder = tempfile::tempdir().unwrap();
    let localnet = Localnet::start(Ports::free().unwrap(), folder.path()).unwrap();
    let mut script = Cli::try_parse_from(["perp-localnet"]).unwrap().options.oracle.script().unwrap();
    let addresses = create(&localnet, &mut script, Atoms::ZERO).unwrap().addresses;
    let unpriced = localnet.connection.snapshot(&addresses).unwrap();
    assert!(unpriced.markets().iter().all(|market| market.price.published.is_never()));

    take_all_prices(&localnet, &addresses).unwrap();
    let priced = localnet.connection.snapshot(&addresses).unwrap();
    let prices: Vec<_> =
        priced.markets().iter().map(|market| Units::of(market).show_price(market.price.price)).collect();
    assert_eq!(prices, ["140.615937", "60000"]);
    for market in priced.markets() {
        assert_eq!(market.price.published.get(), localnet.chain().clock().unix_timestamp);
    }
    localnet.validator.stop().unwrap();
}
