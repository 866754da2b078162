//! How the parameters were chosen: what each adaptive part does alone, what it costs, and which targets are met.

use crate::case::{Case, Rules, CASES};
use crate::document::{Cell, Document};
use crate::outcome::Outcome;
use crate::path::Kind;
use crate::table::{cash, mean, paths, percent, strategy_names, thousands, Sheet};
use crate::variant::Variant;
use crate::work::CHOSEN_FILL;
use clap::ValueEnum;

/// Bad debt up to this is none to speak of: a basis point of the longs' open interest at the chosen fill, in dollars.
const NEGLIGIBLE: f64 = 1_200.0;
/// One-sided probability at which a strategy's mean counts as above zero, before it is divided by the number tried.
const SIGNIFICANCE: f64 = 0.001;

/// The cells of a set of parameters at the chosen fill; the baseline has none.
fn cells<'a>(document: &'a Document, variant: Option<Variant>, kind: Kind, case: &'a str) -> Vec<&'a Cell> {
    let cells = document.cells.iter().filter(move |cell| {
        (cell.rules, cell.variant, cell.kind, cell.fill) == (Rules::Exchange, variant, kind, CHOSEN_FILL)
            && cell.case == case
    });
    cells.collect()
}

fn of(cells: &[&Cell], number: impl Fn(&Outcome) -> f64) -> f64 {
    mean(cells.iter().map(|cell| number(&cell.outcome)))
}

