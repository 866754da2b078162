use super::{finish, missing_docs, IdlError};
use serde_json::{json, Value};

fn number(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": { "kind": "struct", "fields": [kind] } })
}

fn structure(name: &str, fields: Value) -> Value {
    json!({ "name": name, "type": { "kind": "struct", "fields": fields } })
}

fn stored(name: &str, fields: Value) -> Value {
    let mut account = structure(name, fields);
    account["serialization"] = json!("bytemuck");
    account["repr"] = json!({ "kind": "c" });
    account
}

fn defined(name: &str) -> Value {
    json!({ "defined": { "name": name } })
}

fn finished(mut idl: Value) -> Value {
    finish(&mut idl).unwrap();
    idl
}

fn refused(mut idl: Value) -> IdlError {
    finish(&mut idl).unwrap_err()
}

/// The only definition called so.
fn definition<'a>(idl: &'a Value, name: &str) -> &'a Value {
    let mut found = idl["types"].as_array().unwrap().iter().filter(|definition| definition["name"] == name);
    let definition = found.next().unwrap_or_else(|| panic!("no type is called {name}: {idl:#}"));
    assert!(found.next().is_none(), "two types are called {name}");
    definition
}

#[test]
fn an_argument_of_a_unit_is_the_number_it_wraps() {
    let idl = finished(json!({
        "instructions": [{ "name": "trade", "args": [
            { "name": "size", "type": defined("SignedSize") },
            { "name": "acceptable_price", "docs": ["Worst price to trade at."], "type": defined("Price") },
            { "name": "reduce_only", "type": "bool" },
        ] }],
        "types": [number("SignedSize", "i64"), number("Price", "u64")],
    }));
    let expected = json!([
        { "name": "size", "docs": ["In base units, negative for short."], "type": "i64" },
        {
            "name": "acceptable_price",
            "docs": ["Worst price to trade at.", "In 2^-40 atoms of the quote token per base unit."],
            "type": "u64",
        },
        { "name": "reduce_only", "type": "bool" },
    ]);
    assert_eq!(idl["instructions"][0]["args"], expected);
    assert_eq!(idl["types"], json!([]));
}

#[test]
fn docs_that_name_their_unit_are_left_alone() {
    let fields = json!([
        { "name": "tip", "docs": ["In Atoms of the fee token."], "type": defined("Atoms") },
        { "name": "shares", "docs": ["Shares in existence."], "type": defined("Atoms") },
    ]);
    let before = finished(json!({ "types": [number("Atoms", "u64"), structure("Tip", fields)] }));
    let fields = &definition(&before, "Tip")["type"]["fields"];
    assert_eq!(fields[0], json!({ "name": "tip", "docs": ["In Atoms of the fee token."], "type": "u64" }));
    assert_eq!(fields[1]["docs"], json!(["Shares in existence."]));
}

#[test]
fn a_unit_is_found_in_lists_options_and_other_units() {
    let fields = json!([
        { "name": "sides", "type": { "array": [defined("Atoms"), 2] } },
        { "name": "fills", "type": { "vec": { "option": defined("Size") } } },
    ]);
    let outcome = json!({ "name": "Outcome", "type": { "kind": "enum", "variants": [
        { "name": "Filled", "fields": [{ "name": "at", "type": defined("Timestamp") }] },
        { "name": "Refused", "fields": [defined("Size")] },
    ] } });
    let mut size = number("Size", "");
    size["type"]["fields"][0] = defined("Atoms");
    let types = json!([number("Atoms", "u64"), size, number("Timestamp", "i64"), structure("Fills", fields), outcome]);
    let idl = finished(json!({ "types": types }));

    let fields = &definition(&idl, "Fills")["type"]["fields"];
    assert_eq!(fields[0]["type"], json!({ "array": ["u64", 2] }));
    assert_eq!(fields[0]["docs"], json!(["In atoms of the quote token."]));
    assert_eq!(fields[1]["type"], json!({ "vec": { "option": "u64" } }));
    assert_eq!(fields[1]["docs"], json!(["In base units."]));
    let variants = &definition(&idl, "Outcome")["type"]["variants"];
    assert_eq!(variants[0]["fields"][0]["docs"], json!(["Unix time in seconds."]));
    assert_eq!(variants[1]["fields"], json!(["u64"]));
}

