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
    let idl = idl();
    let list = idl["instructions"].as_array().expect("an IDL lists instructions");
    list.iter().map(|instruction| instruction["name"].as_str().expect("each has a name").into()).collect()
}
