//! Prints how many operations a second the exchange executes in memory.
//!
//! ```text
//! cargo run --release -p perp-exchange --example throughput
//! ```

#[path = "../benches/stream/mod.rs"]
mod stream;

use std::time::Instant;

const MARKETS: u16 = 8;
const ACCOUNTS: usize = 1_000;
const OPERATIONS: usize = 1_000_000;

fn main() {
    let start = stream::exchange(MARKETS, ACCOUNTS);
    let events = stream::record(&start, OPERATIONS, 1);
    let mut exchange = start;
    let began = Instant::now();
    let counts = stream::replay(&mut exchange, &events);
    let seconds = began.elapsed().as_secs_f64();
    exchange.check().expect("an exchange whose books balance");
    println!(
        "{OPERATIONS} operations, {} of them refused, of {ACCOUNTS} accounts in {MARKETS} markets: {seconds:.2} s, {:.0} a second",
        counts.refused,
        OPERATIONS as f64 / seconds,
    );
}
