//! The table says of accounts and instructions what the interface file says, and the page what the table says.

use std::collections::BTreeMap;

use serde_json::Value;

use perp_localnet::feeds::Feed;
use perp_oracle::write::{legacy_account, pull_account, USDC_USD};

use crate::scope::{field, Worth};
use crate::table::{hex, read, Fields, Rule, Table};

fn idl() -> Value {
    serde_json::from_slice(&perp_artifacts::idl_json().unwrap()).unwrap()
}

fn items(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

fn name(item: &Value) -> &str {
    item["name"].as_str().unwrap()
}

fn discriminator(item: &Value) -> Vec<u8> {
    items(&item["discriminator"]).iter().map(|byte| byte.as_u64().unwrap().try_into().unwrap()).collect()
}

/// Types of the interface by their names.
struct Types(BTreeMap<String, Value>);

impl Types {
    fn of(idl: &Value) -> Self {
        Self(items(&idl["types"]).iter().map(|item| (name(item).into(), item["type"].clone())).collect())
    }

    /// Bytes of a type. Nothing lies between fields.
    fn size(&self, form: &Value) -> usize {
        if let Some(defined) = form["defined"]["name"].as_str() {
            return items(&self.0[defined]["fields"]).iter().map(|field| self.size(&field["type"])).sum();
        }
        if let [element, count] = items(&form["array"]) {
            return self.size(element) * usize::try_from(count.as_u64().unwrap()).unwrap();
        }
        match form.as_str().unwrap() {
            "u8" => 1,
            "u16" => 2,
            "u32" => 4,
            "u64" | "i64" => 8,
            "i128" => 16,
            "pubkey" => 32,
            other => panic!("no type {other}"),
        }
    }

    /// Offset and type of every field of a struct that begins at `offset`; the items of lists of structs by their number.
    fn fields(&self, of: &str, offset: usize, prefix: &str) -> Vec<(String, usize, Value)> {
        let (mut at, mut found) = (offset, Vec::new());
        for field in items(&self.0[of]["fields"]) {
            let (form, path) = (&field["type"], format!("{prefix}{}", name(field)));
            found.push((path.clone(), at, form.clone()));
            if let Some(inner) = form["defined"]["name"].as_str() {
                found.extend(self.fields(inner, at, &format!("{path}.")));
            }
            if let [element, count] = items(&form["array"]) {
                if let Some(inner) = element["defined"]["name"].as_str() {
                    for number in 0..usize::try_from(count.as_u64().unwrap()).unwrap() {
                        let begins = at + number * self.size(element);
                        found.extend(self.fields(inner, begins, &format!("{path}.{number}.")));
                    }
                }
            }
            at += self.size(form);
        }
        found
    }
}

fn shown(form: &Value) -> String {
    match items(&form["array"]) {
        [element, count] => format!("[{}; {count}]", element.as_str().unwrap_or("struct")),
        _ => form.as_str().unwrap_or("struct").into(),
    }
}

fn compare(what: &str, table: &Fields, real: &[(String, usize, Value)]) {
    for (field, (offset, form)) in table {
        let found = real.iter().find(|(path, ..)| path == field);
        let (_, at, real) = found.unwrap_or_else(|| panic!("{what} has no field {field}"));
        assert_eq!((offset, form), (at, &shown(real)), "{what}, {field}");
    }
}

#[test]
fn offsets_and_discriminators_are_those_of_the_interface_file() {
    let (table, idl) = (read(), idl());
    let types = Types::of(&idl);
    assert_eq!(table.program, idl["address"].as_str().unwrap());
    // Every kind of account is in the table.
    let accounts: Vec<&str> = items(&idl["accounts"]).iter().map(name).collect();
    assert_eq!(table.kinds.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut sorted = accounts.clone();
        sorted.sort_unstable();
        sorted
    });
    for account in items(&idl["accounts"]) {
        let (kind, fields) = (&table.kinds[name(account)], types.fields(name(account), 8, ""));
        assert_eq!(hex(&kind.discriminator), discriminator(account), "{}", name(account));
        let form = serde_json::json!({ "defined": { "name": name(account) } });
        assert_eq!(kind.bytes, 8 + types.size(&form), "{}", name(account));
        compare(name(account), &kind.fields, &fields);
        let Some(list) = &kind.list else { continue };
        let (_, offset, form) = fields.iter().find(|(path, ..)| *path == list.field).unwrap();
        let [element, count] = items(&form["array"]) else { panic!("{} is no list", list.field) };
        let (size, count) = (types.size(element), usize::try_from(count.as_u64().unwrap()).unwrap());
        assert_eq!((list.offset, list.size, list.count), (*offset, size, count), "{}", list.field);
        let inner = types.fields(element["defined"]["name"].as_str().unwrap(), 0, "");
        compare(&list.field, &list.fields, &inner);
    }
}

