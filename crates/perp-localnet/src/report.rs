//! What a scripted run did: a table per step as it goes, or one JSON document at the end.

use std::fmt::Display;
use std::time::{Duration, Instant};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Color, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use textwrap::{fill, Options, WordSplitter};

/// About the width of the tables.
const LINE_WIDTH: usize = 100;

/// How a run is shown. Progress goes to standard error either way, and only to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for each step, as it ends.
    Tables,
    /// One document, when the run ends.
    Json,
}

/// One comparison of what was expected with what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is compared.
    pub name: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub actual: String,
    /// Whether that is as it should be.
    pub ok: bool,
}

/// A named value worth seeing, which nothing is expected of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// How much it is, with its unit.
    pub value: String,
}

/// One thing the run set out to do, with the comparisons that tell whether it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The chapter it belongs to.
    pub chapter: String,
    /// What was done.
    pub name: String,
    /// What should come of it, in words.
    pub expectation: String,
    /// Whether every check held, of which there was one at least.
    pub ok: bool,
    /// The comparisons.
    pub checks: Vec<Check>,
    /// Values that nothing is expected of.
    pub figures: Vec<Figure>,
}

impl Step {
    /// `ok` only with at least one check, all of which hold: a step that compares nothing has shown nothing.
    pub fn new(name: impl Into<String>, expectation: impl Into<String>) -> Self {
        Self {
            chapter: String::new(),
            name: name.into(),
            expectation: expectation.into(),
            ok: false,
            checks: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// Holds when both are equal.
    pub fn equal<T: PartialEq + Display>(self, name: impl Into<String>, expected: T, actual: T) -> Self {
        let ok = expected == actual;
        self.check(name, expected, actual, ok)
    }

    /// Holds when `ok`; `expected` says in words what that means.
    pub fn check(mut self, name: impl Into<String>, expected: impl Display, actual: impl Display, ok: bool) -> Self {
        let (expected, actual) = (expected.to_string(), actual.to_string());
        self.checks.push(Check { name: name.into(), expected, actual, ok });
        self.ok = self.checks.iter().all(|check| check.ok);
        self
    }

    /// Shows a value of which nothing is expected.
    pub fn figure(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.figures.push(Figure { name: name.into(), value: value.to_string() });
        self
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(["", "expected", "actual", ""]);
        for figure in &self.figures {
            table.add_row([
                Cell::new(&figure.name),
                Cell::new(""),
                Cell::new(&figure.value).set_alignment(CellAlignment::Right),
                Cell::new(""),
            ]);
        }
        for check in &self.checks {
            let (mark, color) = if check.ok { ("ok", Color::Green) } else { ("FAILED", Color::Red) };
            table.add_row([
                Cell::new(&check.name),
                Cell::new(&check.expected).set_alignment(CellAlignment::Right),
                Cell::new(&check.actual).set_alignment(CellAlignment::Right),
                Cell::new(mark).fg(color),
            ]);
        }
        table
    }
}

/// The text in lines of at most [`LINE_WIDTH`] characters, broken between words; `BTC-PERP` is one.
fn wrapped(text: &str) -> String {
    fill(text, Options::new(LINE_WIDTH).word_splitter(WordSplitter::NoHyphenation))
}

/// The whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether it came to its end and every step held.
    pub ok: bool,
    /// How long it took.
    pub seconds: f64,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What ended the run early, if anything did.
    pub error: Option<String>,
}

/// Collects the steps of a run and shows them as they end.
pub struct Recorder {
    format: Format,
    progress: ProgressBar,
    started: Instant,
    chapter: String,
    steps: Vec<Step>,
}

impl Recorder {
    /// `length` is the number of [`Recorder::advance`]s the run will make.
    pub fn new(format: Format, length: u64) -> Self {
        let style = ProgressStyle::with_template("{elapsed_precise} [{bar:30}] {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        let progress = ProgressBar::new(length).with_style(style);
        progress.enable_steady_tick(Duration::from_millis(200));
        Self { format, progress, started: Instant::now(), chapter: String::new(), steps: Vec::new() }
    }

    /// Begins a chapter: the steps recorded from here on belong to it.
    pub fn chapter(&mut self, name: &str) {
        self.chapter = name.into();
        self.progress.set_message(self.chapter.clone());
        self.print(&format!("\n== {name} =="));
    }

    /// Prints a line for a reader of the tables; the JSON document has none of it.
    pub fn say(&self, text: &str) {
        self.print(&wrapped(text));
    }

    /// Moves the progress bar by one.
    pub fn advance(&self) {
        self.progress.inc(1);
    }

    /// Keeps a step, and prints its table where that was asked for.
    pub fn record(&mut self, step: Step) {
        let step = Step { chapter: self.chapter.clone(), ..step };
        let verdict = if step.ok { "ok" } else { "FAILED" };
        self.print(&format!("\n{} [{verdict}]\n{}\n{}", step.name, wrapped(&step.expectation), step.table()));
        self.steps.push(step);
    }

    /// Ends the run, prints the JSON document where that was asked for, and says whether every step held.
    pub fn finish(self, error: Option<String>) -> Report {
        self.progress.finish_and_clear();
        let ok = error.is_none() && !self.steps.is_empty() && self.steps.iter().all(|step| step.ok);
        let seconds = self.started.elapsed().as_secs_f64();
        let report = Report { ok, seconds, steps: self.steps, error };
        match self.format {
            Format::Json => println!("{}", serde_json::json!(report)),
            Format::Tables => {
                let failed = report.steps.iter().filter(|step| !step.ok).count();
                let end = if report.error.is_some() { ", then broken off" } else { "" };
                println!("\n{} steps, {failed} failed{end}, {seconds:.1} s", report.steps.len());
            }
        }
        report
    }

    fn print(&self, text: &str) {
        if self.format == Format::Tables {
            self.progress.suspend(|| println!("{text}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(steps: Vec<Step>, error: Option<String>) -> Report {
        let mut recorder = Recorder::new(Format::Json, 1);
        recorder.chapter("deposits");
        steps.into_iter().for_each(|step| recorder.record(step));
        recorder.finish(error)
    }

    #[test]
    fn a_run_is_good_when_every_check_held() {
        let step = Step::new("deposit", "the vault holds it").equal("vault", 5, 5).figure("fee", 0);
        let report = finished(vec![step], None);
        assert!(report.ok);
        assert_eq!(report.steps[0].chapter, "deposits");
    }

    #[test]
    fn one_failed_check_fails_its_step_and_the_run() {
        let step = Step::new("deposit", "the vault holds it").equal("vault", 5, 4).equal("owner", 1, 1);
        let report = finished(vec![step], None);
        assert_eq!((report.ok, report.steps[0].ok), (false, false));
    }

    #[test]
    fn nothing_compared_is_nothing_shown() {
        assert!(!finished(vec![Step::new("deposit", "it works")], None).ok);
        assert!(!finished(Vec::new(), None).ok);
    }

    #[test]
    fn a_run_that_broke_off_is_not_good() {
        let step = Step::new("deposit", "the vault holds it").equal("vault", 5, 5);
        assert!(!finished(vec![step], Some("port in use".into())).ok);
    }

    #[test]
    fn long_texts_break_between_words() {
        // Ten times nine characters and nine blanks are 99; the eleventh word does not fit any more.
        let word = "penalties ";
        let expected = [word.repeat(10).trim_end(), "penalties"].join("\n");
        assert_eq!(wrapped(&word.repeat(11)), expected);
        assert_eq!(wrapped("short"), "short");
    }

    #[test]
    fn the_document_has_every_check() {
        let step = Step::new("deposit", "the vault holds it").equal("vault", 5, 4).figure("fee", 2);
        let document = serde_json::to_value(finished(vec![step], None)).unwrap();
        let expected = serde_json::json!([{
            "chapter": "deposits",
            "name": "deposit",
            "expectation": "the vault holds it",
            "ok": false,
            "checks": [{ "name": "vault", "expected": "5", "actual": "4", "ok": false }],
            "figures": [{ "name": "fee", "value": "2" }],
        }]);
        assert_eq!(document["steps"], expected);
    }
}
