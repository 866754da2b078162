//! One number of what happened: as it was told, as it comes out, and by which rule.

use crate::output::{Cell, Section};

/// Whether a number came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The engine comes to the same, to the last digit.
    Same,
    /// The event tells it, and what it comes from is kept by nobody.
    Told,
    /// The engine comes to something else.
    Differs,
}

/// A number with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub what: &'static str,
    /// As the event tells it.
    pub told: Cell,
    /// As it comes out; nothing where it cannot be computed from the chain.
    pub computed: Cell,
    /// What it comes from.
    pub rule: &'static str,
    /// Where the rule stands.
    pub place: &'static str,
    /// Whether both are the same.
    pub verdict: Verdict,
}

/// Where rules stand.
pub mod place {
    /// Fills.
    pub const FILL: &str = "docs/specification/trading.md#fill";
    /// Positions.
    pub const POSITION: &str = "docs/specification/trading.md#position";
    /// The spread.
    pub const SPREAD: &str = "docs/specification/price.md#spread";
    /// Fills of resting orders.
    pub const FILLING: &str = "docs/specification/orders.md#filling";
    /// Settlement of funding.
    pub const FUNDING: &str = "docs/specification/funding.md#settlement";
    /// The postings.
    pub const LEDGER: &str = "docs/specification/README.md#the-ledger";
    /// Profit and loss settled.
    pub const PROFIT: &str = "docs/specification/losses.md#settling-profit-and-loss";
    /// Debts and claims.
    pub const CLAIMS: &str = "docs/specification/losses.md#debts-and-claims";
    /// Bankruptcies.
    pub const LOSS_ENDS: &str = "docs/specification/losses.md#where-a-loss-ends";
    /// How much a liquidation closes.
    pub const HOW_MUCH: &str = "docs/specification/liquidation.md#how-much";
    /// When one may happen.
    pub const WHEN: &str = "docs/specification/liquidation.md#when";
    /// The penalty.
    pub const PENALTY: &str = "docs/specification/liquidation.md#penalty";
    /// Equity.
    pub const EQUITY: &str = "docs/specification/margin.md#equity";
    /// The margin fraction.
    pub const FRACTION: &str = "docs/specification/margin.md#margin-fraction";
    /// All of them.
    #[cfg(test)]
    pub const ALL: [&str; 14] = [
        FILL, POSITION, SPREAD, FILLING, FUNDING, LEDGER, PROFIT, CLAIMS, LOSS_ENDS, HOW_MUCH, WHEN, PENALTY, EQUITY,
        FRACTION,
    ];
}

impl Line {
    /// A number that comes out, or does not.
    pub fn compared(what: &'static str, told: Cell, computed: Cell, rule: &'static str, place: &'static str) -> Self {
        let verdict = if told == computed { Verdict::Same } else { Verdict::Differs };
        Self { what, told, computed, rule, place, verdict }
    }

    /// A number that is compared where it can be computed.
    pub fn if_known(
        what: &'static str,
        told: Cell,
        computed: Option<Cell>,
        rule: &'static str,
        place: &'static str,
    ) -> Self {
        match computed {
            Some(computed) => Self::compared(what, told, computed, rule, place),
            None => Self::told(what, told, rule, place),
        }
    }

    /// A number that the event alone tells.
    pub const fn told(what: &'static str, told: Cell, rule: &'static str, place: &'static str) -> Self {
        Self { what, told, computed: Cell::None, rule, place, verdict: Verdict::Told }
    }
}

/// The lines of an event.
pub fn section(name: &str, lines: &[Line]) -> Section {
    let rows = lines.iter().map(|line| {
        let verdict = match line.verdict {
            Verdict::Same => "same",
            Verdict::Told => "told",
            Verdict::Differs => "DIFFERS",
        };
        vec![
            Cell::text(line.what),
            line.told.clone(),
            line.computed.clone(),
            Cell::text(verdict),
            Cell::text(line.rule),
            Cell::text(line.place),
        ]
    });
    let columns = ["what", "told", "computed", "verdict", "rule", "where it stands"];
    Section::rows("lines", format!("{name}, line by line"), &columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// What a link to a heading is written as.
    fn fragment(heading: &str) -> String {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect()
    }

    #[test]
    fn every_rule_stands_where_it_is_said_to() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for place in place::ALL {
            let (file, heading) = place.split_once('#').unwrap();
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let found = text.lines().any(|line| line.starts_with('#') && fragment(line) == heading);
            assert!(found, "{place}");
        }
    }

    #[test]
    fn a_number_is_the_same_only_to_the_last_digit() {
        let of = |computed| Line::compared("fee", Cell::Atoms(5, 6), Cell::Atoms(computed, 6), "", place::FILL).verdict;
        assert_eq!((of(5), of(6)), (Verdict::Same, Verdict::Differs));
        assert_eq!(Line::if_known("fee", Cell::Atoms(5, 6), None, "", place::FILL).verdict, Verdict::Told);
    }
}
