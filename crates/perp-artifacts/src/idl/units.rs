//! Types that wrap a number: the number takes their place, and words their meaning.

use super::{defined_name, items, name, IdlError};
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

/// What a type that wraps a number stands for.
struct Unit {
    name: &'static str,
    phrase: &'static str,
    /// Docs with one of these words, in lower case, name a unit of their own.
    words: &'static [&'static str],
}

/// Shares are counted in the atoms' type, so docs that speak of them say all.
const MONEY: [&str; 2] = ["atom", "shares"];
const FINE: [&str; 2] = ["2^-40", "x40"];

const UNITS: [Unit; 10] = [
    Unit { name: "Atoms", phrase: "In atoms of the quote token.", words: &MONEY },
    Unit { name: "SignedAtoms", phrase: "In atoms of the quote token.", words: &MONEY },
    Unit { name: "StoredQuoteX40", phrase: "In 2^-40 atoms of the quote token.", words: &FINE },
    Unit { name: "Price", phrase: "In 2^-40 atoms of the quote token per base unit.", words: &FINE },
    Unit { name: "FundingIndex", phrase: "In 2^-40 atoms of the quote token per base unit.", words: &FINE },
    Unit { name: "Size", phrase: "In base units.", words: &["base unit"] },
    Unit { name: "SignedSize", phrase: "In base units, negative for short.", words: &["base unit"] },
    Unit { name: "Ppm", phrase: "In parts per million.", words: &["per million"] },
    Unit { name: "Timestamp", phrase: "Unix time in seconds.", words: &["unix"] },
    Unit { name: "LimitSet", phrase: "A bit for each price limit, the lowest for no limit.", words: &["a bit each"] },
];

/// Whether a line of docs is only a unit that this module added.
pub(super) fn is_unit(line: &str) -> bool {
    UNITS.iter().any(|unit| unit.phrase == line)
}

/// Replaces every type that wraps a number by it, appends the unit to the docs of the field, argument or constant that
/// has it unless they name one, and drops the definitions.
pub(super) fn inline(idl: &mut Value) -> Result<(), IdlError> {
    let mut numbers = BTreeMap::new();
    for definition in items(idl, "types") {
        if let Some(number) = wrapped(definition) {
            let name = name(definition);
            let unit = UNITS.iter().find(|unit| unit.name == name);
            let unit = unit.ok_or_else(|| IdlError::UnknownUnit { name: name.to_owned() })?;
            numbers.insert(name.to_owned(), (number, unit));
        }
    }
    if let Some(definitions) = idl.get_mut("types").and_then(Value::as_array_mut) {
        definitions.retain(|definition| !numbers.contains_key(name(definition)));
    }
    replace(idl, &numbers);
    Ok(())
}

/// What a definition has one unnamed field of, or the 128-bit number it has the halves of.
fn wrapped(definition: &Value) -> Option<Value> {
    match items(&definition["type"], "fields") {
        [field] if field.get("name").is_none() => Some(field.clone()),
        [low, high] if is_field(low, "low", "u64") && is_field(high, "high", "i64") => Some(json!("i128")),
        _ => None,
    }
}

fn is_field(field: &Value, name: &str, kind: &str) -> bool {
    field["name"] == name && field["type"] == kind
}

type Numbers = BTreeMap<String, (Value, &'static Unit)>;

fn replace(value: &mut Value, numbers: &Numbers) {
    if let Some((number, _)) = defined_name(value).and_then(|name| numbers.get(name)) {
        *value = number.clone();
        // One wrapper may be around another.
        return replace(value, numbers);
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, numbers)),
        Value::Object(fields) => {
            if let Some(unit) = fields.get("type").and_then(|kind| unit_of(kind, numbers)) {
                explain(fields, unit);
            }
            fields.values_mut().for_each(|value| replace(value, numbers));
        }
        _ => {}
    }
}

/// The unit of a number, of a list or of an option of it.
fn unit_of(kind: &Value, numbers: &Numbers) -> Option<&'static Unit> {
    if let Some(name) = defined_name(kind) {
        return numbers.get(name).map(|(_, unit)| *unit);
    }
    let inner = kind.get("option").or_else(|| kind.get("vec")).or_else(|| kind.get("array")?.get(0))?;
    unit_of(inner, numbers)
}

/// Says the unit of an argument, a field or a constant, and writes a constant's value as the number.
fn explain(holder: &mut Map<String, Value>, unit: &Unit) {
    if let Some(value) = holder.get_mut("value") {
        // As `Debug` prints it: `Atoms(5)`.
        let printed = value.as_str().unwrap_or_default();
        if let Some(number) = printed.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
            *value = number.1.into();
        }
    }
    let Some(docs) = holder.entry("docs").or_insert_with(|| json!([])).as_array_mut() else { return };
    let names_a_unit = |line: &Value| {
        let line = line.as_str().unwrap_or_default().to_lowercase();
        unit.words.iter().any(|word| line.contains(word))
    };
    if !docs.iter().any(names_a_unit) {
        docs.push(unit.phrase.into());
    }
}
