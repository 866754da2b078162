//! Where a price goes next: standing still, a random walk, a scripted crash, or recorded candles.

use std::vec::IntoIter;

use perp_candles::{Candle, UsdPrice, PARTS_PER_BILLION};

const SECONDS_PER_YEAR: u64 = 31_536_000;
/// Square roots of seconds are taken of this many times as much, and so keep three decimals.
const ROOT_SCALE: u64 = 1_000_000;

/// An endless sequence of prices, one per tick.
pub enum PricePath {
    /// The same price for ever.
    Steady(UsdPrice),
    /// Random steps.
    Walk(RandomWalk),
    /// The scripted crash.
    Crash(Crash),
    /// Recorded candles.
    Candles(CandlePath),
}

impl PricePath {
    /// The price of the next tick.
    pub fn next_price(&mut self) -> UsdPrice {
        match self {
            Self::Steady(price) => *price,
            Self::Walk(walk) => walk.next_price(),
            Self::Crash(crash) => crash.next_price(),
            Self::Candles(candles) => candles.next_price(),
        }
    }
}

/// Independent normal steps, the same on every machine for the same seed.
pub struct RandomWalk {
    price: UsdPrice,
    state: u64,
    /// Standard deviation of a tick, in parts per 10⁹.
    deviation: i128,
}

impl RandomWalk {
    /// Volatility in percent a year, ticks in seconds.
    pub fn new(start: UsdPrice, seed: u64, annual_volatility_percent: u16, tick_seconds: u32) -> Self {
        // σ·√(tick / year), and a percent is 10⁷ parts per 10⁹.
        let root = |seconds: u64| i128::from((seconds * ROOT_SCALE).isqrt());
        let annual = i128::from(annual_volatility_percent) * PARTS_PER_BILLION / 100;
        let deviation = annual * root(tick_seconds.into()) / root(SECONDS_PER_YEAR);
        Self { price: start, state: seed, deviation }
    }

    fn next_price(&mut self) -> UsdPrice {
        // Twelve uniform numbers on [0, 1) have variance one together and are close to normal.
        let sum: i128 = (0..12).map(|_| i128::from(self.uniform())).sum();
        let normal = sum - 6 * UNIFORM_ONE;
        self.price = self.price.moved(normal * self.deviation / UNIFORM_ONE);
        self.price
    }

    /// 32 bits of splitmix64.
    fn uniform(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32
    }
}

const UNIFORM_ONE: i128 = 1 << 32;

/// A quiet minute, a fall of 15 % in a minute, a pause, a second fall to 35 % below the start, and half of it back:
/// leveraged positions are liquidated in part, then whole, and the quickest fall outruns their margin.
pub struct Crash {
    start: UsdPrice,
    tick: u32,
}

/// Ticks each stage takes, and the distance from the start that it ends at, in parts per 10⁹.
const CRASH_STAGES: [(u32, i128); 6] =
    [(60, 0), (60, -150_000_000), (60, -140_000_000), (20, -350_000_000), (60, -330_000_000), (120, -170_000_000)];

impl Crash {
    /// The crash of a price that begins at `start`.
    pub fn new(start: UsdPrice) -> Self {
        Self { start, tick: 0 }
    }

    fn next_price(&mut self) -> UsdPrice {
        let (mut left, mut from) = (self.tick, 0);
        self.tick = self.tick.saturating_add(1);
        for (ticks, to) in CRASH_STAGES {
            if left < ticks {
                return self.start.moved(from + (to - from) * i128::from(left) / i128::from(ticks));
            }
            left -= ticks;
            from = to;
        }
        self.start.moved(from)
    }
}

/// Each candle as its four [corners](Candle::corners), one per tick. After the last candle its close stays.
pub struct CandlePath {
    candles: IntoIter<Candle>,
    prices: IntoIter<UsdPrice>,
    last: UsdPrice,
}

impl CandlePath {
    /// `first` is what is shown when there are no candles at all.
    pub fn new(candles: Vec<Candle>, first: UsdPrice) -> Self {
        Self { candles: candles.into_iter(), prices: Vec::new().into_iter(), last: first }
    }

    fn next_price(&mut self) -> UsdPrice {
        if self.prices.len() == 0 {
            if let Some(candle) = self.candles.next() {
                self.prices = Vec::from(candle.corners()).into_iter();
            }
        }
        self.last = self.prices.next().unwrap_or(self.last);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(path: &mut PricePath, ticks: usize) -> Vec<UsdPrice> {
        (0..ticks).map(|_| path.next_price()).collect()
    }

    fn walk(seed: u64) -> PricePath {
        PricePath::Walk(RandomWalk::new(UsdPrice::dollars(100), seed, 80, 1))
    }

    #[test]
    fn a_walk_repeats_with_its_seed_only() {
        assert_eq!(prices(&mut walk(7), 50), prices(&mut walk(7), 50));
        assert_ne!(prices(&mut walk(7), 50), prices(&mut walk(8), 50));
    }

    #[test]
    fn a_walk_moves_by_its_volatility() {
        // 80 % a year is 0.8 / √31 536 000 = 142.46 millionths a second; mean square of 20 000 steps within 3 %.
        let mut path = walk(1);
        let mut square_sum = 0_i128;
        let mut previous = UsdPrice::dollars(100);
        for _ in 0..20_000 {
            let price = path.next_price();
            let step = (i128::from(price.units()) - i128::from(previous.units())) * PARTS_PER_BILLION
                / i128::from(previous.units());
            square_sum += step * step;
            previous = price;
        }
        let deviation = (square_sum / 20_000).isqrt();
        assert!((138_000..147_000).contains(&deviation), "{deviation}");
    }

    #[test]
    fn a_crash_passes_through_its_stages_and_stays() {
        let mut path = PricePath::Crash(Crash::new(UsdPrice::dollars(100)));
        let seen = prices(&mut path, 1000);
        assert_eq!(seen[0], UsdPrice::dollars(100));
        assert_eq!(seen[120], UsdPrice::dollars(85));
        assert_eq!(seen[200], UsdPrice::dollars(65));
        assert_eq!(seen[999], UsdPrice::dollars(83));
        assert_eq!(seen.iter().min(), Some(&UsdPrice::dollars(65)));
    }

    #[test]
    fn a_candle_is_four_prices_and_the_last_close_stays() {
        let price = UsdPrice::dollars;
        let fell = Candle { unix_time: 60, open: price(10), high: price(12), low: price(7), close: price(8) };
        let rose = Candle { unix_time: 120, open: price(8), high: price(11), low: price(6), close: price(9) };
        let mut path = PricePath::Candles(CandlePath::new(vec![fell, rose], price(1)));
        let expected = [10, 12, 7, 8, 8, 6, 11, 9, 9, 9].map(price);
        assert_eq!(prices(&mut path, 10), expected);
    }
}
