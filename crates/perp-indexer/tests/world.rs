//! The compiled program's own events, as a node tells them, against the program's own counters: to the atom.

mod common;

use std::collections::BTreeSet;

use anchor_lang::prelude::Pubkey;
use common::node::{Node, Transaction};
use common::{Database, PACE};
use perp_client::accounts::ID;
use perp_client::addresses::orders_address;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::PriceLimit;
use perp_engine::units::Timestamp;
use perp_indexer::chain::Chain;
use perp_indexer::check::{check, Report};
use perp_indexer::follow::Follower;
use perp_indexer::store::Writer;
use perp_tests::world::orders::{above, below, next_price, price, reducing};
use perp_tests::{listing, Backend, World, SOL, USDC};
use solana_signature::Signature;
use sqlx::Row;
use std::time::Duration;

/// A world whose transactions the node tells of.
fn told(node: &Node) -> World {
    let mut world = World::before_creation(Backend::Sbf);
    let script = node.share();
    world.observe(move |world, instructions, ran| {
        let Ok(outcome) = ran else { return };
        let named = instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(Pubkey::new_unique().as_ref());
        let transaction = Transaction {
            signature: Signature::from(signature),
            logs: outcome.logs.clone(),
            inner: outcome.inner_instructions.clone(),
            failed: false,
            names: named.chain([ID]).collect(),
        };
        let mut script = script.lock().unwrap();
        script.tip = script.tip.max(world.slot);
        script.finalized = script.tip.saturating_sub(32);
        script.blocks.entry(world.slot).or_default().push(transaction);
    });
    world
}

/// The same with markets, and a provider whose ten millions back them.
fn funded(node: &Node, markets: u16) -> (World, Pubkey) {
    let mut world = told(node);
    world.create_exchange().unwrap();
    for index in 0..markets {
        world.list(listing::market(index, listing::unmeasured(), 2_000_000 * USDC));
    }
    let provider = world.user(10_000_000 * USDC);
    world.add_liquidity(provider, 10_000_000 * USDC);
    for index in 0..markets {
        world.publish(index, 250.0);
        world.allocate_backing(index).unwrap();
    }
    (world, provider)
}

/// The world's accounts, as the node has them.
fn show(world: &mut World, node: &Node, accounts: &BTreeSet<Pubkey>) {
    let markets: Vec<_> = (0..world.market_count).map(|index| world.addresses.market(index)).collect();
    let orders = accounts.iter().map(orders_address);
    let all =
        accounts.iter().copied().chain(orders).chain(markets).chain([world.addresses.exchange, world.addresses.pool]);
    for address in all {
        let found = world.chain.account(&address);
        let mut script = node.script();
        match found {
            Some(account) if !account.data.is_empty() => {
                script.accounts.insert(address, (account.owner, account.data));
            }
            _ => drop(script.accounts.remove(&address)),
        }
    }
}

