//! What a look at many accounts of one position each costs on one core: a price tick, and a new judgment of everybody.
//!
//! Measured in time that the thread has used, with these crates at `opt-level = 3` and no optimization across crates, on a machine of two
//! cores that was busy with other builds; so that these are upper bounds.
//!
//! | what | 100 000 accounts | 1 000 000 accounts |
//! |---|---:|---:|
//! | a price tick, nobody near the margin | 0.04 ms | 0.04 ms |
//! | a price tick, one or two in a hundred near the margin | 4.9 ms | 59 ms |
//! | everybody is given triggers anew | 155 ms | |
//! | everybody is judged by the engine | 126 ms | |
//!
//! An account of one position takes 239 bytes: 154 for what is known of it and 85 for its triggers, which `tests/memory.rs` counts.
//! Where accounts come one by one, trees that are less full take some fifty bytes more.

#[path = "../tests/common/crowd.rs"]
mod crowd;

use cpu_time::ThreadTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{criterion_group, criterion_main, BatchSize, Criterion};
use crowd::Crowd;
use std::hint::black_box;
use std::time::Duration;

/// A tick moves the price by a tenth of a percent, to and fro, and everybody whom it can have moved below the margin is looked at.
fn tick(criterion: &mut Criterion<CoreTime>) {
    let mut group = criterion.benchmark_group("a price tick");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    // So soon after such a fall markets demand more than their base margin: whoever is long at 16.7 times or more is not safe, one in
    // fifty of them, and there are as many shorts.
    for (accounts, cents, what) in [
        (100_000, 25_000, "nobody is near"),
        (1_000_000, 25_000, "nobody is near"),
        (100_000, 24_460, "one in a hundred is near or below"),
        (1_000_000, 24_460, "one in a hundred is near or below"),
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
fn everybody(criterion: &mut Criterion<CoreTime>) {
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

/// Time of one core that the thread has used: whatever else the machine does makes no difference.
struct CoreTime;

impl Measurement for CoreTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, begun: ThreadTime) -> Duration {
        begun.elapsed()
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CoreTime);
    targets = tick, everybody
}
criterion_main!(benches);
