//! Prices as they came: a tick every 15 seconds, and seconds between them for whoever needs them.

use crate::market::{dollars, price};
use anyhow::{Context, Result};
use fastrand::Rng;
use perp_candles::{Candle, UsdPrice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

use crate::population::normal;

/// Seconds between two ticks: a candle of one minute has four corners.
pub const TICK: i64 = 15;

/// Seconds of a recorded path that a resampled one keeps together.
const BLOCK: i64 = 3_600;

/// What a path is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A recorded crash: parameters are chosen by it.
    #[default]
    Crash,
    /// A week named on the command line: what the rules cost while nothing happens. No parameter is chosen by its prices' falls.
    Calm,
    /// Hours of a recorded crash in another order.
    Resampled,
}

/// The prices of a recorded file.
#[derive(Clone, Debug)]
pub struct PricePath {
    /// What it is used for.
    pub kind: Kind,
    /// The file's name without its ending.
    pub name: String,
    /// What the file holds, as the beginning of its SHA-256 in hexadecimal digits.
    pub digest: String,
    /// The time of the first tick.
    pub start: i64,
    /// One price every [`TICK`] seconds.
    pub ticks: Vec<UsdPrice>,
    corners: Vec<Corner>,
}

/// A price that is known, and how the price moves from here to the next one.
#[derive(Clone, Copy, Debug)]
struct Corner {
    time: i64,
    dollars: f64,
    low: f64,
    high: f64,
    /// Standard deviation of the logarithm of the price over a second.
    volatility: f64,
}

impl PricePath {
    /// The path of a candle file.
    ///
    /// # Errors
    /// Where it is no candle file.
    pub fn read(file: &Path, kind: Kind) -> Result<Self> {
        Self::read_with(file, kind, |candles| candles)
    }

    /// The path of a candle file's hours, drawn with replacement and put one after the other, the same for the same number.
    ///
    /// # Errors
    /// Where it is no candle file.
    pub fn resampled(file: &Path, number: u64) -> Result<Self> {
        let path = Self::read_with(file, Kind::Resampled, |candles| resampled(&candles, number))?;
        Ok(Self { name: format!("{}, resampled {number}", path.name), ..path })
    }

