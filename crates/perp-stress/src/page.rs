//! The committed page, `docs/stress.md`.

use crate::case::{Rules, FILLS};
use crate::choice;
use crate::document::{Document, Origin};
use crate::table::{self, Sheet};
use crate::work::CHOSEN_FILL;
use std::fmt::Write;

/// Why the parameters are as they are.
const WHY: &str = "\
    ";

fn commit(origin: &Origin) -> String {
    let commit = if origin.commit.is_empty() { "an unknown commit" } else { &origin.commit };
    let state = if origin.dirty { ", with changes that were not committed" } else { "" };
    format!("`{commit}`{state}")
}

/// The page, from the results and those of the baseline.
pub fn page(document: &Document, baseline: Option<&Document>) -> String {
    let mut seeds: Vec<u64> = document.cells.iter().map(|cell| cell.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "# Stress\nWhat recorded crashes, late liquidators, silent oracles and attackers do to a market. Written by\n\
         `cargo run --release -p perp-stress -- --page docs/stress.md`; what is simulated and how each number is defined, says\n\
         [its README](../crates/perp-stress/README.md).\n\n\
         Measured at commit {} with seeds {}, {} traders, a cap of ${:.0} million a side and a pool of ${:.1} million.\n",
        commit(&document.origin),
        seeds.join(", "),
        document.traders,
        document.cap / 1e6,
        document.pool / 1e6,
    );
    if let Some(baseline) = baseline {
        let _ = writeln!(text, "The baseline is commit {}.", commit(&baseline.origin));
    }
    text.push_str("\n## The choice\n");
    text.push_str(WHY);
    let _ = write!(text, "\n{}", choice::variants(document, baseline).markdown());
    if let Some(baseline) = baseline {
        let _ = write!(text, "\n{}", choice::targets(document, baseline).markdown());
    }
    text.push_str("\n## Bad debt\nWhat accounts could not pay, whoever bore it: mean over the seeds.\n\n");
    for sheet in table::bad_debt(document, baseline) {
        let _ = writeln!(text, "{}", sheet.markdown());
    }
    text.push_str("## Every measure\n");
    for sheet in measures(document, baseline) {
        let _ = write!(text, "\n{}", sheet.markdown());
    }
    let _ = write!(text, "\n## Attackers\n\n{}", table::strategies(document, baseline).markdown());
    let _ = write!(text, "\n{}", choice::elsewhere(document).markdown());
    text
}

fn measures(document: &Document, baseline: Option<&Document>) -> Vec<Sheet> {
    let shown = FILLS.map(|fill| (Rules::Exchange, fill)).into_iter().chain([(Rules::Peers, CHOSEN_FILL)]);
    shown.map(|(rules, fill)| table::measures(document, baseline, rules, fill)).collect()
}

/// Everything there is to show.
pub fn sheets(document: &Document, baseline: Option<&Document>) -> Vec<Sheet> {
    let mut sheets = vec![choice::variants(document, baseline)];
    sheets.extend(baseline.map(|baseline| choice::targets(document, baseline)));
    sheets.extend(table::bad_debt(document, baseline));
    sheets.extend(measures(document, baseline));
    sheets.extend([table::strategies(document, baseline), choice::elsewhere(document)]);
    sheets
}
