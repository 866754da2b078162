//! `perp terms`: what of the field's terms and mechanisms each command, document and test does.

use clap::Args;
use serde::Deserialize;

use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::settings::nearest;

/// The one source of this command and of the page.
const DATA: &str = include_str!("../../terms.toml");

// Which terms.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Only the term of this number, or those whose name has these words
    term: Option<String>,
    /// Only what nothing does yet, or not wholly
    #[arg(long)]
    missing: bool,
    /// Prints the section of docs/terms.md
    #[arg(long)]
    markdown: bool,
}

/// Everything in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The terms, by their numbers.
    pub term: Vec<Term>,
    /// The mechanisms that the same texts name in passing.
    pub mechanism: Vec<Term>,
}

/// A term with what does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its number; mechanisms have none.
    pub number: Option<u64>,
    /// What it is called.
    pub name: String,
    /// What does it here.
    pub how: String,
    /// Commands that do or show it.
    pub commands: Vec<String>,
    /// Where it is specified.
    pub documents: Vec<String>,
    /// Tests that show it.
    pub tests: Vec<String>,
    /// What of it nothing does, and why.
    pub missing: Option<String>,
}

impl Terms {
    /// Those of the file that is compiled in.
    ///
    /// # Errors
    /// [`Failure::Bad`] where it is none.
    pub fn read() -> Result<Self, Failure> {
        toml::from_str(DATA).map_err(|error| Failure::Bad(format!("terms.toml: {error}")))
    }

    /// All of them, terms first.
    pub fn all(&self) -> impl Iterator<Item = &Term> {
        self.term.iter().chain(&self.mechanism)
    }
}

impl Arguments {
    /// Tells them.
    ///
    /// # Errors
    /// [`Failure::Input`] where no term is meant.
    pub fn run(&self) -> Result<Report, Failure> {
        let terms = Terms::read()?;
        if self.markdown {
            return Ok(Report::verbatim(markdown(&terms)));
        }
        let chosen: Vec<&Term> = terms.all().filter(|term| self.means(term)).collect();
        if chosen.is_empty() {
            return Err(self.unknown(&terms));
        }
        if let [term] = chosen.as_slice() {
            return Ok(Report::of([one(term)]));
        }
        let rows = chosen.iter().map(|term| {
            vec![
                term.number.map_or(Cell::None, Cell::Count),
                Cell::text(term.name.clone()),
                Cell::text(term.how.clone()),
                Cell::text(term.commands.join("\n")),
                term.missing.clone().map_or(Cell::None, Cell::Text),
            ]
        });
        let columns = ["number", "term", "what does it", "commands", "what nothing does"];
        Ok(Report::of([Section::rows("terms", "", &columns, rows.collect())]))
    }

    fn means(&self, term: &Term) -> bool {
        let named = self.term.as_ref().is_none_or(|text| match text.parse::<u64>() {
            Ok(number) => term.number == Some(number),
            Err(_) => term.name.to_lowercase().contains(&text.to_lowercase()),
        });
        named && (!self.missing || term.missing.is_some())
    }

    fn unknown(&self, terms: &Terms) -> Failure {
        let text = self.term.as_deref().unwrap_or_default();
        let near = nearest(text, terms.all().map(|term| term.name.as_str()));
        let near = near.map_or_else(
            || format!("give a number from 1 to {}, or words of a name", terms.term.len()),
            |near| format!("did you mean \"{near}\"?"),
        );
        let of = if self.missing { " of which anything is missing" } else { "" };
        Failure::Input(format!("TERM is \"{text}\", and there is no term like that{of}: {near}"))
    }
}

fn one(term: &Term) -> Section {
    let list = |items: &[String]| if items.is_empty() { Cell::None } else { Cell::text(items.join(", ")) };
    Section::fields(
        "term",
        term.name.clone(),
        [
            ("what does it", Cell::text(term.how.clone())),
            ("commands", list(&term.commands)),
            ("documents", list(&term.documents)),
            ("tests", list(&term.tests)),
            ("what nothing does", term.missing.clone().map_or(Cell::None, Cell::Text)),
        ],
    )
}

/// The section of docs/terms.md.
pub fn markdown(terms: &Terms) -> String {
    let mut text = String::from(
        "## What glossaries of position leverage management name\n\
         Which command, page and test does each of their terms and mechanisms here (`perp terms`, of which this section is the output with\n\
         `--markdown`). What nothing does is said to be missing, with why.\n\n",
    );
    text.push_str("| # | term | what does it here | commands, pages, tests |\n|---|---|---|---|\n");
    for term in &terms.term {
        text.push_str(&row(term));
    }
    text.push_str(
        "\n### Mechanisms\n| | mechanism | what does it here | commands, pages, tests |\n|---|---|---|---|\n",
    );
    for term in &terms.mechanism {
        text.push_str(&row(term));
    }
    text
}

