//! What the exchange in memory costs: health of many accounts, a stream of operations, one trade.

mod stream;

use criterion::{criterion_group, criterion_main, BatchSize, Criterion, Throughput};
use perp_engine::fixtures::{usdc, SOL};
use perp_engine::operations::position::Order;
use perp_engine::state::Account;
use perp_engine::units::SignedSize;
use perp_exchange::Exchange;
use std::hint::black_box;

/// An exchange, and an account with a position of 10 SOL in each of the first `legs` markets.
fn holding(legs: u16) -> (Exchange, Account) {
    let mut exchange = stream::exchange(12, 1);
    // Enough for the fees of any number of trades.
    exchange.deposit(0, usdc(1_000_000_000_000)).expect("collateral");
    for market in 0..legs {
        let size = if market % 2 == 0 { 10 } else { -10 } * i64::try_from(SOL).expect("a billion");
        exchange.trade(0, market, &Order::at_any_price(SignedSize::new(size)), None).expect("a trade");
    }
    exchange.wait(1, 2).expect("a second");
    let account = *exchange.account(0).expect("the first account");
    (exchange, account)
}

fn health(criterion: &mut Criterion) {
    const ACCOUNTS: u64 = 100_000;
    let mut group = criterion.benchmark_group("health of 100 000 accounts");
    group.sample_size(10).throughput(Throughput::Elements(ACCOUNTS));
    for legs in [1, 4, 12] {
        let (exchange, account) = holding(legs);
        let accounts: Vec<Account> = (0..ACCOUNTS).map(|_| account).collect();
        group.bench_function(format!("{legs} legs"), |bencher| {
            bencher.iter(|| accounts.iter().filter(|account| exchange.health(black_box(account)).is_ok()).count());
        });
    }
    group.finish();
}

fn operations(criterion: &mut Criterion) {
    const OPERATIONS: u64 = 1_000_000;
    let start = stream::exchange(8, 1_000);
    let events = stream::record(&start, 1_000_000, 1);
    let mut group = criterion.benchmark_group("a million operations");
    group.sample_size(10).throughput(Throughput::Elements(OPERATIONS));
    group.bench_function("8 markets, 1000 accounts", |bencher| {
        bencher.iter_batched(
            || start.clone(),
            |mut exchange| stream::replay(&mut exchange, black_box(&events)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn trade(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a trade");
    for legs in [1, 12] {
        let (mut exchange, _) = holding(legs);
        // To and fro, each in a slot of its own.
        let mut size = i64::try_from(SOL).expect("a billion");
        group.bench_function(format!("{legs} positions"), |bencher| {
            bencher.iter(|| {
                exchange.wait(0, 1).expect("a slot");
                size = -size;
                exchange.trade(0, 0, black_box(&Order::at_any_price(SignedSize::new(size))), None).expect("a trade")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, health, operations, trade);
criterion_main!(benches);
