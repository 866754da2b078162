//! Functions, tests and files that the documentation names.

use crate::{documents, quoted, read, section, table, workspace, Document};
use std::fs;
use std::path::{Path, PathBuf};

/// What the short names of folders in a reference like `engine/ledger.rs::loss` stand for.
const FOLDERS: [(&str, &str); 16] = [
    ("engine/", "crates/perp-engine/src/"),
    ("exchange/", "crates/perp-exchange/src/"),
    ("exchange-tests/", "crates/perp-exchange/tests/"),
    ("oracle/", "crates/perp-oracle/src/"),
    ("oracle-tests/", "crates/perp-oracle/tests/"),
    ("program/", "programs/perp-swap/src/"),
    ("client/", "crates/perp-client/src/"),
    ("cli/", "crates/perp-cli/src/"),
    ("cli-tests/", "crates/perp-cli/tests/"),
    ("keeper/", "crates/perp-keeper/src/"),
    ("keeper-tests/", "crates/perp-keeper/tests/"),
    ("indexer-tests/", "crates/perp-indexer/tests/"),
    ("stress-tests/", "crates/perp-stress/tests/"),
    ("localnet/", "crates/perp-localnet/src/"),
    ("localnet-tests/", "crates/perp-localnet/tests/"),
    ("tests/", "tests/tests/"),
];

/// A reference to an item of a source file.
struct Reference<'a> {
    path: PathBuf,
    item: &'a str,
}

fn reference(token: &str) -> Option<Reference<'_>> {
    let (file, item) = token.split_once(".rs::")?;
    let (short, folder) = FOLDERS.iter().find(|(short, _)| file.starts_with(short))?;
    let path = workspace().join(format!("{folder}{}.rs", &file[short.len()..]));
    Some(Reference { path, item })
}

impl Reference<'_> {
    /// The line that defines the item, and those before it.
    fn definition(&self) -> Option<String> {
        let source = fs::read_to_string(&self.path).ok()?;
        let lines: Vec<&str> = source.lines().collect();
        let at = lines.iter().position(|line| {
            ["fn", "const", "struct", "enum", "macro_rules!"].into_iter().any(|keyword| {
                line.split_once(&format!("{keyword} {}", self.item)).is_some_and(|(before, after)| {
                    let ends = |character: Option<char>| !character.is_some_and(|it| it.is_alphanumeric() || it == '_');
                    ends(before.chars().next_back()) && ends(after.chars().next())
                })
            })
        })?;
        Some(lines[at.saturating_sub(4)..=at].join("\n"))
    }

    fn is_test(&self) -> bool {
        self.definition().is_some_and(|definition| definition.contains("test]")) || self.is_told_on_both_backends()
    }

    /// Whether it is among the stories that a macro makes a test of each backend of.
    fn is_told_on_both_backends(&self) -> bool {
        let source = fs::read_to_string(&self.path).unwrap_or_default();
        let told = source.split_once("on_both_backends!(").and_then(|(_, told)| told.split_once(");"));
        told.is_some_and(|(stories, _)| stories.split(',').any(|story| story.trim() == self.item))
    }
}

fn references(text: &str) -> Vec<&str> {
    quoted(text).filter(|token| token.contains(".rs::")).collect()
}

#[test]
fn every_function_and_test_named_in_the_documentation_exists() {
    let missing: Vec<String> = documents()
        .iter()
        .flat_map(|Document { path, text }| {
            let dangling = |token: &&str| reference(token).and_then(|it| it.definition()).is_none();
            references(text).into_iter().filter(dangling).map(|token| format!("{}: {token}", path.display()))
        })
        .collect();
    assert!(missing.is_empty(), "named, but not in the sources:\n{}", missing.join("\n"));
}

/// Folders of the repository with which a path in backticks begins.
const ROOTS: [&str; 10] =
    [".ci/", "artifacts/", "crates/", "docs/", "idl/", "migrations/", "programs/", "sbf/", "src/", "tests/"];

/// Whether a path is one of the repository, or one beside the text that names it, or one with a short name.
fn exists(beside: &Path, path: &str) -> bool {
    let short = FOLDERS.iter().filter_map(|(short, folder)| Some(format!("{folder}{}", path.strip_prefix(short)?)));
    let in_workspace = short.chain([path.to_owned()]).any(|path| workspace().join(path).exists());
    in_workspace || beside.join(path).exists()
}

#[test]
fn every_path_named_in_the_documentation_exists() {
    let mut missing = Vec::new();
    for Document { path, text } in documents() {
        let is_path = |token: &&str| {
            ROOTS.iter().any(|root| token.starts_with(root))
                && token.chars().all(|it| it.is_alphanumeric() || "-_./".contains(it))
        };
        for token in quoted(&text).filter(is_path) {
            if !exists(path.parent().unwrap(), token) {
                missing.push(format!("{}: {token}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "named, but not there:\n{}", missing.join("\n"));
}

/// What a link to a heading is written as.
fn fragment(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it))
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}

#[test]
fn every_link_in_the_documentation_leads_to_a_file_and_a_heading() {
    for Document { path, text } in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target}", path.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&file).unwrap();
                let found = text.lines().any(|line| line.starts_with('#') && fragment(line) == heading);
                assert!(found, "{}: no heading for {target}", path.display());
            }
        }
    }
}

#[test]
fn every_package_in_a_command_exists() {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    let mut commands = 0;
    for Document { path, text } in documents() {
        for package in text.split("cargo run -p ").skip(1).chain(text.split("cargo test -p ").skip(1)) {
            let name: String = package.chars().take_while(|it| it.is_alphanumeric() || *it == '-').collect();
            assert!(lock.contains(&format!("name = \"{name}\"")), "{}: no package {name}", path.display());
            commands += 1;
        }
    }
    assert!(commands >= 3, "README.md names the commands");
}

#[test]
fn every_invariant_names_what_enforces_it_and_a_test_that_checks_it() {
    let rows = table(&read("docs/invariants.md"));
    let numbers: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<String> = (1..=18).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected, "docs/invariants.md lists each invariant once, in order");
    for row in rows {
        let (enforced, checked) = (references(&row[2]), references(&row[3]));
        assert!(!enforced.is_empty(), "nothing enforces invariant {}", row[0]);
        assert!(!checked.is_empty(), "no test checks invariant {}", row[0]);
        for token in checked {
            let is_test = reference(token).is_some_and(|it| it.is_test());
            assert!(is_test, "invariant {}: {token} is no test", row[0]);
        }
    }
}

#[test]
fn every_attack_of_the_threat_model_names_a_test() {
    let text = read("docs/threat-model.md");
    let attacks: Vec<_> =
        section(&text, "## Attacks considered").unwrap_or_default().split("\n### ").skip(1).flat_map(table).collect();
    assert!(attacks.len() >= 25, "{} attacks are described", attacks.len());
    for row in attacks {
        let tests = references(&row[2]);
        assert!(!tests.is_empty(), "no test shows: {}", row[0]);
        for token in tests {
            assert!(reference(token).is_some_and(|it| it.is_test()), "{}: {token} is no test", row[0]);
        }
    }
}
