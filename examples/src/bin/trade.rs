//! Opens a position at no worse a price than the preview's, within a slippage, and closes it again.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{bail, Result};
use clap::Parser;
use perp_client::accounts::MarginAccount;
use perp_client::engine::operations::position::Order;
use perp_client::engine::units::{Atoms, Price, QuoteX40, SignedAtoms, SignedSize};
use perp_client::events::Event;
use perp_client::exchange::convert::atoms;
use perp_client::instructions::{create_token_account, deposit, open_account, trade};
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

fn open_margin_account(client: &Client, collateral: Atoms) -> Result<()> {
    let (authority, addresses) = (client.authority(), &client.addresses);
    if client.connection.find::<MarginAccount>(&authority.margin_account)?.is_some() {
        return Ok(());
    }
    let owner = authority.signer;
    let instructions = [
        create_token_account(addresses, owner, owner),
        open_account(addresses, owner, owner, 0, None),
        deposit(addresses, authority, addresses.tokens_of(&owner), collateral),
    ];
    client.connection.send(&instructions, &[&client.keypair])?;
    println!("deposited {}", client.show(collateral));
    Ok(())
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
    let slack = expected.get() / 10_000 * slippage;
    let acceptable_price = match size.get() {
        1.. => expected.checked_add(Price::new(slack))?,
        _ => expected.checked_sub(Price::new(slack))?,
    };
    let order = Order { acceptable_price, ..order };
    let instruction = trade(&client.addresses, authority, &account.state, price.target(), &order);
    let signature = client.connection.send(&[instruction], &[&client.keypair])?;

    for event in client.connection.events(&signature)? {
        let Event::Traded(traded) = event else { continue };
        let (units, size) = (price.units(), SignedSize::new(traded.size));
        let filled = average(QuoteX40::new(traded.notional), size)?;
        println!("filled {} {} at {}", units.show_signed_size(size), price.symbol(), units.show_price(filled));
        println!("  acceptable price     {}", units.show_price(acceptable_price));
        println!("  spread               {}", client.show(QuoteX40::new(traded.spread).to_atoms_ceil()?));
        println!("  impact               {}", client.show(QuoteX40::new(traded.impact).to_atoms_ceil()?));
        println!("  fee                  {}", client.show(Atoms::new(traded.fee)));
        println!("  realized profit      {}", units.show_signed_atoms(SignedAtoms::new(traded.realized)));
        println!("  funding              {}", units.show_signed_atoms(SignedAtoms::new(traded.funding)));
        println!("  position             {}", units.show_signed_size(SignedSize::new(traded.size_after)));
        println!("  balance              {}", client.show(Atoms::new(traded.balance_after)));
    }
    Ok(())
}

/// What one base unit was bought or sold for.
fn average(notional: QuoteX40, size: SignedSize) -> Result<Price> {
    Ok(Price::new(u64::try_from(notional.get() / i128::from(size.size().get()))?))
}
