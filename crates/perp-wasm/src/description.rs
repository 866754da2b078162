//! The interface as JSON, for whoever generates a client: `abi.json`.

use crate::refused::{RULES, STATUSES};
use serde_json::{json, Value};

/// A field of a struct.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// `u64`, `i64`, `Wide` for a signed 128-bit number, or another struct.
    pub kind: &'static str,
    /// Its first word within the struct.
    pub word: usize,
    /// Its unit.
    pub unit: &'static str,
    /// What it is.
    pub text: &'static str,
}

/// A struct of questions or answers.
pub trait Described: Sized {
    /// Its name.
    const NAME: &'static str;
    /// What it is.
    const TEXT: &'static str;
    /// Its fields in their order.
    fn fields() -> Vec<Field>;
}

/// A question as it is listed.
pub(crate) struct QuestionRow {
    /// `core` or `rest`.
    pub module: &'static str,
    pub number: u64,
    pub name: &'static str,
    pub text: &'static str,
    pub question: &'static str,
    pub items: &'static str,
    pub answer: &'static str,
    pub answer_items: &'static str,
}

pub(crate) fn of<T: Described>() -> Value {
    let fields: Vec<Value> = T::fields()
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "type": if field.kind == "Wide" { "i128" } else { field.kind },
                "word": field.word,
                "unit": field.unit,
                "text": field.text,
            })
        })
        .collect();
    json!({ "name": T::NAME, "words": size_of::<T>() / 8, "text": T::TEXT.trim(), "fields": fields })
}

fn optional(name: &str) -> Value {
    if name.is_empty() {
        Value::Null
    } else {
        name.into()
    }
}

/// The whole interface.
pub fn abi() -> Value {
    let mut structs = crate::layout::described_questions();
    structs.extend(crate::layout::described_answers());
    let questions: Vec<Value> = crate::ask::table()
        .iter()
        .map(|row| {
            json!({
                "module": row.module,
                "number": row.number,
                "name": row.name,
                "text": row.text.trim(),
                "question": row.question,
                "question_items": optional(row.items),
                "answer": optional(row.answer),
                "answer_items": optional(row.answer_items),
            })
        })
        .collect();
    let statuses: Vec<Value> = STATUSES
        .iter()
        .map(|(number, name, text, numbers)| {
            json!({ "number": number, "name": name, "text": text.trim(), "numbers": numbers })
        })
        .collect();
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(code, name, numbers)| {
            let numbers: Vec<Value> =
                numbers.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
            json!({ "code": code, "name": name, "numbers": numbers })
        })
        .collect();
    json!({
        "interface": crate::INTERFACE,
        "input_words": crate::INPUT_WORDS,
        "output_words": crate::OUTPUT_WORDS,
        "questions": questions,
        "statuses": statuses,
        "structs": structs,
        "rules": rules,
    })
}
