//! What attackers earn, in dollars a try.

use crate::document::Attempt;
use crate::path::PricePath;
use fastrand::Rng;

pub mod arena;
mod bounty;
mod funding;
mod lead;
mod pair;
mod pool;
mod toxic;

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
pub static STRATEGIES: [Strategy; 11] = [
    Strategy { name: "lead over the oracle", run: lead::run },
    Strategy { name: "toxic market as margin", run: toxic::margin },
    Strategy { name: "toxic market against the pool", run: toxic::against_pool },
    Strategy { name: "timing the pool", run: pool::timing },
    Strategy { name: "leaving before losers settle", run: pool::settling },
    Strategy { name: "long and short", run: pair::run },
    Strategy { name: "filling the cap", run: funding::filling },
    Strategy { name: "flipping funding", run: funding::flipping },
    Strategy { name: "own liquidation", run: bounty::own },
    Strategy { name: "splitting a liquidation", run: bounty::splitting },
    Strategy { name: "funded hedge, for comparison", run: funding::hedge },
];

/// Random ticks of a path after which so many more come.
fn places(path: &PricePath, ticks: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut rng = Rng::with_seed(seed);
    let room = path.ticks.len().saturating_sub(ticks);
    (0..count).filter(|_| room > 0).map(|_| rng.usize(0..room)).collect()
}

impl Strategy {
    /// What each way of playing it earns on a path.
    pub fn played(&self, path: &PricePath, seed: u64) -> Vec<Played> {
        (self.run)(path, seed)
    }

    /// The same as it stands in a document.
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
        self.played(path, seed).into_iter().map(attempt).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_knows_mean_and_standard_error() {
        let mut tally = Tally::default();
        for profit in [1.0, 2.0, 3.0, 6.0] {
            tally.add(profit);
        }
        // Mean 3; squares about it 4 + 1 + 0 + 9 = 14, by 3 and by 4, and the root.
        assert_eq!((tally.mean(), tally.sum()), (3.0, 12.0));
        assert!((tally.error() - (14.0f64 / 12.0).sqrt()).abs() < 1e-12);
        assert_eq!(Tally::default().error(), 0.0);
    }
}
