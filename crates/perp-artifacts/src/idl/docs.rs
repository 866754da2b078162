//! What the IDL says in words.

use super::units::is_unit;
use super::{items, items_mut, name};
use serde_json::Value;

/// Copies to each argument what its instruction's docs say of it, in a list item that begins with the argument's name in
/// backticks. Rust allows no docs on the parameters of a function.
pub(super) fn hand_to_arguments(idl: &mut Value) {
    for instruction in items_mut(idl, "instructions") {
        let docs: Vec<String> = lines(instruction).map(str::to_owned).collect();
        for argument in items_mut(instruction, "args") {
            if lines(argument).next().is_none() {
                let own = of_argument(&docs, name(argument));
                if !own.is_empty() {
                    argument["docs"] = own.into();
                }
            }
        }
    }
}

/// The item of an argument, and the lines it goes on in.
fn of_argument(docs: &[String], argument: &str) -> Vec<String> {
    let begins = |line: &String| {
        let item = line.strip_prefix(['-', '*'])?.trim_start().strip_prefix('`')?.strip_prefix(argument)?;
        Some(item.strip_prefix('`')?.trim_start_matches([':', '-', '–', ' ']).to_owned())
    };
    let Some((at, first)) = docs.iter().enumerate().find_map(|(at, line)| Some((at, begins(line)?))) else {
        return Vec::new();
    };
    let rest = docs[at + 1..].iter().take_while(|line| !line.is_empty() && !line.starts_with(['-', '*', '#']));
    [capitalized(&first)].into_iter().chain(rest.cloned()).collect()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn lines(item: &Value) -> impl Iterator<Item = &str> {
    items(item, "docs").iter().filter_map(Value::as_str)
}

/// Everything in a finished IDL that has no docs, each by its path: instructions, their accounts and arguments, types,
/// their fields, constants; and errors without a message. A unit alone is no docs. Room that is kept free, which is
/// called `padding` or `reserved`, needs none.
///
/// Neither the variants of an enum nor the fields of tuples can have docs in an IDL: those of the type must do.
pub fn missing_docs(idl: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    for instruction in items(idl, "instructions") {
        let path = check(instruction, "instructions", &mut missing);
        check_accounts(instruction, &format!("{path}.accounts"), &mut missing);
        for argument in items(instruction, "args") {
            check(argument, &format!("{path}.args"), &mut missing);
        }
    }
    for definition in items(idl, "types") {
        let path = check(definition, "types", &mut missing);
        check_fields(&definition["type"], &path, &mut missing);
        for variant in items(&definition["type"], "variants") {
            check_fields(variant, &format!("{path}.{}", name(variant)), &mut missing);
        }
    }
    for constant in items(idl, "constants") {
        check(constant, "constants", &mut missing);
    }
    for error in items(idl, "errors") {
        if error["msg"].as_str().is_none_or(str::is_empty) {
            missing.push(format!("errors.{}", name(error)));
        }
    }
    missing
}

/// The path of an item, which is noted where the item has no docs.
fn check(item: &Value, within: &str, missing: &mut Vec<String>) -> String {
    let path = format!("{within}.{}", name(item));
    if !lines(item).any(|line| !line.is_empty() && !is_unit(line)) {
        missing.push(path.clone());
    }
    path
}

fn check_accounts(of: &Value, path: &str, missing: &mut Vec<String>) {
    for account in items(of, "accounts") {
        // A group of accounts has docs in Rust only.
        if account.get("accounts").is_some() {
            check_accounts(account, &format!("{path}.{}", name(account)), missing);
        } else {
            check(account, path, missing);
        }
    }
}

fn check_fields(of: &Value, path: &str, missing: &mut Vec<String>) {
    let is_room = |field: &Value| ["padding", "reserved"].iter().any(|room| name(field).starts_with(room));
    for field in items(of, "fields").iter().filter(|field| field.get("name").is_some() && !is_room(field)) {
        check(field, path, missing);
    }
}