async fn compare(follower: &mut Follower, world: &mut World, node: &Node, accounts: &BTreeSet<Pubkey>) -> Report {
    show(world, node, accounts);
    follower.step().await.unwrap();
    let report = check(follower.chain(), follower.writer().store()).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn every_counter_of_the_chain_is_the_databases() {
    for database in Database::all().await {
        let node = Node::start().await;
        node.script().tip = 0;
        let (mut world, provider) = funded(&node, 2);
        show(&mut world, &node, &BTreeSet::new());
        let chain = Chain::new(&node.url(), Duration::from_secs(5));
        let (scope, markets) = chain.exchange(world.addresses.exchange).await.unwrap();
        assert_eq!((markets.len(), scope.quote_decimals), (2, 6));
        let writer = Writer::new(database.open().await, scope).await.unwrap();
        let mut follower = Follower::new(chain, writer, PACE);
        compare(&mut follower, &mut world, &node, &BTreeSet::new()).await;

        // Orders, funding, profit settled, in two markets.
        let (alice, bob) = (world.trader(200_000 * USDC), world.trader(100_000 * USDC));
        let mut accounts = BTreeSet::from([alice.margin_account, bob.margin_account]);
        world.trade(alice, 0, 8_000 * SOL).unwrap();
        world.trade(bob, 0, -3_000 * SOL).unwrap();
        world.trade(bob, 1, 100 * SOL).unwrap();
        for _ in 0..6 {
            world.wait(3_600);
            for index in 0..2 {
                world.publish(index, 250.0);
                world.update_funding(index).unwrap();
            }
        }
        world.settle_funding(alice.margin_account, 0).unwrap();
        world.later_at(60, 0, 257.8125);
        world.settle_pnl(alice.margin_account, 0).unwrap();
        world.settle_pnl(bob.margin_account, 0).unwrap();
        let first = compare(&mut follower, &mut world, &node, &accounts).await;

        // Liquidated in part, whole, and beyond what is there; the loss is written off.
        let liquidator = world.trader(0);
        let carol = world.trader(720 * USDC);
        let erin = world.trader(530 * USDC);
        accounts.extend([liquidator, carol, erin].map(|actor| actor.margin_account));
        world.publish(1, 250.0);
        world.trade(carol, 0, 40 * SOL).unwrap();
        world.trade(erin, 0, 40 * SOL).unwrap();
        for price in [246.09375, 238.28125] {
            world.later_at(60, 0, price);
            world.liquidate(liquidator, carol.margin_account, 0).unwrap();
            compare(&mut follower, &mut world, &node, &accounts).await;
        }
        world.liquidate(liquidator, erin.margin_account, 0).unwrap();
        world.resolve_bankruptcy(erin.margin_account, 0).unwrap();
        let second = compare(&mut follower, &mut world, &node, &accounts).await;
        assert!(second.compared > first.compared);

        // Bob turns his position, everybody leaves, one comes back.
        world.publish(1, 250.0);
        world.trade(bob, 0, 4_000 * SOL).unwrap();
        world.next_slot();
        for (actor, market) in [(bob, 0), (bob, 1), (alice, 0)] {
            world.publish(0, 238.28125);
            world.close_position(actor, market).unwrap();
        }
        compare(&mut follower, &mut world, &node, &accounts).await;
        for actor in [alice, bob, carol, erin, liquidator] {
            let left = world.balance(&actor.margin_account);
            if left > 0 {
                world.withdraw(actor, left).unwrap();
            }
            world.close_account(actor).unwrap();
        }
        compare(&mut follower, &mut world, &node, &accounts).await;
        let again = world.account(alice.signer, 0, None);
        assert_eq!(again.margin_account, alice.margin_account);
        world.deposit(again, 9 * USDC).unwrap();
        compare(&mut follower, &mut world, &node, &accounts).await;

        // The provider leaves with half.
        let shares = world.shares(&provider);
        world.request_liquidity_withdrawal(provider, 77, shares / 2, PriceLimit::None).unwrap();
        let admin = world.admin;
        world.serve(admin);
        compare(&mut follower, &mut world, &node, &accounts).await;

        let store = follower.writer().store().clone();
        assert!(store.gaps(10).await.unwrap().is_empty());
        let count = |table: &'static str| {
            let store = store.clone();
            async move {
                let statement = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
                sqlx::query(statement).fetch_one(store.pool()).await.unwrap().get::<i64, _>(0)
            }
        };
        // Alice twice, Bob, Carol, Erin, the liquidator; two epochs; Carol twice and Erin once.
        assert_eq!((count("lives").await, count("epochs").await, count("liquidations").await), (6, 2, 3));
        // A second process, from nothing, finds the same.
        let (fresh, node_url) = (Database::sqlite(), node.url());
        let chain = Chain::new(&node_url, Duration::from_secs(5));
        let writer = Writer::new(fresh.open().await, scope).await.unwrap();
        let mut other = Follower::new(chain, writer, PACE);
        other.step().await.unwrap();
        common::assert_same(&store, other.writer().store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_from_the_chain_is_named_and_can_be_accepted() {
    let (node, database) = (Node::start().await, Database::sqlite());
    node.script().tip = 0;
    let (mut world, _) = funded(&node, 1);
    world.next_slot();
    let alice = world.trader(200_000 * USDC);
    let accounts = BTreeSet::from([alice.margin_account]);
    world.trade(alice, 0, 100 * SOL).unwrap();
    show(&mut world, &node, &accounts);
    let chain = Chain::new(&node.url(), Duration::from_secs(5));
    let (scope, markets) = chain.exchange(world.addresses.exchange).await.unwrap();
    let writer = Writer::new(database.open().await, scope).await.unwrap();
    writer.store().note_markets(&markets).await.unwrap();
    let mut follower = Follower::new(chain, writer, PACE);

    // Of everything but the newest event of each the node has forgotten the history.
    let newest = node.script().tip;
    {
        let mut script = node.script();
        let last = script.blocks.last_entry().unwrap().into_mut();
        let trade = last.pop().unwrap();
        *last = vec![trade];
        script.first_slot = newest;
    }
    follower.step().await.unwrap();
    let store = follower.writer().store().clone();
    let report = check(follower.chain(), &store).await.unwrap();
    let named: Vec<_> =
        report.differences.iter().map(|found| (&*found.subject, &*found.counter, &*found.difference)).collect();
    let account = format!("account {}", alice.margin_account);
    // The account's opening and its deposit are missing.
    assert!(named.contains(&(&account, "events", "2")), "{named:?}");
    assert!(named.contains(&(&account, "deposited", "200000000000")), "{named:?}");
    assert!(named.iter().any(|(subject, counter, _)| subject.starts_with("market 0 (") && *counter == "events"));
    assert!(report.behind.iter().any(|behind| behind.subject == "pool" && behind.newest == 0), "{report:?}");

    // Accepted, they are not reported again; what comes later is compared as ever.
    store.accept(&report.differences).await.unwrap();
    world.next_slot();
    world.publish(0, 250.0);
    world.trade(alice, 0, -40 * SOL).unwrap();
    show(&mut world, &node, &accounts);
    follower.step().await.unwrap();
    let report = check(follower.chain(), &store).await.unwrap();
    assert!(report.differences.is_empty(), "{report:#?}");

    // A row that somebody changed is found.
    sqlx::query("UPDATE lives SET fees = fees + 1").execute(store.pool()).await.unwrap();
    let report = check(follower.chain(), &store).await.unwrap();
    let found: Vec<_> = report.differences.iter().map(|found| (&*found.counter, &*found.difference)).collect();
    assert_eq!(found, [("fees", "-1")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_orders_did_is_what_the_chain_counts() {
    for database in Database::all().await {
        let node = Node::start().await;
        node.script().tip = 0;
        let (mut world, _) = funded(&node, 2);
        world.next_slot();
        let (alice, bob, keeper) = (world.trader(20_000 * USDC), world.trader(1_000 * USDC), world.key());
        let accounts = BTreeSet::from([alice.margin_account, bob.margin_account]);
        show(&mut world, &node, &accounts);
        let chain = Chain::new(&node.url(), Duration::from_secs(5));
        let (scope, _) = chain.exchange(world.addresses.exchange).await.unwrap();
        let writer = Writer::new(database.open().await, scope).await.unwrap();
        let mut follower = Follower::new(chain, writer, PACE);
        compare(&mut follower, &mut world, &node, &accounts).await;

        // An entry with a stop and a target; one in slices; one that is replaced, one that expires.
        world.open_orders(alice).unwrap();
        let child = |order: NewOrder| NewOrder { parent: Some(0), group: 1, ..reducing(order) };
        let sliced = NewOrder { slices: 3, seconds_between: 60, lamports: 120_000, ..next_price(2 * SOL) };
        let expiring = NewOrder { expires: Timestamp::new(world.now + 300), ..below(100, SOL) };
        let entry = [below(240, 20 * SOL), child(below(230, i64::MIN)), child(above(260, i64::MIN)), expiring];
        world.place(alice, 0, &entry).unwrap();
        world.place(alice, 1, &[sliced]).unwrap();
        world
            .replace(alice, 0, &[3], &[NewOrder { expires: Timestamp::new(world.now + 400), ..below(90, SOL) }])
            .unwrap();
        compare(&mut follower, &mut world, &node, &accounts).await;
        world.to_fill(alice, 4, 250.0);
        world.execute(keeper, alice, 4).unwrap();
        world.trigger(keeper, alice, 0, 239.0, 239.5).unwrap();
        compare(&mut follower, &mut world, &node, &accounts).await;
        // A slice that nobody fills is lost; the next one is filled.
        for _ in 0..2 {
            world.wait(80);
            for index in 0..2 {
                world.publish(index, 239.0);
            }
            world.arm(alice, 4).unwrap();
        }
        compare(&mut follower, &mut world, &node, &accounts).await;
        world.to_fill(alice, 4, 239.0);
        world.execute(keeper, alice, 4).unwrap();
        world.trigger(keeper, alice, 2, 261.0, 261.5).unwrap();
        compare(&mut follower, &mut world, &node, &accounts).await;

        // Bob's order would be bought at $250 while the market is at $235 already, and is over; another one would be too dear.
        world.open_orders(bob).unwrap();
        world.publish(0, 250.0);
        world
            .place(bob, 0, &[next_price(60 * SOL), NewOrder { acceptable_price: price(200), ..next_price(SOL) }])
            .unwrap();
        world.to_fill(bob, 0, 250.0);
        let kept = world.posted(0);
        world.wait(1);
        world.publish(0, 235.0);
        world.update_price(0).unwrap();
        let before = world.balance(&bob.margin_account);
        for slot in [0, 1] {
            let execution = world.execution(keeper, &bob.margin_account, 0, kept, slot);
            world.run(&[execution]).unwrap();
        }
        let paid = before - world.balance(&bob.margin_account);
        assert!(paid > 0);
        compare(&mut follower, &mut world, &node, &accounts).await;

        // What has expired is swept, and Alice closes her orders.
        world.wait(400);
        world.sweep(alice, None, 3).unwrap();
        world.close_orders(alice).unwrap();
        compare(&mut follower, &mut world, &node, &accounts).await;

        let store = follower.writer().store().clone();
        let rows = sqlx::query("SELECT account, number, state, fills, forfeited FROM orders ORDER BY place");
        let rows = rows.fetch_all(store.pool()).await.unwrap();
        let found: Vec<(String, i64, String, i64, i64)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect();
        let (one, two) = (alice.margin_account.to_string(), bob.margin_account.to_string());
        let expected = [
            (&one, 1, "filled", 1, 0),
            (&one, 2, "group", 0, 0),
            (&one, 3, "filled", 1, 0),
            (&one, 4, "cancelled", 0, 0),
            (&one, 5, "filled", 2, 0),
            (&one, 6, "swept", 0, 0),
            (&two, 1, "forfeited", 0, paid.cast_signed()),
            (&two, 2, "disarmed", 0, 0),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(account, number, state, fills, paid)| (account.clone(), number, state.to_owned(), fills, paid))
            .collect();
        assert_eq!(found, expected);
        // A second process, from nothing, finds the same.
        let fresh = Database::sqlite();
        let chain = Chain::new(&node.url(), Duration::from_secs(5));
        let writer = Writer::new(fresh.open().await, scope).await.unwrap();
        let mut other = Follower::new(chain, writer, PACE);
        other.step().await.unwrap();
        common::assert_same(&store, other.writer().store()).await;

        // Were an order told of that does not rest, or not told of that does, the comparison would say so.
        sqlx::query("UPDATE orders SET ended_at = NULL, held = 5 WHERE state = 'swept'")
            .execute(store.pool())
            .await
            .unwrap();
        let report = check(follower.chain(), &store).await.unwrap();
        let found: Vec<_> = report.differences.iter().map(|found| (&*found.counter, &*found.difference)).collect();
        assert_eq!(found, [("order at place 3", "-6"), ("lamports of the order at place 3", "-5")]);
    }
}
