//! What instructions cost on the committed binary stays within the committed budgets.

mod many_markets;

use perp_tests::costs::{Budgets, Costs};
use perp_tests::idl::instructions;
use perp_tests::{listing, Backend, World};
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
fn a_second_source_costs_an_intake_little_but_where_only_the_spreads_decide() {
    // Two markets but for the second source alike; the second price is of another second and has a confidence interval.
    let mut world = World::new(Backend::Sbf, 1);
    world.list(listing::bounded(1, 0));
    let mut intake = |market: u16, price: f64| {
        world.publish_second(market, 251.37, 0.09, world.now);
        if market == 1 {
            world.update_second_price(market).expect("it is newer");
        }
        world.wait(7);
        world.publish_with(market, price, 0.09, world.now);
        world.update_price(market).expect("anybody may").compute_units
    };
    // 0.4 % away; then 1.03 %, which only the spreads allow, and 3 %.
    let within = [0, 1].map(|market| intake(market, 252.5));
    let between = [0, 1].map(|market| intake(market, 253.96));
    let [plain, refused] = [0, 1].map(|market| intake(market, 259.0));
    for ([plain, bounded], most) in [(within, 40), (between, 420), ([plain, refused], 420)] {
        assert!(bounded <= plain + most, "{bounded} units instead of {plain}");
    }
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
