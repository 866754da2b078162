//! Following a chain that does everything chains do: forks, gaps, lost logs, pruned history, nodes that lag or lie.

mod common;

use common::events::{account, market, owner, Exchange, EXCHANGE, POOL};
use common::node::{Node, Transaction};
use common::{contents, follower, Database};
use perp_client::accounts::ID;
use perp_client::events::Event;
use perp_indexer::store::{AccountCounters, MarketTotals};
use serde_json::json;
use sqlx::Row;

const NOON: i64 = 1_618_660_800;

/// Two traders, a liquidation, a request: 13 events in 7 transactions.
fn story() -> Vec<Vec<Event>> {
    let mut exchange = Exchange::at(NOON);
    let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, 900)]];
    blocks.push(vec![exchange.open(1), exchange.deposit(1, 1_000)]);
    blocks.push(vec![exchange.open(2), exchange.deposit(2, 5_000)]);
    exchange.time += 30;
    blocks.push(vec![exchange.trade(1, 0, 8, 0)]);
    exchange.time += 60;
    blocks.push(vec![exchange.price(0, 700), exchange.trade(2, 0, -5, 0)]);
    blocks.push(vec![exchange.liquidate(1, 0, 2), exchange.price(0, 650)]);
    blocks.push(vec![exchange.request(3, 400), exchange.trade(2, 0, 5, 90)]);
    blocks
}

fn add(node: &Node, blocks: &[Vec<Event>]) {
    for block in blocks {
        node.script().add(vec![Transaction::of(block)]);
    }
}

#[tokio::test]
async fn everything_is_taken_in_once_however_often_the_process_starts() {
    for database in Database::all().await {
        let node = Node::start().await;
        let story = story();
        add(&node, &story[..3]);
        let mut first = follower(&node, &database).await;
        assert_eq!(first.step().await.unwrap().events, 6);
        drop(first);
        add(&node, &story[3..]);
        let mut second = follower(&node, &database).await;
        assert_eq!(second.step().await.unwrap().events, 7);
        assert_eq!(second.step().await.unwrap().events, 0);
        // Everything becomes final; the next process lists nothing that is known.
        let tip = node.script().tip;
        node.script().finalized = tip;
        second.step().await.unwrap();
        let mut third = follower(&node, &database).await;
        node.script().asked.clear();
        let step = third.step().await.unwrap();
        assert_eq!((step.events, step.removed, node.script().count("getTransaction")), (0, None, 0));

        let store = third.writer().store();
        // Two fills for a thousand atoms each before the liquidation, one after.
        let known = store.market_totals(0).await.unwrap();
        let expected = MarketTotals {
            volume: 3_000 << 40,
            liquidated: 500 << 40,
            spread: 6 << 40,
            impact: 3 << 40,
            traders_result: 90 - 50,
            penalties: 1,
            penalties_to_insurance: 5,
            bounties: 4,
            trades: 3,
            liquidations: 1,
        };
        assert_eq!(known, expected);
        let lives = store.lives_after("", 10).await.unwrap();
        let one = lives.iter().find(|life| life.stream.address == account(1).to_string()).unwrap();
        let expected =
            AccountCounters { deposited: 1_000, realized: -50, fees: 2, penalties: 10, ..Default::default() };
        assert_eq!((one.counters, one.balance, one.stream.highest), (expected, 1_000 - 2 - 60, 4));
        let two = lives.iter().find(|life| life.stream.address == account(2).to_string()).unwrap();
        let expected = AccountCounters { deposited: 5_000, realized: 90, fees: 4, bounties: 4, ..Default::default() };
        assert_eq!((two.counters, two.balance), (expected, 5_000 - 2 + 4 + 90 - 2));
        assert!(store.gaps(10).await.unwrap().is_empty());
        // A minute at 900, then 700 and 650; the hour has both.
        let minutes = store.candles(0, 60, 0, i64::MAX).await.unwrap();
        let prices: Vec<_> = minutes.iter().map(|candle| (candle.start, candle.open, candle.close)).collect();
        assert_eq!(prices, [(NOON, 900, 900), (NOON + 60, 700, 650)]);
        let hours = store.candles(0, 3_600, 0, i64::MAX).await.unwrap();
        assert_eq!((hours[0].open, hours[0].high, hours[0].low, hours[0].close), (900, 900, 650, 650));
        assert_eq!((hours[0].volume, hours[0].trades, hours.len()), (3_000 << 40, 3, 1));
    }
}

