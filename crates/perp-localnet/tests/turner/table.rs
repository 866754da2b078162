//! The table of `idl/turning.json`, as it stands there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Offset and type of each field by its name.
pub type Fields = BTreeMap<String, (usize, String)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub program: String,
    pub retry_seconds: i128,
    pub kinds: BTreeMap<String, Kind>,
    pub readings: BTreeMap<String, Reading>,
    pub derived: BTreeMap<String, Derived>,
    pub rules: Vec<Rule>,
}

/// A kind of account of the program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    pub discriminator: String,
    pub bytes: usize,
    pub fields: Fields,
    pub list: Option<List>,
}

/// Items of the same form within an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub field: String,
    pub offset: usize,
    pub size: usize,
    pub count: usize,
    pub fields: Fields,
}

/// A kind of price account, by the number that markets know it by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub name: String,
    pub bytes: usize,
    pub discriminator: Option<String>,
    pub fields: Fields,
}

/// An address that is computed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    pub seeds: Vec<String>,
    pub program: String,
}

/// When which instruction with which accounts is worth simulating.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    pub of: String,
    pub reading: Option<String>,
    #[serde(default)]
    pub record: bool,
    pub when: Vec<(Value, String, Value)>,
    pub again: Vec<String>,
    pub instruction: String,
    pub discriminator: String,
    pub arguments: Vec<(String, Value)>,
    pub accounts: Vec<(String, String)>,
    pub then: Option<String>,
}

impl Rule {
    /// The kind of account that it is about, and the list where it is about each of its items.
    pub fn subject(&self) -> (&str, Option<&str>) {
        match self.of.split_once('.') {
            Some((kind, list)) => (kind, Some(list)),
            None => (&self.of, None),
        }
    }
}

/// The table of this version.
pub fn read() -> Table {
    serde_json::from_str(include_str!("../../../../idl/turning.json")).unwrap()
}

/// Bytes of a hexadecimal number.
pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
