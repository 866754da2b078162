//! Histories so long that accounts do not begin again from their first event: whatever slots are abandoned and whatever comes late, in
//! the end it is as if everything had been told at once, in order.

mod common;

use common::events::orders::{below, child, sliced};
use common::events::{account, market, Exchange};
use common::node::{Node, Transaction};
use common::{assert_same, follower, Database, PACE};
use perp_client::accounts::ID;
use perp_client::events::Event;
use perp_indexer::follow::{Follower, Pace};
use perp_indexer::store::Store;
use sqlx::Row;

const NOON: i64 = 1_618_660_800;
const ACCOUNTS: u8 = 3;
const LONG: Pace = Pace { page: 1_000, concurrency: 8, batch: 50, held: 10_000, ..PACE };

/// Whatever may happen next; the same seed brings the same.
#[derive(Clone)]
struct Story {
    exchange: Exchange,
    state: u64,
}

impl Story {
    fn new(seed: u64) -> (Self, Vec<Event>) {
        let mut exchange = Exchange::at(NOON);
        let mut events = vec![exchange.list(0, "SOL-PERP"), exchange.list(1, "BTC-PERP")];
        events.extend([exchange.price(0, 900), exchange.price(1, 7_000)]);
        for number in 0..ACCOUNTS {
            events.extend([exchange.open(number), exchange.deposit(number, 1_000_000), exchange.open_orders(number)]);
        }
        (Self { exchange, state: seed }, events)
    }

    /// A number below `end`, by Knuth's multiplier for 64 bits; the upper half is the better one.
    fn random(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % end
    }

    fn transaction(&mut self) -> Vec<Event> {
        self.exchange.time += i64::try_from(self.random(9)).unwrap();
        let number = u8::try_from(self.random(ACCOUNTS.into())).unwrap();
        let size = i64::try_from(self.random(9)).unwrap() - 4;
        let resting = self.exchange.resting_orders(number);
        let exchange = &mut self.exchange;
        match (self.state >> 40) % 12 {
            0 => vec![exchange.price(0, 900 + self.state % 50), exchange.deposit(number, 5)],
            1 => vec![exchange.withdraw(number, 3)],
            2..=4 if size != 0 => vec![exchange.trade(number, u16::from(size > 2), size, size)],
            5 => {
                let placed = [below(4, 2), child(5, -2, 4), child(6, -2, 4), sliced(7, 1, 4)];
                exchange.place(number, &resting, &placed)
            }
            6..=8 if resting.contains(&4) => [vec![exchange.arm(number, 4)], exchange.fill(number, 4, 1)].concat(),
            6 if resting.contains(&5) => [vec![exchange.arm(number, 5)], exchange.fill(number, 5, 9)].concat(),
            7 if resting.contains(&7) => [vec![exchange.arm(number, 7)], exchange.miss(number, 7)].concat(),
            8 if resting.contains(&7) => [vec![exchange.arm(number, 7)], exchange.forfeit(number, 7, 2)].concat(),
            9 if resting.contains(&6) => exchange.sweep(number, 6),
            10 => vec![exchange.liquidate(number, 0, (number + 1) % ACCOUNTS)],
            11 if (self.state >> 50).is_multiple_of(20) => {
                let gone = if resting.is_empty() { Vec::new() } else { exchange.place(number, &resting, &[]) };
                let closed = vec![exchange.close_orders(number), exchange.close(number)];
                let opened = vec![exchange.open(number), exchange.deposit(number, 8), exchange.open_orders(number)];
                [gone, closed, opened].concat()
            }
            _ => vec![exchange.trade(number, 0, 1, 0), exchange.trade(number, 1, -1, 2)],
        }
    }

    /// Something of everybody, so that what was lost before is missed.
    fn end(&mut self) -> Vec<Event> {
        let exchange = &mut self.exchange;
        let deposits = (0..ACCOUNTS).map(|number| exchange.deposit(number, 1)).collect::<Vec<_>>();
        [deposits, vec![exchange.price(0, 900), exchange.price(1, 7_000)]].concat()
    }
}

async fn catch_up(follower: &mut Follower) {
    while follower.step().await.unwrap().more {}
}

async fn gaps(store: &Store) -> Vec<(String, u64, u64)> {
    let gaps = store.gaps(1_000).await.unwrap();
    let mut found: Vec<_> = gaps.into_iter().map(|gap| (gap.stream.address, gap.first, gap.last)).collect();
    found.sort();
    found
}

/// A second follower of the node, from nothing, finds the same.
async fn assert_straight(one: &Follower, node: &Node) {
    let fresh = Database::sqlite();
    let mut straight = follower(node, &fresh).await;
    straight.pace = LONG;
    catch_up(&mut straight).await;
    assert_same(one.writer().store(), straight.writer().store()).await;
    assert_eq!(gaps(one.writer().store()).await, gaps(straight.writer().store()).await);
}

async fn count(store: &Store, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query(statement).fetch_one(store.pool()).await.unwrap().get(0)
}

