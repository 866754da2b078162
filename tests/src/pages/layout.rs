//! Where every field of an account lies, as the interface file has it: its types are plain bytes without gaps.

use crate::idl::{items, name};
use serde_json::Value;
use std::collections::BTreeMap;

/// A field within a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Of its first byte, counted from the type's first.
    pub offset: usize,
    /// In bytes.
    pub size: usize,
    /// Of a struct within a struct with the name of what holds it, `status.until`.
    pub name: String,
    /// As the interface file has it: type and docs.
    pub item: &'a Value,
}

impl Field<'_> {
    /// The struct of which the field is an array, and how many.
    pub fn elements(&self) -> Option<(&str, u64)> {
        match items(&self.item["type"], "array") {
            [element, length] => Some((element["defined"]["name"].as_str()?, length.as_u64()?)),
            _ => None,
        }
    }
}

/// The types of an interface file by their names.
pub struct Types<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Types<'a> {
    pub fn new(idl: &'a Value) -> Self {
        Self(items(idl, "types").iter().map(|definition| (name(definition), definition)).collect())
    }

    /// # Panics
    /// Where there is no such type.
    pub fn definition(&self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or_else(|| panic!("the interface file defines no {name}"))
    }

    /// The bytes that a type takes in an account.
    ///
    /// # Panics
    /// Where it can stand in none.
    pub fn size(&self, kind: &Value) -> usize {
        match kind.as_str() {
            Some("u8" | "i8") => return 1,
            Some("u16" | "i16") => return 2,
            Some("u32" | "i32") => return 4,
            Some("u64" | "i64") => return 8,
            Some("u128" | "i128") => return 16,
            Some("pubkey") => return 32,
            _ => {}
        }
        if let Some(name) = kind["defined"]["name"].as_str() {
            return self.fields(name).last().map_or(0, |last| last.offset + last.size);
        }
        match items(kind, "array") {
            [element, length] => {
                let length = length.as_u64().and_then(|length| usize::try_from(length).ok());
                self.size(element) * length.expect("an array has a length")
            }
            _ => panic!("{kind} stands in no account"),
        }
    }

    /// The fields of a struct.
    ///
    /// # Panics
    /// Where it is not marked as plain bytes without gaps.
    pub fn fields(&self, of: &str) -> Vec<Field<'a>> {
        let definition = self.definition(of);
        let is_packed = definition["serialization"] == "bytemuck" && definition["repr"]["packed"] == true;
        assert!(is_packed, "{of} is not marked as plain bytes without gaps");
        let mut offset = 0;
        items(&definition["type"], "fields")
            .iter()
            .map(|item| {
                let field = Field { offset, size: self.size(&item["type"]), name: name(item).into(), item };
                offset += field.size;
                field
            })
            .collect()
    }

    /// The fields of a struct, with those of a struct within it in that one's place.
    ///
    /// # Panics
    /// As [`Types::fields`].
    pub fn flattened(&self, of: &str) -> Vec<Field<'a>> {
        let expand = |outer: Field<'a>| match outer.item["type"]["defined"]["name"].as_str() {
            Some(inner) => self
                .flattened(inner)
                .into_iter()
                .map(|field| Field {
                    offset: outer.offset + field.offset,
                    name: format!("{}.{}", outer.name, field.name),
                    ..field
                })
                .collect(),
            None => vec![outer],
        };
        self.fields(of).into_iter().flat_map(expand).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_follow_each_other_without_gaps_at_any_depth() {
        let packed = |name: &str, fields: Value| {
            json!({
                "name": name, "serialization": "bytemuck", "repr": { "kind": "c", "packed": true },
                "type": { "kind": "struct", "fields": fields },
            })
        };
        let idl = json!({ "types": [
            packed("Side", json!([{ "name": "size", "type": "u64" }, { "name": "entry", "type": "i128" }])),
            packed("Book", json!([
                { "name": "sides", "type": { "array": [{ "defined": { "name": "Side" } }, 2] } },
                { "name": "last", "type": { "defined": { "name": "Side" } } },
            ])),
            packed("Market", json!([
                { "name": "status", "type": "u8" },
                { "name": "book", "type": { "defined": { "name": "Book" } } },
                { "name": "key", "type": "pubkey" },
            ])),
        ] });
        let types = Types::new(&idl);
        let places: Vec<(String, usize, usize)> =
            types.flattened("Market").into_iter().map(|field| (field.name, field.offset, field.size)).collect();
        // A side is 8 + 16 bytes, two of them 48.
        let expected = [
            ("status", 0, 1),
            ("book.sides", 1, 48),
            ("book.last.size", 49, 8),
            ("book.last.entry", 57, 16),
            ("key", 73, 32),
        ];
        assert_eq!(places, expected.map(|(name, offset, size)| (name.to_owned(), offset, size)));
        assert_eq!(types.flattened("Market")[1].elements(), Some(("Side", 2)));
        assert_eq!(types.flattened("Market")[0].elements(), None);
    }
}
