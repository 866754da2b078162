//! What nodes tell late, twice or wrongly, what others put into the same transactions, and what two processes do to one
//! database: in the end it is as if nothing of it had happened.

mod common;

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::Pubkey;
use base64::prelude::{Engine, BASE64_STANDARD};
use common::events::{account, Exchange};
use common::node::{Node, Transaction};
use common::{assert_same, follower, Database};
use perp_client::accounts::ID;
use perp_client::events::Event;
use perp_indexer::check::Behind;
use perp_indexer::follow::{FollowError, Follower};
use serde_json::json;

const NOON: i64 = 1_618_660_800;

/// Two traders and a liquidation; eight blocks with a transaction each.
fn story() -> Vec<Vec<Event>> {
    let mut exchange = Exchange::at(NOON);
    let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, 900)]];
    blocks.push(vec![exchange.open(1), exchange.deposit(1, 1_000), exchange.open(2), exchange.deposit(2, 5_000)]);
    for price in [850, 910, 870, 860] {
        exchange.time += 7;
        blocks.push(vec![exchange.price(0, price), exchange.trade(1, 0, 8, 0)]);
    }
    blocks.push(vec![exchange.price(0, 700), exchange.liquidate(1, 0, 2)]);
    blocks.push(vec![exchange.trade(2, 0, 5, 90)]);
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
    {
        let mut script = node.script();
        script.garbage.clear();
        script.untold.clear();
        for transactions in script.blocks.values_mut() {
            transactions.iter_mut().for_each(|transaction| transaction.names.push(ID));
        }
    }
    let fresh = Database::sqlite();
    let mut straight = follower(node, &fresh).await;
    straight.step().await.unwrap();
    assert_same(follower_.writer().store(), straight.writer().store()).await;
    assert_eq!(follower_.writer().store().count_gaps().await.unwrap(), 0);
    assert_eq!(follower_.writer().store().faulty_transactions().await.unwrap(), 0);
}

#[tokio::test]
async fn a_slot_that_is_listed_after_those_that_follow_it_is_taken_in_before_them() {
    for database in Database::all().await {
        let (node, story) = (Node::start().await, story());
        add(&node, &story);
        // Slot 104, where the price was 910, the highest, is not listed at first.
        let late = node.script().blocks.remove(&104).unwrap();
        let mut follower = follower(&node, &database).await;
        follower.step().await.unwrap();
        node.script().blocks.insert(104, late);
        let step = follower.step().await.unwrap();
        // Two events of each of the slots from 105 to 107 and one of 108; and the two that are new.
        assert_eq!((step.removed, step.events), (Some((104, 7)), 9));
        assert_straight(&follower, &node).await;
    }
}

#[tokio::test]
async fn every_page_of_a_list_is_of_a_node_that_has_come_as_far_as_the_first() {
    let (node, database) = (Node::start().await, Database::sqlite());
    add(&node, &story());
    node.script().finalized = 103;
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let asked = node.script().asked.clone();
    let pages = asked.iter().filter(|(method, _)| method == "getSignaturesForAddress");
    let slots: Vec<_> = pages.map(|(_, params)| params[1]["minContextSlot"].as_u64().unwrap()).collect();
    // Eight transactions, three a page. The first must know what is final, the others what the first has listed.
    assert_eq!(slots, [103, 108, 108, 108]);
}

