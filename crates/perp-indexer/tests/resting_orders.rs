//! Resting orders: what their events mean to the tables, on a chain that abandons slots, with nodes that tell late or not all.

mod common;

use common::events::orders::{below, child, sliced, TIP};
use common::events::{account, Exchange, ATOM};
use common::node::{Node, Transaction};
use common::served::{Served, PRICE};
use common::{assert_same, follower, Database};
use perp_client::accounts::ID;
use perp_client::events::Event;
use perp_indexer::api::publish;
use perp_indexer::follow::Follower;
use perp_indexer::store::{AccountCounters, MarketTotals, Store};
use serde_json::{json, Value};
use sqlx::Row;

const NOON: i64 = 1_618_660_800;

/// Every way an order can go; 12 blocks with a transaction each.
fn story() -> Vec<Vec<Event>> {
    let mut exchange = Exchange::at(NOON);
    let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, 900)]];
    blocks.push(vec![exchange.open(1), exchange.deposit(1, 1_000), exchange.open_orders(1)]);
    // An entry with two exits, one in three slices, one that will cost its owner, and one that is cancelled.
    let placed = [below(0, 8), child(1, -8, 0), child(2, -8, 0), sliced(3, 2, 3), below(4, 1), below(5, 1)];
    blocks.push(exchange.place(1, &[], &placed));
    exchange.time += 60;
    blocks.push(vec![exchange.arm(1, 0), exchange.arm(1, 3)]);
    exchange.time += 3;
    // The exits wake, of the slices two are left.
    blocks.push([exchange.fill(1, 0, 0), exchange.fill(1, 3, 0)].concat());
    blocks.push(vec![exchange.trade(1, 0, 1, 0), exchange.arm(1, 4), exchange.arm(1, 3)]);
    exchange.time += 3;
    blocks.push([exchange.forfeit(1, 4, 5), exchange.miss(1, 3)].concat());
    // Where the cancelled one was there is another at once.
    blocks.push(exchange.place(1, &[5], &[below(5, 7)]));
    exchange.time += 60;
    blocks.push(vec![exchange.arm(1, 1), exchange.arm(1, 3)]);
    exchange.time += 3;
    // One exit takes the other out; the last slice; the rest is swept.
    blocks.push([exchange.fill(1, 1, 30), exchange.fill(1, 3, 0)].concat());
    blocks.push(exchange.sweep(1, 5));
    // Opened again, orders count from 1.
    blocks.push(
        [vec![exchange.close_orders(1), exchange.open_orders(1)], exchange.place(1, &[], &[below(0, 3)])].concat(),
    );
    blocks
}

fn add(node: &Node, blocks: &[Vec<Event>]) {
    for block in blocks {
        node.script().add(vec![Transaction::of(block)]);
    }
}

fn finalize(node: &Node) -> u64 {
    let mut script = node.script();
    script.finalized = script.tip;
    script.tip
}

/// A second follower, of a node that tells everything at once, finds the same; nothing is missing.
async fn assert_straight(follower_: &Follower, node: &Node) {
    for transactions in node.script().blocks.values_mut() {
        transactions.iter_mut().for_each(|transaction| transaction.names.push(ID));
    }
    let fresh = Database::sqlite();
    let mut straight = follower(node, &fresh).await;
    straight.step().await.unwrap();
    assert_same(follower_.writer().store(), straight.writer().store()).await;
    assert_eq!(follower_.writer().store().count_gaps().await.unwrap(), 0);
    assert_eq!(follower_.writer().store().faulty_transactions().await.unwrap(), 0);
}

/// Number, state, slices left, fills, lamports held, paid and gone home, of every order by its placing.
async fn lives(store: &Store) -> Vec<(i64, String, [i64; 5])> {
    const SELECT: &str =
        "SELECT number, state, slices_left, fills, held, tips, returned FROM orders ORDER BY place, number";
    let rows = sqlx::query(SELECT).fetch_all(store.pool()).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), [2, 3, 4, 5, 6].map(|column| row.get(column)))).collect()
}

