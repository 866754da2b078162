//! The committed page, `docs/stress.md`.

use crate::case::{Rules, FILLS};
use crate::choice;
use crate::document::{Document, Origin};
use crate::table::{self, Sheet};
use crate::work::CHOSEN_FILL;
use std::fmt::Write;

/// Why the parameters are as they are.
const WHY: &str = "\
Parameters were chosen on the crash days at 60 % of the cap for the least margin held with which bad debt is a tenth of the baseline's
where liquidators are prompt or a minute late and an eighth after outages. What decides is the initial margin that open interest asks
for: it rises from 5 % of the cap to 2.25 times the cap, so that it is 29 % there instead of 11 %, and a side that nobody has filled yet
keeps its leverage. Everybody holds more margin for it, and calm weeks are spared nearly all of their liquidations. A rise from 0 to 2.4
times the cap or from 12.5 % to twice the cap does the same for as much margin; with 24 % instead of 29 % the targets are missed by far.
Where a market is filled to 30 % the margin is 16 %, and much of the baseline's bad debt is left: the targets are not meant for it. There
a higher weight of measured volatility (0.5 instead of 0.33) or a maintenance margin of 75 % of the margin fraction would help; at 60 %
they gain nothing, and they close more than 1 % of open interest early in some calm weeks. The spread has less than half the weights it
was listed with before, which leave a lead of two seconds less than 5 % of what it earned. The surge and insurance change who pays, not how
much is lost.
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