#[tokio::test]
async fn what_is_listed_twice_is_taken_in_once() {
    let (node, database) = (Node::start().await, Database::sqlite());
    add(&node, &story());
    {
        let mut script = node.script();
        // Twice in its own slot, and once more in the one after, of which its record knows nothing.
        let twice = script.blocks[&103][0].clone();
        script.blocks.get_mut(&103).unwrap().push(twice.clone());
        script.blocks.get_mut(&104).unwrap().push(twice);
        script.finalized = 108;
    }
    let mut follower = follower(&node, &database).await;
    assert_eq!(follower.step().await.unwrap().events, 17);
    {
        let mut script = node.script();
        script.blocks.get_mut(&103).unwrap().pop();
        script.blocks.get_mut(&104).unwrap().pop();
    }
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn a_long_history_is_taken_in_by_parts() {
    let (node, database) = (Node::start().await, Database::sqlite());
    add(&node, &story());
    node.script().finalized = 106;
    let mut follower = follower(&node, &database).await;
    follower.pace.held = 3;
    let mut parts = Vec::new();
    loop {
        let step = follower.step().await.unwrap();
        assert_eq!(step.removed, None);
        parts.push(step.blocks);
        if !step.more {
            break;
        }
    }
    assert_eq!(parts, [3, 3, 2]);
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn a_node_that_is_asked_too_much_is_asked_again_and_nothing_counts_as_lost() {
    let (node, database) = (Node::start().await, Database::sqlite());
    add(&node, &story());
    let tip = finalize(&node);
    let mut follower = follower(&node, &database).await;
    follower.pace.concurrency = 1;
    let busy = json!({"error": {"code": -32429, "message": "Too many requests"}});
    node.script().next.insert("getTransaction".into(), vec![busy]);
    let error = follower.step().await.unwrap_err();
    assert!(error.to_string().contains("Too many requests"), "{error}");
    assert_eq!(follower.writer().store().faulty_transactions().await.unwrap(), 0);
    // What it will never tell is noted, and asked for again a while later although no number is missing.
    let refusal = json!({"error": {"code": -32015, "message": "Transaction version (2) is not supported"}});
    node.script().next.insert("getTransaction".into(), vec![refusal; 2]);
    follower.step().await.unwrap();
    assert_eq!(follower.writer().store().faulty_transactions().await.unwrap(), 1);
    follower.fill(tip, NOON).await.unwrap();
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn two_processes_that_write_one_database_do_not_spoil_it() {
    for database in Database::all().await {
        let (node, story) = (Node::start().await, story());
        add(&node, &story[..3]);
        let (mut one, mut other) = (follower(&node, &database).await, follower(&node, &database).await);
        one.step().await.unwrap();
        other.step().await.unwrap();
        // Each remembers accounts that the other changes.
        for block in &story[3..] {
            add(&node, std::slice::from_ref(block));
            assert!(one.step().await.unwrap().events > 0);
            std::mem::swap(&mut one, &mut other);
        }
        // Both at once, again and again.
        let mut exchange = Exchange::at(NOON + 500);
        let _ = (exchange.list(1, "BTC-PERP"), exchange.price(1, 5));
        for _ in 0..5 {
            add(&node, &[vec![exchange.price(1, 7)], vec![exchange.price(1, 9)], vec![exchange.price(1, 4)]]);
            let (first, second) = tokio::join!(one.step(), other.step());
            assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
        }
        one.step().await.unwrap();
        node.script().blocks.values_mut().for_each(|block| assert_eq!(block.len(), 1));
        let fresh = Database::sqlite();
        let mut straight = follower(&node, &fresh).await;
        straight.step().await.unwrap();
        assert_same(one.writer().store(), straight.writer().store()).await;
    }
}

#[tokio::test]
async fn transactions_of_one_slot_that_come_late_are_put_in_their_order() {
    for (numbered, lost) in [(false, [0, 2]), (true, [0, 2]), (false, [1, 2]), (true, [2, 1])] {
        for database in Database::all().await {
            let node = Node::start().await;
            node.script().numbered = numbered;
            let mut exchange = Exchange::at(NOON);
            add(&node, &[vec![exchange.list(0, "SOL-PERP"), exchange.price(0, 900), exchange.open(1)]]);
            // Four orders of one account in one slot; two of them are not listed under the program.
            let block: Vec<_> =
                (0..4).map(|_| Transaction::of(&[exchange.deposit(1, 10), exchange.trade(1, 0, 5, 1)])).collect();
            let slot = node.script().add(block);
            add(&node, &[vec![exchange.trade(1, 0, 5, 1)]]);
            for number in lost {
                node.script().blocks.get_mut(&slot).unwrap()[number].names.retain(|name| *name != ID);
            }
            let tip = finalize(&node);
            let mut follower = follower(&node, &database).await;
            follower.step().await.unwrap();
            assert!(follower.writer().store().count_gaps().await.unwrap() > 0);
            // At first the node tells of one of the two only.
            let hidden = node.script().blocks[&slot][lost[1]].clone();
            node.script().untold.insert(hidden.signature);
            follower.fill(tip, NOON).await.unwrap();
            node.script().untold.clear();
            follower.fill(tip, NOON + 120).await.unwrap();
            if numbered {
                assert_straight(&follower, &node).await;
            }
            let store = follower.writer().store();
            assert_eq!((store.count_gaps().await.unwrap(), store.faulty_transactions().await.unwrap()), (0, 0));
            let lives = store.lives_after("", 10).await.unwrap();
            let streams = store.streams_at(&account(1).to_string()).await.unwrap();
            // An opening, four deposits of ten, five orders that each gained 1 for a fee of 2.
            assert_eq!((streams.len(), streams[0].contiguous, lives[0].balance), (1, 10, 40 - 5));
            assert_eq!((lives[0].counters.realized, lives[0].counters.fees, lives[0].sizes[&0]), (5, 10, 25));
        }
    }
}

#[tokio::test]
async fn a_gap_that_cannot_be_looked_for_keeps_no_other_from_being_filled() {
    let (node, database) = (Node::start().await, Database::sqlite());
    for (number, block) in story().iter().enumerate() {
        let mut transaction = Transaction::of(block);
        // The second account's opening and deposit are in the market's list no more than in the program's.
        if number == 1 || number == 3 {
            transaction.names.retain(|name| *name != ID);
        }
        node.script().add(vec![transaction]);
    }
    let tip = finalize(&node);
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    let before = follower.writer().store().gaps(10).await.unwrap();
    assert_eq!(before.len(), 4);
    let refusal = json!({"error": {"code": -32000, "message": "this address has too much history"}});
    node.script().next.insert("getSignaturesForAddress".into(), vec![refusal]);
    follower.fill(tip, NOON).await.unwrap();
    // The market's gap could not be looked for; its event was in a transaction of the account's.
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn the_newest_events_are_looked_for_where_the_chain_has_had_more() {
    let (node, database, story) = (Node::start().await, Database::sqlite(), story());
    add(&node, &story);
    node.script().blocks.get_mut(&108).unwrap()[0].names.retain(|name| *name != ID);
    // Something later, so that the slot before it is known to have been read.
    let mut exchange = Exchange::at(NOON + 90);
    add(&node, &[vec![exchange.list(1, "BTC-PERP")]]);
    let tip = finalize(&node);
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    assert_eq!(follower.writer().store().count_gaps().await.unwrap(), 0);
    let address = account(2).to_string();
    let behind = Behind { subject: format!("account {address}"), address, chain: 4, newest: 3 };
    assert_eq!(follower.fill_ends(&[behind], tip).await.unwrap(), 1);
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_read_again_from_a_node_that_has_all_of_it() {
    for database in Database::all().await {
        let (node, story) = (Node::start().await, story());
        add(&node, &story);
        let tip = finalize(&node);
        let whole = node.script().blocks[&105][0].clone();
        // The price is told, the order is not.
        node.script().blocks.get_mut(&105).unwrap()[0] = whole.clone().cut_off(2);
        let mut follower = follower(&node, &database).await;
        follower.step().await.unwrap();
        follower.fill(tip, NOON).await.unwrap();
        assert_eq!(follower.writer().store().faulty_transactions().await.unwrap(), 1);
        node.script().blocks.get_mut(&105).unwrap()[0] = whole;
        // A minute later it is asked again, not before.
        assert_eq!(follower.fill(tip, NOON + 59).await.unwrap().events, 0);
        assert_eq!(follower.fill(tip, NOON + 60).await.unwrap().events, 1);
        assert_straight(&follower, &node).await;
    }
}

#[tokio::test]
async fn what_looks_like_an_event_but_is_another_programs_counts_for_nothing() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let mut exchange = Exchange::at(NOON);
    let genuine = vec![exchange.open(1), exchange.deposit(1, 7)];
    let stranger = Pubkey::new_unique();
    let forged = Exchange::clone(&exchange).deposit(1, 1_000_000);
    let line = format!("Program data: {}", BASE64_STANDARD.encode(forged.data()));
    let mut transaction = Transaction::of(&genuine);
    // Before, after, called by the program and calling it; and with what the program tells itself.
    let called = [
        format!("Program {stranger} invoke [1]"),
        line.clone(),
        format!("Program log: Program {ID} invoke [2]"),
        line.clone(),
        format!("Program {ID} invoke [2]"),
        format!("Program {ID} success"),
        line.clone(),
        format!("Program {stranger} success"),
        line.clone(),
    ];
    transaction
        .logs
        .splice(1..1, [format!("Program {stranger} invoke [2]"), line, format!("Program {stranger} failed: 7")]);
    transaction.logs.extend(called);
    transaction.inner.push((stranger, [EVENT_IX_TAG_LE, &forged.data()].concat()));
    node.script().add(vec![transaction]);
    let mut follower = follower(&node, &database).await;
    assert_eq!(follower.step().await.unwrap().events, 2);
    let lives = follower.writer().store().lives_after("", 10).await.unwrap();
    assert_eq!((lives[0].balance, lives[0].stream.highest), (7, 2));
}

#[tokio::test]
async fn an_account_with_thousands_of_events_is_gone_through_again_in_pages() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let mut exchange = Exchange::at(NOON);
    let mut deposits = |count| (0..count).map(|_| exchange.deposit(1, 1)).collect::<Vec<_>>();
    // The first of 2 501 deposits is not listed under the program.
    let first = Transaction::of(&deposits(1));
    let names: Vec<_> = first.names.iter().copied().filter(|name| *name != ID).collect();
    node.script().add(vec![first.listed_under(&names)]);
    for _ in 0..5 {
        node.script().add(vec![Transaction::of(&deposits(500))]);
    }
    let tip = finalize(&node);
    let mut follower = follower(&node, &database).await;
    follower.step().await.unwrap();
    assert_eq!(follower.fill(tip, NOON).await.unwrap().events, 1);
    let lives = follower.writer().store().lives_after("", 10).await.unwrap();
    assert_eq!((lives.len(), lives[0].counters.deposited, lives[0].stream.contiguous), (1, 2_501, 2_501));
    assert_straight(&follower, &node).await;
}

#[tokio::test]
async fn errors_show_no_key_that_is_in_the_url() {
    let database = Database::sqlite();
    let writer = perp_indexer::store::Writer::new(database.open().await, common::scope()).await.unwrap();
    // Nobody listens there.
    let chain =
        perp_indexer::chain::Chain::new("http://127.0.0.1:1/?api-key=SECRET", std::time::Duration::from_secs(1));
    let mut follower = Follower::new(chain, writer, common::PACE);
    let error: FollowError = follower.step().await.unwrap_err();
    assert!(error.to_string().contains("http://127.0.0.1:1") && !error.to_string().contains("SECRET"), "{error}");
}
