//! The documentation against the code: generated pages, layouts, instructions, where everything is filed, and every
//! name, function, test and file in it.

mod examples;
mod filing;
mod instructions;
mod layout;
mod names;
mod pages;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

/// A text of the documentation.
struct Document {
    path: PathBuf,
    text: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Everything written for readers: what stands at the root, and below the folders that hold texts.
fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    collect(&workspace(), false, &mut documents);
    for folder in ["crates", "docs", "migrations", "programs", "sbf", "tests"] {
        collect(&workspace().join(folder), true, &mut documents);
    }
    documents
}

fn collect(folder: &Path, below: bool, into: &mut Vec<Document>) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        // Packages that npm installs have texts of their own.
        if path.is_dir() && below && !path.ends_with("node_modules") {
            collect(&path, below, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(Document { text: fs::read_to_string(&path).unwrap(), path });
        }
    }
}

/// What stands below a heading, up to the next one of its level or above.
fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let level = heading.chars().take_while(|character| *character == '#').count();
    let start = text.find(&format!("\n{heading}\n"))? + heading.len() + 2;
    let body = &text[start..];
    let end = body
        .match_indices("\n#")
        .find(|(at, _)| body[at + 1..].chars().take_while(|character| *character == '#').count() <= level)
        .map_or(body.len(), |(at, _)| at + 1);
    Some(&body[..end])
}

/// Cells of the first table of a text, without its head.
fn table(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// Tokens in backticks on one line each.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn a_section_ends_where_the_next_one_of_its_level_begins() {
    let text = "# A\n## B\none\n### C\ntwo\n## D\nthree\n";
    assert_eq!(section(text, "## B"), Some("one\n### C\ntwo\n"));
    assert_eq!(section(text, "### C"), Some("two\n"));
    assert_eq!(section(text, "## E"), None);
    assert_eq!(quoted("a `b` c `d e`").collect::<Vec<_>>(), ["b", "d e"]);
    assert_eq!(table("x\n| a | b |\n|---|---|\n| 1 | 2 |\n"), [["1", "2"]]);
}

#[test]
fn every_folder_with_texts_is_read() {
    let documents = documents();
    let mut found: Vec<String> = documents
        .iter()
        .map(|document| document.path.strip_prefix(workspace()).unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    for path in [
        "README.md",
        "crates/perp-engine/README.md",
        "docs/instructions/position/trade.md",
        "docs/specification/README.md",
        "migrations/README.md",
        "programs/perp-swap/README.md",
        "sbf/README.md",
        "tests/reference/README.md",
        "tests/typescript/README.md",
    ] {
        assert!(found.iter().any(|other| other == path), "{path} is not among {found:?}");
    }
    assert!(!found.iter().any(|path| path.contains("node_modules")), "{found:?}");
}
