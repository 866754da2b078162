//! Code in the guides: it runs here, and a test compares the guide's text with this file.

use crate::read;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_client::addresses::Addresses;
use perp_client::instructions::{liquidate, Authority, TargetMarket};
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::Account;
use perp_engine::units::{Atoms, Size};
use perp_engine::EngineError;
use perp_exchange::{Exchange, Refusal};
use perp_tests::chain::Backend;
use perp_tests::{World, SOL, USDC};

// docs/keepers.md
/// The instruction that liquidates a position, if that is possible and pays at least `least`.
fn bid(
    addresses: &Addresses,
    exchange: &Exchange,
    keeper: Authority,
    address: Pubkey,
    account: &Account,
    target: TargetMarket,
    least: Atoms,
) -> Result<Option<Instruction>, Refusal> {
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: least };
    // What the keeper's own account holds makes no difference.
    match exchange.preview_liquidation(account, &Account::opened(None), target.market, &order, None) {
        Ok(_) => Ok(Some(liquidate(addresses, keeper, address, account, target, &order))),
        Err(Refusal::Rule(
            EngineError::NotLiquidatable { .. } | EngineError::BountyTooSmall { .. } | EngineError::NoPosition,
        )) => Ok(None),
        Err(other) => Err(other),
    }
}
// end

#[test]
fn a_keepers_bid_is_made_where_it_pays_and_pays_what_was_foreseen() {
    let mut world = World::new(Backend::Sbf, 1);
    let keeper = world.trader(0);
    let trader = world.trader(700 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    let bid = |world: &mut World, least: u64| {
        let (snapshot, account) = (world.in_memory(), world.margin_account(&trader.margin_account).state);
        let (target, least) = (world.target(0), Atoms::new(least));
        bid(&world.addresses, &snapshot, keeper, trader.margin_account, &account, target, least).unwrap()
    };
    // $10 000 at 20x is healthy. At $238.28 the feed has it under-margined, before anybody has told the market.
    assert_eq!(bid(&mut world, 0), None);
    world.wait(60);
    world.publish(0, 238.28125);
    assert_eq!(bid(&mut world, 1_000 * USDC), None);
    // The largest bounty that is foreseen is what the program pays.
    let (mut foreseen, mut too_much) = (0, 1_000 * USDC);
    while too_much - foreseen > 1 {
        let middle = foreseen.midpoint(too_much);
        if bid(&mut world, middle).is_some() {
            foreseen = middle;
        } else {
            too_much = middle;
        }
    }
    let instruction = bid(&mut world, foreseen).unwrap();
    world.send(&instruction).unwrap();
    assert!(foreseen > 0);
    assert_eq!(world.balance(&keeper.margin_account), foreseen);
}

/// Files with code that guides show, and what marks it: from the line behind the first text up to the second.
const SHOWN: [(&str, &str, &str, &str); 3] = [
    ("docs/integrators.md", "tests/outside/src/main.rs", "\n\nuse ", ""),
    ("docs/integrators.md", "tests/second-program/src/lib.rs", "    pub fn trade_for", "\n}\n\n/// Accounts of"),
    ("docs/integrators.md", "app/client/examples/trade.ts", "\n\nasync function order(", "\n\nconst size"),
];

/// A text without the indentation that all of its lines have.
fn flush_left(code: &str) -> String {
    let indented = |line: &&str| !line.trim().is_empty();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let least = code.lines().filter(indented).map(indentation).min().unwrap_or(0);
    code.lines().map(|line| line.get(least..).unwrap_or("").to_owned() + "\n").collect()
}

#[test]
fn code_in_the_guides_is_code_that_runs() {
    let mut compared = 0;
    for example in include_str!("examples.rs").split("\n// docs/").skip(1) {
        let (guide, rest) = example.split_once('\n').unwrap();
        let (code, _) = rest.split_once("// end").unwrap();
        let text = read(&format!("docs/{guide}"));
        assert!(text.contains(code), "docs/{guide} must contain:\n{code}");
        compared += 1;
    }
    assert_eq!(compared, 1);
    for (guide, file, from, to) in SHOWN {
        let source = read(file);
        let mark = source.find(from).unwrap_or_else(|| panic!("{file} has no {from:?}"));
        let start = mark + from.len() - from.trim_start_matches('\n').len();
        let end = if to.is_empty() { source.len() } else { start + source[start..].find(to).unwrap() };
        let code = flush_left(&source[start..end]);
        assert!(read(guide).contains(&code), "{guide} must contain:\n{code}");
    }
}
