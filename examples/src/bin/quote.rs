//! What an order would cost and do, without sending it: the engine that the program runs is asked here.

use anyhow::Result;
use clap::Parser;
use perp_client::accounts::MarginAccount;
use perp_client::engine::operations::position::Order;
use perp_client::engine::state::Account;
use perp_client::engine::units::{Price, Side};
use perp_client::exchange::convert::atoms;
use perp_examples::Options;

/// Prints the largest orders, a preview of one with its costs, and what it does to the account.
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
    /// Collateral to reckon with where there is no margin account yet
    #[arg(long, default_value = "1000")]
    collateral: String,
}

fn main() -> Result<()> {
    let Arguments { options, market, size, collateral } = Arguments::parse();
    let client = options.connect("alice")?;
    let price = client.price(market)?;
    let (units, reading) = (price.units(), Some(&price.reading));

    // Everything a preview looks at, as it stands on chain at one moment.
    let mut exchange = client.connection.snapshot(&client.addresses)?;
    let account = match client.connection.find::<MarginAccount>(&client.authority().margin_account)? {
        Some(account) => account.state,
        None => Account { balance: atoms(&collateral, client.quote_decimals)?, ..Account::opened(None) },
    };
    println!("balance                {}", client.show(account.balance));

    for (name, side) in [("largest buy", Side::Long), ("largest sale", Side::Short)] {
        let largest = exchange.largest_order(&account, market, side, reading)?;
        println!("{name:<22} {}", largest.map_or("none".into(), |size| units.show_size(size.size())));
    }

    // An order at any price is for previews: one that is sent has a bound (see trade.rs).
    let order = Order::at_any_price(units.signed_size(&size)?);
    let after = exchange.preview_trade(&account, market, &order, reading)?;
    let plan = &after.plan;
    let average = Price::new(u64::try_from(plan.notional.get() / i128::from(plan.size.size().get()))?);
    println!("order                  {} {}", units.show_signed_size(plan.size), price.symbol());
    println!("index price            {}", units.show_price(after.market.price.price));
    println!("average price          {}", units.show_price(average));
    println!("cost                   {}", client.show(plan.fill.cost_ceil()?));
    println!("  spread               {}", client.show(plan.fill.spread.to_atoms_ceil()?));
    println!("  impact               {}", client.show(plan.fill.impact()?.to_atoms_ceil()?));
    println!("  fee                  {}", client.show(plan.fill.fee));

    // The account as it would stand then.
    exchange.put_market(after.market);
    let health = exchange.health(&after.account)?;
    println!("equity                 {}", units.show_signed_atoms(health.maintenance.equity));
    println!("maintenance margin     {}", client.show(health.maintenance.margin));
    println!("initial margin         {}", client.show(health.initial.margin));
    let liquidated_at = exchange.liquidation_price(&after.account, market)?;
    println!("liquidation price      {}", liquidated_at.map_or("none".into(), |price| units.show_price(price)));
    Ok(())
}
