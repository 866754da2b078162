//! The reference pages of the documentation. Their prose stands in the pages themselves; what follows from the interface
//! file and from the tables of errors, parameters and rules stands between marks, and is written here.

mod accounts;
mod errors;
mod events;
pub mod layout;
mod parameters;

use crate::idl::{docs, idl};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What writes them.
pub const COMMAND: &str = "cargo run -p perp-tests --bin reference-pages";

/// A file as it should be.
pub struct Page {
    /// Relative to the workspace.
    pub path: &'static str,
    pub text: String,
}

/// What stands between the marks of this name.
#[derive(Clone)]
struct Block {
    name: String,
    text: String,
}

/// The reference pages, with the prose they have under `root`.
///
/// # Panics
/// Where a page is missing or its marks are not those that are written, and where the interface file contradicts the
/// accounts' lengths and tags.
pub fn pages(root: &Path) -> Vec<Page> {
    let idl = idl();
    let written = [
        ("docs/accounts.md", accounts::blocks(&idl)),
        ("docs/errors.md", errors::blocks()),
        ("docs/event-fields.md", events::blocks(&idl, root)),
        ("docs/parameters.md", parameters::blocks()),
    ];
    let page =
        |(path, blocks): (&'static str, Vec<Block>)| Page { path, text: filled(path, &read(root, path), &blocks) };
    let mut pages: Vec<Page> = written.into_iter().map(page).collect();
    pages.push(Page { path: "idl/errors.json", text: errors::json() });
    pages
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const END: &str = "<!-- end -->";

/// The name in a mark that opens a block.
fn opened(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- generated: ")?.strip_suffix(" -->")
}

/// A page with what its marks enclose replaced.
fn filled(path: &str, page: &str, blocks: &[Block]) -> String {
    let mut text = String::new();
    let mut missing: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text += line;
        text += "\n";
        let Some(name) = opened(line) else { continue };
        let block = blocks.iter().find(|block| block.name == name);
        let block = block.unwrap_or_else(|| panic!("{path}: nothing is generated as \"{name}\""));
        let before = missing.len();
        missing.retain(|other| *other != name);
        assert!(missing.len() < before, "{path}: \"{name}\" stands there twice");
        let end = lines.find(|line| *line == END || opened(line).is_some());
        assert_eq!(end, Some(END), "{path}: \"{name}\" ends with {END}");
        text += &format!("{}\n{END}\n", block.text.trim_end());
    }
    assert!(missing.is_empty(), "{path}: no mark for {missing:?}, such as <!-- generated: {} -->", missing[0]);
    text
}

/// A table, in which no cell opens another.
fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// What the docs of an item say, as a cell: without a full stop, and with types named as a reader knows them.
fn meaning(item: &Value) -> String {
    cell(&docs(item))
}

fn cell(text: &str) -> String {
    plain(text).trim_end_matches('.').into()
}

/// Links between items of the sources, which lead nowhere here, become their last names.
fn plain(text: &str) -> String {
    let mut parts = text.split('`');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    while let (Some(quoted), Some(after)) = (parts.next(), parts.next()) {
        let is_link = plain.ends_with('[') && after.starts_with(']');
        if is_link {
            plain.pop();
        }
        plain += &code(if is_link { quoted.rsplit("::").next().unwrap_or(quoted) } else { quoted });
        plain += if is_link { &after[1..] } else { after };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks() -> [Block; 2] {
        [("fees", "| 1 |\n"), ("rates", "| 2 |")].map(|(name, text)| Block { name: name.into(), text: text.into() })
    }

    #[test]
    fn what_marks_enclose_is_replaced_and_the_prose_stays() {
        let page = "# Fees\n<!-- generated: fees -->\nold\n<!-- end -->\nAs \
                    said.\n<!-- generated: rates -->\n<!-- end -->\n";
        let expected = "# Fees\n<!-- generated: fees -->\n| 1 |\n<!-- end -->\nAs \
                        said.\n<!-- generated: rates -->\n| 2 |\n<!-- end -->\n";
        assert_eq!(filled("x.md", page, &blocks()), expected);
        assert_eq!(filled("x.md", expected, &blocks()), expected);
    }

    #[test]
    #[should_panic(expected = "no mark for [\"rates\"]")]
    fn a_block_that_a_page_leaves_out_is_named() {
        filled("x.md", "<!-- generated: fees -->\n<!-- end -->\n", &blocks());
    }

    #[test]
    #[should_panic(expected = "\"fees\" ends with <!-- end -->")]
    fn a_mark_that_is_not_closed_swallows_no_prose() {
        filled("x.md", "<!-- generated: fees -->\n<!-- generated: rates -->\n<!-- end -->\n", &blocks());
    }

    #[test]
    #[should_panic(expected = "nothing is generated as \"costs\"")]
    fn a_mark_of_nothing_is_named() {
        filled("x.md", "<!-- generated: costs -->\n<!-- end -->\n", &blocks());
    }

    #[test]
    fn links_between_sources_become_names_and_no_cell_opens_another() {
        assert_eq!(cell("[`state::Status`] in force from `until` on."), "`Status` in force from `until` on");
        assert_eq!(cell("`[long, short]`"), "`[long, short]`");
        assert_eq!(
            table(&["a", "b"], [vec!["Σ |size|".into(), "x".into()]]),
            "| a | b |\n|---|---|\n| Σ \\|size\\| | x |\n"
        );
    }
}