fn expected() -> Vec<(i64, String, [i64; 5])> {
    let tip = TIP.cast_signed();
    [
        (1, "filled", [0, 1, 0, tip, 0]),
        (2, "filled", [0, 1, 0, tip, 0]),
        // Not its own fill: what it held went home.
        (3, "group", [1, 0, 0, 0, tip]),
        // Three slices hold 30 000. The first pays a third; the second is too dear and pays nothing; the last pays the 20 000 left.
        (4, "filled", [0, 2, 0, 3 * tip, 0]),
        (5, "forfeited", [0, 0, 0, tip, 0]),
        (6, "cancelled", [1, 0, 0, 0, tip]),
        (7, "swept", [1, 0, 0, 0, tip]),
        (1, "waiting", [1, 0, tip, 0, 0]),
    ]
    .map(|(number, state, counts)| (number, state.to_owned(), counts))
    .to_vec()
}

#[tokio::test]
async fn every_order_is_told_from_its_placing_to_its_end() {
    for database in Database::all().await {
        let node = Node::start().await;
        // Each block by a process that has just started.
        for block in story() {
            add(&node, &[block]);
            follower(&node, &database).await.step().await.unwrap();
        }
        let follower = follower(&node, &database).await;
        let store = follower.writer().store();
        assert_eq!(lives(store).await, expected());

        // Five fills: of two entries, an exit, two slices and a market order one of each; 1 000 atoms at the index each.
        let totals = store.market_totals(0).await.unwrap();
        let fills = MarketTotals {
            volume: 5_000 * ATOM,
            spread: 10 * ATOM,
            impact: 5 * ATOM,
            traders_result: 30,
            trades: 5,
            ..MarketTotals::default()
        };
        assert_eq!(totals, fills);
        let life = &store.lives_after("", 10).await.unwrap()[0];
        // A fee of two each, and 5 that an order cost which could not be filled.
        let counters = AccountCounters { deposited: 1_000, realized: 30, fees: 15, ..AccountCounters::default() };
        assert_eq!((life.counters, life.balance), (counters, 1_000 + 30 - 15));
        // 8 + 2 + 1 − 8 + 2.
        assert_eq!((life.sizes[&0], life.orders.len(), life.orders[&0]), (5, 1, (1, TIP)));
        let hour = &store.candles(0, 3_600, 0, i64::MAX).await.unwrap()[0];
        assert_eq!((hour.volume, hour.trades), (5_000 * ATOM, 5));
        let orders =
            sqlx::query("SELECT order_number FROM fills ORDER BY place").fetch_all(store.pool()).await.unwrap();
        let orders: Vec<Option<i64>> = orders.iter().map(|row| row.get(0)).collect();
        assert_eq!(orders, [Some(1), Some(4), None, Some(2), Some(4)]);
        let row = sqlx::query("SELECT amount, balance_after FROM transfers WHERE kind = 'forfeit'");
        let row = row.fetch_one(store.pool()).await.unwrap();
        // 1 000 less three fees of two.
        assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1)), (-5, 1_000 - 6 - 5));
        assert_straight(&follower, &node).await;
    }
}

#[tokio::test]
async fn what_orders_did_in_abandoned_slots_is_undone() {
    let story = story();
    for kept in 1..story.len() {
        let database = Database::sqlite();
        let node = Node::start().await;
        add(&node, &story);
        let mut follower_ = follower(&node, &database).await;
        follower_.step().await.unwrap();
        {
            let mut script = node.script();
            let abandoned = 101 + kept as u64;
            script.blocks.split_off(&abandoned);
            // Elsewhere something else happens.
            let other = Exchange::at(NOON).open(9);
            script.blocks.insert(abandoned, vec![Transaction::of(&[other])]);
        }
        assert!(follower_.step().await.unwrap().removed.is_some());
        assert_straight(&follower_, &node).await;
    }
}