    fn read_with(file: &Path, kind: Kind, change: impl Fn(Vec<Candle>) -> Vec<Candle>) -> Result<Self> {
        let candles = change(perp_candles::read(file)?);
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let digest = Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { kind, name, digest, ..Self::of(&candles) })
    }

    /// The path of at least one candle, without a name.
    fn of(candles: &[Candle]) -> Self {
        let interval = interval(candles);
        let mut corners = Vec::with_capacity(candles.len() * 4);
        for candle in candles {
            let (low, high) = (dollars(candle.low), dollars(candle.high));
            // Parkinson's estimate: the range of a Brownian motion over T has a mean square of 4·ln 2·σ²·T.
            let volatility = (high / low).ln() / (4.0 * 2f64.ln() * interval as f64).sqrt();
            for (time, corner) in (candle.unix_time..).step_by((interval / 4).max(1) as usize).zip(candle.corners()) {
                corners.push(Corner { time, dollars: dollars(corner), low, high, volatility });
            }
        }
        let (start, end) = (corners[0].time, corners[corners.len() - 1].time);
        let mut from = 0;
        let ticks = (start..=end)
            .step_by(TICK as usize)
            .map(|time| {
                while from + 2 < corners.len() && corners[from + 1].time <= time {
                    from += 1;
                }
                let (a, b) = (corners[from], corners[from + 1]);
                let part = ((time - a.time) as f64 / (b.time - a.time) as f64).clamp(0.0, 1.0);
                price(a.dollars + (b.dollars - a.dollars) * part)
            })
            .collect();
        Self { kind: Kind::Crash, name: String::new(), digest: String::new(), start, ticks, corners }
    }

    /// The ticks from one to another, as a path of its own with the same name.
    pub fn window(&self, ticks: std::ops::Range<usize>) -> Self {
        let (start, end) = (self.time(ticks.start), self.time(ticks.end));
        let corners = self.corners.iter().filter(|corner| (start..=end).contains(&corner.time)).copied().collect();
        Self { start, ticks: self.ticks[ticks].to_vec(), corners, ..self.clone() }
    }

    /// When a tick comes.
    pub fn time(&self, tick: usize) -> i64 {
        self.start + tick as i64 * TICK
    }

    /// Standard deviation of the logarithm of the price over a second, by the range of the candle in which a tick lies.
    pub fn volatility(&self, tick: usize) -> f64 {
        let time = self.time(tick);
        let corner = self.corners.partition_point(|corner| corner.time <= time).saturating_sub(1);
        self.corners[corner].volatility
    }

    /// A price every second, in dollars, from the first corner on: between two corners a Brownian bridge of the candle's own
    /// volatility, which never leaves the candle's range.
    pub fn seconds(&self, seed: u64) -> Vec<f64> {
        let mut rng = Rng::with_seed(seed);
        let mut seconds = Vec::with_capacity(self.ticks.len() * TICK as usize);
        for pair in self.corners.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let (low, high) = (from.low.min(to.dollars), from.high.max(to.dollars));
            let mut now = from.dollars.ln();
            for left in (1..=(to.time - from.time)).rev() {
                seconds.push(now.exp().clamp(low, high));
                // A step of a bridge with so many seconds left: towards the end, with less and less room.
                let left = left as f64;
                now +=
                    (to.dollars.ln() - now) / left + from.volatility * ((left - 1.0) / left).sqrt() * normal(&mut rng);
            }
        }
        seconds
    }

    /// The tick from which the price falls most within so many ticks.
    pub fn worst_fall(&self, length: usize) -> usize {
        let fall = |tick: usize| dollars(self.ticks[tick + length]) / dollars(self.ticks[tick]);
        (0..self.ticks.len().saturating_sub(length)).min_by(|a, b| fall(*a).total_cmp(&fall(*b))).unwrap_or(0)
    }

    /// The tick from which so many ticks are the most volatile: with the largest sum of squares of returns.
    pub fn wildest(&self, length: usize) -> usize {
        let squares: Vec<f64> =
            self.ticks.windows(2).map(|pair| (dollars(pair[1]) / dollars(pair[0])).ln().powi(2)).collect();
        let mut sum: f64 = squares.iter().take(length).sum();
        let (mut best, mut wildest) = (sum, 0);
        for from in 1..=squares.len().saturating_sub(length) {
            sum += squares[from + length - 1] - squares[from - 1];
            if sum > best {
                (best, wildest) = (sum, from);
            }
        }
        wildest
    }
}

/// Seconds from one candle to the next.
fn interval(candles: &[Candle]) -> i64 {
    candles.windows(2).map(|pair| pair[1].unix_time - pair[0].unix_time).min().unwrap_or(60)
}

