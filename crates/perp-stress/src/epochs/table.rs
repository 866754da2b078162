//! The boundaries of all runs side by side.

use super::boundary::WAYS;
use super::result::{Epochs, Keeping, Losses, Mover, Movers, Reasons};
use crate::document::Document;
use crate::path::Kind;
use crate::table::{cash, mean, percent, thousands, Sheet};
use std::collections::BTreeSet;

/// What a loss after the fee may be on average, and at any boundary, in percent.
const TARGET: (f64, f64) = (0.2, 1.0);

/// Paths that are taken together.
const KINDS: [(&str, Kind); 2] = [("all crash days", Kind::Crash), ("all calm weeks", Kind::Calm)];

/// Who leaves or who enters, and what that is called.
type Who = (&'static str, fn(&Movers) -> &Mover);
const WHO: [Who; 2] = [("leaver", |movers| &movers.leaver), ("entrant", |movers| &movers.entrant)];

/// How traders are settled, in words, and the results of that.
fn ways(runs: &[&Epochs]) -> Vec<(&'static str, Vec<Movers>)> {
    let mut ways = vec![("not settled", runs.iter().map(|run| run.unsettled).collect())];
    ways.extend(
        WAYS.iter().enumerate().map(|(place, way)| (way.name, runs.iter().map(|run| run.settled[place]).collect())),
    );
    ways
}

/// Runs that are shown together, under a name: of each path, and of all crash days and calm weeks.
fn groups(document: &Document) -> Vec<(String, Vec<&Epochs>)> {
    let names: BTreeSet<(bool, &str)> =
        document.epochs.iter().map(|run| (run.kind != Kind::Crash, run.path.as_str())).collect();
    let of = |belongs: &dyn Fn(&Epochs) -> bool| document.epochs.iter().filter(|run| belongs(run)).collect::<Vec<_>>();
    let mut groups: Vec<(String, Vec<&Epochs>)> =
        names.iter().map(|(_, name)| ((*name).to_string(), of(&|run| run.path == *name))).collect();
    for (name, kind) in KINDS {
        groups.push((name.into(), of(&|run| run.kind == kind)));
    }
    groups.retain(|(_, runs)| !runs.is_empty());
    groups
}

/// Of these groups those of all crash days and all calm weeks.
fn kinds(document: &Document) -> Vec<(String, Vec<&Epochs>)> {
    groups(document).into_iter().filter(|(name, _)| KINDS.iter().any(|(kind, _)| kind == name)).collect()
}

/// Every table about entering and leaving the pool; none where nothing was run.
pub fn sheets(document: &Document) -> Vec<Sheet> {
    if document.epochs.is_empty() {
        return Vec::new();
    }
    vec![losses(document), reasons(document), keeping(document)]
}

fn pooled(movers: &[Movers], of: impl Fn(&Movers) -> Losses) -> Losses {
    let each: Vec<Losses> = movers.iter().map(of).collect();
    let furthest = each.iter().map(|losses| losses.largest).max_by(|a, b| a.abs().total_cmp(&b.abs()));
    Losses {
        mean: mean(each.iter().map(|losses| losses.mean)),
        mean_absolute: mean(each.iter().map(|losses| losses.mean_absolute)),
        largest: furthest.unwrap_or(0.0),
        beyond: each.iter().map(|losses| losses.beyond).sum(),
    }
}

fn losses(document: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        "Loss of who moves a quarter of the pool, in percent: mean / mean without signs / largest",
        &[
            "path, settled",
            "boundaries",
            "leaver before fee",
            "leaver",
            "beyond 1 %",
            "entrant before fee",
            "entrant",
            "beyond 1 %",
            "met",
        ],
    );
    for (name, runs) in groups(document) {
        for (way, results) in ways(&runs) {
            let pooled = |mover: fn(&Movers) -> &Mover, losses: fn(&Mover) -> Losses| {
                pooled(&results, |movers| losses(mover(movers)))
            };
            let shown =
                |losses: &Losses| format!("{:.3} / {:.3} / {:.2}", losses.mean, losses.mean_absolute, losses.largest);
            let mut row =
                vec![format!("{name}, {way}"), runs.iter().map(|run| run.boundaries).sum::<u32>().to_string()];
            let mut met = true;
            for (_, mover) in WHO {
                let after = pooled(mover, |mover| mover.after_fee);
                met &= after.mean.abs() <= TARGET.0 && after.largest.abs() <= TARGET.1;
                row.extend([shown(&pooled(mover, |mover| mover.before_fee)), shown(&after), after.beyond.to_string()]);
            }
            row.push(if met { "yes" } else { "no" }.into());
            sheet.rows.push(row);
        }
    }
    sheet
}

fn reasons(document: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        "Where the loss before the fee comes from, in percent: mean / where it is largest",
        &["path, settled", "who", "confidence", "moved since", "left before", "funding, debts"],
    );
    for (name, runs) in kinds(document) {
        for (way, results) in ways(&runs) {
            for (who, mover) in WHO {
                let each: Vec<&Mover> = results.iter().map(mover).collect();
                let far = |mover: &&&Mover| mover.after_fee.largest.abs();
                let Some(worst) = each.iter().max_by(|a, b| far(a).total_cmp(&far(b))) else { continue };
                let shown = |number: fn(&Reasons) -> f64| {
                    let usual = mean(each.iter().map(|mover| number(&mover.reasons)));
                    format!("{:.3} / {:.2}", usual, number(&worst.worst))
                };
                sheet.rows.push(vec![
                    format!("{name}, {way}"),
                    who.into(),
                    shown(|reasons| reasons.width),
                    shown(|reasons| reasons.moved),
                    shown(|reasons| reasons.left),
                    shown(|reasons| reasons.rest),
                ]);
            }
        }
    }
    sheet
}

fn keeping(document: &Document) -> Sheet {
    let mut sheet = Sheet::new(
        "Settling traders at a boundary, mean: profit and loss in thousands of dollars, its pay and the queue's fees in dollars",
        &[
            "path",
            "positions",
            "settled",
            "pay",
            "paid in full %",
            "settled hourly",
            "pay an hour",
            "fees an hour",
            "paid in full %",
            "bad debt",
        ],
    );
    for (name, runs) in groups(document) {
        let of = |number: fn(&Keeping) -> f64| mean(runs.iter().map(|run| number(&run.keeping)));
        sheet.rows.push(vec![
            name,
            format!("{:.0}", of(|keeping| keeping.positions)),
            thousands(of(|keeping| keeping.moved)),
            cash(of(|keeping| keeping.asked)),
            percent(of(|keeping| keeping.sufficed)),
            thousands(of(|keeping| keeping.hourly_moved)),
            cash(of(|keeping| keeping.hourly_asked)),
            cash(of(|keeping| keeping.hourly_fees)),
            percent(of(|keeping| keeping.hourly_sufficed)),
            runs.iter().map(|run| run.with_bad_debt).sum::<u32>().to_string(),
        ]);
    }
    sheet
}