#[test]
fn halves_of_a_number_of_128_bits_are_one_number() {
    let halves = json!([{ "name": "low", "type": "u64" }, { "name": "high", "type": "i64" }]);
    let position = json!([{ "name": "entry_notional", "docs": ["Cost."], "type": defined("StoredQuoteX40") }]);
    let idl = finished(json!({ "types": [structure("StoredQuoteX40", halves), structure("Position", position)] }));
    let expected =
        json!({ "name": "entry_notional", "docs": ["Cost.", "In 2^-40 atoms of the quote token."], "type": "i128" });
    assert_eq!(definition(&idl, "Position")["type"]["fields"][0], expected);
}

#[test]
fn a_constant_of_a_unit_has_the_number_for_its_value() {
    let constants = json!([
        { "name": "LIMIT", "type": defined("Atoms"), "value": "Atoms(4611686018427387904)" },
        { "name": "SEED", "type": "bytes", "value": "[112, 111]" },
    ]);
    let idl = finished(json!({ "constants": constants, "types": [number("Atoms", "u64")] }));
    assert_eq!(idl["constants"][0]["value"], "4611686018427387904");
    assert_eq!(idl["constants"][0]["type"], "u64");
    assert_eq!(idl["constants"][1], constants[1]);
}

#[test]
fn a_unit_that_nothing_explains_is_refused() {
    let error = refused(json!({ "types": [number("Furlongs", "u64")] }));
    assert_eq!(error, IdlError::UnknownUnit { name: "Furlongs".to_owned() });
}

#[test]
fn the_engine_s_types_have_names_of_their_own() {
    let field = |name: &str| json!([{ "name": "state", "docs": ["What the engine knows."], "type": defined(name) }]);
    let idl = finished(json!({
        "accounts": [{ "name": "perp_swap::state::market::Market" }, { "name": "MarginAccount" }],
        "types": [
            stored("perp_swap::state::market::Market", field("perp_engine::state::market::Market")),
            structure("perp_engine::state::market::Market", json!([])),
            stored("MarginAccount", field("Account")),
            structure("Account", json!([])),
        ],
    }));
    assert_eq!(idl["accounts"], json!([{ "name": "Market" }, { "name": "MarginAccount" }]));
    assert_eq!(definition(&idl, "Market")["type"]["fields"][0]["type"], defined("MarketState"));
    assert_eq!(definition(&idl, "MarginAccount")["type"]["fields"][0]["type"], defined("MarginAccountState"));
    definition(&idl, "MarketState");
    definition(&idl, "MarginAccountState");
}

#[test]
fn an_account_keeps_a_name_that_the_engine_uses_too() {
    let idl = finished(json!({ "accounts": [{ "name": "Pool" }], "types": [stored("Pool", json!([]))] }));
    assert_eq!(idl["accounts"][0]["name"], "Pool");
    definition(&idl, "Pool");
}

#[test]
fn two_types_of_one_name_are_refused() {
    let types = json!([structure("perp_swap::events::Fill", json!([])), structure("perp_engine::Fill", json!([]))]);
    assert_eq!(refused(json!({ "types": types })), IdlError::NameTaken { name: "Fill".to_owned() });
}

#[test]
fn a_type_that_is_not_defined_is_refused() {
    let field = json!([{ "name": "legs", "type": { "vec": defined("Leg") } }]);
    assert_eq!(refused(json!({ "types": [structure("Fill", field)] })), IdlError::Undefined { name: "Leg".to_owned() });
}

#[test]
fn what_an_account_contains_is_plain_bytes_too() {
    let idl = finished(json!({
        "accounts": [{ "name": "Market" }, { "name": "Notice" }],
        "events": [{ "name": "Traded" }],
        "types": [
            stored("Market", json!([{ "name": "sides", "type": { "array": [defined("Side"), 2] } }])),
            structure("Side", json!([{ "name": "cache", "type": defined("Cache") }])),
            structure("Cache", json!([{ "name": "price", "type": "u64" }])),
            structure("Notice", json!([{ "name": "text", "type": "string" }])),
            structure("Traded", json!([{ "name": "fill", "type": defined("Fill") }])),
            structure("Fill", json!([{ "name": "size", "type": "i64" }])),
        ],
    }));
    for name in ["Market", "Side", "Cache"] {
        assert_eq!(definition(&idl, name)["serialization"], "bytemuck", "{name}");
        assert_eq!(definition(&idl, name)["repr"], json!({ "kind": "c", "packed": true }), "{name}");
    }
    for name in ["Notice", "Traded", "Fill"] {
        assert!(definition(&idl, name).get("serialization").is_none(), "{name}");
    }
}