#[tokio::test]
async fn forks_of_any_depth_leave_what_the_chain_has_in_the_end() {
    for database in Database::all().await {
        let node = Node::start().await;
        let (mut story, first) = Story::new(1);
        node.script().add(vec![Transaction::of(&first)]);
        let mut one = follower(&node, &database).await;
        one.pace = LONG;
        for round in 0..12 {
            let mut states = Vec::new();
            for _ in 0..30 {
                states.push(story.clone());
                let block = vec![Transaction::of(&story.transaction()), Transaction::of(&story.transaction())];
                node.script().add(block);
            }
            catch_up(&mut one).await;
            // The last so many slots are abandoned; something else happens in their place.
            let depth = usize::try_from(story.random(30)).unwrap() + 1;
            let tip = node.script().tip;
            let kept = tip - depth as u64;
            node.script().blocks.split_off(&(kept + 1));
            story = states.swap_remove(30 - depth);
            story.state ^= 1 << 40;
            for slot in kept + 1..=tip {
                node.script().blocks.insert(slot, vec![Transaction::of(&story.transaction())]);
            }
            let step = one.step().await.unwrap();
            assert_eq!(step.removed.map(|(slot, _)| slot), Some(kept + 1), "round {round}");
            catch_up(&mut one).await;
            if round % 4 == 3 {
                assert_straight(&one, &node).await;
            }
        }
        // They did begin from somewhere else than the beginning, and there was much of everything.
        let store = one.writer().store();
        for (table, least) in [("checkpoints", 4), ("orders", 50), ("positions", 9), ("lives", 4)] {
            let rows = count(store, table).await;
            assert!(rows >= least, "{table}: {rows}");
        }
    }
}

#[tokio::test]
async fn what_comes_late_is_put_where_it_belongs_however_much_came_after_it() {
    for (seed, database) in [7, 11].into_iter().zip(Database::all().await) {
        let node = Node::start().await;
        node.script().numbered = true;
        let (mut story, first) = Story::new(seed);
        node.script().add(vec![Transaction::of(&first)]);
        for _ in 0..250 {
            let mut block = vec![Transaction::of(&story.transaction()), Transaction::of(&story.transaction())];
            // One in twenty is not listed under the program, of one in forty the log is cut off.
            for transaction in &mut block {
                match story.random(40) {
                    0 | 1 => transaction.names.retain(|name| *name != ID),
                    2 => *transaction = transaction.clone().cut_off(2),
                    _ => {}
                }
            }
            node.script().add(block);
        }
        node.script().add(vec![Transaction::of(&story.end())]);
        let tip = node.script().tip;
        node.script().finalized = tip;
        let mut one = follower(&node, &database).await;
        one.pace = LONG;
        catch_up(&mut one).await;
        let store = one.writer().store().clone();
        let missing = store.count_gaps().await.unwrap();
        assert!(missing > 20, "{missing}");
        for attempt in 0..12 {
            one.fill(tip, NOON + attempt * 100_000).await.unwrap();
        }
        for transactions in node.script().blocks.values_mut() {
            transactions.iter_mut().for_each(|transaction| transaction.names.push(ID));
        }
        // What was cut off is missing still, in both.
        assert_straight(&one, &node).await;
        assert!(count(&store, "checkpoints").await > 5);
        for subject in [account(0), account(1), account(2), market(0)] {
            for stream in store.streams_at(&subject.to_string()).await.unwrap() {
                let numbers = sqlx::query("SELECT COUNT(*) FROM numbers WHERE stream = $1").bind(stream.id);
                let known: i64 = numbers.fetch_one(store.pool()).await.unwrap().get(0);
                assert_eq!(store.known_numbers(&stream).await.unwrap(), known.unsigned_abs(), "{subject}");
            }
        }
    }
}

#[tokio::test]
async fn what_accrued_is_the_same_however_often_it_was_added_up_on_the_way() {
    let (node, database) = (Node::start().await, Database::sqlite());
    let (mut story, first) = Story::new(3);
    node.script().add(vec![Transaction::of(&first)]);
    let mut one = follower(&node, &database).await;
    one.pace = LONG;
    for _ in 0..6 {
        let before = story.clone();
        for _ in 0..20 {
            node.script().add(vec![Transaction::of(&story.transaction())]);
        }
        catch_up(&mut one).await;
        one.writer().store().accrued(0).await.unwrap();
        // All of that is abandoned, and happens otherwise.
        let tip = node.script().tip;
        node.script().blocks.split_off(&(tip - 19));
        story = before;
        story.state ^= 1 << 41;
        for slot in tip - 19..=tip {
            node.script().blocks.insert(slot, vec![Transaction::of(&story.transaction())]);
        }
        catch_up(&mut one).await;
        let kept = one.writer().store().accrued(0).await.unwrap();
        let fresh = Database::sqlite();
        let mut straight = follower(&node, &fresh).await;
        straight.pace = LONG;
        catch_up(&mut straight).await;
        assert_eq!(kept, straight.writer().store().accrued(0).await.unwrap());
        assert_ne!(kept, 0);
    }
}
