use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Deserialize)]
struct File {
    compute_units: BTreeMap<String, Budget>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Budget {
    Any(u32),
    ByCount(BTreeMap<String, u32>),
}

/// `budgets.rs` as the budgets of the tests make it.
fn generated() -> String {
    let file: File = toml::from_str(include_str!("../../../../../tests/budgets.toml")).unwrap();
    let mut text = String::from(
        "//! Made from `tests/budgets.toml`: `PERP_WRITE=1 cargo test -p perp-client budgets` writes it.\n\n\
         /// Instructions in the order of their names, each with counts of positions and compute units.\n\
         #[rustfmt::skip]\n\
         pub(super) const BUDGETS: &[(&str, &[(u32, u32)])] = &[\n",
    );
    for (name, budget) in file.compute_units {
        let mut counts: Vec<(u32, u32)> = match budget {
            Budget::Any(units) => vec![(0, units)],
            Budget::ByCount(counts) => counts.iter().map(|(count, units)| (count.parse().unwrap(), *units)).collect(),
        };
        counts.sort_unstable();
        let counts: Vec<_> = counts.iter().map(|(count, units)| format!("({count}, {units})")).collect();
        writeln!(text, "    (\"{name}\", &[{}]),", counts.join(", ")).unwrap();
    }
    text.push_str("];\n");
    text
}

#[test]
fn the_budgets_are_those_that_the_program_is_held_to() {
    let expected = generated();
    if std::env::var_os("PERP_WRITE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/jobs/budgets.rs"), &expected).unwrap();
    }
    assert!(include_str!("../budgets.rs") == expected, "budgets.rs is not up to date: write it again (its first line)");
}

#[test]
fn between_two_measured_counts_the_budget_grows_in_proportion() {
    let measured = |count| compute_units("liquidate", count);
    assert!(measured(1) < measured(2) && measured(2) < measured(8) && measured(8) < measured(12));
    // A seventh of the way from one position to eight, rounded up.
    assert_eq!(measured(2), measured(1) + (measured(8) - measured(1)).div_ceil(7));
    assert_eq!(measured(20), measured(12));
    assert_eq!(compute_units("settle_pnl", 5), compute_units("settle_pnl", 0));
    assert_eq!(compute_units("no_such_instruction", 1), UNKNOWN);
    assert_eq!(with_headroom(8_000), 9_000);
}
