//! Resting orders of every kind, on a local validator where nobody but `perp-keeper` arms and fills anything.

mod common;

use std::time::Duration;

use common::{eventually, Local, Running, FEEDS};
use perp_client::accounts::{MarginAccount, Market, Orders};
use perp_client::addresses::orders_address;
use perp_client::engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_client::engine::operations::position::Order;
use perp_client::engine::state::OrderTrigger;
use perp_client::engine::units::{Ppm, Price, SignedSize, Timestamp};
use perp_client::instructions::{open_orders, place_orders, Authority, OrdersOf, TargetMarket};
use perp_updates::rpc::posted_by;
use perp_updates::Receiver;
use solana_pubkey::Pubkey;

const SOL: i64 = 1_000_000_000;

/// At the next price.
fn next_price(size: i64) -> NewOrder {
    let size = SignedSize::new(size);
    NewOrder {
        size,
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Order::at_any_price(size).acceptable_price,
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: ORDER_TIP_LAMPORTS,
    }
}

impl Local {
    fn alice(&self, sub_account: u16) -> Authority {
        let signer = self.exchange.localnet.wallets.get("alice").unwrap().address();
        Authority { signer, margin_account: self.exchange.addresses.margin_account(&signer, sub_account) }
    }

    /// Places orders of alice's in SOL.
    fn place(&self, sub_account: u16, orders: &[NewOrder]) -> Pubkey {
        let (localnet, addresses) = (&self.exchange.localnet, &self.exchange.addresses);
        let wallet = localnet.wallets.get("alice").unwrap();
        let alice = self.alice(sub_account);
        let account: MarginAccount = localnet.connection.fetch(&alice.margin_account).unwrap();
        let of = OrdersOf { owner: alice.signer, margin_account: alice.margin_account, account: &account.state };
        let target = TargetMarket::with_oracle(0, FEEDS[0].address());
        let place = place_orders(addresses, alice.signer, &of, target, &[], orders);
        // Only the first of an account's opens the account that they lie in.
        let is_open = localnet.connection.account(&orders_address(&alice.margin_account)).unwrap().is_some();
        let open = (!is_open).then(|| open_orders(alice, alice.signer));
        let together: Vec<_> = open.into_iter().chain([place]).collect();
        localnet.connection.send(&together, &[&wallet.keypair]).unwrap();
        alice.margin_account
    }

    /// The price of SOL so many hundredths of a percent below the start's, in the market's unit.
    fn lower(&self, by: u64) -> Price {
        let market: Market = self.exchange.localnet.connection.fetch(&self.exchange.addresses.market(0)).unwrap();
        Price::new(market.state.price.price.get() / 10_000 * (10_000 - by))
    }

    /// Size of the account's position in SOL, to the nearest.
    fn holds(&self, account: &Pubkey) -> i64 {
        let account: MarginAccount = self.exchange.localnet.connection.fetch(account).unwrap();
        account.state.occupied().map(|(_, position)| position.size.get() + SOL / 2).sum::<i64>().div_euclid(SOL)
    }

    /// How many of the account's orders rest.
    fn resting(&self, account: &Pubkey) -> usize {
        let orders: Orders = self.exchange.localnet.connection.fetch(&orders_address(account)).unwrap();
        orders.state.occupied().count()
    }

    /// Lets the chain's seconds pass at this price until something holds, 90 of them at most.
    fn pass_until(&self, lower: i64, keeper: &Running, holds: impl Fn() -> bool) {
        for _ in 0..90 {
            if holds() {
                return;
            }
            self.fall_to(lower);
            std::thread::sleep(Duration::from_millis(800));
        }
        assert!(holds(), "{}", keeper.text());
    }
}

