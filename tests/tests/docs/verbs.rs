//! `docs/specification/`: every instruction with its accounts, arguments, event and errors, against the IDL.

use crate::{markdown_in, quoted, section};
use perp_client::errors::ALL;
use perp_tests::idl::idl;
use serde_json::Value;

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

/// `name` with what the instruction demands of the account.
fn account_of(account: &Value) -> String {
    let marks: Vec<&str> = ["signer", "writable", "optional"]
        .into_iter()
        .filter(|mark| account[*mark].as_bool().unwrap_or(false))
        .collect();
    let name = format!("`{}`", account["name"].as_str().unwrap());
    if marks.is_empty() {
        name
    } else {
        format!("{name} ({})", marks.join(", "))
    }
}

fn argument_of(argument: &Value) -> String {
    let kind = &argument["type"];
    let kind = kind.as_str().or_else(|| kind["defined"]["name"].as_str()).unwrap();
    format!("`{}: {kind}`", argument["name"].as_str().unwrap())
}

fn listed(list: &Value, write: impl Fn(&Value) -> String) -> String {
    let entries: Vec<String> = list.as_array().unwrap().iter().map(write).collect();
    if entries.is_empty() {
        "none".into()
    } else {
        entries.join(", ")
    }
}

/// The line of a verb's section that begins with this label.
fn line<'a>(verb: &'a str, label: &str) -> &'a str {
    verb.lines().find_map(|line| line.strip_prefix(&format!("- **{label}:** "))).unwrap_or_default()
}

/// Section of every instruction in the specification.
fn verbs(idl: &Value) -> Vec<(String, String)> {
    let documents = markdown_in("docs/specification");
    let find = |name: &str| {
        let heading = format!("### {name}");
        let mut found = documents.iter().filter_map(|document| section(&document.text, &heading));
        let verb = found.next().unwrap_or_else(|| panic!("docs/specification has no section \"{heading}\""));
        assert!(found.next().is_none(), "docs/specification describes {name} twice");
        (name.to_owned(), verb.to_owned())
    };
    names(&idl["instructions"]).into_iter().map(find).collect()
}

#[test]
fn every_instruction_is_specified_with_its_accounts_and_arguments() {
    let idl = idl();
    for ((name, verb), instruction) in verbs(&idl).iter().zip(idl["instructions"].as_array().unwrap()) {
        assert_eq!(line(verb, "Accounts"), listed(&instruction["accounts"], account_of), "accounts of {name}");
        assert_eq!(line(verb, "Arguments"), listed(&instruction["args"], argument_of), "arguments of {name}");
    }
}

#[test]
fn every_instruction_has_one_event_and_every_event_an_instruction() {
    let idl = idl();
    let mut events: Vec<_> = names(&idl["events"]);
    for (name, verb) in &verbs(&idl) {
        let event = line(verb, "Event");
        let known = quoted(event).next().is_some_and(|event| names(&idl["events"]).contains(&event));
        assert!(known, "{name} emits {event:?}, which is no event");
        events.retain(|other| !quoted(event).any(|named| named == *other));
    }
    assert!(events.is_empty(), "no instruction in docs/specification emits {events:?}");
}

#[test]
fn every_error_of_an_instruction_exists() {
    for (name, verb) in &verbs(&idl()) {
        let errors: Vec<_> = quoted(line(verb, "Errors")).collect();
        assert!(!errors.is_empty(), "docs/specification names no error of {name}");
        for error in errors {
            assert!(ALL.iter().any(|known| known.name() == error), "{name} names {error}, which is no error");
        }
    }
}
