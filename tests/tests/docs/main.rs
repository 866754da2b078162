//! The documentation against the code: layouts, error codes, verbs, and every function, test and file it names.

mod accounts;
mod errors;
mod examples;
mod names;
mod verbs;

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

fn document(path: &str) -> Document {
    let path = workspace().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Document { path, text }
}

fn markdown_in(folder: &str) -> Vec<Document> {
    let folder = workspace().join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| Document { text: fs::read_to_string(&path).unwrap(), path }).collect()
}

/// Everything written for readers.
fn documents() -> Vec<Document> {
    ["", "docs", "docs/specification", "sbf", "tests", "tests/data/prices", "tests/data/pyth"]
        .into_iter()
        .flat_map(markdown_in)
        .collect()
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