/// Blocks of candles drawn with replacement: each candle moves the price as it did where it was recorded.
fn resampled(candles: &[Candle], seed: u64) -> Vec<Candle> {
    let mut rng = Rng::with_seed(seed);
    let block = ((BLOCK / interval(candles)) as usize).clamp(1, candles.len() - 1);
    let mut close = dollars(candles[0].open);
    let mut from = 0;
    let times = candles.iter().map(|candle| candle.unix_time).enumerate();
    times
        .map(|(number, unix_time)| {
            if number % block == 0 {
                from = rng.usize(1..=candles.len() - block);
            }
            let (before, drawn) = (candles[from + number % block - 1], candles[from + number % block]);
            let scaled = |corner: UsdPrice| price(close * dollars(corner) / dollars(before.close));
            let [open, high, low] = [drawn.open, drawn.high, drawn.low].map(scaled);
            let end = scaled(drawn.close);
            close = dollars(end);
            Candle { unix_time, open, high, low, close: end }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resampled_path_has_the_recorded_hours_in_another_order() {
        // Six hours of minutes, the price 1 % higher every hour: each hour's candles move as their hour did.
        let candles: Vec<Candle> = (0..360)
            .map(|minute| {
                let [open, close] =
                    [minute, minute + 1].map(|at: i32| price(100.0 * 1.01f64.powf(f64::from(at) / 60.0)));
                Candle { unix_time: i64::from(minute) * 60, open, high: close, low: open, close }
            })
            .collect();
        let drawn = resampled(&candles, 1);
        // A steady rise stays one, whatever the order.
        assert_eq!(drawn.len(), 360);
        assert!((dollars(drawn[359].close) - 100.0 * 1.01f64.powi(6)).abs() < 1e-4);
        assert!(drawn.windows(2).all(|pair| pair[1].unix_time - pair[0].unix_time == 60));
        // Each hour has a high of its own: which one comes first depends on the seed alone.
        let highs = |seed| {
            let of_minute = |minute: u32| candle(i64::from(minute) * 60, [100, 101 + minute / 60, 100, 100]);
            let drawn = resampled(&(0..360).map(of_minute).collect::<Vec<_>>(), seed);
            drawn.iter().map(|candle| candle.high).collect::<Vec<_>>()
        };
        assert_eq!(highs(1), highs(1));
        assert!((2..5).any(|seed| highs(seed) != highs(1)));
    }

    fn candle(unix_time: i64, [open, high, low, close]: [u32; 4]) -> Candle {
        let [open, high, low, close] = [open, high, low, close].map(UsdPrice::dollars);
        Candle { unix_time, open, high, low, close }
    }

    fn ticks(candles: &[Candle]) -> Vec<f64> {
        PricePath::of(candles).ticks.into_iter().map(dollars).collect()
    }

    #[test]
    fn a_minute_is_four_ticks_and_the_extreme_nearer_to_the_open_comes_first() {
        let rising = candle(60, [100, 130, 90, 120]);
        let falling = candle(120, [120, 125, 80, 85]);
        assert_eq!(ticks(&[rising, falling]), [100.0, 90.0, 130.0, 120.0, 120.0, 125.0, 80.0, 85.0]);
    }

    #[test]
    fn between_the_corners_of_a_longer_candle_ticks_lie_on_a_line() {
        // Two candles of two minutes: a corner every 30 s, a tick between each two.
        let path = ticks(&[candle(120, [100, 130, 90, 120]), candle(240, [120, 120, 100, 100])]);
        assert_eq!(path[..8], [100.0, 95.0, 90.0, 110.0, 130.0, 125.0, 120.0, 120.0]);
    }

    #[test]
    fn seconds_pass_through_every_corner_and_stay_within_the_candle() {
        let candles = [candle(60, [100, 130, 90, 120]), candle(120, [120, 125, 80, 85])];
        let path = PricePath::of(&candles);
        let seconds = path.seconds(7);
        for (second, corner) in [(0, 100.0), (15, 90.0), (30, 130.0), (45, 120.0), (60, 120.0), (75, 125.0), (90, 80.0)]
        {
            assert!((seconds[second] - corner).abs() < 1e-6, "{second}: {}", seconds[second]);
        }
        assert!(seconds[..60].iter().all(|price| (90.0..=130.0).contains(price)));
        // It wanders, the same for the same seed.
        assert!(seconds[16] != seconds[17]);
        assert_eq!(seconds, path.seconds(7));
        assert_ne!(seconds, path.seconds(8));
    }

    #[test]
    fn the_worst_fall_and_the_wildest_time_are_found() {
        let quiet = |minute: i64| candle(minute * 60, [100, 100, 100, 100]);
        let candles = [quiet(1), quiet(2), candle(180, [100, 100, 50, 60]), candle(240, [60, 60, 60, 60])];
        let path = PricePath::of(&candles);
        // The third minute's ticks 8 to 11 are 100, 100, 50, 60: over one tick it falls most from 9 to 10.
        assert_eq!(path.worst_fall(1), 9);
        // Two ticks from 9 see both the fall and the rise.
        assert_eq!(path.wildest(2), 9);
    }
}
