//! Sections of values, as tables and as JSON.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde_json::{Map, Value};

use super::Cell;

/// What a section holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Names with a value each.
    Fields(Vec<(String, Cell)>),
    /// Rows of the same columns.
    Rows {
        /// Names of the columns.
        columns: Vec<String>,
        /// A value for each column.
        rows: Vec<Vec<Cell>>,
    },
    /// Lines of text.
    Lines(Vec<String>),
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name in JSON.
    pub name: &'static str,
    /// What stands above it.
    pub heading: String,
    /// What it holds.
    pub body: Body,
}

impl Section {
    /// Names with a value each.
    pub fn fields<N: Into<String>>(
        name: &'static str,
        heading: impl Into<String>,
        fields: impl IntoIterator<Item = (N, Cell)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, cell)| (name.into(), cell)).collect();
        Self { name, heading: heading.into(), body: Body::Fields(fields) }
    }

    /// Rows of the same columns.
    pub fn rows(name: &'static str, heading: impl Into<String>, columns: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { name, heading: heading.into(), body: Body::Rows { columns, rows } }
    }

    /// Lines of text.
    pub fn lines(name: &'static str, heading: impl Into<String>, lines: Vec<String>) -> Self {
        Self { name, heading: heading.into(), body: Body::Lines(lines) }
    }

    fn text(&self, raw: bool) -> String {
        let above = if self.heading.is_empty() { String::new() } else { format!("{}\n", self.heading) };
        match &self.body {
            Body::Lines(lines) => format!("{above}{}\n", lines.join("\n")),
            Body::Fields(fields) => {
                let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
                let line = |(name, cell): &(String, Cell)| {
                    let name = name.replace('_', " ");
                    format!("  {name:<width$}  {}\n", cell.shown(raw))
                };
                format!("{above}{}", fields.iter().map(line).collect::<String>())
            }
            Body::Rows { rows, .. } if rows.is_empty() => format!("{above}  none\n"),
            Body::Rows { columns, rows } => {
                let mut table = Table::new();
                table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
                table.set_header(columns.iter().map(|column| column.replace('_', " ")));
                for row in rows {
                    table.add_row(row.iter().map(|cell| cell.shown(raw)));
                }
                for (place, column) in table.column_iter_mut().enumerate() {
                    if rows.iter().any(|row| row.get(place).is_some_and(Cell::is_number)) {
                        column.set_cell_alignment(CellAlignment::Right);
                    }
                }
                format!("{above}{table}\n")
            }
        }
    }

    fn json(&self, raw: bool) -> Value {
        match &self.body {
            Body::Lines(lines) => lines.clone().into(),
            Body::Fields(fields) => {
                Value::Object(fields.iter().map(|(name, cell)| (key(name), cell.json(raw))).collect())
            }
            Body::Rows { columns, rows } => {
                let row = |row: &Vec<Cell>| {
                    let pairs = columns.iter().zip(row).map(|(name, cell)| (key(name), cell.json(raw)));
                    Value::Object(pairs.collect())
                };
                Value::Array(rows.iter().map(row).collect())
            }
        }
    }
}

/// A name as JSON has it.
fn key(name: &str) -> String {
    name.replace([' ', '-'], "_")
}

/// What a command has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its parts, in order.
    pub sections: Vec<Section>,
    /// What whoever reads it should know besides.
    pub warnings: Vec<String>,
    /// A document of another kind that stands in place of tables: completions, CSV, Markdown.
    pub verbatim: Option<String>,
    /// Whether what was looked at is as it should be.
    pub bad: Option<String>,
}

impl Report {
    /// An answer of these parts.
    pub fn of(sections: impl IntoIterator<Item = Section>) -> Self {
        Self { sections: sections.into_iter().collect(), ..Self::default() }
    }

    /// A document of another kind.
    pub fn verbatim(text: String) -> Self {
        Self { verbatim: Some(text), ..Self::default() }
    }

    /// As tables.
    pub fn text(&self, raw: bool) -> String {
        let mut text = self.verbatim.clone().unwrap_or_default();
        let sections: Vec<String> = self.sections.iter().map(|section| section.text(raw)).collect();
        text.push_str(&sections.join("\n"));
        for warning in &self.warnings {
            text.push_str(&format!("note: {warning}\n"));
        }
        text
    }

    /// As JSON: an object with a member for each part.
    pub fn json(&self, raw: bool) -> Value {
        let mut members: Map<String, Value> =
            self.sections.iter().map(|section| (section.name.into(), section.json(raw))).collect();
        if let Some(text) = &self.verbatim {
            members.insert("text".into(), text.clone().into());
        }
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_the_same_as_table_and_as_json() {
        let report = Report::of([
            Section::fields("account", "Account", [("free_collateral", Cell::Atoms(1_500_000, 6))]),
            Section::rows("positions", "Positions", &["market", "size"], vec![vec![Cell::text("SOL"), Cell::Count(2)]]),
        ]);
        let text = report.text(false);
        assert!(text.contains("free collateral  1.5") && text.contains("SOL"), "{text}");
        let expected = serde_json::json!({
            "account": { "free_collateral": "1.5" },
            "positions": [{ "market": "SOL", "size": 2 }],
        });
        assert_eq!(report.json(false), expected);
        assert_eq!(report.json(true)["account"]["free_collateral"], "1500000");
    }
}