#[test]
fn a_type_that_is_stored_and_sent_is_refused() {
    let parameters = || structure("Parameters", json!([{ "name": "step", "type": defined("Step") }]));
    let account = || stored("Market", json!([{ "name": "parameters", "type": defined("Parameters") }]));
    let step = || structure("Step", json!([]));
    let as_an_argument = refused(json!({
        "accounts": [{ "name": "Market" }],
        "instructions": [{ "name": "create", "args": [{ "name": "step", "type": { "option": defined("Step") } }] }],
        "types": [account(), parameters(), step()],
    }));
    assert_eq!(as_an_argument, IdlError::StoredAndSent { name: "Step".to_owned() });
    let in_an_event = refused(json!({
        "accounts": [{ "name": "Market" }],
        "events": [{ "name": "Set" }],
        "types": [
            account(),
            parameters(),
            step(),
            structure("Set", json!([{ "name": "step", "type": defined("Step") }])),
        ],
    }));
    assert_eq!(in_an_event, IdlError::StoredAndSent { name: "Step".to_owned() });
}

#[test]
fn an_enum_in_an_account_is_refused() {
    let error = refused(json!({
        "accounts": [{ "name": "Market" }],
        "types": [
            stored("Market", json!([{ "name": "status", "type": defined("Status") }])),
            { "name": "Status", "type": { "kind": "enum", "variants": [{ "name": "Active" }] } },
        ],
    }));
    assert_eq!(error, IdlError::NotAStruct { name: "Status".to_owned() });
}

/// An exchange whose vault is created in one instruction and used in others.
fn vaults() -> Value {
    let vault = json!({ "seeds": [{ "kind": "const", "value": [118] }, { "kind": "account", "path": "exchange" }] });
    let market = json!({ "seeds": [{ "kind": "account", "path": "exchange" }, { "kind": "arg", "path": "index" }] });
    let associated = json!({ "seeds": [{ "kind": "account", "path": "owner" }], "program": { "kind": "const" } });
    json!({
        "address": "Perp1111",
        "instructions": [
            {
                "name": "create",
                "accounts": [
                    { "name": "exchange" },
                    { "name": "vault", "pda": vault },
                    { "name": "market", "pda": market },
                    { "name": "owner" },
                    { "name": "wallet", "pda": associated },
                ],
                "args": [{ "name": "index", "type": "u16" }],
            },
            {
                "name": "deposit",
                "accounts": [
                    { "name": "exchange" },
                    { "name": "owner" },
                    { "name": "vault", "relations": ["exchange"] },
                    { "name": "market" },
                    { "name": "wallet" },
                ],
                "args": [],
            },
            {
                "name": "list",
                "accounts": [{ "name": "exchange" }, { "name": "market" }],
                "args": [{ "name": "index", "type": "u16" }],
            },
            { "name": "sweep", "accounts": [{ "name": "exchange" }, { "name": "vault", "optional": true }] },
            { "name": "drain", "accounts": [{ "name": "vault" }] },
            {
                "name": "group",
                "accounts": [{ "name": "custody", "accounts": [{ "name": "exchange" }, { "name": "vault" }] }],
            },
        ],
    })
}

#[test]
fn seeds_said_once_hold_wherever_they_can_be_filled_in() {
    let idl = finished(vaults());
    let account = |instruction: usize, at: usize| &idl["instructions"][instruction]["accounts"][at];
    let vault = &account(0, 1)["pda"];
    assert!(vault.is_object());
    assert_eq!(account(1, 2)["pda"], *vault);
    // Its seeds need an index: `list` has one, `deposit` has none.
    assert!(account(1, 3).get("pda").is_none());
    assert_eq!(account(2, 1)["pda"], account(0, 2)["pda"]);
    // An account of another program, one that may be left out, and one whose exchange is not there.
    assert!(account(1, 4).get("pda").is_none());
    assert!(account(3, 1).get("pda").is_none());
    assert!(account(4, 0).get("pda").is_none());
    assert_eq!(account(5, 0)["accounts"][1]["pda"], *vault);
}

