//! Trades in a market whose price account is old: fetches a signed price, posts it, and trades at it in the same transaction.

use anyhow::{anyhow, Result};
use clap::Parser;
use perp_client::accounts::{MarginAccount, Market};
use perp_client::engine::operations::position::Order;
use perp_client::exchange::convert::atoms;
use perp_client::instructions::{trade, TargetMarket};
use perp_examples::order::{acceptable_price, average, open_margin_account, print_fills};
use perp_examples::{post, AddressFile, Options, Price};
use perp_updates::destination::Place;
use perp_updates::{Destination, Post, PriceServer};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// More than the heaviest order takes: docs/compute-units.md.
const ORDER_UNITS: u32 = 60_000;

/// Deposits collateral where there is no margin account yet, and trades at a price that it brings along.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Server of signed prices [default: the one in exchange.json]
    #[arg(long)]
    prices: Option<String>,
    /// Index of the market
    #[arg(long, default_value_t = 0)]
    market: u16,
    /// What to buy, or to sell where it is negative, in whole units of the asset
    #[arg(long, default_value = "10", allow_hyphen_values = true)]
    size: String,
    /// How much worse than the preview's the price may be, in hundredths of a percent
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    slippage: u64,
    /// Collateral to deposit where there is no margin account yet
    #[arg(long, default_value = "1000")]
    collateral: String,
}

fn main() -> Result<()> {
    let Arguments { options, prices, market: index, size, slippage, collateral } = Arguments::parse();
    let client = options.connect("alice")?;
    let prices = match prices {
        Some(url) => url,
        None => AddressFile::read(&options.keys)?.prices_url,
    };
    open_margin_account(&client, atoms(&collateral, client.quote_decimals)?)?;

    // Where the market takes any account of its feed, a new one that is closed after use; else the one it names.
    let (connection, own) = (&client.connection, Keypair::new());
    let market: Market = connection.fetch(&client.addresses.market(index))?;
    let destination = Destination::of(&market.oracle, own.pubkey())?;
    let is_own = matches!(destination.place, Place::Own { .. });

    let update = PriceServer::new(&prices)?.latest(&[destination.feed])?;
    let signed = update.price(destination.feed)?;
    let fresh = Price {
        market,
        reading: signed.reading().map_err(|error| anyhow!("feed {} shows no sane price: {error:?}", signed.feed))?,
    };
    let age = connection.clock()?.now.get() - signed.publish_time;
    println!("fetched {} · 10^{}, published {age} s ago", signed.price, signed.exponent);

    // The preview is of the price that will be there.
    let authority = client.authority();
    let account: MarginAccount = connection.fetch(&authority.margin_account)?;
    let size = fresh.units().signed_size(&size)?;
    let exchange = connection.snapshot(&client.addresses)?;
    let order = Order::at_any_price(size);
    let preview = exchange.preview_trade(&account.state, index, &order, Some(&fresh.reading))?.plan;
    let acceptable = acceptable_price(average(preview.notional, preview.size)?, size, slippage)?;
    let order = Order { acceptable_price: acceptable, ..order };

    let target = TargetMarket::with_oracle(index, destination.account());
    let order = trade(&client.addresses, authority, &account.state, target, &order);
    let posts = vec![Post { destination, is_new: is_own, close: is_own }];
    let plan = post::plan(connection, &client.keypair, &update, posts, vec![order], ORDER_UNITS)?;
    let signature = post::send(connection, &plan, &[&client.keypair, &own])?;
    print_fills(&client, &fresh, &signature, acceptable)
}
