//! Names of code in backticks are names that the code has: one that was changed is changed in the texts too.

use crate::{documents, quoted, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Texts with names that are none of this code's, and whose they are.
const OTHERS: [(&str, &str); 2] = [("CHANGELOG.md", "earlier versions'"), ("docs/terms.md", "other exchanges'")];

/// Symbols of formulas that look like names.
const SYMBOLS: [&str; 1] = ["pending_side"];

/// Every word in the sources under a folder, and what its files are called.
fn collect(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                collect(&path, into);
            }
            continue;
        }
        into.extend(words(&name).map(str::to_owned));
        let is_source =
            ["rs", "toml", "py", "ts", "mjs", "json", "sh"].iter().any(|end| name.ends_with(&format!(".{end}")));
        if is_source && name != "package-lock.json" {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            into.extend(words(&text).map(str::to_owned));
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

/// Whether a word is written as a name of two words or more: `two_words`, `TwoWords`.
fn is_name(word: &str) -> bool {
    let (mut capitals, mut small) = (0, 0);
    for character in word.chars() {
        capitals += usize::from(character.is_ascii_uppercase());
        small += usize::from(character.is_ascii_lowercase());
    }
    let snake = word.trim_end_matches('_').contains('_')
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && capitals == 0;
    let camel = word.starts_with(|first: char| first.is_ascii_uppercase()) && !word.contains('_') && capitals > 1;
    snake || (camel && small > capitals)
}

#[test]
fn names_in_the_documentation_are_names_in_the_code() {
    let mut known = BTreeSet::new();
    collect(&workspace(), &mut known);
    let mut unknown = BTreeSet::new();
    for document in documents() {
        let path = document.path.strip_prefix(workspace()).unwrap().to_string_lossy().into_owned();
        if OTHERS.iter().any(|(other, _)| *other == path) {
            continue;
        }
        for word in quoted(&document.text).flat_map(words).filter(|word| is_name(word)) {
            if !known.contains(word) && !SYMBOLS.contains(&word) {
                unknown.insert(format!("{path}: {word}"));
            }
        }
    }
    let unknown: Vec<String> = unknown.into_iter().collect();
    assert!(unknown.is_empty(), "no source has these names:\n{}", unknown.join("\n"));
}

#[test]
fn names_are_told_from_words_and_symbols() {
    for name in ["max_age_trade", "PriceStale", "PriceUpdateV2"] {
        assert!(is_name(name), "{name}");
    }
    for other in ["price", "P", "MM", "U_side", "attack_", "SOL", "Pull", "2_000", "Σ"] {
        assert!(!is_name(other), "{other}");
    }
}
