//! The reference pages are what the code says, and what other pages repeat of them is the same.

use crate::{read, table, workspace};
use perp_accounts::{LiquidityRequest, MarginAccount, Orders, Stored};
use perp_engine::parameters::MarketRule;
use perp_tests::pages::{pages, COMMAND};

#[test]
fn the_reference_pages_are_those_that_the_code_writes() {
    for page in pages(&workspace()) {
        let committed = read(page.path);
        if committed != page.text {
            let mut lines = committed.lines().zip(page.text.lines());
            let (was, is) = lines.find(|(was, is)| was != is).unwrap_or(("", "a line more or less"));
            panic!("{} is older than the code; `{COMMAND}` rewrites it\n  there: {was}\n  code:  {is}", page.path);
        }
    }
}

/// How guides name an account to whoever asks a node for all of them.
fn filter<T: Stored>() -> String {
    let tag: String = T::TAG.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} bytes with discriminator `{tag}`", T::SPACE)
}

#[test]
fn the_guide_for_keepers_filters_for_the_accounts_as_they_are() {
    let guide = read("docs/keepers.md");
    for filter in [filter::<MarginAccount>(), filter::<LiquidityRequest>(), filter::<Orders>()] {
        assert!(guide.contains(&filter), "docs/keepers.md must say: {filter}");
    }
}

#[test]
fn the_rules_of_a_market_are_said_exactly_for_each_of_them() {
    let exactly = read("docs/parameters.md");
    let (_, exactly) = exactly.split_once("| rule | exactly |").expect("docs/parameters.md has them");
    let rules = table(&format!("| rule | exactly |{exactly}"));
    let said: Vec<&str> = rules.iter().map(|row| row[0].trim_matches('`')).collect();
    let expected: Vec<String> = MarketRule::ALL.iter().map(|rule| format!("{rule:?}")).collect();
    assert_eq!(said, expected);
}
