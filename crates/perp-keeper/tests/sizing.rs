//! What so many accounts take: memory, and time until all of them have triggers. Run by hand.

use std::time::Instant;

use bytemuck::Zeroable;
use perp_client::accounts::{MarginAccount, VERSION};
use perp_client::engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_client::engine::operations::position::Order;
use perp_client::engine::oracle::OracleReading;
use perp_client::engine::state::PriceLimit;
use perp_client::engine::units::SignedSize;
use perp_client::exchange::{Exchange, Listing};
use perp_client::rpc::Accounts;
use perp_keeper::watch::Watch;
use solana_pubkey::Pubkey;

/// Bytes of memory that this process holds.
fn held() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

#[test]
#[ignore = "takes a minute and prints"]
fn a_hundred_thousand_accounts() {
    const COUNT: u64 = 100_000;
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
    let reading = OracleReading::new(25_000_000_000, 0, -8, exchange.clock.now.get()).unwrap();
    let trader = exchange.open_account(None).unwrap();
    exchange.deposit(trader, usdc(5_000)).unwrap();
    let order = Order::at_any_price(SignedSize::new(100 * SOL as i64));
    exchange.trade(trader, 0, &order, Some(&reading)).unwrap();

    let (before, state) = (held(), exchange.accounts()[trader]);
    let address = |number: u64| {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Pubkey::new_from_array(bytes)
    };
    let all = (0..COUNT)
        .map(|number| (address(number), MarginAccount { state, version: VERSION, ..MarginAccount::zeroed() }));
    let accounts: Accounts<MarginAccount> = all.collect();
    let mut watch = Watch::default();
    for number in 0..COUNT {
        watch.changed(address(number), Some(&state));
    }
    let begun = Instant::now();
    assert_eq!(watch.due(&exchange).len() as u64, COUNT);
    watch.certify(&exchange, usize::MAX, |address| accounts.get(address).map(|account| account.state));
    println!("{COUNT} accounts: {} ms until all have triggers", begun.elapsed().as_millis());
    println!("{} bytes an account", (held() - before) / COUNT);
    let begun = Instant::now();
    assert_eq!(watch.due(&exchange).len(), 0);
    println!("{} µs for a look at which nothing is due", begun.elapsed().as_micros());
    let begun = Instant::now();
    let below = |account: &MarginAccount| exchange.health(&account.state).unwrap().maintenance.is_below_margin();
    assert_eq!(accounts.iter().filter(|(_, account)| below(account)).count(), 0);
    println!("{} ms for the health of all of them", begun.elapsed().as_millis());
}
