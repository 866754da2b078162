//! `docs/parameters.md`: every parameter with its unit, the rules they must satisfy together, and numbers to start from.

use super::{cell, code, table, Block};
use perp_engine::parameters::{MarketRule, PoolRule};
use perp_migrations::description::fields::{Field, MARKET, POOL};
use perp_migrations::description::Decimals;
use perp_migrations::{Description, LOCALNET};
use std::path::Path;

macro_rules! rows {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        [$([stringify!($field), stringify!($unit), stringify!($integer), $text]),+]
    };
}

pub(super) fn blocks() -> Vec<Block> {
    let exchange = Description::parse(Path::new("migrations/localnet.toml"), LOCALNET).expect("the file is valid");
    let market = &exchange.markets[0];
    let decimals = Decimals { base: market.base_decimals, quote: exchange.exchange.quote_decimals };
    let block = |name: &str, text: String| Block { name: name.into(), text };
    vec![
        block("market parameters", parameters(&perp_engine::market_parameters!(rows))),
        block("market rules", rules(MarketRule::ALL.iter().map(|rule| (format!("{rule:?}"), rule.text())))),
        block("pool parameters", parameters(&perp_engine::pool_parameters!(rows))),
        block("pool rules", rules(PoolRule::ALL.iter().map(|rule| (format!("{rule:?}"), rule.text())))),
        block("market numbers", numbers(MARKET, &market.parameters.into(), decimals)),
        block("pool numbers", numbers(POOL, &exchange.exchange.pool.into(), decimals)),
    ]
}

fn parameters(rows: &[[&str; 4]]) -> String {
    let rows = rows.iter().map(|[name, unit, integer, text]| vec![code(name), code(unit), code(integer), cell(text)]);
    table(&["parameter", "unit", "stored as", "meaning"], rows)
}

fn rules(rules: impl Iterator<Item = (String, &'static str)>) -> String {
    table(&["rule", "what must hold"], rules.map(|(rule, text)| vec![code(&rule), with_names(text)]))
}

/// A rule's text with the names of parameters set as such.
fn with_names(text: &str) -> String {
    let set = |word: &str| {
        let name = word.trim_end_matches([',', ':']);
        let after = &word[name.len()..];
        if name.contains('_') {
            code(name) + after
        } else {
            word.into()
        }
    };
    text.split(' ').map(set).collect::<Vec<String>>().join(" ")
}

/// What a description of an exchange says, and what of it is stored.
fn numbers<T>(fields: &[Field<T>], parameters: &T, decimals: Decimals) -> String {
    let rows = fields.iter().map(|field| {
        let stored = (field.get)(parameters);
        vec![code(&field.key()), field.kind.written(stored, decimals), stored.to_string()]
    });
    table(&["in a description", "value", "stored"], rows)
}