#[tokio::test]
async fn orders_that_are_told_of_out_of_order_are_put_in_theirs() {
    for numbered in [false, true] {
        for database in Database::all().await {
            let node = Node::start().await;
            node.script().numbered = numbered;
            let story = story();
            for (number, block) in story.iter().enumerate() {
                let transaction = Transaction::of(block);
                // Neither the placing nor the first arming nor the forfeit is listed under the program.
                let lost = [2, 3, 6].contains(&number);
                let names: Vec<_> = transaction.names.iter().copied().filter(|name| *name != ID || !lost).collect();
                node.script().add(vec![transaction.listed_under(&names)]);
            }
            let tip = finalize(&node);
            let mut follower = follower(&node, &database).await;
            follower.step().await.unwrap();
            let store = follower.writer().store().clone();
            assert!(store.count_gaps().await.unwrap() > 0);
            // What the later events say is told already: the entry was filled, whenever it was placed.
            let known = lives(&store).await;
            assert!(known.iter().any(|(number, state, _)| (*number, &**state) == (1, "filled")), "{known:?}");
            // One transaction at a time, whichever is found first.
            let hidden: Vec<_> = [103, 104].map(|slot| node.script().blocks[&slot][0].signature).to_vec();
            node.script().untold.extend(hidden);
            follower.fill(tip, NOON).await.unwrap();
            node.script().untold.clear();
            follower.fill(tip, NOON + 200).await.unwrap();
            assert_eq!(lives(&store).await, expected());
            assert_straight(&follower, &node).await;
        }
    }
}

#[tokio::test]
async fn an_order_that_is_not_told_of_makes_its_transaction_faulty_and_is_read_again() {
    for database in Database::all().await {
        let node = Node::start().await;
        let story = story();
        add(&node, &story);
        let tip = finalize(&node);
        let whole = node.script().blocks[&103][0].clone();
        // The node loses a line of the log, and does not say so: of six orders the fourth is not told of.
        let mut lost = whole.clone();
        lost.logs.remove(5);
        node.script().blocks.get_mut(&103).unwrap()[0] = lost;
        let mut follower = follower(&node, &database).await;
        follower.step().await.unwrap();
        let store = follower.writer().store().clone();
        // No number is missing.
        assert_eq!((store.count_gaps().await.unwrap(), store.faulty_transactions().await.unwrap()), (0, 1));
        let row = sqlx::query("SELECT fault FROM transactions WHERE fault IS NOT NULL");
        let fault: String = row.fetch_one(store.pool()).await.unwrap().get(0);
        assert_eq!(fault, "6 OrderPlaced are to follow OrdersPlaced, and 5 do");
        // Arming it has told of it meanwhile; when it was placed is not known.
        let row =
            sqlx::query("SELECT placed_at, state FROM orders WHERE number = 4").fetch_one(store.pool()).await.unwrap();
        assert_eq!((row.get::<Option<i64>, _>(0), row.get::<String, _>(1)), (None, "filled".into()));

        node.script().blocks.get_mut(&103).unwrap()[0] = whole;
        assert_eq!(follower.fill(tip, NOON).await.unwrap().events, 1);
        assert_eq!(lives(&store).await, expected());
        assert_straight(&follower, &node).await;
    }
}

