//! The program's interface, as committed under `idl/`.

use serde_json::Value;

/// # Panics
/// Where it is missing or no JSON.
pub fn idl() -> Value {
    let json = perp_artifacts::idl_json().expect("the IDL is committed under idl/");
    serde_json::from_slice(&json).expect("it is JSON")
}

/// The names of the program's instructions.
///
/// # Panics
/// As [`idl`].
pub fn instructions() -> Vec<String> {
    items(&idl(), "instructions").iter().map(|instruction| name(instruction).into()).collect()
}

/// The items of one of the lists of an IDL or of something in it; none where it has no such list.
pub fn items<'a>(of: &'a Value, list: &str) -> &'a [Value] {
    of[list].as_array().map_or(&[], Vec::as_slice)
}

/// # Panics
/// Where the item has no name.
pub fn name(item: &Value) -> &str {
    item["name"].as_str().unwrap_or_else(|| panic!("no name: {item}"))
}

/// The docs of an item as one text; empty where it has none.
pub fn docs(item: &Value) -> String {
    let lines: Vec<&str> =
        items(item, "docs").iter().filter_map(Value::as_str).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// A type as the documentation writes it: `u64`, `[u8; 32]`, `option<u16>`, `Status`.
///
/// # Panics
/// Where an IDL has types of another form.
pub fn type_name(kind: &Value) -> String {
    if let Some(name) = kind.as_str().or_else(|| kind["defined"]["name"].as_str()) {
        return name.into();
    }
    for list in ["option", "vec"] {
        if let Some(inner) = kind.get(list) {
            return format!("{list}<{}>", type_name(inner));
        }
    }
    match items(kind, "array") {
        [element, length] => format!("[{}; {length}]", type_name(element)),
        _ => panic!("an unknown form of type: {kind}"),
    }
}
