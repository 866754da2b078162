//! What a liquidation takes, to the atom.

use crate::world;
use perp_client::instructions::Authority;
use perp_tests::{SOL, USDC};

#[test]
fn attack_no_penalty_takes_more_than_what_the_close_left() {
    let mut world = world();
    let (owner, liquidator) = (world.user(0), world.trader(0));
    // 120 accounts, each long 100 SOL in both markets: $50 000, of which 5 % and the costs are needed.
    let accounts: Vec<Authority> = (0..120).map(|number| world.account(owner, number, None)).collect();
    for account in &accounts {
        world.give(owner, 2_600 * USDC);
        world.deposit(*account, 2_600 * USDC).unwrap();
        for market in [0, 1] {
            world.trade(*account, market, 100 * SOL).unwrap();
        }
    }
    // Prices at which a position's value is no whole number of atoms, and that leave less than 40: 200 · 13.1 are lost.
    world.wait(60);
    for (market, price) in [(0, 236.912_345_67), (1, 236.898_765_43)] {
        world.publish(market, price);
        world.update_price(market).unwrap();
    }
    for account in &accounts {
        for market in [0, 1] {
            world.settle_funding(account.margin_account, market).unwrap();
        }
    }
    let mut exactly_nothing = 0;
    for (number, account) in accounts.iter().enumerate() {
        // The owner adds what brings equity to 40 000 001 atoms and a few more.
        let missing = 40_000_001 + number as i64 - world.equity(&account.margin_account);
        let missing = u64::try_from(missing).expect("the fall left less than that");
        world.give(owner, missing);
        world.deposit(*account, missing).unwrap();
        assert_eq!(world.equity(&account.margin_account), 40_000_001 + number as i64);
        // 1 % of $23 690 would be 236.90: the penalty takes all there is, and not an atom that is not there.
        let before = world.balance(&liquidator.margin_account);
        world.liquidate(liquidator, account.margin_account, 0).unwrap();
        assert!(world.position(&account.margin_account, 0).size.is_zero(), "the whole leg is closed");
        assert!(world.balance(&liquidator.margin_account) > before, "and its bounty paid");
        let equity = world.equity(&account.margin_account);
        assert!((0..=1).contains(&equity), "account {number} is left with {equity}");
        exactly_nothing += usize::from(equity == 0);
    }
    assert!(exactly_nothing > 60, "{exactly_nothing} of 120 accounts were left with nothing");
}
