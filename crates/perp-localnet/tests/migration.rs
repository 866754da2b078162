//! The localnet's exchange, brought about over RPC.

use perp_client::addresses::unpadded;
use perp_localnet::cli::Cli;
use perp_localnet::setup::Localnet;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::ADMIN;
use perp_migrations::{migrate, MigrationError, Step};
use perp_swap::state::{Exchange, Market};

use clap::Parser;
use perp_engine::units::{Atoms, Ppm};
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
    assert!(matches!(error, MigrationError::NotTheAdmin { .. }), "{error}");
    let changed = migrate(connection, &description, admin).unwrap();
    assert_eq!(changed.steps[1].outcome(), "market SOL-PERP: target_backing changed from 3000000 to 7");
    let snapshot = connection.snapshot(&changed.addresses).unwrap();
    assert_eq!(snapshot.market(0).unwrap().target_backing, Atoms::new(7_000_000));

    description.markets[1].parameters.base_margin = Ppm::new(50_000);
    description.exchange.quote_decimals = 9;
    let error = migrate(connection, &description, admin).unwrap_err().to_string();
    for expected in [
        "exchange: quote_decimals is 6 on the chain and 9 in the file",
        "BTC-PERP: base_margin_percent is 4 % on the chain and 5 % in the file",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    localnet.validator.stop().unwrap();
}

#[test]
fn the_localnet_finds_each_feed_its_markets_are_bound_to() {
    let folder = tempfile::tempdir().unwrap();
    let localnet = Localnet::start(Ports::free().unwrap(), folder.path()).unwrap();
    let mut script = Cli::try_parse_from(["perp-localnet"]).unwrap().options.oracle.script().unwrap();
    script.tick(localnet.chain()).unwrap();
    let admin = &localnet.wallets.get(ADMIN).unwrap().keypair;
    let addresses = migrate(&localnet.connection, &localnet.description().unwrap(), admin).unwrap().addresses;
    for index in 0..2 {
        let market: Market = localnet.connection.fetch(&addresses.market(index)).unwrap();
        let update = perp_client::instructions::update_price(&addresses, index, market.oracle_account);
        localnet.connection.send(&[update], &[admin]).unwrap();
        let market: Market = localnet.connection.fetch(&addresses.market(index)).unwrap();
        assert!(!market.state.price.published.is_never());
    }
    localnet.validator.stop().unwrap();
}
