//! An exchange with one market and one trader, for tests.

use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::PriceLimit;
use perp_engine::units::SignedSize;
use perp_exchange::{Exchange, Listing};

/// A market of SOL at $250 with a backing of $250 000, and a trader who has bought 100 SOL with $5 000.
pub fn exchange() -> (Exchange, usize) {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    let listing = Listing { parameters: sol_parameters(), base_decimals: 9, target_backing: usdc(250_000) };
    exchange.list(&listing).unwrap();
    let provider = exchange.add_provider();
    exchange.request_liquidity_deposit(provider, usdc(500_000), PriceLimit::None).unwrap();
    let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
    exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
    exchange.value_market(0, None).unwrap();
    exchange.close_epoch().unwrap();
    exchange.pay_liquidity_request(0).unwrap();
    exchange.allocate_backing(0, None).unwrap();
    let trader = exchange.open_account(None).unwrap();
    exchange.deposit(trader, usdc(5_000)).unwrap();
    let order = Order::at_any_price(SignedSize::new(100 * SOL as i64));
    let reading = reading(&exchange, 250);
    exchange.trade(trader, 0, &order, Some(&reading)).unwrap();
    (exchange, trader)
}

/// What an oracle says of a price in dollars now.
pub fn reading(exchange: &Exchange, dollars: i64) -> OracleReading {
    OracleReading::new(dollars * 100_000_000, 0, -8, exchange.clock.now.get()).unwrap()
}
