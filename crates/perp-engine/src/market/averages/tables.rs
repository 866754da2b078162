//! Numbers that depend on a time of whole seconds alone, computed by the compiler.

/// Seconds of publish time after which a sample is taken.
pub(super) const SAMPLE_SECONDS: usize = 15;
/// Longest time a sample covers in the fast variance, and that one weighs: silence does not thin a move out.
pub(super) const LONGEST_SAMPLE_SECONDS: usize = 30;
/// Longest time a sample covers in the slow variance, in minutes: a market few people post in is not restless for that.
pub(super) const LONGEST_SAMPLE_MINUTES: usize = 60;
/// Longest time for which one price enters the fast average.
pub(super) const LONGEST_AVERAGED_SECONDS: usize = 60;
/// Longest time for which one price enters the settlement average, in minutes.
pub(super) const LONGEST_AVERAGED_MINUTES: usize = 10;

/// Half-life of the fast average of the price, in seconds.
const FAST_AVERAGE: usize = 60;
/// Half-life of the fast variance, in seconds.
const FAST_VARIANCE: usize = 120;
/// Half-life of the slow variance and of the settlement average, in seconds.
const SLOW: usize = 600;

/// `2^(−1/600)` in 2^-64, to the nearest.
const STEP: u128 = 18_425_445_863_997_925_462;

/// What a new value weighs after so many seconds: `2^32 − ⌊2^32 · 2^(−seconds / half-life) + 1/2⌋`, for a half-life that
/// divides 600. The products' error is below 600 units of 2^-64, far from moving the rounded digit.
#[allow(clippy::arithmetic_side_effects)] // of parts of one
const fn weight(half_life: usize, seconds: usize) -> u32 {
    let mut kept: u128 = 1 << 64;
    let mut step = 0;
    while step < seconds * (SLOW / half_life) {
        kept = (kept * STEP) >> 64;
        step += 1;
    }
    let weight = (1 << 32) - (((kept >> 31) + 1) >> 1);
    assert!(weight < 1 << 32);
    weight as u32
}

#[allow(clippy::arithmetic_side_effects)] // places below the length
const fn weights<const N: usize>(half_life: usize, first: usize, step: usize) -> [u32; N] {
    let mut table = [0; N];
    let mut place = 0;
    while place < N {
        table[place] = weight(half_life, (first + place) * step);
        place += 1;
    }
    table
}

const SAMPLES: usize = LONGEST_SAMPLE_SECONDS - SAMPLE_SECONDS + 1;

/// Weights of a price in the fast average, by seconds from 0.
pub(super) const FAST_PRICE_WEIGHTS: [u32; LONGEST_AVERAGED_SECONDS + 1] = weights(FAST_AVERAGE, 0, 1);
/// Weights of a price in the settlement average, by seconds from 0 to 59.
pub(super) const SLOW_PRICE_WEIGHTS: [u32; 60] = weights(SLOW, 0, 1);
/// Weights of a price in the settlement average, by minutes from 0.
pub(super) const SLOW_PRICE_MINUTES: [u32; LONGEST_AVERAGED_MINUTES + 1] = weights(SLOW, 0, 60);
/// Weights of a sample in the fast variance, by seconds from 15.
pub(super) const FAST_SAMPLE_WEIGHTS: [u32; SAMPLES] = weights(FAST_VARIANCE, SAMPLE_SECONDS, 1);
/// Weights of a sample in the slow variance, by seconds from 15.
pub(super) const SLOW_SAMPLE_WEIGHTS: [u32; SAMPLES] = weights(SLOW, SAMPLE_SECONDS, 1);

/// `⌊√(31 557 600 · 10^12 / (1.22² · seconds))⌋`: the volatility per √year, in ppm, of which a range of 1 in so many
/// seconds is a sample.
#[allow(clippy::arithmetic_side_effects)] // below 2^79, and no time is zero
const fn volatility_of_range(seconds: u128) -> u64 {
    let square = 315_576 * 10u128.pow(18) / (14_884 * seconds);
    // Newton's method from above falls until it is the root rounded down.
    let mut root: u128 = 1 << 31;
    while root * root > square {
        root = (root + square / root) / 2;
    }
    assert!(root < 1 << 31);
    root as u64
}

