use std::collections::BTreeSet;
use std::time::Duration;

use bytemuck::Zeroable;
use perp_accounts::VERSION;
use perp_client::addresses::orders_address;
use perp_client::jobs::{Pays, Task};
use perp_client::Addresses;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::OrderTrigger;
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};

use super::*;
use crate::config::Fees;
use crate::fixtures::{exchange, reading};

fn address(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

/// What is said of the trader at this price, by a keeper that wants so many atoms at least.
fn said(dollars: i64, least_profit: u64) -> String {
    let (mut exchange, trader) = exchange();
    exchange.wait(1, 2).unwrap();
    let reading = reading(&exchange, dollars);
    exchange.update_price(0, &reading).unwrap();
    let state = exchange.accounts()[trader];
    let account = MarginAccount { owner: address(1), state, version: VERSION, ..MarginAccount::zeroed() };
    let fresh = Fresh::new(Addresses::new(address(90), address(91), address(92)), exchange);
    let (accounts, unpayable) = (Accounts::from_iter([(address(2), account)]), BTreeSet::new());
    let known = Known::of(&fresh, &accounts, &unpayable);
    let keeper = Authority { signer: address(93), margin_account: address(94) };
    let config = config(least_profit);
    let decisions = decisions(&known, &[keeper], &config);
    let policy = Policy { fees: config.fees, unpaid: false };
    let (address, account) = (address(2), &account);
    Explained { address, account, fresh: &fresh, decisions: &decisions, policy, quote_decimals: 6 }.text()
}

/// Of a keeper that wants so many atoms at least.
fn config(least_profit: u64) -> Config {
    let mut config = crate::config::Layers::defaults();
    config.flags(Vec::new(), &[format!("fees.least_profit={least_profit}")]);
    for (name, value) in [
        ("RPC_URL", "http://a"),
        ("WEBSOCKET_URL", "ws://a"),
        ("EXCHANGE", "11111111111111111111111111111111"),
        ("KEYPAIRS", "a"),
    ] {
        config.environment([(format!("PERP_KEEPER_{name}").into(), value.into())]);
    }
    config.config().unwrap()
}

fn expect(said: &str, needles: &[&str]) {
    for needle in needles {
        assert!(said.contains(needle), "{said}\nlacks {needle}");
    }
}

#[test]
fn a_healthy_account_is_told_with_both_numbers() {
    // 5 000 less fee and spread against 3 % of 25 000.
    let said = said(250, 0);
    expect(
        &said,
        &["equity of 49", "≥ maintenance margin of 750", "healthy", "market 0: 100", "0 s old", "liquidated at 20"],
    );
    expect(
        &said,
        &[
            "no liquidation now: NotLiquidatable { equity: SignedAtoms(49",
            "maintenance: Atoms(750000000) }",
            "the keeper would do nothing about it now",
        ],
    );
}

#[test]
fn an_account_below_its_margin_is_liquidated_for_a_profit_that_is_told() {
    // At $205 4 500 are lost, and at most 500 are left of which 3 % of 20 500, or 615, are demanded.
    let said = said(205, 0);
    expect(&said, &["< maintenance margin of 615", "below it", "a liquidation now pays "]);
    expect(&said, &["liquidate", "send (profit of ", "atoms ≥ least_profit of 0)"]);
}

#[test]
fn a_bounty_that_is_too_small_is_told_with_what_it_is_compared_with() {
    // A thousand dollars, of a bounty of some fifty.
    let said = said(205, 1_000_000_000);
    expect(&said, &["a liquidation now pays ", " < least_profit of 1000: it is left to others"]);
    expect(&said, &["the keeper would do nothing about it now"]);
}

#[test]
fn every_verdict_says_what_it_compares() {
    let job = Job {
        task: Task::FundClaims { market: 0 },
        pays: Pays::NOTHING,
        promises: 0,
        advances: 0,
        moves: Atoms::ZERO,
        instructions: Vec::new(),
        // With the limits' 300 units, 1 000 lamports at a hundredth, and 5 000 for the signature.
        compute_units: 99_700,
    };
    let policy = Policy { fees: Fees { least_profit: 7, most_lamports: 8, ..Fees::default() }, unpaid: false };
    let waiting = Verdict::Waiting { for_the_next: Duration::from_millis(20), failures: 3 };
    let cases = [
        // 6 000 lamports at 200 000 000 atoms for 10^9 are 1 200.
        (Verdict::Send, "profit of -1200 atoms ≥ least_profit of 7"),
        (Verdict::Unpaid, "it pays 0, and unpaid is false"),
        (Verdict::Unprofitable { profit: 6, least: 7 }, "profit of 6 atoms < least_profit of 7"),
        (Verdict::TooDear { fee: 9, most: 8 }, "fee of 9 lamports > most_lamports of 8"),
        (
            Verdict::Spent { spent: 5, most: 6 },
            "5 lamports spent within the hour and a fee of 6000 > most_lamports_an_hour of 6",
        ),
        (Verdict::WalletLow { lamports: 3, least: 4 }, "the fullest wallet holds 3 lamports < 4"),
        (Verdict::InFlight, "a transaction for it is on its way"),
        (waiting, "it failed 3 times, and is left alone for 20 ms"),
        (Verdict::Hopeless, "it was refused, and nothing about it has changed"),
    ];
    for (verdict, text) in cases {
        assert_eq!(compared(verdict, &job, &policy), text);
    }
    let names = cases.map(|(verdict, _)| verdict.name());
    assert_eq!(names, Verdict::NAMES);
    let operator = Policy { unpaid: true, ..policy };
    assert_eq!(compared(Verdict::Send, &job, &operator), "fee of 6000 lamports ≤ most_lamports of 8");
}

/// What is said of an order to buy 10 SOL at or below $240 once the price is another, and the clock so many seconds later.
fn said_of_an_order(dollars: i64, seconds: u32) -> String {
    let (mut exchange, trader) = exchange();
    let price = reading(&exchange, 250);
    exchange.open_orders(trader).unwrap();
    let size = SignedSize::new(10_000_000_000);
    let order = NewOrder {
        size,
        trigger: OrderTrigger::AtOrBelow,
        // $240 are 0.24 atoms a base unit.
        trigger_price: Price::new(240 * (1 << 40) / 1_000),
        trailing: Ppm::ZERO,
        acceptable_price: Price::new(u64::MAX),
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: exchange.clock.now.after(100).unwrap(),
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: 40_000,
    };
    exchange.place_orders(trader, 0, &[], &[order], Some(&price)).unwrap();
    exchange.wait(seconds, 2 * u64::from(seconds)).unwrap();
    let said = reading(&exchange, dollars);
    let (state, book) = (*exchange.account(trader).unwrap(), *exchange.orders_of(trader).unwrap());
    let mut fresh = Fresh::new(Addresses::new(address(90), address(91), address(92)), exchange);
    fresh.take(0, address(95), &said).unwrap();
    let account = MarginAccount { owner: address(1), state, version: VERSION, ..MarginAccount::zeroed() };
    let orders = Orders { margin_account: address(2), state: book, ..Orders::zeroed() };
    let accounts = Accounts::from_iter([(address(2), account)]);
    let of_account = Accounts::from_iter([(orders_address(&address(2)), orders)]);
    let unpayable = BTreeSet::new();
    let known = Known { orders: Some(&of_account), ..Known::of(&fresh, &accounts, &unpayable) };
    let keeper = Authority { signer: address(93), margin_account: address(94) };
    let config = config(0);
    let decisions = decisions(&known, &[keeper], &config);
    let policy = Policy { fees: config.fees, unpaid: false };
    let (address, account, orders) = (address(2), &account, &orders);
    let explained =
        order::ExplainedOrder { address, account, orders, place: 0, fresh: &fresh, decisions: &decisions, policy };
    explained.text().unwrap()
}

#[test]
fn an_order_is_told_with_what_it_waits_for_and_what_would_be_done() {
    let waiting = said_of_an_order(241, 1);
    expect(
        &waiting,
        &["order 1 at place 0", "market 0: 10 at or below 240", "fills left: 1, the next for 40000 lamports"],
    );
    expect(&waiting, &["waits; it may be met", "no arming it by the market's price account: OrderNotMet"]);
    expect(&waiting, &["the keeper would do nothing about it now"]);
    // Half the tip, 20 000 lamports, is due to whoever arms it.
    let met = said_of_an_order(240, 1);
    expect(&met, &["the market's price account meets it", "arm order 0 of ", "send (profit of "]);
    let dead = said_of_an_order(240, 101);
    expect(
        &dead,
        &["dead: it can never be filled any more", "sweep order 0 of ", "unpaid (it pays 0, and unpaid is false)"],
    );
}