#[tokio::test]
async fn what_a_fork_abandons_is_gone_as_if_it_had_never_been() {
    for database in Database::all().await {
        let node = Node::start().await;
        let story = story();
        add(&node, &story[..4]);
        let fork = node.script().tip + 1;
        add(&node, &story[4..]);
        let mut follower_ = follower(&node, &database).await;
        follower_.step().await.unwrap();

        // Of the last three slots the first is another, the second has gone, the third came later.
        let mut exchange = Exchange::at(NOON + 90);
        let mut other = story.clone();
        let replay = |exchange: &mut Exchange| {
            exchange.time = NOON;
            let _ = (exchange.list(0, "SOL-PERP"), exchange.price(0, 900));
            let _ = (exchange.open(1), exchange.deposit(1, 1_000), exchange.open(2), exchange.deposit(2, 5_000));
            exchange.time += 30;
            let _ = exchange.trade(1, 0, 8, 0);
            exchange.time += 60;
        };
        replay(&mut exchange);
        other[4] = vec![exchange.price(0, 800), exchange.trade(1, 0, -8, 33)];
        other[5] = Vec::new();
        other[6] = vec![exchange.close(1), exchange.open(1), exchange.deposit(1, 7)];
        {
            let mut script = node.script();
            script.blocks.split_off(&fork);
            script.tip = fork - 1;
        }
        add(&node, &other[4..]);
        let step = follower_.step().await.unwrap();
        assert_eq!(step.removed, Some((fork, 6)));
        assert_eq!(step.events, 5);

        let fresh = Database::sqlite();
        let mut straight = follower(&node, &fresh).await;
        straight.step().await.unwrap();
        common::assert_same(follower_.writer().store(), straight.writer().store()).await;
        assert!(follower_.writer().store().gaps(10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_slot_whose_list_grows_is_taken_again() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let story = story();
    add(&node, &story[..3]);
    let mut follower = follower(&node, &database).await;
    let slot = node.script().tip;
    let all = vec![Transaction::of(&story[3]), Transaction::of(&story[4])];
    // The node has indexed only one of the two when it is first asked.
    node.script().blocks.insert(slot + 1, all[1..].to_vec());
    node.script().tip = slot + 1;
    follower.step().await.unwrap();
    assert_eq!(follower.writer().store().gaps(10).await.unwrap().len(), 1);
    node.script().blocks.insert(slot + 1, all);
    let step = follower.step().await.unwrap();
    assert_eq!((step.removed, step.events), (Some((slot + 1, 2)), 3));
    assert!(follower.writer().store().gaps(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_event_is_found_under_the_address_that_numbers_it() {
    for numbered in [false, true] {
        for database in Database::all().await {
            let node = Node::start().await;
            node.script().numbered = numbered;
            for (number, block) in story().iter().enumerate() {
                let transaction = Transaction::of(block);
                // Of the third and the fifth the node's index of the program knows nothing.
                let lost = number == 2 || number == 4;
                let names: Vec<_> = transaction.names.iter().copied().filter(|name| *name != ID || !lost).collect();
                node.script().add(vec![transaction.listed_under(&names)]);
            }
            let tip = node.script().tip;
            node.script().finalized = tip;
            let mut follower_ = follower(&node, &database).await;
            follower_.step().await.unwrap();
            let gaps = follower_.writer().store().gaps(10).await.unwrap();
            // The market's fourth and fifth event, the second account's first three.
            let mut missing: Vec<_> =
                gaps.iter().map(|gap| (gap.stream.address.clone(), gap.first, gap.last)).collect();
            missing.sort();
            let mut expected = vec![(market(0).to_string(), 4, 5), (account(2).to_string(), 1, 3)];
            expected.sort();
            assert_eq!(missing, expected);

            let filled = follower_.fill(tip, NOON).await.unwrap();
            // The market's transactions have one of the account's three.
            assert_eq!((filled.gaps, filled.events), (2, 4));
            assert!(follower_.writer().store().gaps(10).await.unwrap().is_empty());
            for transactions in node.script().blocks.values_mut() {
                transactions.iter_mut().for_each(|transaction| transaction.names.push(ID));
            }
            let fresh = Database::sqlite();
            let mut straight = follower(&node, &fresh).await;
            straight.step().await.unwrap();
            let without_places = |contents: Vec<(String, Vec<Vec<String>>)>| {
                // Where the node does not number transactions, one that came late has another place within its slot.
                let tables = contents
                    .into_iter()
                    .filter(|(table, _)| numbered || table == "market_totals" || table == "candles");
                tables.collect::<Vec<_>>()
            };
            assert_eq!(
                without_places(contents(follower_.writer().store()).await),
                without_places(contents(straight.writer().store()).await)
            );
        }
    }
}

#[tokio::test]
async fn what_a_cut_off_log_hid_is_missing_by_number_and_the_transaction_is_named() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let story = story();
    add(&node, &story[..4]);
    // The log ends after the price; the fill's own line is lost. The liquidation is in no log.
    let cut = Transaction::of(&story[4]).cut_off(2);
    let signature = cut.signature.to_string();
    node.script().add(vec![cut]);
    let hidden = Transaction::of(&story[5]).cut_off(0);
    node.script().add(vec![hidden]);
    add(&node, &story[6..]);
    let tip = node.script().tip;
    node.script().finalized = tip;
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let store = follower.writer().store().clone();
    let row = sqlx::query("SELECT COUNT(*) FROM liquidations").fetch_one(store.pool()).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 1);
    assert_eq!(store.faulty_transactions().await.unwrap(), 2);
    follower.fill(tip, NOON).await.unwrap();
    let gaps = store.gaps(10).await.unwrap();
    let of_account = gaps.iter().find(|gap| gap.stream.address == account(2).to_string()).unwrap();
    assert_eq!((of_account.first, of_account.last, of_account.attempts), (3, 3, 1));
    assert!(of_account.reason.contains(&signature) && of_account.reason.contains("cut"), "{}", of_account.reason);
    // It is looked for again a minute later, then two minutes later.
    assert_eq!(follower.fill(tip, NOON + 59).await.unwrap().gaps, 0);
    assert!(follower.fill(tip, NOON + 60).await.unwrap().gaps > 0);
    assert_eq!(follower.fill(tip, NOON + 179).await.unwrap().gaps, 0);
}

#[tokio::test]
async fn a_node_that_has_forgotten_the_beginning_leaves_gaps_that_say_so() {
    for database in Database::all().await {
        let node = Node::start().await;
        add(&node, &story());
        let tip = node.script().tip;
        {
            let mut script = node.script();
            script.finalized = tip;
            script.first_slot = tip - 2;
        }
        let mut follower = follower(&node, &database).await;
        assert_eq!(follower.step().await.unwrap().events, 6);
        follower.fill(tip, NOON).await.unwrap();
        let gaps = follower.writer().store().gaps(10).await.unwrap();
        let market = gaps.iter().find(|gap| gap.stream.address == market(0).to_string()).unwrap();
        assert_eq!((market.first, market.last), (1, 3));
        assert!(market.reason.contains("history may not go back so far"), "{}", market.reason);
        // Another node has all of it: the accounts are gone through again from their true beginning.
        node.script().first_slot = 0;
        follower.fill(tip, NOON + 60).await.unwrap();
        assert!(follower.writer().store().gaps(10).await.unwrap().is_empty());
        let lives = follower.writer().store().lives_after("", 10).await.unwrap();
        let one = lives.iter().find(|life| life.stream.address == account(1).to_string()).unwrap();
        assert_eq!((one.counters.deposited, one.stream.contiguous, one.stream.highest), (1_000, 4, 4));
        assert!(one.stream.opened > 0);
    }
}

#[tokio::test]
async fn an_account_that_is_opened_again_counts_anew() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let mut exchange = Exchange::at(NOON);
    add(&node, &[vec![exchange.open(1), exchange.deposit(1, 40)], vec![exchange.withdraw(1, 40), exchange.close(1)]]);
    add(&node, &[vec![exchange.open(1), exchange.deposit(1, 70)]]);
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let store = follower.writer().store();
    let streams = store.streams_at(&account(1).to_string()).await.unwrap();
    let numbers: Vec<_> = streams.iter().map(|stream| (stream.contiguous, stream.highest)).collect();
    assert_eq!(numbers, [(4, 4), (2, 2)]);
    let lives = store.lives_after("", 10).await.unwrap();
    assert_eq!((lives.len(), lives[0].counters.deposited, lives[0].counters.withdrawn), (1, 70, 0));
    let row = sqlx::query("SELECT COUNT(*) FROM lives WHERE owner = $1").bind(owner(1).to_string());
    assert_eq!(row.fetch_one(store.pool()).await.unwrap().get::<i64, _>(0), 2);
}

#[tokio::test]
async fn a_failed_transaction_and_another_exchange_leave_nothing() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let mut exchange = Exchange::at(NOON);
    let failed = Transaction::of(&[exchange.open(1)]).failed();
    let mut elsewhere = exchange.deposit(2, 5);
    if let Event::Deposited(event) = &mut elsewhere {
        event.exchange = POOL;
    }
    node.script().add(vec![failed, Transaction::of(&[elsewhere])]);
    let mut follower = follower(&node, &database).await;
    let step = follower.step().await.unwrap();
    assert_eq!((step.blocks, step.events), (1, 0));
    assert_eq!(node.script().count("getTransaction"), 1);
    assert!(follower.writer().store().streams_at(&EXCHANGE.to_string()).await.unwrap().is_empty());
}

#[tokio::test]
async fn garbage_is_noted_and_keeps_nothing_else_from_being_read() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let story = story();
    add(&node, &story);
    let signature = |slot: u64| node.script().blocks[&slot][0].signature;
    let (third, fourth, fifth) = (signature(103), signature(104), signature(105));
    {
        let mut script = node.script();
        script.garbage.insert(third, json!({"slot": "noon"}));
        script.garbage.insert(fourth, json!(7));
        script
            .garbage
            .insert(fifth, json!({"slot": 105, "transaction": {"signatures": [], "message": {}}, "meta": null}));
    }
    let mut follower = follower(&node, &database).await;
    let step = follower.step().await.unwrap();
    // Thirteen less two, one and two.
    assert_eq!(step.events, 8);
    let store = follower.writer().store().clone();
    assert_eq!(store.faulty_transactions().await.unwrap(), 3);
    // The node comes to its senses, and what was missing is found by number.
    let tip = node.script().tip;
    node.script().garbage.clear();
    node.script().finalized = tip;
    follower.fill(tip, NOON).await.unwrap();
    assert!(store.gaps(10).await.unwrap().is_empty());
    assert_eq!(store.faulty_transactions().await.unwrap(), 0);
    assert_eq!(store.market_totals(0).await.unwrap().trades, 3);
}

#[tokio::test]
async fn a_node_that_lags_or_breaks_off_is_asked_again_and_nothing_is_lost() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let story = story();
    add(&node, &story);
    let mut follower = follower(&node, &database).await;
    // It breaks off after some batches are written.
    let refusal = json!({"error": {"code": -32005, "message": "Node is behind by 40 slots"}});
    node.script().next.insert("getSignaturesForAddress".into(), vec![refusal]);
    assert!(follower.step().await.unwrap_err().to_string().contains("Node is behind by 40 slots"));
    // It does not know a transaction yet that it lists.
    let untold = node.script().blocks[&104][0].signature;
    node.script().untold.insert(untold);
    let step = follower.step().await.unwrap();
    assert_eq!((step.waits_for, step.events), (Some(104), 6));
    node.script().untold.clear();
    let step = follower.step().await.unwrap();
    assert_eq!((step.waits_for, step.events), (None, 7));
    // Another node, which has not come as far: what is known stays.
    let blocks = node.script().blocks.split_off(&105);
    node.script().tip = 104;
    let error = follower.step().await.unwrap_err().to_string();
    assert!(error.contains("behind slot 107"), "{error}");
    node.script().blocks.extend(blocks);
    node.script().tip = 107;
    let step = follower.step().await.unwrap();
    assert_eq!((step.removed, step.events), (None, 0));
}

#[tokio::test]
async fn what_the_node_never_tells_is_given_up_once_it_is_final() {
    let (node, database) = (Node::start().await, Database::sqlite());
    add(&node, &story());
    let untold = node.script().blocks[&104][0].signature;
    {
        let mut script = node.script();
        script.untold.insert(untold);
        script.finalized = 107;
    }
    let mut follower = follower(&node, &database).await;
    let step = follower.step().await.unwrap();
    assert_eq!((step.waits_for, step.events), (None, 12));
    assert_eq!(follower.writer().store().faulty_transactions().await.unwrap(), 1);
    node.script().untold.clear();
    follower.fill(107, NOON).await.unwrap();
    assert!(follower.writer().store().gaps(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_of_another_exchange_is_refused_by_name() {
    let (node, database) = (Node::start().await, Database::sqlite());
    drop(follower(&node, &database).await);
    let other = perp_indexer::store::Scope { exchange: POOL, ..common::scope() };
    let error = perp_indexer::store::Writer::new(database.open().await, other).await.unwrap_err().to_string();
    assert!(error.contains(&POOL.to_string()) && error.contains(&EXCHANGE.to_string()), "{error}");
}
