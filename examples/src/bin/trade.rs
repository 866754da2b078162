//! Opens a position at no worse a price than the preview's, within a slippage, and closes it again.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{bail, Result};
use clap::Parser;
use perp_client::accounts::MarginAccount;
use perp_client::engine::operations::position::Order;
use perp_client::engine::units::SignedSize;
use perp_client::exchange::convert::atoms;
use perp_client::instructions::trade;
use perp_examples::order::{acceptable_price, average, open_margin_account, print_fills};
use perp_examples::{Client, Options};

/// Deposits collateral where there is no margin account yet, trades, prints what happened, and closes.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
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
    let Arguments { options, market, size, slippage, collateral } = Arguments::parse();
    let client = options.connect("alice")?;
    open_margin_account(&client, atoms(&collateral, client.quote_decimals)?)?;

    let size = client.price(market)?.units().signed_size(&size)?;
    fill(&client, market, size, false, slippage)?;
    let account: MarginAccount = client.connection.fetch(&client.authority().margin_account)?;
    let Some((_, position)) = account.state.occupied().find(|(_, position)| position.market == market) else {
        bail!("the order left no position to close");
    };
    // Nobody reduces a position in the slot of its last increase.
    while client.connection.clock()?.slot <= position.last_increase_slot {
        sleep(Duration::from_millis(100));
    }
    fill(&client, market, SignedSize::new(-position.size.get()), true, slippage)
}

/// Previews the order, sends it with a bound, and prints its event.
fn fill(client: &Client, market: u16, size: SignedSize, reduce_only: bool, slippage: u64) -> Result<()> {
    let authority = client.authority();
    let account: MarginAccount = client.connection.fetch(&authority.margin_account)?;
    let price = client.price(market)?;
    let exchange = client.connection.snapshot(&client.addresses)?;
    let order = Order { reduce_only, ..Order::at_any_price(size) };
    let preview = exchange.preview_trade(&account.state, market, &order, Some(&price.reading))?.plan;

    let expected = average(preview.notional, preview.size)?;
    let acceptable_price = acceptable_price(expected, size, slippage)?;
    let order = Order { acceptable_price, ..order };
    let instruction = trade(&client.addresses, authority, &account.state, price.target(), &order);
    let signature = client.connection.send(&[instruction], &[&client.keypair])?;
    print_fills(client, &price, &signature, acceptable_price)
}
