//! What attackers earn, in dollars a try.

use crate::document::Attempt;
use crate::path::PricePath;

/// Profits of tries that are alike.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    tries: u64,
    sum: f64,
    squares: f64,
}

impl Tally {
    /// One more.
    pub fn add(&mut self, profit: f64) {
        self.tries += 1;
        self.sum += profit;
        self.squares += profit * profit;
    }

    /// All of them together.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    fn mean(&self) -> f64 {
        self.sum / self.tries.max(1) as f64
    }

    /// Standard error of the mean.
    fn error(&self) -> f64 {
        let tries = self.tries as f64;
        if self.tries < 2 {
            return 0.0;
        }
        ((self.squares - self.sum * self.sum / tries).max(0.0) / (tries - 1.0) / tries).sqrt()
    }
}

/// A way of playing a strategy, and what it earned.
#[derive(Clone, Debug)]
pub struct Played {
    /// How it was played.
    pub variant: String,
    /// What it earned.
    pub tally: Tally,
    /// Hours in which tries followed on each other.
    pub hours: Option<f64>,
}

/// A strategy.
pub struct Strategy {
    /// What it is called.
    pub name: &'static str,
    /// Plays it on a path.
    run: fn(&PricePath, u64) -> Vec<Played>,
}

/// In the order in which they are shown.
pub static STRATEGIES: [Strategy; 0] = [];

impl Strategy {
    /// What it earns on a path.
    pub fn play(&self, path: &PricePath, seed: u64) -> Vec<Attempt> {
        let cents = |dollars: f64| (dollars * 100.0).round() / 100.0;
        let attempt = |Played { variant, tally, hours }: Played| Attempt {
            path: path.name.clone(),
            prices: path.digest.clone(),
            strategy: self.name.into(),
            variant,
            seed,
            tries: tally.tries,
            mean: cents(tally.mean()),
            error: cents(tally.error()),
            hourly: hours.map(|hours| cents(tally.sum() / hours)),
        };
        (self.run)(path, seed).into_iter().map(attempt).collect()
    }
}
