//! Values as JSON, from how Rust prints them: fields keep their names, whole numbers become text, and names of types go.

use serde_json::{Map, Value};

/// The value that `{:?}` has printed.
pub fn parse(text: &str) -> Value {
    let mut rest = text;
    let value = value(&mut rest);
    assert!(rest.is_empty(), "left over: {rest}");
    value
}

fn value(rest: &mut &str) -> Value {
    if take(rest, "[") {
        return Value::Array(list(rest, "]"));
    }
    let end = rest.find([',', ' ', '}', ']', ')', '(']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    if take(rest, " { ") {
        return Value::Object(fields(rest));
    }
    if take(rest, "(") {
        // A unit, or a value that is there.
        let mut inner = list(rest, ")");
        assert_eq!(inner.len(), 1, "{word}");
        return inner.remove(0);
    }
    match word {
        "true" | "false" => Value::Bool(word == "true"),
        "None" => Value::Null,
        _ => Value::String(word.trim_matches('"').into()),
    }
}

fn fields(rest: &mut &str) -> Map<String, Value> {
    let mut fields = Map::new();
    loop {
        let (name, after) = rest.split_once(": ").expect("a field");
        *rest = after;
        fields.insert(name.into(), value(rest));
        if take(rest, " }") {
            return fields;
        }
        assert!(take(rest, ", "), "after {name}: {rest}");
    }
}

fn list(rest: &mut &str, end: &str) -> Vec<Value> {
    let mut items = Vec::new();
    while !take(rest, end) {
        items.push(value(rest));
        take(rest, ", ");
    }
    items
}

fn take(rest: &mut &str, token: &str) -> bool {
    match rest.strip_prefix(token) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

#[test]
fn structs_units_options_and_lists_are_read() {
    let printed = "Traded { price: Price(7), side: Long, past: [1, 2], none: None, some: Some(A { ok: true }), e: [] }";
    let expected = serde_json::json!({
        "price": "7", "side": "Long", "past": ["1", "2"], "none": null, "some": { "ok": true }, "e": []
    });
    assert_eq!(parse(printed), expected);
}