fn row(term: &Term) -> String {
    let number = term.number.map(|number| number.to_string()).unwrap_or_default();
    let missing = term.missing.as_ref().map(|missing| format!(" **Missing:** {missing}.")).unwrap_or_default();
    let commands = term.commands.iter().map(|command| format!("`{command}`"));
    let documents = term.documents.iter().map(|path| {
        // The page lies in docs.
        let target = path.strip_prefix("docs/").map_or_else(|| format!("../{path}"), str::to_owned);
        let name = path.strip_prefix("docs/").unwrap_or(path);
        format!("[{name}]({target})")
    });
    let tests = term.tests.iter().map(|test| format!("`{test}`"));
    let cells: Vec<String> = commands.chain(documents).chain(tests).collect();
    format!("| {number} | {} | {}{missing} | {} |\n", term.name.replace('|', "\\|"), term.how, cells.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::path::{Path, PathBuf};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// What the short names of folders stand for, as in the other documents.
    const FOLDERS: [(&str, &str); 10] = [
        ("engine/", "crates/perp-engine/src/"),
        ("exchange/", "crates/perp-exchange/src/"),
        ("exchange-tests/", "crates/perp-exchange/tests/"),
        ("client/", "crates/perp-client/src/"),
        ("localnet-tests/", "crates/perp-localnet/tests/"),
        ("keeper/", "crates/perp-keeper/src/"),
        ("keeper-tests/", "crates/perp-keeper/tests/"),
        ("indexer-tests/", "crates/perp-indexer/tests/"),
        ("stress-tests/", "crates/perp-stress/tests/"),
        ("tests/", "tests/tests/"),
    ];

    fn source(file: &str) -> PathBuf {
        let own = [("cli/", "crates/perp-cli/src/"), ("cli-tests/", "crates/perp-cli/tests/")];
        let short = FOLDERS.iter().chain(&own).find(|(short, _)| file.starts_with(short));
        let (short, folder) = short.unwrap_or_else(|| panic!("{file} begins with no folder that has a short name"));
        root().join(format!("{folder}{}.rs", &file[short.len()..]))
    }

    #[test]
    fn every_term_and_mechanism_is_there_once() {
        let terms = Terms::read().unwrap();
        let numbers: Vec<_> = terms.term.iter().filter_map(|term| term.number).collect();
        assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
        assert_eq!(terms.mechanism.len(), 33);
        for term in terms.all() {
            let done = !term.tests.is_empty() && !term.documents.is_empty();
            assert!(done || term.missing.is_some(), "nothing does {}, and nothing says why", term.name);
        }
    }

    #[test]
    fn every_test_that_is_named_exists() {
        for term in Terms::read().unwrap().all() {
            for test in &term.tests {
                let (file, name) = test.split_once(".rs::").unwrap_or_else(|| panic!("{test} names no test"));
                let path = source(file);
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let found = text.lines().any(|line| {
                    line.trim_start()
                        .trim_start_matches("async ")
                        .strip_prefix("fn ")
                        .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
                });
                assert!(found, "{}: no test {name} in {}", term.name, path.display());
            }
        }
    }

    /// What a link to a heading is written as.
    fn fragment(heading: &str) -> String {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect()
    }

    #[test]
    fn every_document_that_is_named_has_its_heading() {
        for term in Terms::read().unwrap().all() {
            for path in &term.documents {
                let (file, heading) = path.split_once('#').unwrap_or((path, ""));
                let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
                let found =
                    heading.is_empty() || text.lines().any(|line| line.starts_with('#') && fragment(line) == heading);
                assert!(found, "{}: no heading for {path}", term.name);
            }
        }
    }

    #[test]
    fn every_command_that_is_named_can_be_typed() {
        for term in Terms::read().unwrap().all() {
            for command in &term.commands {
                let mut at = crate::cli::Cli::command();
                let mut words = command.split(' ');
                assert_eq!(words.next(), Some("perp"), "{command}");
                for word in words {
                    let next = at.find_subcommand(word).unwrap_or_else(|| panic!("{}: {command}", term.name)).clone();
                    at = next;
                }
            }
        }
    }

    #[test]
    fn the_page_has_what_the_command_prints() {
        let page = std::fs::read_to_string(root().join("docs/terms.md")).unwrap();
        let section = markdown(&Terms::read().unwrap());
        assert!(
            page.ends_with(&section),
            "run `cargo run -p perp-cli -- terms --markdown` and put it at the end of docs/terms.md"
        );
    }

    #[test]
    fn a_term_that_is_none_is_answered_with_the_nearest() {
        let arguments = Arguments { term: Some("Position Bankrupcy".into()), missing: false, markdown: false };
        let said = arguments.run().unwrap_err().to_string();
        assert!(said.contains("TERM is \"Position Bankrupcy\"") && said.contains("Position Bankruptcy"), "{said}");
        let arguments = Arguments { term: Some("99".into()), missing: false, markdown: false };
        assert!(arguments.run().unwrap_err().to_string().contains("from 1 to 64"));
    }
}
