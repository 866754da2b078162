//! Rows on their way into a table, many with one statement.

use std::fmt::Write;

use sqlx::any::AnyArguments;
use sqlx::{AnyConnection, Arguments, AssertSqlSafe};

use super::StoreError;

/// Rows of one statement: a few sizes, so that there are few statements to prepare, and never more parameters than a
/// database takes.
const CHUNKS: [usize; 4] = [256, 32, 8, 1];

/// One column of one row.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A number, or none.
    Optional(Option<i64>),
    /// Text.
    Text(String),
    /// Text, or none.
    OptionalText(Option<String>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Value {
    /// The signed number of the same bits.
    fn from(number: u64) -> Self {
        Self::Number(number.cast_signed())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Optional(number)
    }
}

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::OptionalText(text)
    }
}

/// Values of a row, in the order of the table's columns.
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::store::rows::Value::from($value)),+] };
}

pub(super) use row;

/// Rows for one table.
#[derive(Debug)]
pub struct Rows {
    table: &'static str,
    /// Columns that tell rows apart; the others of a row that exists are replaced. Without any a row that exists stays.
    key: &'static [&'static str],
    columns: &'static [&'static str],
    /// Whether a row that exists is an error.
    strict: bool,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    /// Rows that take the place of those with the same key.
    pub const fn replacing(
        table: &'static str,
        key: &'static [&'static str],
        columns: &'static [&'static str],
    ) -> Self {
        Self { table, key, columns, strict: false, rows: Vec::new() }
    }

    /// Rows that are new; one that exists already stays as it is.
    pub const fn new(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, key: &[], columns, strict: false, rows: Vec::new() }
    }

    /// Rows that are new; one that exists already is an error.
    pub const fn strict(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, key: &[], columns, strict: true, rows: Vec::new() }
    }

    /// Adds one.
    pub fn push(&mut self, row: Vec<Value>) {
        debug_assert_eq!(row.len(), self.columns.len(), "{}", self.table);
        self.rows.push(row);
    }

    /// Writes them all.
    pub async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        while !rows.is_empty() {
            let size = CHUNKS.into_iter().find(|size| *size <= rows.len()).unwrap_or(1);
            let rest = rows.split_off(size);
            let mut arguments = AnyArguments::default();
            for value in rows.into_iter().flatten() {
                match value {
                    Value::Number(number) => arguments.add(number),
                    Value::Optional(number) => arguments.add(number),
                    Value::Text(text) => arguments.add(text),
                    Value::OptionalText(text) => arguments.add(text),
                }
                .map_err(sqlx::Error::Encode)?;
            }
            sqlx::query_with(AssertSqlSafe(self.statement(size)), arguments).execute(&mut *connection).await?;
            rows = rest;
        }
        Ok(())
    }

    fn statement(&self, rows: usize) -> String {
        let Self { table, key, columns, strict, .. } = self;
        let mut text = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns.len() {
                let comma = if column == 0 { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(text, "{comma}${}", row * columns.len() + column + 1);
            }
            text.push(')');
        }
        let replaced: Vec<_> = columns.iter().filter(|column| !key.contains(column)).collect();
        if *strict {
            return text;
        }
        if key.is_empty() {
            text.push_str(" ON CONFLICT DO NOTHING");
        } else {
            let set: Vec<_> = replaced.iter().map(|column| format!("{column} = excluded.{column}")).collect();
            let _ = write!(text, " ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), set.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_name_every_parameter() {
        let rows = Rows::new("numbers", &["stream", "sequence"]);
        assert_eq!(
            rows.statement(2),
            "INSERT INTO numbers (stream, sequence) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        let rows = Rows::replacing("candles", &["market", "start"], &["market", "start", "high", "low"]);
        assert_eq!(
            rows.statement(1),
            "INSERT INTO candles (market, start, high, low) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (market, start) DO UPDATE SET high = excluded.high, low = excluded.low"
        );
    }
}
