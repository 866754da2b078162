//! Values of the file with the line they stand in.

use super::fields::Field;
use super::kind::Decimals;
use super::FileError;
use anchor_lang::prelude::Pubkey;
use perp_client::exchange::convert::Decimal;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::{Spanned, Value};

/// A table whose keys are known to [`super::fields`].
pub type Table = Spanned<BTreeMap<Spanned<String>, Spanned<Value>>>;

/// A file's text, for reading and for messages.
pub struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    /// The whole file.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        toml::from_str(self.text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            let line = self.text[..place.start.min(self.text.len())].rsplit('\n').next().unwrap_or_default();
            let rest = self.text[place.start.min(self.text.len())..].lines().next().unwrap_or_default();
            self.error(place, format!("{}: `{}`", error.message(), format!("{line}{rest}").trim()))
        })
    }

    /// What is wrong at a place of the file.
    pub fn error(&self, place: Range<usize>, problem: impl Into<String>) -> FileError {
        let before = &self.text.as_bytes()[..place.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        FileError::Malformed { path: self.path.into(), line, problem: problem.into() }
    }

    /// The value of `key`, turned into a `T` by `read`, which says what it expected.
    pub fn value<T>(
        &self,
        key: &str,
        value: &Spanned<String>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, FileError> {
        read(value.get_ref()).map_err(|problem| self.error(value.span(), format!("{key}: {problem}")))
    }

    pub fn address(&self, key: &str, value: &Spanned<String>) -> Result<Pubkey, FileError> {
        self.value(key, value, |text| {
            text.parse().map_err(|_| format!("\"{text}\" is not an address: expected 32 bytes in base 58"))
        })
    }

    /// The decimal number of `key`.
    fn decimal(&self, key: &str, value: &Spanned<Value>) -> Result<Decimal, FileError> {
        match value.get_ref() {
            Value::String(text) => text.parse().map_err(|error| self.error(value.span(), format!("{key}: {error}"))),
            Value::Integer(whole) => Ok(Decimal::new((*whole).into(), 0)),
            other => {
                let problem = format!("{key}: {other} is not read exactly: write the number in quotes");
                Err(self.error(value.span(), problem))
            }
        }
    }

    /// `state` with every field in `fields` set by its key, and nothing else in the table.
    pub fn fields<T>(
        &self,
        name: &str,
        table: &Table,
        fields: &[Field<T>],
        decimals: Decimals,
        mut state: T,
    ) -> Result<T, FileError> {
        let entries = table.get_ref();
        if let Some(key) = entries.keys().find(|key| !fields.iter().any(|field| field.key() == **key.get_ref())) {
            let problem = format!("{}: no such key in [{name}]; it has {}", key.get_ref(), keys(fields));
            return Err(self.error(key.span(), problem));
        }
        for field in fields {
            let key = field.key();
            let Some((_, value)) = entries.iter().find(|(candidate, _)| key == **candidate.get_ref()) else {
                return Err(self.error(table.span(), format!("{key}: missing in [{name}]")));
            };
            let number = self.decimal(&key, value)?;
            let stored = field.kind.stored(number, decimals).and_then(|stored| (field.set)(&mut state, stored));
            stored.ok_or_else(|| {
                let problem = format!("{key}: {number} is negative, too large, or finer than the program counts");
                self.error(value.span(), problem)
            })?;
        }
        Ok(state)
    }
}

fn keys<T>(fields: &[Field<T>]) -> String {
    fields.iter().map(Field::key).collect::<Vec<_>>().join(", ")
}
