//! Previews a trade on an exchange: what an integrator's first program does. CI compiles it with the newest versions of
//! every dependency.

use perp_client::accounts::MarginAccount;
use perp_client::engine::operations::position::Order;
use perp_client::exchange::convert::Units;
use perp_client::rpc::Connection;
use perp_client::Addresses;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [url, exchange, owner, size] =
        <[String; 4]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).map_err(|_| "usage: outside URL EXCHANGE OWNER SIZE")?;
    let connection = Connection::new(&url);
    let root: perp_client::accounts::Exchange = connection.fetch(&exchange.parse()?)?;
    let addresses = Addresses::new(exchange.parse()?, root.quote_mint, root.token_program);
    let account: MarginAccount = connection.fetch(&addresses.margin_account(&owner.parse()?, 0))?;
    let snapshot = connection.snapshot(&addresses)?;
    let order = Order::at_any_price(Units::of(snapshot.market(0)?).signed_size(&size)?);
    let after = snapshot.preview_trade(&account.state, 0, &order, None)?;
    println!("{:#?}", after.plan);
    Ok(())
}
