//! Results side by side, in the terminal and on the page.

use crate::case::{Case, Rules, CASES, FILLS};
use crate::document::{Attempt, Cell, Document};
use crate::outcome::Outcome;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, Table};

/// A heading and rows, the first column text and the others numbers.
pub struct Sheet {
    /// What it is about.
    pub title: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(title: impl Into<String>, header: &[&str]) -> Self {
        Self { title: title.into(), header: header.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    fn table(&self, preset: &str, words: usize) -> String {
        let mut table = Table::new();
        table.load_preset(preset).set_header(&self.header).add_rows(&self.rows);
        for column in words..self.header.len() {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
    }

    /// For a terminal.
    pub fn terminal(&self) -> String {
        format!("{}\n{}\n", self.title, self.table(UTF8_FULL_CONDENSED, 1))
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        format!("### {}\n\n{}\n", self.title, self.table(ASCII_MARKDOWN, 1))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

/// Dollars in thousands, with one place.
fn thousands(dollars: f64) -> String {
    let shown = format!("{:.1}", dollars / 1e3);
    if shown == "-0.0" {
        "0.0".into()
    } else {
        shown
    }
}

/// Dollars, with cents where there are few of them.
fn cash(dollars: f64) -> String {
    if dollars.abs() < 100.0 {
        format!("{dollars:.2}")
    } else {
        format!("{dollars:.0}")
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// The cells of a case, on one path or on all, for every seed.
fn chosen<'a>(
    document: &'a Document,
    rules: Rules,
    path: Option<&'a str>,
    fill: u32,
    case: &'a str,
) -> impl Iterator<Item = &'a Cell> + Clone {
    document
        .cells
        .iter()
        .filter(move |cell| cell.rules == rules && cell.fill == fill && cell.case == case)
        .filter(move |cell| path.is_none_or(|path| cell.path == path))
}

fn of<'a>(cells: impl Iterator<Item = &'a Cell> + Clone, number: impl Fn(&Outcome) -> f64) -> f64 {
    mean(cells.map(|cell| number(&cell.outcome)))
}

/// Names of the paths, each once.
pub fn paths(document: &Document) -> Vec<String> {
    let mut names: Vec<String> = document.cells.iter().map(|cell| cell.path.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Bad debt of every path and case, mean over the seeds, beside the baseline's and the peers'.
pub fn bad_debt(document: &Document, baseline: Option<&Document>) -> Vec<Sheet> {
    FILLS
        .into_iter()
        .map(|fill| {
            let cases = CASES.map(Case::name);
            let header: Vec<&str> = ["path"].into_iter().chain(cases.iter().map(String::as_str)).collect();
            let mut sheet = Sheet::new(
                format!("Bad debt at {fill} % of the cap, in thousands of dollars: now / baseline / peers"),
                &header,
            );
            let names = paths(document);
            for path in names.iter().map(|name| Some(name.as_str())).chain([None]) {
                let mut row = vec![path.unwrap_or("mean of these").to_string()];
                for case in &cases {
                    let shown = |document: &Document, rules| {
                        let cells = chosen(document, rules, path, fill, case);
                        if cells.clone().next().is_none() {
                            return "–".to_string();
                        }
                        thousands(of(cells, Outcome::bad_debt))
                    };
                    let then = baseline.map_or("–".into(), |baseline| shown(baseline, Rules::Exchange));
                    let (now, peers) = (shown(document, Rules::Exchange), shown(document, Rules::Peers));
                    row.push(format!("{now} / {then} / {peers}"));
                }
                sheet.rows.push(row);
            }
            sheet
        })
        .collect()
}

/// Everything measured of every path and case at one fill.
pub fn measures(document: &Document, rules: Rules, fill: u32) -> Sheet {
    let whose = match rules {
        Rules::Exchange => "This exchange",
        Rules::Peers => "Peers' rules",
    };
    let mut sheet = Sheet::new(
        format!("{whose} at {fill} % of the cap, amounts in thousands of dollars"),
        &[
            "path, case",
            "liquidated",
            "notional",
            "recovers %",
            "early",
            "own ins.",
            "shared",
            "backing",
            "claims",
            "coverage %",
            "providers",
            "hedged",
            "below s",
            "margin %",
            "elsewhere mean",
            "worst",
        ],
    );
    for path in paths(document) {
        for case in CASES {
            let name = case.name();
            let cells = chosen(document, rules, Some(&path), fill, &name);
            if cells.clone().next().is_none() {
                continue;
            }
            let notional = of(cells.clone(), |outcome| outcome.liquidated_notional);
            let recovers = of(cells.clone(), |outcome| outcome.recovered_notional) / notional.max(1.0);
            let least =
                |number: fn(&Outcome) -> f64| cells.clone().map(|cell| number(&cell.outcome)).fold(1.0, f64::min);
            let most = cells.clone().map(|cell| cell.outcome.longest_below).max().unwrap_or(0);
            let elsewhere = |number: fn(&crate::case::Elsewhere) -> f64| {
                let known: Vec<f64> = cells.clone().filter_map(|cell| cell.elsewhere.as_ref()).map(number).collect();
                if known.is_empty() {
                    String::new()
                } else {
                    thousands(mean(known.into_iter()))
                }
            };
            sheet.rows.push(vec![
                format!("{path}, {name}"),
                format!("{:.0}", of(cells.clone(), |outcome| outcome.liquidated as f64)),
                thousands(notional),
                percent(recovers),
                format!("{:.0}", of(cells.clone(), |outcome| outcome.early as f64)),
                thousands(of(cells.clone(), |outcome| outcome.own_insurance)),
                thousands(of(cells.clone(), |outcome| outcome.shared_insurance)),
                thousands(of(cells.clone(), |outcome| outcome.written_off)),
                thousands(of(cells.clone(), |outcome| outcome.claims)),
                percent(least(|outcome| outcome.coverage)),
                thousands(of(cells.clone(), |outcome| outcome.providers)),
                thousands(of(cells.clone(), |outcome| outcome.providers_hedged)),
                most.to_string(),
                percent(of(cells.clone(), |outcome| outcome.margin)),
                elsewhere(|elsewhere| elsewhere.mean),
                elsewhere(|elsewhere| elsewhere.worst),
            ]);
        }
    }
    sheet
}

/// What strategies earn: over all tries of all paths and seeds, and the path on which they earn most.
pub fn strategies(document: &Document, baseline: Option<&Document>) -> Sheet {
    let mut sheet = Sheet::new(
        "Strategies, in dollars a try",
        &[
            "strategy",
            "tries",
            "mean",
            "std. error",
            "t",
            "an hour",
            "baseline mean",
            "best path",
            "mean there",
            "t there",
        ],
    );
    let mut names: Vec<(&str, &str)> =
        document.strategies.iter().map(|attempt| (attempt.strategy.as_str(), attempt.variant.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    for (strategy, variant) in names {
        let all = pooled(document, strategy, variant, None);
        let Some(all) = all else { continue };
        let best = paths_of(document)
            .into_iter()
            .filter_map(|path| pooled(document, strategy, variant, Some(path)).map(|attempt| (path, attempt)))
            .max_by(|(_, a), (_, b)| a.mean.total_cmp(&b.mean));
        let then = baseline.and_then(|baseline| pooled(baseline, strategy, variant, None));
        let (best_path, best_mean, best_t) = match &best {
            Some((path, attempt)) => ((*path).to_string(), cash(attempt.mean), format!("{:.1}", attempt.t())),
            None => Default::default(),
        };
        sheet.rows.push(vec![
            format!("{strategy}: {variant}"),
            all.tries.to_string(),
            cash(all.mean),
            cash(all.error),
            format!("{:.1}", all.t()),
            all.hourly.map_or(String::new(), cash),
            then.map_or(String::new(), |attempt| cash(attempt.mean)),
            best_path,
            best_mean,
            best_t,
        ]);
    }
    sheet
}

fn paths_of(document: &Document) -> Vec<&str> {
    let mut names: Vec<&str> = document.strategies.iter().map(|attempt| attempt.path.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// All tries of a strategy together, on one path or on all: the mean weighs each try alike.
fn pooled(document: &Document, strategy: &str, variant: &str, path: Option<&str>) -> Option<Attempt> {
    let attempts: Vec<&Attempt> = document
        .strategies
        .iter()
        .filter(|attempt| attempt.strategy == strategy && attempt.variant == variant)
        .filter(|attempt| path.is_none_or(|path| attempt.path == path))
        .filter(|attempt| attempt.tries > 0)
        .collect();
    let first = *attempts.first()?;
    let tries: u64 = attempts.iter().map(|attempt| attempt.tries).sum();
    let weighed = |number: fn(&Attempt) -> f64| {
        attempts.iter().map(|attempt| attempt.tries as f64 * number(attempt)).sum::<f64>()
    };
    let mean_of_all = weighed(|attempt| attempt.mean) / tries as f64;
    // Variance of the pooled mean from the groups' own: Σ (tries · error)² / (Σ tries)².
    let error = attempts.iter().map(|attempt| (attempt.tries as f64 * attempt.error).powi(2)).sum::<f64>().sqrt()
        / tries as f64;
    let hours: Vec<f64> = attempts.iter().filter_map(|attempt| attempt.hourly).collect();
    let hourly = (!hours.is_empty()).then(|| mean(hours.into_iter()));
    Some(Attempt { tries, mean: mean_of_all, error, hourly, ..first.clone() })
}
