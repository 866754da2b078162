//! Finishes the IDL that Anchor prints, for the sake of the clients that are generated from it.
//!
//! Anchor writes down the types as Rust sees them. Others see less: Anchor's own TypeScript client takes `new BN(5)` for
//! a struct of one unnamed field, finds no field in it and encodes zero without a word; Rust clients align an `i128`
//! otherwise than the program; and no client is told the addresses that the program checks against what it has stored.

mod addresses;
mod docs;
mod layout;
mod names;
mod stored;
mod units;

use serde_json::Value;

pub use docs::missing_docs;

/// What in the program's types no client could be generated from. Every message names the type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdlError {
    #[error("two types of the IDL would be called {name}; give one of them another name in STATE_NAMES")]
    NameTaken { name: String },
    #[error("the IDL refers to a type {name} that it does not define; derive AnchorSerialize for it")]
    Undefined { name: String },
    #[error("{name} wraps a number of a unit that nothing explains; add it to UNITS")]
    UnknownUnit { name: String },
    #[error("{name} is stored in a zero-copy account and sent in an instruction or event, which are laid out differently; send a type of its own")]
    StoredAndSent { name: String },
    #[error("{name} is stored in a zero-copy account and is not a struct; store its byte")]
    NotAStruct { name: String },
}

/// Turns what Anchor prints into what clients need:
///
/// 1. types have short names that collide neither with each other nor with what TypeScript clients import;
/// 2. an instruction's arguments have the docs that its own docs list for them (see [`missing_docs`]);
/// 3. a type that wraps a number is the number, and the docs of what used it say its unit;
/// 4. what zero-copy accounts contain is marked as the plain bytes it is;
/// 5. every account whose address follows from the other accounts and the arguments says how;
/// 6. so does every account whose address another one has stored.
///
/// An IDL that is finished already stays as it is.
///
/// # Errors
/// [`IdlError`], after which `idl` is of no use.
pub fn finish(idl: &mut Value) -> Result<(), IdlError> {
    names::shorten(idl)?;
    docs::hand_to_arguments(idl);
    units::inline(idl)?;
    layout::mark_stored(idl)?;
    addresses::complete(idl);
    stored::complete(idl);
    Ok(())
}

/// The items of one of the IDL's lists, none where it has no such list.
fn items<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value[list].as_array().map_or(&[], Vec::as_slice)
}

/// [`items`], to be changed.
fn items_mut<'a>(value: &'a mut Value, list: &str) -> &'a mut [Value] {
    value.get_mut(list).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// The name of an item, empty where it has none.
fn name(item: &Value) -> &str {
    item["name"].as_str().unwrap_or_default()
}

/// The name in `{"defined": {"name": …}}`.
fn defined_name(value: &Value) -> Option<&str> {
    value.get("defined")?.get("name")?.as_str()
}

#[cfg(test)]
mod tests;
