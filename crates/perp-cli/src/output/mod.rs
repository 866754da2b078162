//! What a command has to say: once as tables, once as one JSON document.

mod cell;
mod report;

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::{json, Value};

pub use cell::Cell;
pub use report::{Body, Report, Section};

use crate::failure::Failure;

/// The version of the JSON envelope.
pub const ENVELOPE: u64 = 1;

// Flags that say how a command answers.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct OutputFlags {
    /// Tables, or one JSON document
    #[arg(long, value_enum, default_value_t = Format::Table, global = true)]
    pub output: Format,
    /// Amounts, sizes and prices as the chain has them: atoms, base units, 2^-40 atoms per base unit
    #[arg(long, global = true)]
    pub atoms: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
/// How a command answers.
pub enum Format {
    /// Tables for people
    #[default]
    Table,
    /// One JSON document
    Json,
}

impl OutputFlags {
    /// A command's answer as text.
    pub fn answer(&self, command: &str, report: &Report) -> String {
        match self.output {
            Format::Table => report.text(self.atoms),
            Format::Json => self.document(json!({
                "version": ENVELOPE,
                "command": command,
                "ok": true,
                "numbers": self.numbers(),
                "data": report.json(self.atoms),
                "warnings": report.warnings,
            })),
        }
    }

    /// A failure as JSON.
    pub fn failure(&self, command: &str, failure: &Failure) -> String {
        self.document(json!({
            "version": ENVELOPE,
            "command": command,
            "ok": false,
            "error": { "kind": failure.name(), "message": failure.to_string(), "exit_code": failure.code() },
        }))
    }

    const fn numbers(&self) -> &'static str {
        if self.atoms {
            "raw"
        } else {
            "decimal"
        }
    }

    fn document(&self, value: Value) -> String {
        format!("{value:#}\n")
    }

    /// Prints an answer. Where nobody reads it any more the command is over.
    pub fn print(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }
}
