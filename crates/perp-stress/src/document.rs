//! Results as one JSON document: what is finished is kept and not run again.

use crate::case::{Elsewhere, Rules};
use crate::epochs::result::Epochs;
use crate::market::{listing, CAP, POOL};
use crate::orders::result::Orders;
use crate::outcome::Outcome;
use crate::path::Kind;
use crate::population::TRADERS;
use crate::variant::{Terms, Variant};
use anyhow::{Context, Result};
use perp_candles::UsdPrice;
use perp_engine::state::Parameters;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What results were made from. Other sources or parameters make other results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The commit that was checked out, or nothing where that is unknown.
    pub commit: String,
    /// Whether the sources differed from it.
    pub dirty: bool,
    /// Digest of the sources of engine, exchange and benchmark that were built.
    pub sources: String,
    /// The market's parameters as they are stored, for an asset of $100, and its own insurance in millionths of the cap.
    pub parameters: BTreeMap<String, u64>,
}

macro_rules! numbers {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        fn numbers(parameters: &Parameters) -> BTreeMap<String, u64> {
            BTreeMap::from([$((stringify!($field).to_string(), numbers!(@ $unit parameters.$field))),+])
        }
    };
    (@ u64 $value:expr) => { $value };
    (@ u32 $value:expr) => { u64::from($value) };
    (@ Ppm $value:expr) => { $value.wide() };
    (@ $unit:ident $value:expr) => { $value.get() };
}

perp_engine::market_parameters!(numbers);

impl Origin {
    /// What this program was built from, and all rules together on these terms.
    pub fn here(terms: &Terms) -> Self {
        let git = |arguments: &[&str]| {
            let output = Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
        };
        Self {
            commit: git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_default(),
            dirty: git(&["status", "--porcelain", "--", ".."]).is_some_and(|changes| !changes.is_empty()),
            sources: env!("STRESS_SOURCES").into(),
            parameters: {
                let mut numbers = numbers(&listing(terms, UsdPrice::dollars(100), CAP).parameters);
                numbers.insert("insurance".into(), (terms.insurance * 1e6) as u64);
                numbers
            },
        }
    }

    /// Whether results of the other can stand beside results of this.
    pub fn continues(&self, other: &Self) -> bool {
        self.sources == other.sources && self.parameters == other.parameters
    }
}

/// A finished case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Name of the path.
    pub path: String,
    /// Digest of its file.
    pub prices: String,
    /// What the path is used for.
    #[serde(default)]
    pub kind: Kind,
    /// Whose rules.
    pub rules: Rules,
    /// Which of this exchange's parameters; none of peers and of the baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<Variant>,
    /// Open interest in percent of the cap.
    pub fill: u32,
    /// Name of the case.
    pub case: String,
    /// Seed of the population.
    pub seed: u64,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The same outage at other places.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub elsewhere: Option<Elsewhere>,
}

/// What a strategy earned on a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Name of the path.
    pub path: String,
    /// Digest of its file.
    pub prices: String,
    /// What the path is used for.
    #[serde(default)]
    pub kind: Kind,
    /// Name of the strategy.
    pub strategy: String,
    /// How it was played.
    pub variant: String,
    /// Seed of what is random about it.
    pub seed: u64,
    /// How often it was tried.
    pub tries: u64,
    /// Mean profit of a try, in dollars.
    pub mean: f64,
    /// Standard error of the mean.
    pub error: f64,
    /// Profit in an hour of doing nothing else, in dollars, where tries follow on each other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hourly: Option<f64>,
}

impl Attempt {
    /// Mean by standard error; 0 where nothing varied.
    pub fn t(&self) -> f64 {
        if self.error > 0.0 {
            self.mean / self.error
        } else {
            0.0
        }
    }
}

/// Everything that is finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What it was made from.
    pub origin: Origin,
    /// Traders at a time in a population.
    pub traders: usize,
    /// Cap of a side, in dollars.
    pub cap: f64,
    /// The pool, in dollars.
    pub pool: f64,
    /// Populations on the exchange and by the peers' rules.
    pub cells: Vec<Cell>,
    /// Strategies.
    pub strategies: Vec<Attempt>,
    /// Entering and leaving the pool.
    #[serde(default)]
    pub epochs: Vec<Epochs>,
    /// Resting orders.
    #[serde(default)]
    pub orders: Vec<Orders>,
}

impl Document {
    /// Nothing finished.
    pub fn empty(origin: Origin) -> Self {
        Self {
            origin,
            traders: TRADERS,
            cap: CAP,
            pool: POOL,
            cells: Vec::new(),
            strategies: Vec::new(),
            epochs: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// The document in a file.
    ///
    /// # Errors
    /// Where it cannot be read or is none.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no document of this benchmark", file.display()))
    }

    /// The document as text: a line per result, in an order that does not depend on which was finished first.
    ///
    /// # Errors
    /// None that is known.
    pub fn text(&mut self) -> Result<String> {
        self.cells.sort_by(|a, b| {
            let key =
                |cell: &Cell| (cell.rules, cell.variant, cell.path.clone(), cell.fill, cell.case.clone(), cell.seed);
            key(a).cmp(&key(b))
        });
        self.strategies.sort_by(|a, b| {
            (&a.strategy, &a.variant, &a.path, a.seed).cmp(&(&b.strategy, &b.variant, &b.path, b.seed))
        });
        self.epochs.sort_by(|a, b| (&a.path, a.fill, a.seed).cmp(&(&b.path, b.fill, b.seed)));
        self.orders.sort_by(|a, b| (&a.path, a.seed).cmp(&(&b.path, b.seed)));
        let lines = |values: Vec<serde_json::Result<String>>| -> Result<String> {
            Ok(values.into_iter().collect::<serde_json::Result<Vec<_>>>()?.join(",\n    "))
        };
        Ok(format!(
            "{{\n  \"origin\": {},\n  \"traders\": {},\n  \"cap\": {},\n  \"pool\": {},\n  \"cells\": [\n    {}\n  ],\n  \"strategies\": [\n    {}\n  ],\n  \"epochs\": [\n    {}\n  ],\n  \"orders\": [\n    {}\n  ]\n}}\n",
            serde_json::to_string(&self.origin)?,
            self.traders,
            serde_json::to_string(&self.cap)?,
            serde_json::to_string(&self.pool)?,
            lines(self.cells.iter().map(serde_json::to_string).collect())?,
            lines(self.strategies.iter().map(serde_json::to_string).collect())?,
            lines(self.epochs.iter().map(serde_json::to_string).collect())?,
            lines(self.orders.iter().map(serde_json::to_string).collect())?,
        ))
    }

    /// Writes the document, in one step: an interruption leaves the old one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&mut self, file: &Path) -> Result<()> {
        let text = self.text()?;
        let partial = file.with_extension("partial");
        std::fs::write(&partial, text).with_context(|| format!("cannot write {}", partial.display()))?;
        std::fs::rename(&partial, file).with_context(|| format!("cannot write {}", file.display()))
    }
}
