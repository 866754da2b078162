//! `liquidate` against a localnet.

mod common;

use common::{value, Local};
use perp_client::exchange::convert::atoms;

const LIQUIDATE: &str = env!("CARGO_BIN_EXE_liquidate");
const SOL: i64 = 1_000_000_000;

#[test]
fn a_liquidator_closes_what_pays_and_leaves_the_rest_alone() {
    let local = Local::start();
    local.buy("alice", 100, 800);
    local.buy("bob", 100, 5_000);
    let printed = local.run(LIQUIDATE, &[]);
    assert_eq!(value(&printed, "margin accounts with a position:"), "2");
    assert_eq!(value(&printed, "liquidations:"), "0");

    // Alice paid 12.69 in costs and loses 411.59: 375.7 is less than 3 % of 13 650, 409.5. Bob has 4 200 more.
    local.sol_costs(60, "136.5");
    let before = local.account("alice").state;
    let printed = local.run(LIQUIDATE, &[]);
    assert_eq!(value(&printed, "liquidations:"), "1");
    let closed = printed.lines().find(|line| line.starts_with("closed")).unwrap();
    let alice = local.localnet.wallets.get("alice").unwrap().address();
    assert!(closed.contains(&format!("SOL-PERP of {alice}: bounty ")), "{closed}");

    // What it says is what happened: the bounty is the liquidator's, and so much less is open.
    let words: Vec<_> = closed.split([' ', ',']).collect();
    let after = |word: &str| words[words.iter().position(|found| *found == word).unwrap() + 1];
    assert_eq!(local.account("liquidator").state.balance, atoms(after("bounty"), 6).unwrap());
    let left = local.account("alice").state.positions[0].size.get();
    let size = before.positions[0].size.get() - left;
    assert_eq!(
        size,
        (after("closed").parse::<perp_client::exchange::convert::Decimal>().unwrap().scaled(9).unwrap()) as i64
    );
    // Trading out would cost more than 1 % after such a fall: 0.4 % of impact, 0.04 % of fee, the largest bounty of 0.5 %, and a
    // spread of 5 bp of confidence, 10 % of 16 · 255 % · √(1 s), 7.3 bp, and 1.5 · 255 % · √(age + 1 s): 6.8 bp, or 16.7 bp where
    // the chain's clock is five seconds further. So (1.25 · 409.5 - 375.7) / (1.25 · 3 % - 1.13 to 1.23 %) = 5 200 to 5 410 of
    // notional are closed, 38.1 to 39.6 SOL.
    assert!((38 * SOL..40 * SOL).contains(&size), "{closed}");
    assert_eq!(local.account("bob").state.positions[0].size.get(), 100 * SOL);

    // She is healthy again, and a bounty that nobody pays is not asked for in vain.
    assert_eq!(value(&local.run(LIQUIDATE, &[]), "liquidations:"), "0");
    local.localnet.validator.stop().unwrap();
}

#[test]
fn a_bounty_below_the_least_is_left_to_others() {
    let local = Local::start();
    local.buy("alice", 100, 800);
    local.sol_costs(60, "136.5");
    // The bounty is a third of 1 % of about 5 300: 17 USDC.
    assert_eq!(value(&local.run(LIQUIDATE, &["--least", "50"]), "liquidations:"), "0");
    assert_eq!(value(&local.run(LIQUIDATE, &["--least", "10"]), "liquidations:"), "1");
    local.localnet.validator.stop().unwrap();
}
