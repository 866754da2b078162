//! docs/cli.md against the command line.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Command, CommandFactory};
use perp_cli::cli::Cli;

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md")).unwrap()
}

/// Every command that can be typed, with its own flags.
fn collect(command: &Command, path: &str, into: &mut Vec<(String, Vec<String>)>) {
    let flags = command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned).collect();
    into.push((path.to_owned(), flags));
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        collect(sub, &format!("{path} {}", sub.get_name()), into);
    }
}

fn commands() -> Vec<(String, Vec<String>)> {
    let mut commands = Vec::new();
    collect(&Cli::command(), "perp", &mut commands);
    commands
}

#[test]
fn every_command_and_every_flag_is_on_the_page() {
    let page = page();
    for (path, flags) in commands() {
        if path != "perp" {
            assert!(page.contains(&format!("`{path}")), "docs/cli.md lacks `{path}`");
        }
        for flag in flags.iter().filter(|flag| !["help", "version"].contains(&flag.as_str())) {
            assert!(page.contains(&format!("--{flag}")), "docs/cli.md lacks --{flag} of `{path}`");
        }
    }
}

/// Words of a command on the page, without what stands for something.
fn typed(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_command_on_the_page_can_be_typed() {
    let known: BTreeSet<String> = commands().into_iter().map(|(path, _)| path).collect();
    let page = page();
    let mut seen = 0;
    for token in
        page.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|token| token.starts_with("perp "))
    {
        let words = typed(token);
        // As many words as make a command.
        let names = words
            .iter()
            .take_while(|word| word.chars().all(|it| it.is_ascii_lowercase() || it == '-') && !word.starts_with("--"));
        let names: Vec<&str> = names.map(String::as_str).collect();
        let found = (1..=names.len()).any(|length| known.contains(&names[..length].join(" ")) && length > 1);
        assert!(found, "`{token}` is no command");
        seen += 1;
    }
    assert!(seen > 40, "{seen} commands are on the page");
}

#[test]
fn every_example_on_the_page_is_understood() {
    let page = page();
    let mut seen = 0;
    for line in page.lines().filter_map(|line| line.strip_prefix("    perp ")) {
        let line = line.split(" #").next().unwrap_or_default();
        let words = std::iter::once("perp".to_owned()).chain(typed(line));
        if let Err(error) = <Cli as clap::Parser>::try_parse_from(words) {
            assert!(!error.use_stderr(), "perp {line}: {error}");
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen} examples are on the page");
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = crate::perp(&["completions", shell]).good();
        for name in ["markets", "liquidity", "explain"] {
            assert!(script.contains(name), "{shell} lacks {name}");
        }
    }
}