#[allow(clippy::arithmetic_side_effects)] // places below the length
const fn volatilities_of_range<const N: usize>(first: usize, step: usize) -> [u64; N] {
    let mut table = [0; N];
    let mut place = 0;
    while place < N {
        table[place] = volatility_of_range(((first + place) * step) as u128);
        place += 1;
    }
    table
}

/// [`volatility_of_range`] by seconds from 15.
pub(super) const RANGE_VOLATILITIES: [u64; SAMPLES] = volatilities_of_range(SAMPLE_SECONDS, 1);
/// [`volatility_of_range`] by half minutes from one.
pub(super) const RANGE_VOLATILITIES_LONG: [u64; 2 * LONGEST_SAMPLE_MINUTES] = volatilities_of_range(1, 30);

/// `⌈√seconds⌉` up to ten minutes.
pub(super) const ROOTS: [u8; 60 * LONGEST_AVERAGED_MINUTES + 1] = roots();

#[allow(clippy::arithmetic_side_effects)] // places below the length, roots of at most 600
const fn roots<const N: usize>() -> [u8; N] {
    let mut table = [0u8; N];
    let (mut place, mut root) = (1, 1);
    while place < N {
        if root as usize * (root as usize) < place {
            root += 1;
        }
        table[place] = root;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_exact_powers_to_the_nearest() {
        // A float has 53 bits and these 32; none of them is within 2^-18 of a unit of a tie.
        let exact = |half_life: f64, seconds: f64| (1u64 << 32) as f64 * (1.0 - (-seconds / half_life).exp2());
        for (table, half_life, first) in [
            (&FAST_PRICE_WEIGHTS[..], 60.0, 0),
            (&SLOW_PRICE_WEIGHTS[..], 600.0, 0),
            (&FAST_SAMPLE_WEIGHTS[..], 120.0, 15),
            (&SLOW_SAMPLE_WEIGHTS[..], 600.0, 15),
        ] {
            for (place, weight) in table.iter().enumerate() {
                let error = f64::from(*weight) - exact(half_life, (first + place) as f64);
                assert!(error.abs() < 0.500_01, "{half_life} s, place {place}: {error}");
            }
        }
        for (minutes, weight) in SLOW_PRICE_MINUTES.iter().enumerate() {
            assert!((f64::from(*weight) - exact(600.0, 60.0 * minutes as f64)).abs() < 0.500_01, "{minutes} min");
        }
        // One half-life of 60 s is half; 30 s of 120 s are 1 − 2^(−1/4) = 15.91 %.
        assert_eq!(FAST_PRICE_WEIGHTS[60], 1 << 31);
        assert_eq!(FAST_SAMPLE_WEIGHTS[15], 683_344_693);
    }

    #[test]
    fn ranges_become_volatilities_by_the_root_of_their_time() {
        let by_second = RANGE_VOLATILITIES.iter().enumerate().map(|(place, volatility)| (15 + place, volatility));
        let long = RANGE_VOLATILITIES_LONG.iter().enumerate().map(|(place, volatility)| (30 * (1 + place), volatility));
        for (seconds, volatility) in by_second.chain(long) {
            let seconds = seconds as u128;
            let square = |root: u64| u128::from(root) * u128::from(root) * 14_884 * seconds;
            assert!(square(*volatility) <= 315_576 * 10u128.pow(18));
            assert!(square(*volatility + 1) > 315_576 * 10u128.pow(18));
        }
        // √31 557 600 · 10^6 / (1.22 · √15).
        assert_eq!(RANGE_VOLATILITIES[0], 1_188_903_274);
    }

    #[test]
    fn roots_are_the_smallest_whole_numbers_not_below() {
        for (seconds, root) in ROOTS.iter().enumerate().skip(1) {
            let root = usize::from(*root);
            assert!(root * root >= seconds && (root - 1) * (root - 1) < seconds, "{seconds}");
        }
    }
}
