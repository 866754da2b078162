//! `docs/event-fields.md`: every event, field by field, and the types that the fields have.

use super::{code, meaning, plain, read, table, Block};
use crate::idl::{docs, items, name, type_name};
use perp_client::events::Event;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The groups of instructions, in the order of the pages.
const GROUPS: [&str; 7] = ["exchange", "market", "account", "position", "orders", "liquidity", "views"];

/// An instruction, with its group and the events that its page says it emits.
struct Instruction<'a> {
    name: &'a str,
    group: &'static str,
    events: Vec<String>,
}

pub(super) fn blocks(idl: &Value, root: &Path) -> Vec<Block> {
    let instructions: Vec<Instruction> =
        items(idl, "instructions").iter().map(|instruction| described(root, name(instruction))).collect();
    let mut blocks = GROUPS.map(|group| Block { name: group.into(), text: String::new() }).to_vec();
    for event in Event::NAMES {
        let emitting: Vec<_> = instructions
            .iter()
            .filter(|instruction| instruction.events.iter().any(|emitted| emitted == event))
            .collect();
        let first = emitting.first().unwrap_or_else(|| panic!("no page of an instruction says that it emits {event}"));
        let block = blocks.iter_mut().find(|block| block.name == first.group).expect("every group has a block");
        block.text += &described_event(idl, event, &emitting);
    }
    blocks.push(Block { name: "types".into(), text: types(idl) });
    blocks
}

/// Finds the page of an instruction.
fn described<'a>(root: &Path, name: &'a str) -> Instruction<'a> {
    let path = |group: &str| format!("docs/instructions/{group}/{name}.md");
    let group = GROUPS.into_iter().find(|group| root.join(path(group)).exists());
    let group = group.unwrap_or_else(|| panic!("no page in docs/instructions describes {name}"));
    let page = read(root, &path(group));
    let line = page.lines().find_map(|line| line.strip_prefix("- **Event:**")).unwrap_or_default();
    let quoted = line.split('`').skip(1).step_by(2);
    let events: Vec<String> = quoted.filter(|token| Event::NAMES.contains(token)).map(str::to_owned).collect();
    assert!(events.is_empty() == (line.trim() == "none"), "{}: no event", path(group));
    Instruction { name, group, events }
}

fn described_event(idl: &Value, event: &str, emitting: &[&Instruction]) -> String {
    let emitting: Vec<String> = emitting
        .iter()
        .map(|Instruction { name, group, .. }| format!("[{name}](instructions/{group}/{name}.md)"))
        .collect();
    let definition = definition(idl, event);
    let docs = plain(&docs(definition));
    format!("\n### {event}\n{docs} From {}.\n\n{}", emitting.join(" and "), fields(definition))
}

fn definition<'a>(idl: &'a Value, of: &str) -> &'a Value {
    let definition = items(idl, "types").iter().find(|definition| name(definition) == of);
    definition.unwrap_or_else(|| panic!("the interface file does not define {of}"))
}

fn fields(definition: &Value) -> String {
    let rows = items(&definition["type"], "fields");
    let rows = rows.iter().map(|field| vec![code(name(field)), code(&type_name(&field["type"])), meaning(field)]);
    table(&["field", "type", "meaning"], rows)
}

/// The types that fields of events have.
fn types(idl: &Value) -> String {
    let mut used = BTreeSet::new();
    for event in Event::NAMES {
        collect(&definition(idl, event)["type"], &mut used);
    }
    // And what views answer.
    items(idl, "instructions").iter().for_each(|instruction| collect(&instruction["returns"], &mut used));
    let mut text = String::new();
    for definition in used.into_iter().map(|name| definition(idl, name)) {
        text += &format!("\n### {}\n{}\n\n", name(definition), plain(&docs(definition)));
        text += &match definition["type"]["kind"].as_str() {
            Some("enum") => variants(definition),
            _ => fields(definition),
        };
    }
    text
}

/// Adds the names of the types that a type is made of.
fn collect<'a>(kind: &'a Value, into: &mut BTreeSet<&'a str>) {
    into.extend(kind["defined"]["name"].as_str());
    match kind {
        Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, into)),
        _ => {}
    }
}

fn variants(definition: &Value) -> String {
    let rows = items(&definition["type"], "variants").iter().enumerate();
    table(&["byte", "variant"], rows.map(|(byte, variant)| vec![byte.to_string(), code(name(variant))]))
}
