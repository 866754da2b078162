//! How types are laid out: as plain bytes in zero-copy accounts, by Borsh in arguments and events.

use super::{defined_name, items, items_mut, name, IdlError};
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// Marks the zero-copy accounts and all they contain as plain bytes without gaps, which they are: the program would not
/// compile if a stored struct had one. Without the mark a Rust client would put an `i128` at multiples of 16, where the
/// program has it at multiples of 8.
pub(super) fn mark_stored(idl: &mut Value) -> Result<(), IdlError> {
    let mut stored = BTreeSet::new();
    for account in items(idl, "accounts") {
        if definition(idl, name(account)).is_some_and(|definition| definition["serialization"] == "bytemuck") {
            collect(idl, name(account), &mut stored);
        }
    }
    let mut sent = BTreeSet::new();
    for event in items(idl, "events") {
        collect(idl, name(event), &mut sent);
    }
    for instruction in items(idl, "instructions") {
        collect_within(idl, &instruction["args"], &mut sent);
        collect_within(idl, &instruction["returns"], &mut sent);
    }
    if let Some(name) = stored.intersection(&sent).next() {
        return Err(IdlError::StoredAndSent { name: name.clone() });
    }
    for definition in items_mut(idl, "types").iter_mut().filter(|definition| stored.contains(name(definition))) {
        if definition["type"]["kind"] != "struct" {
            return Err(IdlError::NotAStruct { name: name(definition).to_owned() });
        }
        definition["serialization"] = json!("bytemuck");
        definition["repr"] = json!({ "kind": "c", "packed": true });
    }
    Ok(())
}

fn definition<'a>(idl: &'a Value, of: &str) -> Option<&'a Value> {
    items(idl, "types").iter().find(|definition| name(definition) == of)
}

/// Adds a type and all it contains.
fn collect(idl: &Value, name: &str, into: &mut BTreeSet<String>) {
    if into.insert(name.to_owned()) {
        collect_within(idl, definition(idl, name).unwrap_or(&Value::Null), into);
    }
}

fn collect_within(idl: &Value, value: &Value, into: &mut BTreeSet<String>) {
    if let Some(name) = defined_name(value) {
        collect(idl, name, into);
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_within(idl, value, into)),
        Value::Object(fields) => fields.values().for_each(|value| collect_within(idl, value, into)),
        _ => {}
    }
}
