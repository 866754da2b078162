//! The committed page, `docs/stress.md`.

use crate::case::{Rules, FILLS};
use crate::document::{Document, Origin};
use crate::table;
use std::fmt::Write;

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
    text.push_str("\n## Bad debt\nWhat accounts could not pay, whoever bore it: mean over the seeds.\n\n");
    for sheet in table::bad_debt(document, baseline) {
        let _ = writeln!(text, "{}", sheet.markdown());
    }
    text.push_str("## Every measure\n");
    for (rules, fill) in FILLS.map(|fill| (Rules::Exchange, fill)).into_iter().chain([(Rules::Peers, 60)]) {
        let _ = write!(text, "\n{}", table::measures(document, rules, fill).markdown());
    }
    let _ = write!(text, "\n## Attackers\n\n{}", table::strategies(document, baseline).markdown());
    text
}
