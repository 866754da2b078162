//! What the orders of a run came to.

use crate::path::Kind;
use serde::{Deserialize, Serialize};

/// Part of a series that its high end leaves above it.
const ABOVE: f64 = 0.05;

/// A mean and its standard error, in basis points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// How many.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Standard error.
    pub error: f64,
}

impl Mean {
    /// Several taken together, each with its weight.
    pub fn pooled(of: impl Iterator<Item = Self>) -> Self {
        let (mut count, mut sum, mut squares) = (0, 0.0, 0.0);
        for Self { count: of_one, mean, error } in of {
            count += of_one;
            sum += of_one as f64 * mean;
            squares += (of_one as f64 * error).powi(2);
        }
        let all = (count as f64).max(1.0);
        Self { count, mean: hundredths(sum / all), error: hundredths(squares.sqrt() / all) }
    }
}

/// Stops that were met, against the price that met them; negative for a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stops {
    /// What the price moved to the owner's harm until the fill.
    pub moved: Mean,
    /// The same of the worst 5 % at least.
    pub moved_high: f64,
    /// What a trade at once would have cost, with the spread for age and volatility.
    pub at_once: Mean,
    /// What the fill cost.
    pub filled: Mean,
    /// The same of the worst 5 % at least.
    pub filled_high: f64,
    /// By how much more the fill cost than the trade.
    pub dearer: Mean,
}

/// Orders at the next price at moments that somebody chose, held for some seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// How they were chosen.
    pub name: String,
    /// What was gained from the fill on, but for its cost.
    pub before_cost: Mean,
    /// What was gained.
    pub gain: Mean,
    /// What a trade at the moment itself would have gained.
    pub at_once: Mean,
}

/// By one rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Seconds from arming to the reading that counts.
    pub delay: u32,
    /// Stops.
    pub stops: Stops,
    /// Chosen moments.
    pub moments: Vec<Moment>,
}

/// The orders of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// Name of the path.
    pub path: String,
    /// Digest of its file.
    pub prices: String,
    /// What the path is used for.
    pub kind: Kind,
    /// Seed of the seconds between its corners.
    pub seed: u64,
    /// By each rule.
    pub rules: Vec<Rule>,
}

/// Numbers that come one after the other.
#[derive(Clone, Debug, Default)]
pub struct Series {
    numbers: Vec<f64>,
}

impl Series {
    /// One more.
    pub fn add(&mut self, number: f64) {
        self.numbers.push(number);
    }

    /// Their mean.
    pub fn mean(&self) -> Mean {
        let count = self.numbers.len().max(1) as f64;
        let mean = self.numbers.iter().sum::<f64>() / count;
        let variance = self.numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let error = (variance / count).sqrt();
        Mean { count: self.numbers.len() as u64, mean: hundredths(mean), error: hundredths(error) }
    }

    /// What 95 % of them do not exceed.
    pub fn high(&self) -> f64 {
        let mut sorted = self.numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let place = ((1.0 - ABOVE) * sorted.len() as f64) as usize;
        hundredths(sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0))
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_its_mean_its_error_and_its_high_end() {
        let mut series = Series::default();
        (1..=20).for_each(|number| series.add(f64::from(number)));
        // The variance of 1 to 20 is 35, and √(35 / 20) is 1.32.
        assert_eq!(series.mean(), Mean { count: 20, mean: 10.5, error: 1.32 });
        assert_eq!(series.high(), 20.0);
        assert_eq!((Series::default().mean().mean, Series::default().high()), (0.0, 0.0));
    }

    #[test]
    fn means_are_pooled_by_their_counts() {
        let of = |count, mean, error| Mean { count, mean, error };
        // (30 · 1 + 10 · 5) / 40, and √((30 · 0.2)² + (10 · 0.8)²) / 40.
        assert_eq!(Mean::pooled([of(30, 1.0, 0.2), of(10, 5.0, 0.8)].into_iter()), of(40, 2.0, 0.25));
    }
}
