extern crate std;

use super::*;
use crate::engine_rules;
use std::collections::BTreeSet;
use std::string::ToString;

/// Code, name, text and remedy of every rule, in the order of the table.
macro_rules! table {
    ($($code:literal $name:ident $({ $($field:ident: $type:ty),* })? $text:literal $remedy:literal;)+) => {
        const RULES: &[(u32, &str, &str, &str)] = &[$(($code, stringify!($name), $text, $remedy)),+];
    };
}

engine_rules!(table);

#[test]
fn every_rule_has_a_code_of_its_own_and_they_ascend() {
    for pair in RULES.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{} follows {}", pair[1].1, pair[0].1);
    }
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.1).collect();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn no_two_rules_read_the_same() {
    let texts: BTreeSet<&str> = RULES.iter().map(|rule| rule.2).collect();
    assert_eq!(texts.len(), RULES.len());
}

#[test]
fn texts_and_remedies_are_sentences() {
    for (_, name, text, remedy) in RULES {
        for sentence in [text, remedy] {
            assert!(sentence.ends_with('.') && !sentence.ends_with(".."), "{name}: {sentence}");
            assert!(sentence.starts_with(|first: char| first.is_ascii_uppercase()), "{name}: {sentence}");
            assert_eq!(sentence.trim(), *sentence, "{name}");
            assert!(!sentence.contains("  "), "{name}: {sentence}");
        }
    }
}

#[test]
fn an_error_says_what_the_table_says_of_its_rule() {
    let paused = EngineError::Paused;
    let stale = EngineError::PriceStale { age: 16, allowed: 15 };
    let parameters = EngineError::MarketParameters { rule: MarketRule::Sizes };
    let allowance = EngineError::StatusAllowance { wanted: 420, left: 7, ready: 7 };
    for error in [paused, stale, parameters, EngineError::Overflow, allowance] {
        let row = RULES.iter().find(|rule| rule.1 == error.name());
        assert_eq!(row, Some(&(error.code(), error.name(), error.text(), error.remedy())));
    }
}

#[test]
fn an_error_is_shown_with_its_numbers() {
    assert_eq!(EngineError::PriceStale { age: 16, allowed: 15 }.to_string(), "PriceStale { age: 16, allowed: 15 }");
    let rule = PoolRule::Notices;
    assert_eq!(EngineError::PoolParameters { rule }.to_string(), "PoolParameters { rule: Notices }");
}
