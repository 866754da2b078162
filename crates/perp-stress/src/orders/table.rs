//! The orders of all runs side by side.

use super::result::{Mean, Moment, Orders, Rule};
use crate::document::Document;
use crate::path::Kind;
use crate::table::{mean, Sheet};
use std::collections::BTreeSet;

/// Every table about resting orders; none where nothing was run.
pub fn sheets(document: &Document) -> Vec<Sheet> {
    if document.orders.is_empty() {
        return Vec::new();
    }
    vec![stops(document), moments(document)]
}

/// Rules that are shown together, under a name: of each path, of all crash days and of all calm weeks.
fn groups(document: &Document) -> Vec<(String, Vec<&Rule>)> {
    let of = |belongs: &dyn Fn(&Orders) -> bool, delay: u32| -> Vec<&Rule> {
        let runs = document.orders.iter().filter(|run| belongs(run));
        runs.flat_map(|run| &run.rules).filter(|rule| rule.delay == delay).collect()
    };
    let names: BTreeSet<(bool, &str)> =
        document.orders.iter().map(|run| (run.kind != Kind::Crash, run.path.as_str())).collect();
    let delays: BTreeSet<u32> = document.orders.iter().flat_map(|run| &run.rules).map(|rule| rule.delay).collect();
    let mut groups = Vec::new();
    for delay in delays {
        for (_, path) in &names {
            groups.push((format!("{path}, {delay} s"), of(&|run| run.path == *path, delay)));
        }
        for (name, kind) in [("all crash days", Kind::Crash), ("all calm weeks", Kind::Calm)] {
            groups.push((format!("{name}, {delay} s"), of(&|run| run.kind == kind, delay)));
        }
    }
    groups.retain(|(_, rules)| !rules.is_empty());
    groups
}

fn with_error(mean: Mean) -> String {
    format!("{:.2} ± {:.2}", mean.mean, mean.error)
}

fn stops(document: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        "Stops, in basis points against the price that met them: mean ± standard error, and what 95 % do not exceed",
        &["path, delay", "met", "price moved", "95 %", "trade at once", "filled", "95 %", "dearer"],
    );
    for (name, rules) in groups(document) {
        let pooled = |of: fn(&Rule) -> Mean| Mean::pooled(rules.iter().map(|rule| of(rule)));
        let high = |of: fn(&Rule) -> f64| format!("{:.1}", mean(rules.iter().map(|rule| of(rule))));
        let moved = pooled(|rule| rule.stops.moved);
        sheet.rows.push(vec![
            name,
            moved.count.to_string(),
            with_error(moved),
            high(|rule| rule.stops.moved_high),
            format!("{:.2}", pooled(|rule| rule.stops.at_once).mean),
            format!("{:.2}", pooled(|rule| rule.stops.filled).mean),
            high(|rule| rule.stops.filled_high),
            with_error(pooled(|rule| rule.stops.dearer)),
        ]);
    }
    sheet
}

fn moments(document: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        "Orders at the next price at chosen moments, in basis points: mean ± standard error",
        &["path, delay", "moment", "tries", "gain before cost", "gain", "of a trade at once"],
    );
    for (name, rules) in groups(document).into_iter().filter(|(name, _)| name.starts_with("all ")) {
        let Some(first) = rules.first() else { continue };
        for place in 0..first.moments.len() {
            let pooled = |of: fn(&Moment) -> Mean| Mean::pooled(rules.iter().map(|rule| of(&rule.moments[place])));
            let gain = pooled(|moment| moment.gain);
            sheet.rows.push(vec![
                name.clone(),
                first.moments[place].name.clone(),
                gain.count.to_string(),
                with_error(pooled(|moment| moment.before_cost)),
                with_error(gain),
                with_error(pooled(|moment| moment.at_once)),
            ]);
        }
    }
    sheet
}