#[test]
fn every_kind_of_order_is_filled_by_the_keeper_alone() {
    let local = Local::start();
    local.trader("alice", 0, 5_000, None, &[]);
    local.trader("alice", 1, 5_000, None, &[(0, 1_400)]);
    local.trader("alice", 2, 5_000, None, &[]);
    local.fall_to(0);

    // Ten SOL 1 % below, with a stop 3 % below; of ten that there are a stop that trails by 1 %; one at the next price, and one in two
    // slices a minute apart.
    let at = |by| NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: local.lower(by), ..next_price(10 * SOL) };
    let stop = NewOrder {
        size: SignedSize::new(-10 * SOL),
        reduce_only: true,
        parent: Some(0),
        acceptable_price: Price::new(1),
        ..at(300)
    };
    let limit = local.place(0, &[at(100), stop]);
    let trailing = NewOrder {
        trigger: OrderTrigger::AtOrBelow,
        trailing: Ppm::new(10_000),
        reduce_only: true,
        ..next_price(-10 * SOL)
    };
    let trailed = local.place(1, &[trailing]);
    let slices = NewOrder { slices: 2, seconds_between: 60, lamports: 2 * ORDER_TIP_LAMPORTS, ..next_price(SOL) };
    let timed = local.place(2, &[next_price(SOL), slices]);
    assert_eq!([limit, trailed, timed].map(|account| local.holds(&account)), [0, 10, 0]);

    let settings = "[alerts]\naccounts = [\"all\"]\n";
    let mut keeper =
        local.keeper_of(settings, &["liquidator"], &["--jobs", "orders", "--unpaid", "--listen", "127.0.0.1:0"]);
    keeper.wait_for(|event| event["event"] == "ready");
    let lamports = |name: &str| {
        let wallet = local.exchange.localnet.wallets.get(name).unwrap().address();
        local.exchange.localnet.connection.client().get_balance(&wallet).unwrap()
    };
    // The next price and the first slice fill at one reading; the stop that trails has its first best price.
    local.pass_until(0, &keeper, || local.holds(&timed) == 2);
    assert_eq!((local.holds(&limit), local.holds(&trailed)), (0, 10));
    // 1.1 % lower the limit is met, and so is the stop that trails.
    local.pass_until(110, &keeper, || (local.holds(&limit), local.holds(&trailed)) == (10, 0));
    // 3.1 % lower the stop of the new position.
    local.pass_until(310, &keeper, || local.holds(&limit) == 0);
    // A minute after the first slice the second.
    local.pass_until(310, &keeper, || local.holds(&timed) == 3);
    assert_eq!([limit, trailed, timed].map(|account| local.resting(&account)), [0, 0, 0]);

    let fills = || {
        let won = keeper.of("outcome").into_iter().filter(|event| event["outcome"] == "won");
        won.filter(|event| event["task"].as_str().unwrap().starts_with("fill order")).collect::<Vec<_>>()
    };
    // The next price and the first slice together, then limit, stop, stop that trails and the second slice, each for its whole tip.
    assert!(eventually(|| fills().len() == 5), "{}", keeper.text());
    let tips: Vec<_> = fills().iter().map(|event| event["pays_lamports"].as_u64().unwrap()).collect();
    assert_eq!(tips[0], 2 * ORDER_TIP_LAMPORTS, "{}", keeper.text());
    assert!(tips[1..].iter().all(|tip| *tip == ORDER_TIP_LAMPORTS), "{}", keeper.text());
    assert!(eventually(|| keeper.of("alert").len() == 6), "{}", keeper.text());
    assert!(keeper.of("alert").iter().all(|event| event["alert"] == "order_filled"), "{}", keeper.text());
    let metrics = || reqwest::blocking::get(format!("{}/metrics", keeper.served())).unwrap().text().unwrap();
    assert!(eventually(|| metrics().contains("perp_keeper_orders_resting 0")), "{}", metrics());
    assert!(metrics().contains("perp_keeper_paid_lamports_total{job=\"orders\"} 240000"), "{}", metrics());

    // At its end it has closed every account that it posted to, and has their rent back.
    let before = lamports("liquidator");
    keeper.stop();
    assert!(lamports("liquidator") >= before, "{}", keeper.text());
    assert_eq!(keeper.of("not_closed").len(), 0, "{}", keeper.text());
}

#[test]
fn what_a_killed_keeper_left_open_is_closed_by_the_next() {
    let local = Local::start();
    local.trader("alice", 0, 5_000, None, &[]);
    let wallet = local.exchange.localnet.wallets.get("liquidator").unwrap().address();
    let left = || {
        let connection = &local.exchange.localnet.connection;
        let posted = Receiver::ALL.map(|receiver| posted_by(connection, receiver, &wallet).unwrap());
        posted.concat().into_iter().map(|(account, _)| account).collect::<Vec<_>>()
    };
    let start = || {
        let keeper = local.keeper(&["liquidator"], &["--jobs", "orders", "--unpaid"]);
        keeper.wait_for(|event| event["event"] == "ready");
        keeper
    };
    let account = local.place(0, &[next_price(SOL)]);
    let keeper = start();
    local.pass_until(0, &keeper, || local.holds(&account) == 1);
    keeper.signal("KILL");
    drop(keeper);
    assert!(!left().is_empty());

    // Of an hour ago. The next one looks when it posts for the first time.
    local.exchange.step(3_700, &FEEDS.map(|feed| (feed, feed.start_price()))).unwrap();
    local.place(0, &[next_price(SOL)]);
    let mut keeper = start();
    local.pass_until(0, &keeper, || local.holds(&account) == 2);
    assert!(eventually(|| !keeper.of("tidied").is_empty()), "{}", keeper.text());
    keeper.stop();
    assert_eq!(left(), [], "{}", keeper.text());
}
