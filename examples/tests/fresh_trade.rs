//! `fresh_trade` and `post_price` against a localnet whose sponsored account is old.

mod common;

use std::process::Command;

use common::{value, Local};
use perp_client::accounts::Market;
use perp_client::engine::units::Price;
use perp_examples::post;
use perp_localnet::feeds::{quote, Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::guardians::TestGuardians;
use perp_updates::{Legs, PriceServer};

const TRADE: &str = env!("CARGO_BIN_EXE_trade");
const FRESH_TRADE: &str = env!("CARGO_BIN_EXE_fresh_trade");
const POST_PRICE: &str = env!("CARGO_BIN_EXE_post_price");

/// Forty seconds after the sponsor's last word SOL costs $150 (it was $140.615937), and nobody brought that to the chain.
fn jump(local: &Local) {
    let chain = local.localnet.chain();
    chain.travel_to(chain.clock().unix_timestamp + 40).unwrap();
    quote(chain, &[(Feed::Sol, "150".parse().unwrap())], DEFAULT_CONFIDENCE_BPS);
}

fn assert_stale(local: &Local) {
    let output = Command::new(TRADE).arg("--keys").arg(local.keys()).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("PriceStale { age: 40, allowed: 5 }"), "{error}");
}

/// Sells 10 SOL at the price that was just signed, in so many transactions.
fn assert_fills_fresh(local: &Local, transactions: &str) {
    let printed = local.run(FRESH_TRADE, &["--size", "-10"]);
    assert_eq!(value(&printed, "fetched"), "15000000000 · 10^-8, published 0 s ago");
    assert_eq!(value(&printed, "transactions"), transactions);
    // Below 150 by the spread, which a jump of 6.7 % has made wider, and the impact: far above what the account had shown.
    assert_eq!(value(&printed, "filled"), "-10 SOL-PERP at 149.71365203");
    // The market has taken it in: 150, of which a lamport is a 10^-9, in 2^-40 of an atom of 10^-6.
    let market: Market = local.localnet.connection.fetch(&local.addresses.market(0)).unwrap();
    // ⌊150 · 10^6 · 2^40 / 10^9⌋
    assert_eq!(market.state.price.price, Price::new(164_926_744_166));
    // What was opened for it is closed.
    let open = local.localnet.connection.client().get_program_accounts(&localnet_receiver::BRIDGE).unwrap();
    // The two sets of guardians.
    assert_eq!(open.len(), 2);
}

#[test]
fn a_price_that_jumped_is_brought_along_in_the_orders_own_transaction() {
    let local = Local::start();
    jump(&local);
    assert_stale(&local);
    assert_fills_fresh(&local, "1, the price is used in number 1");
    local.localnet.validator.stop().unwrap();
}

#[test]
fn a_quorum_of_nineteen_takes_one_transaction_before_that() {
    let local = Local::signed_by(TestGuardians::new(localnet_receiver::guardians::ALL));
    jump(&local);
    assert_fills_fresh(&local, "2, the price is used in number 2");
    local.localnet.validator.stop().unwrap();
}

#[test]
fn a_market_that_takes_any_account_is_given_one_for_the_order() {
    let local = Local::with_any_account();
    jump(&local);
    assert_fills_fresh(&local, "1, the price is used in number 1");
    // Only the two accounts that a sponsor writes are left, and the receiver's settings.
    let open = local.localnet.connection.client().get_program_accounts(&localnet_receiver::RECEIVER).unwrap();
    assert_eq!(open.len(), 3);
    local.localnet.validator.stop().unwrap();
}

#[test]
fn all_legs_take_prices_of_one_second_under_one_signature() {
    let local = Local::signed_by(TestGuardians::new(localnet_receiver::guardians::ALL));
    jump(&local);
    let connection = &local.localnet.connection;
    let listed = perp_localnet::exchange::markets(&local.localnet, &local.addresses).unwrap();
    let legs = Legs::of(&local.addresses, &listed, &[]).unwrap();
    let update = PriceServer::new(&local.localnet.prices.url()).unwrap().latest(&legs.feeds).unwrap();
    let second = update.second(&legs.feeds).unwrap();
    assert_eq!(second, local.localnet.chain().clock().unix_timestamp);

    let alice = &local.localnet.wallets.get("alice").unwrap().keypair;
    let plan = post::plan(connection, alice, &update, legs.posts, vec![legs.update], 60_000).unwrap();
    // The first writes most of the message, the second does the rest.
    assert_eq!((plan.transactions.len(), plan.uses), (2, 1));
    post::send(connection, &plan, &[alice]).unwrap();
    let listed = perp_localnet::exchange::markets(&local.localnet, &local.addresses).unwrap();
    for market in &listed {
        assert_eq!(market.state.price.published.get(), second);
    }
    local.localnet.validator.stop().unwrap();
}

#[test]
fn post_price_prints_what_the_accounts_say() {
    let local = Local::start();
    jump(&local);
    let (sol, btc) = (Feed::Sol, Feed::Btc);
    let hex = |feed: Feed| perp_updates::FeedId(feed.id().unwrap()).to_string();
    let printed = local.run(POST_PRICE, &["--feed", &hex(sol), "--feed", &hex(btc)]);
    assert!(printed.contains("price       15000000000 ± 7500000 · 10^-8"), "{printed}");
    assert!(printed.contains("price       6000000000000 ± 3000000000 · 10^-8"), "{printed}");
    assert!(printed.contains(&hex(btc)) && printed.contains(", 0 s ago") && printed.ends_with("closed\n"), "{printed}");

    let printed = local.run(POST_PRICE, &["--feed", &hex(sol), "--shard", "0"]);
    assert!(printed.contains(&format!("{}\n", sol.address())), "{printed}");
    // And the order that was refused takes its price from there now.
    local.run(TRADE, &["--size", "-10"]);
    local.localnet.validator.stop().unwrap();
}
