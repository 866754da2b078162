//! `quote` against a localnet.

mod common;

use common::{value, Local};
use perp_client::engine::operations::position::Order;
use perp_client::engine::units::{Atoms, SignedSize};
use perp_client::instructions::{deposit, open_account, trade, Authority, TargetMarket};
use perp_client::rpc::SendError;
use perp_localnet::feeds::Feed;
use perp_localnet::usdc::ONE;

const QUOTE: &str = env!("CARGO_BIN_EXE_quote");

#[test]
fn a_quote_says_what_an_order_costs() {
    let local = Local::start();
    let printed = local.run(QUOTE, &["--size", "10"]);
    assert_eq!(value(&printed, "balance"), "1000");
    assert_eq!(value(&printed, "order"), "10 SOL-PERP");
    assert_eq!(value(&printed, "index price"), "140.615937");
    // The notional is 1 406.15937. The price is of this second: the spread is its confidence, 0.05 % in whole 10^-8 dollars,
    // 0.07030796, and twice 80 % a year for one second, 1.6 / √31 557 600: 0.7030796 + 0.40050002.
    assert_eq!(value(&printed, "spread"), "1.10358");
    // 10² / (2 · 20 000 000) = 0.0000025 SOL, at 140.615937.
    assert_eq!(value(&printed, "impact"), "0.000352");
    // 0.04 % of the notional.
    assert_eq!(value(&printed, "fee"), "0.562464");
    // 1.10357962 + 0.00035154 rounded up once, and the fee.
    assert_eq!(value(&printed, "cost"), "1.666396");
    // 140.615937 + 1.10393116 / 10
    assert_eq!(value(&printed, "average price"), "140.72633012");
    // 3 % of the notional, and 1 000 less the cost.
    assert_eq!(value(&printed, "maintenance margin"), "42.184782");
    assert_eq!(value(&printed, "equity"), "998.333604");
    // 998.333604 - 10 · (140.615937 - p) = 3 % · 10 · p at p = 42.04389…
    assert!(value(&printed, "liquidation price").starts_with("42.0438"), "{printed}");
    local.localnet.validator.stop().unwrap();
}

#[test]
fn the_largest_order_is_one_the_chain_fills_and_one_base_unit_more_is_not() {
    let local = Local::start();
    let (connection, addresses) = (&local.localnet.connection, &local.addresses);
    let alice = &local.localnet.wallets.get("alice").unwrap();
    let owner = alice.address();
    let authority = Authority { signer: owner, margin_account: addresses.margin_account(&owner, 0) };
    let collateral = deposit(addresses, authority, addresses.tokens_of(&owner), Atoms::new(500 * ONE));
    connection.send(&[open_account(addresses, owner, owner, 0, None), collateral], &[&alice.keypair]).unwrap();

    let printed = local.run(QUOTE, &[]);
    assert_eq!(value(&printed, "balance"), "500");
    let units = perp_client::exchange::convert::Units { base_decimals: 9, quote_decimals: 6 };
    let largest = units.signed_size(value(&printed, "largest buy")).unwrap();
    // At 5 % margin less than twenty times 500 USDC, and more than nineteen times.
    assert!((67..72).contains(&(largest.get() / 1_000_000_000)), "{printed}");

    let send = |size| {
        let target = TargetMarket::with_oracle(0, Feed::Sol.address());
        let order = trade(addresses, authority, &local.account("alice").state, target, &Order::at_any_price(size));
        connection.send(&[order], &[&alice.keypair])
    };
    let refused = send(SignedSize::new(largest.get() + 1)).unwrap_err();
    assert!(matches!(&refused, SendError::Failed { .. }) && refused.to_string().contains("InitialMargin"), "{refused}");
    send(largest).unwrap();
    assert_eq!(local.account("alice").state.positions[0].size, largest);
    local.localnet.validator.stop().unwrap();
}