/// The seeds of results, in words.
fn seeds(of_results: impl Iterator<Item = u64>) -> String {
    let each: std::collections::BTreeSet<String> = of_results.map(|seed| seed.to_string()).collect();
    match each.len() {
        0 => "not run".into(),
        _ => format!("seeds {}", each.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Each set of parameters: bad debt on crash days, and what calm weeks cost.
pub fn variants(document: &Document, baseline: Option<&Document>) -> Sheet {
    let cases = CASES.map(Case::name);
    let header: Vec<&str> = ["parameters"]
        .into_iter()
        .chain(cases.iter().map(String::as_str))
        .chain([
            "written off",
            "crash margin %",
            "calm margin %",
            "calm early %",
            "calm liquidated %",
            "calm spread bp",
        ])
        .collect();
    let mut sheet = Sheet::new(
        format!(
            "Sets of parameters at {CHOSEN_FILL} % of the cap: bad debt in thousands of dollars, mean of the crash days, and the cost in \
             calm weeks ({})",
            seeds(document.cells.iter().filter(|cell| cell.kind == Kind::Calm).map(|cell| cell.seed))
        ),
        &header,
    );
    let of_baseline = baseline.map(|baseline| (baseline, None, "baseline".to_string()));
    let sets = Variant::value_variants().iter().map(|variant| (document, Some(*variant), variant.name()));
    for (document, variant, name) in of_baseline.into_iter().chain(sets) {
        let crashes: Vec<Vec<&Cell>> = cases.iter().map(|case| cells(document, variant, Kind::Crash, case)).collect();
        if crashes.iter().all(Vec::is_empty) {
            continue;
        }
        let all: Vec<&Cell> = crashes.iter().flatten().copied().collect();
        let calm = cells(document, variant, Kind::Calm, &cases[0]);
        let weekly = |number: fn(&Outcome) -> f64, shown: fn(f64) -> String| {
            if calm.is_empty() {
                "–".into()
            } else {
                shown(of(&calm, number))
            }
        };
        let hundredths = |share: f64| format!("{:.2}", share * 100.0);
        let mut row = vec![name];
        row.extend(crashes.iter().map(|cells| thousands(of(cells, Outcome::bad_debt))));
        row.push(thousands(of(&all, |outcome| outcome.written_off)));
        row.push(percent(of(&all, |outcome| outcome.margin)));
        row.push(weekly(|outcome| outcome.margin, percent));
        row.push(weekly(|outcome| outcome.by_volatility / outcome.open_interest, hundredths));
        row.push(weekly(|outcome| outcome.liquidated_notional / outcome.open_interest, hundredths));
        row.push(weekly(|outcome| 1e4 * outcome.spread / outcome.traded, |points| format!("{points:.1}")));
        sheet.rows.push(row);
    }
    sheet
}

/// What bad debt may be at most in a case, by the baseline's mean there.
fn largest(case: Case, baseline: f64) -> f64 {
    match case {
        Case::Prompt | Case::Late(1) => (baseline / 10.0).max(NEGLIGIBLE),
        Case::Outage(_) => (baseline / 8.0).max(NEGLIGIBLE),
        Case::Late(_) => baseline,
    }
}

/// Bad debt of every crash day against what it may be, and against the baseline with its standard error.
pub fn targets(document: &Document, baseline: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        format!("Targets at {CHOSEN_FILL} % of the cap, in thousands of dollars: now, at most / baseline and its standard error"),
        &["path", "case", "now", "at most", "met", "baseline", "std. error", "no worse"],
    );
    for path in paths(document) {
        for case in CASES {
            let name = case.name();
            let seeds = |document, variant| -> Vec<f64> {
                let on_path = cells(document, variant, Kind::Crash, &name).into_iter().filter(|cell| cell.path == path);
                on_path.map(|cell| cell.outcome.bad_debt()).collect()
            };
            let (now, then) = (seeds(document, Some(Variant::Together)), seeds(baseline, None));
            if now.is_empty() || then.is_empty() {
                continue;
            }
            let (now, then, error) = (mean(now.into_iter()), mean(then.iter().copied()), error(&then));
            let at_most = largest(case, then);
            let bound = if case.is_outage() { then / 2.0 } else { then } + 2.0 * error;
            let is = |met: bool| if met { "yes" } else { "no" }.to_string();
            sheet.rows.push(vec![
                path.clone(),
                name,
                thousands(now),
                thousands(at_most),
                is(now <= at_most),
                thousands(then),
                thousands(error),
                // Cents: results are rounded to them.
                is(now <= bound + 0.01),
            ]);
        }
    }
    sheet
}

/// Standard error of the mean.
fn error(values: &[f64]) -> f64 {
    let (count, middle) = (values.len() as f64, mean(values.iter().copied()));
    if values.len() < 2 {
        return 0.0;
    }
    (values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (count - 1.0) / count).sqrt()
}

/// What strategies earn on paths by which nothing was chosen. A path counts once, whatever the number of tries on it: they see the
/// same prices.
pub fn elsewhere(document: &Document) -> Sheet {
    let names = strategy_names(document);
    let mut sheet = Sheet::new(
        format!(
            "Strategies on paths by which nothing was chosen ({}), in dollars a try: above zero at p < {SIGNIFICANCE} / {}",
            seeds(document.strategies.iter().filter(|tried| tried.kind != Kind::Crash).map(|tried| tried.seed)),
            names.len()
        ),
        &["strategy", "paths", "mean", "std. error", "t", "p", "above zero"],
    );
    for (strategy, variant) in &names {
        let attempts = document.strategies.iter().filter(|attempt| {
            attempt.kind != Kind::Crash
                && (attempt.strategy.as_str(), attempt.variant.as_str()) == (*strategy, *variant)
        });
        let mut by_path = std::collections::BTreeMap::<&str, Vec<f64>>::new();
        for attempt in attempts.filter(|attempt| attempt.tries > 0) {
            by_path.entry(&attempt.path).or_default().push(attempt.mean);
        }
        let means: Vec<f64> = by_path.into_values().map(|means| mean(means.into_iter())).collect();
        if means.len() < 2 {
            continue;
        }
        let (earned, error) = (mean(means.iter().copied()), error(&means));
        // What does not depend on the prices is the same on every path: no chance is in it.
        let (t, p) = if error < 1e-9 * earned.abs() {
            ("–".to_string(), if earned > 0.0 { 0.0 } else { 1.0 })
        } else {
            (format!("{:.1}", earned / error), upper_tail(earned / error, means.len() - 1))
        };
        let is_above = p < SIGNIFICANCE / names.len() as f64;
        sheet.rows.push(vec![
            format!("{strategy}: {variant}"),
            means.len().to_string(),
            cash(earned),
            cash(error),
            t,
            format!("{p:.1e}"),
            if is_above { "yes" } else { "no" }.into(),
        ]);
    }
    sheet
}

/// The probability that Student's t with so many degrees of freedom is larger.
fn upper_tail(t: f64, freedom: usize) -> f64 {
    // With t = √ν·tan θ the density is proportional to cosⁿθ, n = ν − 1: Simpson's rule over both parts of a half-turn.
    let power = freedom as i32 - 1;
    let area = |from: f64, to: f64| {
        let step = (to - from) / 2_000.0;
        let value = |place: i32| (from + f64::from(place) * step).cos().max(0.0).powi(power);
        (0..1_000).map(|pair| value(2 * pair) + 4.0 * value(2 * pair + 1) + value(2 * pair + 2)).sum::<f64>() * step
            / 3.0
    };
    let (half, angle) = (std::f64::consts::FRAC_PI_2, (t / (freedom as f64).sqrt()).atan());
    area(angle, half) / area(-half, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_tables_of_students_t() {
        // Upper points of 5 %, 0.5 % and 0.05 %.
        for (t, freedom, p) in [(6.314, 1, 0.05), (2.353, 3, 0.05), (3.169, 10, 0.005), (4.073, 15, 0.0005)] {
            assert!((upper_tail(t, freedom) / p - 1.0).abs() < 0.002, "{t} {freedom}: {}", upper_tail(t, freedom));
            assert!((upper_tail(-t, freedom) + upper_tail(t, freedom) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_tenth_is_asked_of_the_prompt_an_eighth_of_outages_and_less_than_a_basis_point_is_none() {
        assert_eq!(largest(Case::Prompt, 50_000.0), 5_000.0);
        assert_eq!(largest(Case::Late(1), 5_000.0), 1_200.0);
        assert_eq!(largest(Case::Outage(60), 80_000.0), 10_000.0);
        assert_eq!(largest(Case::Late(30), 80_000.0), 80_000.0);
        // 1, 2, 3: squares about the mean 2, by 2 and by 3, and the root.
        assert!((error(&[1.0, 2.0, 3.0]) - (1.0f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
