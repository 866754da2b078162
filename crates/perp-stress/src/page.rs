//! The committed page, `docs/stress.md`.

use crate::case::{Rules, FILLS};
use crate::choice;
use crate::document::{Document, Origin};
use crate::epochs;
use crate::orders;
use crate::table::{self, Sheet};
use crate::work::CHOSEN_FILL;
use std::collections::BTreeSet;
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

/// Headings that a page is taken apart by.
const EPOCHS: &str = "\n## Entering and leaving the pool\n";
const ORDERS: &str = "\n## Resting orders\n";
const ATTACKERS: &str = "\n## Attackers\n";

const ABOUT_EPOCHS: &str = "\
A quarter of the pool leaves and as much enters at every boundary: what that loses against what the shares are worth to somebody who
knows every account, where nobody settles traders before it and where somebody does for the queue's fee, so many seconds before.
";

const ABOUT_ORDERS: &str = "\
An order that is met is armed and fills at the one reading so many seconds later ([orders](specification/orders.md)). What that costs
against a trade at the price that met it, which pays the spread for the price's age and volatility; and what somebody gains who chooses the
moment, marked 15 s after the fill.
";

fn commit(origin: &Origin) -> String {
    let commit = if origin.commit.is_empty() { "an unknown commit" } else { &origin.commit };
    let state = if origin.dirty { ", with changes that were not committed" } else { "" };
    format!("`{commit}`{state}")
}

fn seeds(of_results: impl Iterator<Item = u64>) -> String {
    let each: BTreeSet<u64> = of_results.collect();
    each.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The page, from the results and those of the baseline.
pub fn page(document: &Document, baseline: Option<&Document>) -> String {
    let mut text = format!(
        "# Stress\nWhat recorded crashes, late liquidators, silent oracles and attackers do to a market. Written by\n\
         `cargo run --release -p perp-stress -- --page docs/stress.md`; what is simulated and how each number is defined, says\n\
         [its README](../crates/perp-stress/README.md).\n\n\
         Measured at commit {} with seeds {}, {} traders, a cap of ${:.0} million a side and a pool of ${:.1} million.\n",
        commit(&document.origin),
        seeds(document.cells.iter().map(|cell| cell.seed)),
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
    if !document.epochs.is_empty() {
        text.push_str(&epochs_section(document));
    }
    if !document.orders.is_empty() {
        text.push_str(&orders_section(document));
    }
    let _ = write!(text, "{ATTACKERS}\n{}", table::strategies(document, baseline).markdown());
    let _ = write!(text, "\n{}", choice::elsewhere(document).markdown());
    text
}

/// The section about entering and leaving the pool, from its heading to its end.
fn epochs_section(document: &Document) -> String {
    let mut text = format!(
        "{EPOCHS}{ABOUT_EPOCHS}\nMeasured at commit {} with seeds {}.\n",
        commit(&document.origin),
        seeds(document.epochs.iter().map(|run| run.seed))
    );
    for sheet in epochs::table::sheets(document) {
        let _ = write!(text, "\n{}", sheet.markdown());
    }
    text
}

/// The section about resting orders, from its heading to its end.
fn orders_section(document: &Document) -> String {
    let mut text = format!(
        "{ORDERS}{ABOUT_ORDERS}\nMeasured at commit {} with seeds {}.\n",
        commit(&document.origin),
        seeds(document.orders.iter().map(|run| run.seed))
    );
    for sheet in orders::table::sheets(document) {
        let _ = write!(text, "\n{}", sheet.markdown());
    }
    text
}

/// An earlier page with the sections of the parts that were run written anew, and nothing else.
pub fn with_parts(earlier: &str, document: &Document) -> String {
    let mut text = earlier.to_string();
    if !document.epochs.is_empty() {
        text = with_section(&text, EPOCHS, &epochs_section(document));
    }
    if !document.orders.is_empty() {
        text = with_section(&text, ORDERS, &orders_section(document));
    }
    text
}

/// A page with this section in place of the one under the same heading, or before the attackers.
fn with_section(earlier: &str, heading: &str, section: &str) -> String {
    let (before, rest) = match (earlier.find(heading), earlier.find(ATTACKERS)) {
        (Some(start), _) => {
            let after = start + heading.len();
            let end = earlier[after..].find("\n## ").map_or(earlier.len(), |length| after + length);
            (&earlier[..start], &earlier[end..])
        }
        (None, Some(start)) => earlier.split_at(start),
        (None, None) => (earlier, ""),
    };
    format!("{before}{section}{rest}")
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
    sheets.extend(epochs::table::sheets(document));
    sheets.extend(orders::table::sheets(document));
    sheets.extend([table::strategies(document, baseline), choice::elsewhere(document)]);
    sheets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::result::Orders;
    use crate::path::Kind;
    use crate::variant::Terms;

    #[test]
    fn a_run_of_one_part_writes_its_section_of_the_page_and_leaves_the_rest() {
        let origin = Origin::here(&Terms::default());
        let run =
            Orders { path: "a path".into(), prices: String::new(), kind: Kind::Crash, seed: 7, rules: Vec::new() };
        let document = Document { orders: vec![run], ..Document::empty(origin.clone()) };
        let earlier = "# Stress\n\n## Every measure\na table\n\n## Attackers\nanother\n";
        let written = with_parts(earlier, &document);
        let (before, rest) = written.split_once(ORDERS).unwrap();
        assert_eq!(before, "# Stress\n\n## Every measure\na table\n");
        assert!(rest.contains("with seeds 7.") && rest.ends_with("\n## Attackers\nanother\n"));
        // Once more, and nothing is there twice; where nothing was run, nothing is written.
        assert_eq!(with_parts(&written, &document), written);
        assert_eq!(with_parts(&written, &Document::empty(origin)), written);
    }
}
