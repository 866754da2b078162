//! The guide: its examples are asked here, and it names every flag, table and path there is.

mod common;

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use common::served::Served;
use common::Database;
use perp_indexer::api::description;
use perp_indexer::config::Cli;
use serde_json::Value;

fn guide() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/history.md")).unwrap()
}

/// What is asked, and the answer the guide gives.
fn examples(guide: &str) -> Vec<(&str, &str)> {
    let blocks = guide.split("```http\nGET ").skip(1);
    blocks
        .map(|block| {
            let (path, rest) = block.split_once("\n```\n```json\n").expect("an answer follows what is asked");
            (path, rest.split_once("\n```").unwrap().0)
        })
        .collect()
}

#[tokio::test]
async fn the_examples_are_what_is_answered() {
    let (guide, database) = (guide(), Database::sqlite());
    let served = Served::start(&database).await;
    let examples = examples(&guide);
    assert!(examples.len() >= 4);
    let mut wrong = Vec::new();
    for (path, told) in examples {
        let (_, answer) = served.get(path).await;
        if serde_json::from_str::<Value>(told).ok().as_ref() != Some(&answer) {
            wrong.push(format!("{path}\n{answer:#}"));
        }
    }
    assert!(wrong.is_empty(), "docs/history.md should say:\n{}", wrong.join("\n"));
}

#[test]
fn every_flag_table_and_path_is_named() {
    let guide = guide();
    let command = Cli::command();
    let flags = command.get_arguments().filter_map(|argument| argument.get_long());
    let flags = flags.filter(|flag| !["help", "version"].contains(flag)).map(|flag| format!("| `--{flag}` |"));
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let sql: String =
        fs::read_dir(migrations).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let tables = sql.split("CREATE TABLE ").skip(1).map(|text| format!("`{}`", text.split_once(' ').unwrap().0));
    let paths: Vec<_> = description().paths.paths.keys().map(|path| format!("`{path}`")).collect();
    let missing: Vec<_> = flags.chain(tables).chain(paths).filter(|name| !guide.contains(name)).collect();
    assert!(missing.is_empty(), "docs/history.md does not name {missing:?}");
}