#[test]
fn seeds_on_which_instructions_disagree_hold_only_where_they_are_said() {
    let mut idl = vaults();
    let other = json!({ "seeds": [{ "kind": "const", "value": [119] }] });
    idl["instructions"][4]["accounts"][0]["pda"] = other.clone();
    let idl = finished(idl);
    assert!(idl["instructions"][1]["accounts"][2].get("pda").is_none());
    assert_eq!(idl["instructions"][4]["accounts"][0]["pda"], other);
}

#[test]
fn an_argument_of_the_same_name_but_another_type_is_no_seed() {
    let mut idl = vaults();
    idl["instructions"][2]["args"][0]["type"] = json!("u64");
    let idl = finished(idl);
    assert!(idl["instructions"][2]["accounts"][1].get("pda").is_none());
}

#[test]
fn the_accounts_that_carry_events_are_addressed() {
    let accounts = json!([{ "name": "trader" }, { "name": "event_authority" }, { "name": "program" }]);
    let idl = finished(json!({ "address": "Perp1111", "instructions": [{ "name": "trade", "accounts": accounts }] }));
    let accounts = &idl["instructions"][0]["accounts"];
    let seed = json!({ "kind": "const", "value": b"__event_authority" });
    assert_eq!(accounts[1]["pda"], json!({ "seeds": [seed] }));
    assert_eq!(accounts[2]["address"], "Perp1111");
}

#[test]
fn an_instruction_s_list_of_arguments_becomes_their_docs() {
    let docs = json!([
        "Trades with the pool.",
        "",
        "# Arguments",
        "- `size`: base units to buy, or",
        "to sell where negative.",
        "* `acceptable_price` - worst price,",
        "",
        "# Errors",
        "- `reduce_only` is no argument here.",
    ]);
    let arguments = json!([
        { "name": "size", "type": "i64" },
        { "name": "acceptable_price", "docs": ["Its own words."], "type": "u64" },
        { "name": "siz", "type": "u64" },
    ]);
    let idl = finished(json!({ "instructions": [{ "name": "trade", "docs": docs, "args": arguments }] }));
    let arguments = &idl["instructions"][0]["args"];
    assert_eq!(arguments[0]["docs"], json!(["Base units to buy, or", "to sell where negative."]));
    assert_eq!(arguments[1]["docs"], json!(["Its own words."]));
    assert!(arguments[2].get("docs").is_none());
    assert_eq!(idl["instructions"][0]["docs"], docs);
}

#[test]
fn whatever_has_no_docs_is_named() {
    let idl = finished(json!({
        "instructions": [{
            "name": "trade",
            "docs": ["Trades."],
            "accounts": [
                { "name": "trader", "docs": ["Signs."] },
                { "name": "custody", "accounts": [{ "name": "vault" }] },
            ],
            "args": [{ "name": "size", "type": defined("Size") }],
        }],
        "types": [
            number("Size", "u64"),
            structure("Traded", json!([{ "name": "account", "docs": [""], "type": "pubkey" }])),
            {
                "name": "Status",
                "docs": ["What is allowed."],
                "type": { "kind": "enum", "variants": [
                    { "name": "Until", "fields": [{ "name": "time", "type": "i64" }] },
                    { "name": "Halted", "fields": ["u8"] },
                ] },
            },
            structure("Room", json!([
                { "name": "padding", "type": "u8" },
                { "name": "reserved", "type": { "array": ["u64", 4] } },
            ])),
        ],
        "constants": [{ "name": "SCALE", "type": "u64", "value": "5" }],
        "errors": [{ "name": "Overflow", "msg": "Too large." }, { "name": "Nothing" }],
    }));
    let expected = [
        "instructions.trade.accounts.custody.vault",
        "instructions.trade.args.size",
        "types.Traded",
        "types.Traded.account",
        "types.Status.Until.time",
        "types.Room",
        "constants.SCALE",
        "errors.Nothing",
    ];
    assert_eq!(missing_docs(&idl), expected);
}

#[test]
fn a_finished_idl_stays_as_it_is() {
    let mut idl = vaults();
    idl["accounts"] = json!([{ "name": "MarginAccount" }]);
    idl["types"] = json!([
        stored("MarginAccount", json!([{ "name": "state", "type": defined("Account") }])),
        structure("Account", json!([{ "name": "balance", "docs": ["Cash."], "type": defined("Atoms") }])),
        number("Atoms", "u64"),
    ]);
    let once = finished(idl);
    assert_eq!(finished(once.clone()), once);
}
