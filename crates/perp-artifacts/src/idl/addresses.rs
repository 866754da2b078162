//! Addresses that clients need not be given.

use super::{items, items_mut, name};
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// How an account of the program is addressed.
struct Derivation {
    pda: Value,
    /// The arguments among its seeds, with their types.
    arguments: Vec<(String, Value)>,
}

/// By the account's name; none where instructions disagree.
type Derivations = BTreeMap<String, Option<Derivation>>;

/// Writes down how accounts are addressed where Anchor does not.
///
/// The program says the seeds of an account where it creates it. Elsewhere it compares the address with the one it has
/// stored, which costs less than deriving it: Anchor then prints no seeds, though the address is the same. Of the
/// accounts for events it prints neither seeds nor address.
pub(super) fn complete(idl: &mut Value) {
    let program = idl["address"].clone();
    let mut derivations = Derivations::new();
    for instruction in items_mut(idl, "instructions") {
        complete_event_accounts(instruction, &program);
        learn(instruction, instruction, &mut derivations);
    }
    for instruction in items_mut(idl, "instructions") {
        let arguments = instruction.clone();
        apply(instruction, &arguments, &derivations);
    }
}

/// The two accounts that `#[event_cpi]` appends.
fn complete_event_accounts(instruction: &mut Value, program: &Value) {
    if let [.., authority, itself] = items_mut(instruction, "accounts") {
        if name(authority) == "event_authority" && name(itself) == "program" {
            authority["pda"] = json!({ "seeds": [{ "kind": "const", "value": b"__event_authority" }] });
            authority["docs"] = json!(["Signs the program's calls of itself, which carry its events."]);
            itself["address"] = program.clone();
            itself["docs"] = json!(["This program, which calls itself with its events."]);
        }
    }
}

/// Notes what a group of accounts, the instruction's own or one within it, says of addresses.
fn learn(group: &Value, instruction: &Value, derivations: &mut Derivations) {
    for account in items(group, "accounts") {
        learn(account, instruction, derivations);
        let Some(pda) = account.get("pda") else { continue };
        let known = derivations.entry(name(account).to_owned()).or_insert_with(|| Derivation::new(pda, instruction));
        if known.as_ref().is_some_and(|known| known.pda != *pda) {
            *known = None;
        }
    }
}

/// Completes a group of accounts. Seeds are looked for in the account's own group: Anchor's client looks nowhere else.
fn apply(group: &mut Value, instruction: &Value, derivations: &Derivations) {
    let siblings: Vec<String> = items(group, "accounts").iter().map(|account| name(account).to_owned()).collect();
    for account in items_mut(group, "accounts") {
        apply(account, instruction, derivations);
        let Some(Some(derivation)) = derivations.get(name(account)) else { continue };
        // An optional account left out means something, so a client must not fill it in.
        let open = ["pda", "address", "optional"].iter().all(|key| account.get(key).is_none());
        if open && derivation.applies(&siblings, instruction) {
            account["pda"] = derivation.pda.clone();
        }
    }
}

impl Derivation {
    /// None for an account of another program: which one is meant is each instruction's own matter.
    fn new(pda: &Value, instruction: &Value) -> Option<Self> {
        if pda.get("program").is_some() {
            return None;
        }
        let arguments = seeds_of(pda, "arg").map(|seed| Some((seed.to_owned(), argument(instruction, seed)?.clone())));
        Some(Self { pda: pda.clone(), arguments: arguments.collect::<Option<_>>()? })
    }

    /// Whether every account and every argument that the seeds are made of is there.
    fn applies(&self, accounts: &[String], instruction: &Value) -> bool {
        seeds_of(&self.pda, "account").all(|seed| accounts.iter().any(|account| account == seed))
            && self.arguments.iter().all(|(seed, kind)| argument(instruction, seed) == Some(kind))
    }
}

/// What the seeds of a kind stand for; a field of it is written with a dot, and no account or argument is called so.
fn seeds_of<'a>(pda: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a str> {
    items(pda, "seeds").iter().filter(move |seed| seed["kind"] == kind).filter_map(|seed| seed["path"].as_str())
}

/// The type of an argument.
fn argument<'a>(instruction: &'a Value, called: &str) -> Option<&'a Value> {
    items(instruction, "args").iter().find(|argument| name(argument) == called).map(|argument| &argument["type"])
}
