use crate::idl::finish;
use serde_json::{json, Value};

/// An exchange with the accounts that name it.
fn finished(instructions: Value) -> Value {
    let stored = |name: &str, addresses: &[&str]| {
        let mut fields: Vec<Value> =
            addresses.iter().map(|address| json!({ "name": address, "type": "pubkey" })).collect();
        fields.push(json!({ "name": "bump", "type": "u8" }));
        json!({ "name": name, "type": { "kind": "struct", "fields": fields } })
    };
    let mut idl = json!({
        "instructions": instructions,
        "accounts": [{ "name": "Exchange" }, { "name": "MarginAccount" }, { "name": "LiquidityRequest" }],
        "types": [
            stored("Exchange", &["quote_mint", "token_program", "admin"]),
            stored("MarginAccount", &["exchange", "owner"]),
            stored("LiquidityRequest", &["exchange", "destination"]),
        ],
    });
    finish(&mut idl).unwrap();
    let once = idl.clone();
    finish(&mut idl).unwrap();
    assert_eq!(idl, once, "a finished IDL stays as it is");
    idl
}

/// The accounts of the first instruction, by name.
fn account<'a>(idl: &'a Value, name: &str) -> &'a Value {
    let accounts = idl["instructions"][0]["accounts"].as_array().unwrap();
    accounts.iter().find(|account| account["name"] == name).unwrap()
}

#[test]
fn an_address_is_looked_up_where_it_is_stored() {
    let idl = finished(json!([{ "name": "deposit", "accounts": [
        { "name": "exchange" }, { "name": "margin_account" }, { "name": "quote_mint" }, { "name": "oracle" },
    ] }]));
    assert_eq!(account(&idl, "exchange")["relations"], json!(["margin_account"]));
    assert_eq!(account(&idl, "quote_mint")["relations"], json!(["exchange"]));
    // Nobody has stored these.
    assert!(account(&idl, "margin_account").get("relations").is_none());
    assert!(account(&idl, "oracle").get("relations").is_none());
}

#[test]
fn nothing_is_looked_up_in_an_account_that_is_made_or_may_be_left_out() {
    let pda = json!({ "seeds": [{ "kind": "account", "path": "exchange" }] });
    let idl = finished(json!([{ "name": "open", "accounts": [
        { "name": "exchange" }, { "name": "margin_account", "pda": pda }, { "name": "request", "optional": true },
    ] }]));
    assert!(account(&idl, "exchange").get("relations").is_none());
}

#[test]
fn the_destination_is_the_request_s_where_it_is_executed_and_its_owner_s_where_it_is_refunded() {
    let accounts = json!([
        { "name": "exchange" }, { "name": "request" }, { "name": "destination" }, { "name": "share_mint" },
        { "name": "token_program" },
    ]);
    let executed = finished(json!([{ "name": "execute_liquidity_deposit", "accounts": accounts.clone() }]));
    assert_eq!(account(&executed, "exchange")["relations"], json!(["request"]));
    assert_eq!(account(&executed, "destination")["relations"], json!(["request"]));

    let refunded = finished(json!([{ "name": "refund_liquidity_withdrawal", "accounts": accounts.clone() }]));
    let destination = account(&refunded, "destination");
    assert!(destination.get("relations").is_none());
    let seeds = destination["pda"]["seeds"].as_array().unwrap();
    assert_eq!(
        seeds.iter().map(|seed| &seed["path"]).collect::<Vec<_>>(),
        ["request.owner", "token_program", "share_mint"]
    );

    let other = finished(json!([{ "name": "withdraw", "accounts": accounts }]));
    assert!(account(&other, "destination").get("relations").is_none());
}
