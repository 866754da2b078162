//! What is to be run, on every core.

use crate::case::{measure, Case, Rules, CASES, FILLS};
use crate::document::{Attempt, Cell, Document};
use crate::path::PricePath;
use crate::strategies::{Strategy, STRATEGIES};
use anyhow::Result;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often what is finished is written.
const SAVING: Duration = Duration::from_secs(5);

/// What can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Populations on this exchange.
    Populations,
    /// Populations by the peers' rules.
    Peers,
    /// Strategies of attackers.
    Strategies,
}

/// Something to run.
#[derive(Clone, Copy)]
enum Job<'a> {
    Population { path: &'a PricePath, rules: Rules, fill: u32, case: Case, seed: u64 },
    Strategy { path: &'a PricePath, strategy: &'static Strategy, seed: u64 },
}

enum Finished {
    Cell(Box<Cell>),
    Attempts(Vec<Attempt>),
}

impl Job<'_> {
    fn part(&self) -> Part {
        match self {
            Self::Population { rules: Rules::Exchange, .. } => Part::Populations,
            Self::Population { rules: Rules::Peers, .. } => Part::Peers,
            Self::Strategy { .. } => Part::Strategies,
        }
    }

    fn is_finished(&self, document: &Document) -> bool {
        match *self {
            Self::Population { path, rules, fill, case, seed } => document.cells.iter().any(|cell| {
                (&cell.path, &cell.prices, cell.rules, cell.fill, &cell.case, cell.seed)
                    == (&path.name, &path.digest, rules, fill, &case.name(), seed)
            }),
            Self::Strategy { path, strategy, seed } => document.strategies.iter().any(|attempt| {
                (&attempt.path, &attempt.prices, attempt.strategy.as_str(), attempt.seed)
                    == (&path.name, &path.digest, strategy.name, seed)
            }),
        }
    }

    fn run(&self, traders: usize) -> Finished {
        match *self {
            Self::Population { path, rules, fill, case, seed } => {
                let measured = measure(path, rules, fill, case, seed, traders);
                Finished::Cell(Box::new(Cell {
                    path: path.name.clone(),
                    prices: path.digest.clone(),
                    rules,
                    fill,
                    case: case.name(),
                    seed,
                    outcome: measured.outcome,
                    elsewhere: measured.elsewhere,
                }))
            }
            Self::Strategy { path, strategy, seed } => Finished::Attempts(strategy.play(path, seed)),
        }
    }
}

/// Every job of these paths and seeds: the long ones first, so that no core waits for another at the end.
fn jobs<'a>(paths: &'a [PricePath], seeds: &[u64]) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for seed in seeds {
        for case in CASES.into_iter().rev() {
            for path in paths {
                for rules in [Rules::Exchange, Rules::Peers] {
                    jobs.extend(FILLS.map(|fill| Job::Population { path, rules, fill, case, seed: *seed }));
                }
            }
        }
        for strategy in &STRATEGIES {
            jobs.extend(paths.iter().map(|path| Job::Strategy { path, strategy, seed: *seed }));
        }
    }
    jobs
}

/// What is asked for.
pub struct Order<'a> {
    /// The paths.
    pub paths: &'a [PricePath],
    /// The seeds.
    pub seeds: &'a [u64],
    /// The parts; all of them where none is named.
    pub only: &'a [Part],
    /// Runs at a time.
    pub threads: usize,
}

/// Runs what is not finished, and writes what is, again and again, to the file.
///
/// # Errors
/// Where the file cannot be written.
pub fn work(document: &mut Document, file: &Path, order: &Order<'_>) -> Result<()> {
    let Order { paths, seeds, only, threads } = *order;
    let traders = document.traders;
    let mut open = jobs(paths, seeds);
    open.retain(|job| (only.is_empty() || only.contains(&job.part())) && !job.is_finished(document));
    let bar = ProgressBar::new(open.len() as u64).with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {elapsed} gone, {eta} to go").expect("a template"),
    );
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| -> Result<()> {
        let (sender, results) = mpsc::channel();
        for _ in 0..threads {
            let (sender, open, next) = (sender.clone(), &open, &next);
            scope.spawn(move || {
                while let Some(job) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send(job.run(traders)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut saved = Instant::now();
        for result in results {
            match result {
                Finished::Cell(cell) => document.cells.push(*cell),
                Finished::Attempts(attempts) => document.strategies.extend(attempts),
            }
            bar.inc(1);
            if saved.elapsed() >= SAVING {
                document.write(file)?;
                saved = Instant::now();
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    document.write(file)
}