#[test]
fn instructions_and_their_accounts_are_those_of_the_interface_file() {
    let (table, idl) = (read(), idl());
    for rule in &table.rules {
        let found = items(&idl["instructions"]).iter().find(|instruction| name(instruction) == rule.instruction);
        let found = found.unwrap_or_else(|| panic!("no instruction {}", rule.instruction));
        assert_eq!(hex(&rule.discriminator), discriminator(found), "{}", rule.name);
        let arguments: Vec<&str> = items(&found["args"]).iter().map(|item| item["type"].as_str().unwrap()).collect();
        assert_eq!(
            rule.arguments.iter().map(|(form, _)| form.as_str()).collect::<Vec<_>>(),
            arguments,
            "{}",
            rule.name
        );
        let accounts = items(&found["accounts"]);
        // Prices are taken in by pairs that the interface file does not name.
        let named = if rule.instruction == "update_prices" { 1 } else { rule.accounts.len() };
        assert_eq!(named, accounts.len(), "{}", rule.name);
        for ((given, flags), account) in rule.accounts.iter().zip(accounts) {
            let is = |flag: &str| account[flag].as_bool().unwrap_or(false);
            let what = format!("{}: {} for {}", rule.name, given, name(account));
            assert_eq!((flags.contains('w'), flags.contains('s')), (is("writable"), is("signer")), "{what}");
            // Only what is optional may be left out.
            assert!(given != "none" || is("optional"), "{what}");
        }
    }
}

#[test]
fn the_page_has_a_row_for_each_rule() {
    let page = include_str!("../../../../docs/turning.md");
    for rule in read().rules {
        let row = format!("| {} | `{}` | `{}` |", rule.name, rule.of, rule.instruction);
        assert!(page.lines().any(|line| line.starts_with(&row)), "docs/turning.md has no row {row}");
    }
}

#[test]
fn price_accounts_are_read_where_the_oracles_write() {
    let table = read();
    let id = Feed::Sol.id().unwrap();
    let pull = pull_account(id, 14_000_000_000, 7, -8, 1_700_000_001, 9);
    let legacy = legacy_account(USDC_USD, 14_000_000_000, 7, -8, 1_700_000_001, 9).unwrap();
    for (kind, data) in [("0", &legacy), ("1", &pull)] {
        let form = &table.readings[kind];
        assert_eq!(data.len(), form.bytes, "{}", form.name);
        assert!(data.starts_with(&form.discriminator.as_deref().map(hex).unwrap_or_default()), "{}", form.name);
        let read = |name: &str| field(data, form.fields[name].0, &form.fields[name].1);
        let expected = [("price", 14_000_000_000), ("exponent", -8), ("publish_time", 1_700_000_001)];
        for (name, number) in expected {
            assert_eq!(read(name), Worth::Number(number), "{}, {name}", form.name);
        }
    }
    let pulled = |name: &str| field(&pull, table.readings["1"].fields[name].0, &table.readings["1"].fields[name].1);
    assert_eq!((pulled("feed_id"), pulled("previous")), (Worth::Bytes(id.into()), Worth::Number(1_700_000_001)));
}

/// Every name that a rule uses.
fn names(rule: &Rule) -> Vec<String> {
    fn collect(operand: &Value, into: &mut Vec<String>) {
        match operand {
            Value::String(name) if name != "+" => into.push(name.clone()),
            Value::Array(terms) => terms.iter().for_each(|term| collect(term, into)),
            _ => {}
        }
    }
    let mut names = rule.again.clone();
    let operands = rule.when.iter().flat_map(|(left, _, right)| [left, right]);
    operands.chain(rule.arguments.iter().map(|(_, operand)| operand)).for_each(|operand| collect(operand, &mut names));
    names.extend(rule.accounts.iter().map(|(name, _)| name.clone()));
    names
}

fn is_known(table: &Table, rule: &Rule, name: &str) -> bool {
    let words =
        ["now", "prices", "caller", "credited", "none", "program", "system_program", "associated_token_program"];
    if words.contains(&name) || table.derived.contains_key(name) {
        return true;
    }
    let (kind, _) = rule.subject();
    let has = |kind: &str, field: &str| field == "address" || table.kinds[kind].fields.contains_key(field);
    match name.split_once('.') {
        Some(("self", field)) => has(kind, field),
        Some(("item", "index")) => table.kinds[kind].list.is_some(),
        Some(("item", field)) => table.kinds[kind].list.as_ref().is_some_and(|list| list.fields.contains_key(field)),
        Some(("exchange", field)) => has("Exchange", field),
        Some(("pool", field)) => has("Pool", field),
        Some(("market", field)) => has("Market", field),
        Some(("account", field)) => has("MarginAccount", field),
        Some(("record", field)) => rule.record && has("EpochRecord", field),
        Some(("reading", field)) => {
            rule.reading.is_some() && ["address", "value", "publish_time", "previous"].contains(&field)
        }
        _ => false,
    }
}

#[test]
fn rules_use_no_names_that_the_page_does_not_explain() {
    let table = read();
    for rule in &table.rules {
        for name in names(rule) {
            assert!(is_known(&table, rule, &name), "{}: {name}", rule.name);
        }
    }
}
