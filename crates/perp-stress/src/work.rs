//! What is to be run, on every core.

use crate::case::{measure, Case, Rules, Setup, CASES, FILLS};
use crate::document::{Attempt, Cell, Document};
use crate::epochs::{self, result::Epochs};
use crate::orders::{self, result::Orders};
use crate::path::{Kind, PricePath};
use crate::strategies::{Strategy, STRATEGIES};
use crate::variant::{Terms, Variant};
use anyhow::Result;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often what is finished is written.
const SAVING: Duration = Duration::from_secs(5);

/// The fill by which parameters are chosen and calm weeks are measured, in percent of the cap.
pub const CHOSEN_FILL: u32 = 60;

/// What can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Populations on this exchange.
    Populations,
    /// Populations by the peers' rules.
    Peers,
    /// Strategies of attackers.
    Strategies,
    /// Entering and leaving the pool at every boundary.
    Epochs,
    /// Resting orders.
    Orders,
}

/// Something to run.
#[derive(Clone, Copy)]
enum Job<'a> {
    Population { path: &'a PricePath, rules: Rules, variant: Option<Variant>, fill: u32, case: Case, seed: u64 },
    Strategy { path: &'a PricePath, strategy: &'static Strategy, seed: u64 },
    Epochs { path: &'a PricePath, seed: u64 },
    Orders { path: &'a PricePath, seed: u64 },
}

enum Finished {
    Cell(Box<Cell>),
    Attempts(Vec<Attempt>),
    Epochs(Box<Epochs>),
    Orders(Box<Orders>),
}

impl Job<'_> {
    fn part(&self) -> Part {
        match self {
            Self::Population { rules: Rules::Exchange, .. } => Part::Populations,
            Self::Population { rules: Rules::Peers, .. } => Part::Peers,
            Self::Strategy { .. } => Part::Strategies,
            Self::Epochs { .. } => Part::Epochs,
            Self::Orders { .. } => Part::Orders,
        }
    }

    fn is_wanted(&self, order: &Order<'_>) -> bool {
        let is_named = match self {
            Self::Population { case, .. } => order.cases.is_empty() || order.cases.contains(&case.name()),
            Self::Strategy { strategy, .. } => {
                order.strategies.is_empty() || order.strategies.iter().any(|name| strategy.name.contains(name.as_str()))
            }
            Self::Epochs { .. } => order.fills.is_empty() || order.fills.contains(&CHOSEN_FILL),
            Self::Orders { .. } => true,
        };
        is_named && (order.only.is_empty() || order.only.contains(&self.part()))
    }

    fn is_finished(&self, document: &Document) -> bool {
        match *self {
            Self::Population { path, rules, variant, fill, case, seed } => document.cells.iter().any(|cell| {
                (&cell.path, &cell.prices, cell.rules, cell.variant, cell.fill, &cell.case, cell.seed)
                    == (&path.name, &path.digest, rules, variant, fill, &case.name(), seed)
            }),
            Self::Strategy { path, strategy, seed } => document.strategies.iter().any(|attempt| {
                (&attempt.path, &attempt.prices, attempt.strategy.as_str(), attempt.seed)
                    == (&path.name, &path.digest, strategy.name, seed)
            }),
            Self::Epochs { path, seed } => {
                document.epochs.iter().any(|run| (&run.path, &run.prices, run.seed) == (&path.name, &path.digest, seed))
            }
            Self::Orders { path, seed } => {
                document.orders.iter().any(|run| (&run.path, &run.prices, run.seed) == (&path.name, &path.digest, seed))
            }
        }
    }

    fn run(&self, order: &Order<'_>, traders: usize) -> Finished {
        match *self {
            Self::Population { path, rules, variant, fill, case, seed } => {
                let terms = match variant {
                    Some(Variant::Together) | None => order.terms,
                    Some(alone) => Terms::of(alone),
                };
                // Places beside the worst are tried with everything together.
                let places = if matches!(variant, Some(Variant::Together) | None) { order.places } else { 0 };
                let measured = measure(&Setup { path, rules, terms: &terms, fill, case, seed, traders, places });
                Finished::Cell(Box::new(Cell {
                    path: path.name.clone(),
                    prices: path.digest.clone(),
                    kind: path.kind,
                    rules,
                    variant,
                    fill,
                    case: case.name(),
                    seed,
                    outcome: measured.outcome,
                    elsewhere: measured.elsewhere,
                }))
            }
            Self::Strategy { path, strategy, seed } => Finished::Attempts(strategy.play(path, &order.terms, seed)),
            Self::Epochs { path, seed } => {
                Finished::Epochs(Box::new(epochs::run(path, &order.terms, CHOSEN_FILL, seed, traders)))
            }
            Self::Orders { path, seed } => Finished::Orders(Box::new(orders::run(path, &order.terms, seed))),
        }
    }
}

/// Every job of an order: the long ones first, so that no core waits for another at the end.
fn jobs<'a>(order: &Order<'a>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for seed in order.seeds {
        for case in CASES.into_iter().rev() {
            for path in order.paths {
                jobs.extend(populations(order, path, case, *seed));
            }
        }
        let recorded = order.paths.iter().filter(|path| path.kind != Kind::Resampled);
        jobs.extend(recorded.clone().map(|path| Job::Epochs { path, seed: *seed }));
        jobs.extend(recorded.map(|path| Job::Orders { path, seed: *seed }));
        for strategy in &STRATEGIES {
            jobs.extend(order.paths.iter().map(|path| Job::Strategy { path, strategy, seed: *seed }));
        }
    }
    jobs
}

/// On crash days everything, variants at the fill by which parameters are chosen; on calm ones what the rules cost.
fn populations<'a>(order: &Order<'a>, path: &'a PricePath, case: Case, seed: u64) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let is_wanted = |fill: u32| order.fills.is_empty() || order.fills.contains(&fill);
    for fill in FILLS.into_iter().filter(|fill| is_wanted(*fill)) {
        let population = |rules, variant| Job::Population { path, rules, variant, fill, case, seed };
        match path.kind {
            Kind::Crash => jobs.push(population(Rules::Peers, None)),
            Kind::Calm if case == Case::Prompt && fill == CHOSEN_FILL => {}
            Kind::Calm | Kind::Resampled => continue,
        }
        let is_shown = |variant: &&Variant| **variant == Variant::Together || fill == CHOSEN_FILL;
        let variants = order.variants.iter().filter(is_shown);
        jobs.extend(variants.map(|variant| population(Rules::Exchange, Some(*variant))));
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
    /// The variants of this exchange's parameters.
    pub variants: &'a [Variant],
    /// What the market is listed with where everything is together.
    pub terms: Terms,
    /// Fills, in percent of the cap; all of them where none is named.
    pub fills: &'a [u32],
    /// Cases by name; all of them where none is named.
    pub cases: &'a [String],
    /// Strategies whose name contains one of these; all of them where none is named.
    pub strategies: &'a [String],
    /// Places beside the worst at which an outage is tried.
    pub places: usize,
    /// Runs at a time.
    pub threads: usize,
}

/// Runs what is not finished, and writes what is, again and again, to the file.
///
/// # Errors
/// Where the file cannot be written.
pub fn work(document: &mut Document, file: &Path, order: &Order<'_>) -> Result<()> {
    let (traders, threads) = (document.traders, order.threads);
    let mut open = jobs(order);
    open.retain(|job| job.is_wanted(order) && !job.is_finished(document));
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
                    if sender.send(job.run(order, traders)).is_err() {
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
                Finished::Epochs(run) => document.epochs.push(*run),
                Finished::Orders(run) => document.orders.push(*run),
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
