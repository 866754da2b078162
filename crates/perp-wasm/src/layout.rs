//! Every question and answer, word by word. A field is one 64-bit little-endian word, or two where it is a 128-bit number, the low
//! one first; a struct within a struct lies in its place; items follow the struct that they belong to.

use bytemuck::{Pod, Zeroable};
use perp_engine::units::QuoteX40;

mod answers;
mod questions;

pub use answers::*;
pub use questions::*;

/// A signed 128-bit number in two words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Wide {
    /// The low word.
    pub low: u64,
    /// The high word, with the sign.
    pub high: u64,
}

impl From<QuoteX40> for Wide {
    fn from(quote: QuoteX40) -> Self {
        let raw = quote.get().cast_unsigned();
        Self { low: raw as u64, high: (raw >> 64) as u64 }
    }
}

/// What stands for "none" where a price or a place may be missing; a price is never zero.
pub const NONE: u64 = 0;
/// What stands for a leverage that nothing bounds.
pub const UNBOUNDED: u64 = u64::MAX;

macro_rules! structs {
    ($($(#[doc = $doc:literal])+ $name:ident { $($field:ident: $kind:ident $unit:literal $text:literal;)* })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
            #[repr(C)]
            pub struct $name { $(#[doc = $text] pub $field: $kind,)* }

            #[cfg(not(target_arch = "wasm32"))]
            impl crate::description::Described for $name {
                const NAME: &'static str = stringify!($name);
                const TEXT: &'static str = concat!($($doc),+);

                fn fields() -> Vec<crate::description::Field> {
                    vec![$(crate::description::Field {
                        name: stringify!($field),
                        kind: stringify!($kind),
                        word: core::mem::offset_of!($name, $field) / 8,
                        unit: $unit,
                        text: $text,
                    }),*]
                }
            }
        )+

        /// Every struct of this table.
        #[cfg(not(target_arch = "wasm32"))]
        pub(crate) fn described() -> Vec<serde_json::Value> {
            vec![$(crate::description::of::<$name>()),+]
        }
    };
}

pub(crate) use structs;

/// Every struct of questions.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn described_questions() -> Vec<serde_json::Value> {
    questions::described()
}

/// Every struct of answers.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn described_answers() -> Vec<serde_json::Value> {
    answers::described()
}
