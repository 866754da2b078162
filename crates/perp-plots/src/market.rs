//! SOL-PERP as it is listed, on an exchange in memory, and the engine's units as numbers to draw.

use anyhow::{anyhow, Result};
use perp_engine::fixtures::{pool_parameters, sol_parameters, usdc, NOW, SOL};
use perp_engine::operations::liquidity::boundary_after;
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::PriceLimit;
use perp_engine::units::{Clock, Price, QuoteX40, SignedSize, Size, Timestamp, X40_PER_ATOM};
use perp_exchange::{Exchange, Listing};

/// The index of the market.
pub const MARKET: u16 = 0;
/// What one SOL costs where nothing else is said, in dollars.
pub const PRICE: f64 = 250.0;
/// The confidence interval of a price where nothing else is said, in basis points of it: the local validator's.
pub const CONFIDENCE: f64 = 5.0;
/// What providers have put in, in dollars: enough for the whole backing.
pub const POOL: u64 = 7_000_000;
/// What of it backs the market, in dollars.
pub const BACKING: u64 = 3_000_000;
/// The largest open interest of a side, in SOL.
pub const CAP: u64 = 100_000;
const SECONDS_A_SLOT: f64 = 0.4;

/// An exchange with the pool's cash and SOL-PERP, its backing placed, just after a boundary.
///
/// # Errors
/// Where the engine refuses its own fixtures.
pub fn exchange() -> Result<Exchange> {
    let parameters = pool_parameters();
    let boundary = boundary_after(Timestamp::new(NOW), parameters.epoch_seconds)?;
    let asked = Timestamp::new(boundary.get() - i64::from(parameters.deposit_notice));
    let mut exchange = Exchange::new(parameters, 6, Clock { now: asked, slot: 1_000 })?;
    let provider = exchange.add_provider();
    let request = exchange.request_liquidity_deposit(provider, usdc(POOL), PriceLimit::None)?;
    let listing = Listing { parameters: sol_parameters(), base_decimals: 9, target_backing: usdc(BACKING) };
    exchange.list(&listing)?;
    wait(&mut exchange, parameters.deposit_notice)?;
    exchange.value_market(MARKET, None)?;
    exchange.close_epoch()?;
    exchange.pay_liquidity_request(request)?;
    exchange.allocate_backing(MARKET, None)?;
    publish(&mut exchange, PRICE)?;
    Ok(exchange)
}

/// Time passes.
///
/// # Errors
/// Beyond the end of time.
pub fn wait(exchange: &mut Exchange, seconds: u32) -> Result<()> {
    Ok(exchange.wait(seconds, (f64::from(seconds) / SECONDS_A_SLOT) as u64)?)
}

/// The oracle prints a price in dollars now, with the usual confidence.
///
/// # Errors
/// A price out of range.
pub fn publish(exchange: &mut Exchange, dollars: f64) -> Result<()> {
    let reading = reading(dollars, CONFIDENCE, exchange.clock.now.get())?;
    exchange.update_price(MARKET, &reading)?;
    Ok(())
}

/// A price in dollars with a confidence in basis points of it.
///
/// # Errors
/// A price that no feed prints.
pub fn reading(dollars: f64, confidence: f64, published: i64) -> Result<OracleReading> {
    let units = (dollars * 1e8).round();
    let interval = (units * confidence / 1e4).round() as u64;
    OracleReading::new(units as i64, interval, -8, published).map_err(|error| anyhow!("${dollars}: {error:?}"))
}

/// An account with so many dollars that buys so many SOL, or sells them where the number is negative.
///
/// # Errors
/// Where the order is refused.
pub fn trader(exchange: &mut Exchange, dollars: u64, amount: f64) -> Result<usize> {
    let account = exchange.open_account(None)?;
    exchange.deposit(account, usdc(dollars))?;
    exchange.trade(account, MARKET, &Order::at_any_price(sol(amount)), None)?;
    Ok(account)
}

/// So many SOL, to the nearest base unit.
pub fn sol(amount: f64) -> SignedSize {
    SignedSize::new((amount * SOL as f64).round() as i64)
}

/// The same without a sign.
pub fn size(amount: f64) -> Size {
    sol(amount).size()
}

/// An exact amount in dollars.
pub fn dollars(amount: QuoteX40) -> f64 {
    amount.get() as f64 / X40_PER_ATOM as f64 / 1e6
}

/// A price in dollars for one SOL.
pub fn price(price: Price) -> f64 {
    price.get() as f64 / X40_PER_ATOM as f64 / 1e6 * SOL as f64
}

/// So many numbers evenly from one to another, both ends among them.
pub fn between(from: f64, to: f64, steps: u32) -> impl Iterator<Item = f64> {
    (0..=steps).map(move |step| from + (to - from) * f64::from(step) / f64::from(steps))
}
