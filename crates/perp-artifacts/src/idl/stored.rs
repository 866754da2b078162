//! Addresses that clients find in what other accounts have stored.

use super::{items, items_mut, name};
use serde_json::{json, Value};

/// Accounts that the program compares with what another account of the instruction has stored in a field of the same
/// name. With the beginning of the instructions in which it does so: elsewhere the name means another account.
const COMPARED: [(&str, &str); 4] =
    [("exchange", ""), ("quote_mint", ""), ("token_program", ""), ("destination", "execute_liquidity_")];

/// Refunds go to the request's owner, into the associated token account for this mint.
const REFUNDED: [(&str, &str); 2] =
    [("refund_liquidity_deposit", "quote_mint"), ("refund_liquidity_withdrawal", "share_mint")];

/// The program that gives every owner one token account for each mint: ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL.
const ASSOCIATED_TOKEN_PROGRAM: [u8; 32] = [
    140, 151, 37, 143, 78, 36, 137, 241, 187, 61, 16, 41, 20, 142, 13, 131, 11, 90, 19, 153, 218, 255, 16, 132, 4, 142,
    123, 216, 219, 233, 248, 89,
];

/// A type of account, by its name in small letters without underscores, and its fields that hold an address.
struct Holder {
    called: String,
    addresses: Vec<String>,
}

/// Names, for every account that the program compares with a stored address, the accounts that have it stored, as Anchor
/// does for `has_one`; this program compares by itself, for errors that say which rule was broken.
///
/// Comes after the seeds: an account with seeds may be one that the instruction makes, which has stored nothing yet.
pub(super) fn complete(idl: &mut Value) {
    let types = items(idl, "types");
    let is_address = |field: &&Value| field["type"] == "pubkey";
    let fields = |definition: &Value| -> Vec<String> {
        let fields = items(&definition["type"], "fields").iter();
        fields.filter(is_address).map(|field| name(field).to_owned()).collect()
    };
    let holders: Vec<Holder> = items(idl, "accounts")
        .iter()
        .filter_map(|account| types.iter().find(|definition| name(definition) == name(account)))
        .map(|definition| Holder { called: name(definition).to_lowercase(), addresses: fields(definition) })
        .collect();
    for instruction in items_mut(idl, "instructions") {
        let called = name(instruction).to_owned();
        relate(instruction, &called, &holders);
        address_refund(instruction, &called);
    }
}

/// Whether a client must be given the account, or look it up.
fn is_given(account: &Value) -> bool {
    ["pda", "address", "optional", "accounts"].iter().all(|key| account.get(key).is_none())
}

fn relate(group: &mut Value, instruction: &str, holders: &[Holder]) {
    let given: Vec<String> =
        items(group, "accounts").iter().filter(|a| is_given(a)).map(|a| name(a).to_owned()).collect();
    let holds = |account: &str, address: &str| {
        let called = account.replace('_', "");
        let holder = holders.iter().find(|holder| holder.called == called);
        // A name may leave out the beginning of the type's: `request`.
        let holder = holder.or_else(|| holders.iter().find(|holder| holder.called.ends_with(&called)));
        holder.is_some_and(|holder| holder.addresses.iter().any(|field| field == address))
    };
    for account in items_mut(group, "accounts") {
        relate(account, instruction, holders);
        let called = name(account).to_owned();
        let compared = COMPARED.iter().any(|(name, begins)| *name == called && instruction.starts_with(begins));
        if !compared || !is_given(account) || account.get("relations").is_some() {
            continue;
        }
        let relations: Vec<&str> = given.iter().map(String::as_str).filter(|given| holds(given, &called)).collect();
        if !relations.is_empty() {
            account["relations"] = relations.into();
        }
    }
}

fn address_refund(instruction: &mut Value, called: &str) {
    let Some((_, mint)) = REFUNDED.iter().find(|(refund, _)| *refund == called) else { return };
    for account in items_mut(instruction, "accounts").iter_mut().filter(|account| name(account) == "destination") {
        account["pda"] = json!({
            "seeds": [
                { "kind": "account", "path": "request.owner", "account": "LiquidityRequest" },
                { "kind": "account", "path": "token_program" },
                { "kind": "account", "path": mint },
            ],
            "program": { "kind": "const", "value": ASSOCIATED_TOKEN_PROGRAM },
        });
    }
}

#[cfg(test)]
mod tests;
