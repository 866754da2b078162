//! What instructions cost on the committed binary stays within the committed budgets.

use perp_tests::costs::{Budgets, Costs};
use perp_tests::idl::instructions;
use std::collections::BTreeSet;

#[test]
fn every_instruction_stays_within_its_budget() {
    let (costs, budgets) = (Costs::measure(), Budgets::committed());
    let complaints: Vec<_> = costs.rows().filter_map(|(row, cost)| budgets.complaint(row, cost)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");

    let measured: BTreeSet<_> = costs.rows().map(|(row, _)| row.instruction).collect();
    let budgeted: BTreeSet<_> = budgets.instructions().collect();
    assert_eq!(measured, budgeted, "measured and budgeted instructions");
    assert_eq!(measured, names(&instructions()), "measured instructions and those of the IDL");
}

#[test]
fn the_binary_stays_within_its_budget() {
    let program = perp_artifacts::program_bytes().expect("the program is committed under artifacts/");
    assert!(program.len() <= Budgets::committed().bytes.program, "the binary has {} bytes", program.len());
}

#[test]
fn the_documented_table_has_a_row_for_every_instruction() {
    let page = std::fs::read_to_string(perp_artifacts::workspace_root().join("docs/compute-units.md"))
        .expect("cargo run -p perp-tests --bin compute-units writes it");
    let instructions = instructions();
    let missing: Vec<_> =
        names(&instructions).into_iter().filter(|name| !page.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "run the compute-units binary again, these have no row: {missing:?}");
}

fn names(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}