#[tokio::test]
async fn a_log_that_is_cut_off_within_the_orders_is_read_again() {
    let (node, database, story) = (Node::start().await, Database::sqlite(), story());
    add(&node, &story);
    let tip = finalize(&node);
    let whole = node.script().blocks[&108][0].clone();
    // What was cancelled is told, what was placed instead is not.
    node.script().blocks.get_mut(&108).unwrap()[0] = whole.clone().cut_off(2);
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let store = follower.writer().store().clone();
    assert_eq!(store.faulty_transactions().await.unwrap(), 1);
    node.script().blocks.get_mut(&108).unwrap()[0] = whole;
    assert_eq!(follower.fill(tip, NOON).await.unwrap().events, 1);
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn an_order_whose_end_nobody_has_told_of_does_not_rest_for_ever() {
    let (node, database, story) = (Node::start().await, Database::sqlite(), story());
    add(&node, &story);
    finalize(&node);
    // Neither the exits' end nor the sweep is told of: another order where one of them was, and the orders' closing, say that they
    // are gone.
    for slot in [108, 110, 111] {
        let signature = node.script().blocks[&slot][0].signature;
        node.script().untold.insert(signature);
    }
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let lives = lives(follower.writer().store()).await;
    let lost: Vec<_> = lives.iter().filter(|(_, state, _)| state == "lost").map(|(number, ..)| *number).collect();
    assert_eq!(lost, [2, 3, 4, 6]);
    assert_eq!(lives.iter().filter(|(_, state, _)| state == "waiting").count(), 1);
}

#[tokio::test]
async fn orders_are_asked_for_by_account_owner_market_state_and_time() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let all = served.rows("/v1/orders").await;
        let states: Vec<_> =
            all.iter().map(|row| (row["number"].as_i64().unwrap(), row["state"].as_str().unwrap())).collect();
        assert_eq!(states, [(4, "asleep"), (3, "armed"), (2, "cancelled"), (1, "cancelled")]);
        assert_eq!(
            (&all[0]["parent"], &all[0]["reduce_only"], &all[1]["parent"]),
            (&json!(0), &json!(true), &Value::Null)
        );
        assert_eq!((&all[1]["trigger"], &all[1]["armings"]), (&json!("at_or_below"), &json!(1)));
        assert_eq!(
            (&all[1]["acceptable_price"], &all[0]["acceptable_price"]),
            (&json!(u64::MAX.to_string()), &json!("1"))
        );
        assert_eq!((&all[1]["held"], &all[2]["held"], &all[2]["returned"]), (&json!(TIP), &json!(0), &json!(TIP)));

        for (query, numbers) in [
            ("state=open", vec![4, 3]),
            ("state=over", vec![2, 1]),
            ("state=armed", vec![3]),
            ("market=BTC-PERP", vec![]),
            ("market=0&state=cancelled&limit=1", vec![2]),
        ] {
            let found = served.rows(&format!("/v1/orders?{query}")).await;
            let found: Vec<_> = found.iter().map(|row| row["number"].as_i64().unwrap()).collect();
            assert_eq!(found, numbers, "{query}");
        }
        let (_, first) = served.get("/v1/orders?limit=3").await;
        let rest = served.rows(&format!("/v1/orders?cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!((rest.len(), &rest[0]["number"]), (1, &json!(1)));
        assert_eq!(served.rows(&format!("/v1/orders?account={}", account(1))).await.len(), 0);
        let (owner, placed) = (common::events::owner(2), NOON + 3_600);
        assert_eq!(served.rows(&format!("/v1/orders?owner={owner}&from={placed}&to={}", placed + 1)).await.len(), 4);
        assert_eq!(served.rows(&format!("/v1/orders?to={placed}")).await.len(), 0);
        let decimal = &served.rows("/v1/orders?state=asleep&numbers=decimal").await[0];
        assert_eq!((&decimal["size"], &decimal["lamports"]), (&json!("-0.000000003"), &json!(TIP)));
    }
}

#[tokio::test]
async fn who_listens_hears_of_an_order_whenever_it_changes() {
    use futures::StreamExt;
    let database = Database::sqlite();
    let mut served = Served::start(&database).await;
    let url = format!("{}/v1/live?channels=orders,fills&account={}", served.url.replace("http", "ws"), account(2));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    while served.app.notices.receiver_count() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let block = [vec![served.exchange.price(0, PRICE)], served.exchange.fill(2, 0, 0)].concat();
    served.node.script().add(vec![Transaction::of(&block)]);
    let step = served.follower.step().await.unwrap();
    publish(&served.app, &step).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..3 {
        let message = socket.next().await.unwrap().unwrap();
        let notice: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        let data = &notice["data"];
        heard.push(json!([notice["channel"], data["order"], data["number"], data["state"]]));
    }
    // The fill itself, the order that is over by it, and the one that has woken.
    assert_eq!(
        heard,
        [json!(["fills", 3, null, null]), json!(["orders", null, 3, "filled"]), json!(["orders", null, 4, "waiting"])]
    );
}
