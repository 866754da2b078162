//! Trades in different markets run side by side: the runtime locks an account that a transaction writes, and they write
//! none in common.

use crate::world;
use anchor_lang::prelude::Pubkey;
use perp_tests::world::order;
use perp_tests::{Backend, SOL, USDC};
use std::collections::BTreeSet;

crate::on_both_backends!(trades_in_different_markets_write_no_account_in_common);

fn trades_in_different_markets_write_no_account_in_common(backend: Backend) {
    let mut world = world(backend, 3);
    let traders = [world.trader(10_000 * USDC), world.trader(10_000 * USDC)];
    // Each also has a leg in the third market, which both trades only read.
    for (trader, market) in [(traders[0], 2), (traders[1], 2), (traders[0], 0), (traders[1], 1)] {
        world.trade(trader, market, 10 * SOL).unwrap();
    }
    let trades = [0, 1].map(|index| {
        let target = world.target(index as u16);
        world.trade_instruction(traders[index], target, &order(SOL))
    });
    let written = trades.each_ref().map(|trade| {
        trade.accounts.iter().filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect::<BTreeSet<Pubkey>>()
    });
    assert_eq!(written[0].intersection(&written[1]).count(), 0, "{written:?}");
    // A trade writes the trader's account and its market.
    let at = world.addresses;
    assert_eq!(written[0], BTreeSet::from([traders[0].margin_account, at.market(0)]));
    // And nothing but what is named as written changes.
    let read: Vec<Pubkey> =
        trades[0].accounts.iter().filter(|meta| !meta.is_writable && !meta.is_signer).map(|meta| meta.pubkey).collect();
    let before: Vec<_> = read.iter().map(|address| world.chain.account(address)).collect();
    let [first, second] = trades;
    world.run(&[first]).unwrap();
    let after: Vec<_> = read.iter().map(|address| world.chain.account(address)).collect();
    assert_eq!(before, after);
    world.run(&[second]).unwrap();
}
