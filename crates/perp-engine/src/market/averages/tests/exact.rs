//! The recursions in floating point, beside the engine's: how far integers are from them.

use super::*;

/// Averages and variances without any rounding, of the same prices, limits and clips.
#[derive(Clone, Copy, Debug)]
struct Exact {
    fast_average: f64,
    settlement_average: f64,
    fast_variance: f64,
    slow_variance: f64,
    /// Largest distance of a price taken in from the fast and the settlement average.
    furthest: [f64; 2],
}

fn kept(seconds: f64, half_life: f64) -> f64 {
    (-seconds / half_life).exp2()
}

fn mixed(old: f64, new: f64, kept: f64) -> f64 {
    old * kept + new * (1.0 - kept)
}

impl Exact {
    fn of(market: &Market) -> Self {
        let price = market.price.price.get() as f64;
        Self {
            fast_average: price,
            settlement_average: price,
            fast_variance: 0.0,
            slow_variance: 0.0,
            furthest: [0.0; 2],
        }
    }

    /// What follows the state `before` when `price` is published at `now`.
    fn take(&mut self, before: &Market, price: u64, now: i64) {
        let elapsed = at(now).now.get() - before.price.published.get();
        let since = at(now).now.get() - before.averages.sampled_at.get();
        let expected = f64::from(before.averages.fast_volatility.max(before.parameters.volatility).get());
        let held = before.price.price.get() as f64;
        let seconds = elapsed.min(60) as f64;
        let part = (expected * 4_294_967_296.0 / 351_100_947.0).floor();
        let counted = elapsed.min(600) as f64;
        let limit = (held * part / 4_294_967_296.0).ceil() * counted.sqrt().ceil();
        // The engine's own distance, of which the part is exact here.
        let average = before.averages.fast_average as f64 / 8_192.0;
        let taken_in = average + (held - average).clamp(-limit, limit);
        for (furthest, average) in self.furthest.iter_mut().zip([self.fast_average, self.settlement_average]) {
            *furthest = furthest.max((taken_in - average).abs());
        }
        self.fast_average = mixed(self.fast_average, taken_in, kept(seconds, 60.0));
        self.settlement_average = mixed(self.settlement_average, taken_in, kept(counted, 600.0));
        if since >= 15 {
            let seconds = since.min(30) as f64;
            let start = before.averages.sample_price.get() as f64;
            let high = before.averages.sample_high.get().max(price) as f64;
            let low = before.averages.sample_low.get().min(price) as f64;
            let range = (high / start - 1.0).max(start / low - 1.0).min(1.0);
            let found = range / 1.22 / (seconds / 31_557_600.0).sqrt() * 1e6;
            let sample = found.min((8.0 * expected).min(1e8)).powi(2);
            self.fast_variance = mixed(self.fast_variance, sample, kept(seconds, 120.0));
            let listed = f64::from(before.parameters.volatility.get());
            let slow = (6.0 * listed).max(2.0 * f64::from(before.averages.slow_volatility.get()));
            let covered = if since > 30 { (since / 30 * 30).min(3_600) } else { since } as f64;
            let spread_out = range / 1.22 / (covered / 31_557_600.0).sqrt() * 1e6;
            let sample = sample.min(spread_out.powi(2)).min(slow.powi(2));
            self.slow_variance = mixed(self.slow_variance, sample, kept(seconds, 600.0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The bounds that the specification states: averages within 0.011 and 0.11 units of the price and 1.1·10^-8 and 1.1·10^-7 of
    /// the largest distance taken in, volatilities within 1 ppm below and 6 and 10 ppm above. Rounding down by less than 2^-13 each
    /// time, at least a second apart, leaves less than 2^-13 / (1 − 2^(−1/60)) = 0.0107 and 2^-13 / (1 − 2^(−1/600)) = 0.1058;
    /// a weight is within 2^-33 of what it stands for, a part of 2^-33 / (1 − 2^(−1/60)) = 1.0·10^-8 and 1.0·10^-7. A variance is rounded up by less
    /// than 1 each sample: less than 1 / (1 − 2^(−15/120)) = 12.05 and 1 / (1 − 2^(−15/600)) = 58.2 in all, of which the
    /// roots are 3.5 and 7.7; a sample is at most 1.3 ppm too large and the root below 1.
    #[test]
    fn integers_stay_within_the_stated_bounds(
        steps in prop::collection::vec((prop_oneof![Just(1i64), 1i64..40, Just(900)], -3_000i64..=3_000), 400),
        bits in 28u32..46, volatility in prop_oneof![Just(50_000u32), 50_000u32..3_000_000], size in 1i64..=100,
    ) {
        let mut price = (1u64 << bits) + 12_345;
        let mut market = begun(price);
        market.parameters.volatility = Ppm::new(volatility);
        let mut exact = Exact::of(&market);
        let mut now = 0;
        for (pause, parts) in steps {
            now += pause;
            let change = price as i64 / 10_000_000 * parts * size / 10;
            price = price.checked_add_signed(change).unwrap().clamp(1 << 24, 1 << 48);
            exact.take(&market, price, now);
            take(&mut market, price, now);
            let averages = market.averages;
            // The floats' own rounding.
            let float = price as f64 * 1e-13;
            let bounds = [0.0108 + 1.1e-8 * exact.furthest[0] + float, 0.1059 + 1.1e-7 * exact.furthest[1] + float];
            prop_assert!((averages.fast_average as f64 / 8_192.0 - exact.fast_average).abs() <= bounds[0]);
            prop_assert!((averages.settlement_average as f64 / 8_192.0 - exact.settlement_average).abs() <= bounds[1]);
            let fast = f64::from(averages.fast_volatility.get()) - exact.fast_variance.sqrt();
            let slow = f64::from(averages.slow_volatility.get()) - exact.slow_variance.sqrt();
            prop_assert!((-1.0..=6.0).contains(&fast), "{fast} of {}", exact.fast_variance.sqrt());
            prop_assert!((-1.0..=10.0).contains(&slow), "{slow} of {}", exact.slow_variance.sqrt());
        }
    }
}
