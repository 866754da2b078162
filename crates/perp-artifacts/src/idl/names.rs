//! Names of types.

use super::{defined_name, items, items_mut, name, IdlError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The engine's types whose own names are those of the program's accounts, or names that TypeScript clients import.
const STATE_NAMES: [(&str, &str); 4] = [
    ("Account", "MarginAccountState"),
    ("Market", "MarketState"),
    ("Pool", "PoolState"),
    ("Request", "LiquidityRequestState"),
];

/// Replaces paths, which the builder writes where two types share a name, and names of [`STATE_NAMES`].
pub(super) fn shorten(idl: &mut Value) -> Result<(), IdlError> {
    let accounts: BTreeSet<&str> = items(idl, "accounts").iter().map(name).collect();
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for definition in items(idl, "types") {
        let long = name(definition);
        let short = short_name(long, &accounts);
        if !taken.insert(short.clone()) {
            return Err(IdlError::NameTaken { name: short });
        }
        names.insert(long.to_owned(), short);
    }
    for list in ["accounts", "events", "types"] {
        for item in items_mut(idl, list) {
            let short = lookup(&names, name(item))?;
            item["name"] = short.into();
        }
    }
    rename(idl, &names)
}

fn short_name(long: &str, accounts: &BTreeSet<&str>) -> String {
    let short = long.rsplit("::").next().unwrap_or(long);
    // Without a path the name is unique, and the engine's unless it is an account's.
    let of_the_engine = if short == long { !accounts.contains(long) } else { long.starts_with("perp_engine::") };
    let row = STATE_NAMES.iter().find(|(own, _)| of_the_engine && *own == short);
    row.map_or(short, |(_, clear)| clear).to_owned()
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) -> Result<(), IdlError> {
    if let Some(long) = defined_name(value) {
        value["defined"]["name"] = lookup(names, long)?.into();
    }
    match value {
        Value::Array(values) => values.iter_mut().try_for_each(|value| rename(value, names)),
        Value::Object(fields) => fields.values_mut().try_for_each(|value| rename(value, names)),
        _ => Ok(()),
    }
}

fn lookup(names: &BTreeMap<String, String>, long: &str) -> Result<String, IdlError> {
    names.get(long).cloned().ok_or_else(|| IdlError::Undefined { name: long.to_owned() })
}
