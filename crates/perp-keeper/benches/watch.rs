//! What a look at many accounts of one position each costs on one core: a price tick, and a new judgment of everybody.

#[path = "../tests/common/crowd.rs"]
mod crowd;

use criterion::{criterion_group, criterion_main, BatchSize, Criterion};
use crowd::Crowd;
use std::hint::black_box;
use std::time::Duration;

/// A tick moves the price by a tenth of a percent, to and fro, and everybody whom it can have moved below the margin is looked at.
fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a price tick");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    // At $242.00 whoever bought at 17 times is a hair above the margin; at $241.60 one in a hundred is below it.
    for (accounts, cents, what) in [
        (100_000, 25_000, "nobody is near"),
        (1_000_000, 25_000, "nobody is near"),
        (1_000_000, 24_180, "one in a hundred is below"),
    ] {
        let mut crowd = Crowd::of(accounts);
        let (mut watch, mut is_lower) = (crowd.unwatched(), false);
        crowd.price(cents);
        println!("{accounts} accounts, {what}: {:?}", crowd.look(&mut watch));
        group.bench_function(format!("{accounts} accounts, {what}"), |bencher| {
            bencher.iter(|| {
                is_lower = !is_lower;
                crowd.price(if is_lower { cents - cents / 1_000 } else { cents });
                black_box(crowd.look(&mut watch))
            });
        });
        println!("{accounts} accounts, {what}: {:?}", crowd.look(&mut watch));
    }
    group.finish();
}

/// Everybody is looked at anew, as once a measured margin has outgrown its limit; and judged one by one by the engine.
fn everybody(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("everybody");
    group.sample_size(10);
    let crowd = Crowd::of(100_000);
    let whole = crowd.whole();
    group.bench_function("100000 accounts are given triggers", |bencher| {
        bencher.iter_batched(|| crowd.unwatched(), |mut watch| crowd.look(&mut watch), BatchSize::PerIteration);
    });
    group.bench_function("100000 accounts are judged by the engine", |bencher| {
        bencher.iter(|| black_box(crowd.judged(&whole)));
    });
    group.finish();
}

criterion_group!(benches, tick, everybody);
criterion_main!(benches);
