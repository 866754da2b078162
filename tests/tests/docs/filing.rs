//! Every instruction is found under its group and its name in every place: in the program, the engine, the in-memory
//! exchange, the client, the documentation and the tests.

use crate::{read, table, workspace};
use perp_tests::idl::instructions;

/// The groups, in the order of the documentation.
pub const GROUPS: [&str; 7] = ["exchange", "market", "account", "position", "orders", "liquidity", "views"];

/// Instructions that the engine has no file of their own for, and why.
const WITHOUT_A_PLAN: [(&str, &str); 16] = [
    ("create_exchange", "parameters/pool.rs checks what it is given, and nothing else of it is computed"),
    ("propose_admin", "it stores what it is told"),
    ("accept_admin", "it stores what it is told"),
    ("set_roles", "it stores what it is told"),
    ("create_market", "parameters/market.rs checks what it is given, and nothing else of it is computed"),
    ("update_prices", "market/price.rs takes a price in, as it does for every instruction that is passed an oracle"),
    ("update_funding", "market/funding.rs accrues, as it does for every instruction that needs it"),
    ("open_account", "it stores what it is told"),
    ("set_delegate", "it stores what it is told"),
    ("open_orders", "it stores what it is told"),
    ("view_health", "risk/portfolio.rs values an account, as it does for every operation"),
    ("view_position", "risk/terms.rs tells what risk/portfolio.rs adds up"),
    ("view_liquidation_price", "risk/liquidation_price.rs asks risk/portfolio.rs at one price after another"),
    ("view_funding", "market/forecast.rs accrues a copy"),
    ("view_market", "market/solvency.rs says what a market has and owes, as it does for every operation"),
    ("close_orders", "state/order.rs says whether an order rests, and nothing else of it is computed"),
];

/// What of an instruction's name the engine files it under, where two share a plan.
fn plan_of(name: &str) -> &str {
    match name {
        "request_liquidity_deposit" | "request_liquidity_withdrawal" => "request",
        "pay_liquidity_request" => "pay_request",
        "place_orders" => "place",
        "arm_order" | "arm_order_if_due" => "arm",
        "execute_order" | "execute_order_if_due" => "execute",
        "liquidate_if_due" => "liquidate",
        "sweep_order" => "cancel",
        "view_trade" => "trade",
        other => other,
    }
}

/// The group under which the engine files it: an order that is only asked about is planned as one that is filled.
fn plan_group<'a>(name: &str, group: &'a str) -> &'a str {
    if name == "view_trade" {
        "position"
    } else {
        group
    }
}

/// The group of an instruction: the folder of the program in which its handler lies.
pub fn group_of(name: &str) -> &'static str {
    let path = |group: &str| format!("programs/perp-swap/src/instructions/{group}/{name}.rs");
    let groups: Vec<_> = GROUPS.into_iter().filter(|group| workspace().join(path(group)).exists()).collect();
    assert_eq!(groups.len(), 1, "{name} has its handler in one group, not in {groups:?}");
    groups[0]
}

#[test]
fn every_instruction_has_a_handler_a_page_and_tests_under_its_group_and_name() {
    let mut missing = Vec::new();
    for name in instructions() {
        let group = group_of(&name);
        for path in
            [format!("docs/instructions/{group}/{name}.md"), format!("tests/tests/instructions/{group}/{name}.rs")]
        {
            if !workspace().join(&path).exists() {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "missing:\n{}", missing.join("\n"));
}

#[test]
fn every_instruction_has_a_builder_in_the_file_of_its_group() {
    for name in instructions() {
        let group = group_of(&name);
        let source = read(&format!("crates/perp-client/src/instructions/{group}.rs"));
        let builders = [format!("pub fn {name}("), format!("pub fn {name}<")];
        assert!(builders.iter().any(|builder| source.contains(builder)), "{group}.rs of perp-client builds no {name}");
    }
}

#[test]
fn every_instruction_that_computes_something_has_a_plan_in_the_engine() {
    for name in instructions() {
        let group = group_of(&name);
        let path = format!("crates/perp-engine/src/operations/{}/{}.rs", plan_group(&name, group), plan_of(&name));
        let expected = WITHOUT_A_PLAN.iter().all(|(without, _)| *without != name);
        assert_eq!(workspace().join(&path).exists(), expected, "{path}");
        if expected {
            assert!(read(&path).contains("pub fn "), "{path} computes nothing");
        }
    }
}

#[test]
fn what_lies_in_a_folder_of_a_group_belongs_to_an_instruction() {
    let names = instructions();
    for (folder, extension) in
        [("programs/perp-swap/src/instructions", "rs"), ("docs/instructions", "md"), ("tests/tests/instructions", "rs")]
    {
        for group in GROUPS {
            for entry in std::fs::read_dir(workspace().join(folder).join(group)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                if path.extension().is_some_and(|other| other == extension) && name != "mod" {
                    assert!(names.contains(&name), "{} is of no instruction", path.display());
                    assert_eq!(group_of(&name), group, "{}", path.display());
                }
            }
        }
    }
}

#[test]
fn the_overview_lists_every_instruction_once_with_where_it_is_computed() {
    let rows = table(&read("docs/instructions/README.md"));
    let mut listed: Vec<&str> = Vec::new();
    for row in &rows {
        let [group, page, _, _, checked, computed] = &row[..] else { panic!("six cells: {row:?}") };
        let name = page.trim_start_matches('[').split(']').next().unwrap();
        assert_eq!(*page, format!("[{name}]({group}/{name}.md)"));
        assert_eq!(group_of(name), group, "{name}");
        assert!(checked.ends_with(&format!("src/instructions/{group}/{name}.rs)")), "{name}: {checked}");
        let plan = format!("src/operations/{}/{}.rs)", plan_group(name, group), plan_of(name));
        let without = WITHOUT_A_PLAN.iter().any(|(without, _)| *without == name);
        assert_eq!(computed.ends_with(&plan), !without, "{name}: {computed}");
        listed.push(name);
    }
    let mut names = instructions();
    names.sort();
    listed.sort_unstable();
    assert_eq!(listed, names);
}

/// What executes an instruction in memory; none where it is about keys and listings, which `Exchange` is built with.
fn operation_of(name: &str) -> Option<&str> {
    match name {
        "create_exchange" | "create_market" | "propose_admin" | "accept_admin" | "set_roles" | "set_delegate" => None,
        // They execute nothing; whoever has the exchange in memory asks its quotes.
        view if group_of(view) == "views" => None,
        "update_prices" => Some("update_price"),
        other => Some(other.strip_suffix("_if_due").unwrap_or(other)),
    }
}

#[test]
fn every_instruction_that_moves_money_or_state_is_executed_in_memory() {
    for name in instructions() {
        let Some(operation) = operation_of(&name) else { continue };
        let path = format!("crates/perp-exchange/src/operations/{}.rs", group_of(&name));
        assert!(read(&path).contains(&format!("pub fn {operation}(")), "{path} executes no {name}");
    }
}
