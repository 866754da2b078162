//! How many events a second go into a database, and what the moments of a live follow cost once they are in it:
//! `throughput sqlite:/tmp/t.db 1000000`. A transaction has two orders in one of ten markets, every second one of the same account and
//! the others of one of sixty; every fiftieth is a resting order that is placed, armed and filled. Nothing is asked over the network.

#[path = "../tests/common/events.rs"]
#[allow(dead_code)]
mod events;

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Context;
use events::orders::below;
use events::{account, market, Exchange, EXCHANGE, POOL};
use perp_client::events::Event;
use perp_indexer::store::{Block, Late, Scope, Store, Taken, Writer};

/// Transactions of a slot, and slots written at once.
const SLOT: u32 = 50;
const BATCH: usize = 10;
/// The account of every second order.
const BUSY: u8 = 61;

const SCOPE: Scope = Scope { exchange: EXCHANGE, pool: POOL, quote_decimals: 6 };

/// What happens, and in which slot.
struct Story {
    exchange: Exchange,
    slot: u64,
    count: u64,
    /// The event of this number is lost, and found later.
    lost: Option<u64>,
    found: Option<(u64, Late)>,
}

impl Story {
    fn transaction(&mut self, number: u32) -> Taken {
        let mut events: Vec<Event> = Vec::new();
        for _ in 0..2 {
            self.count += 1;
            let other = u8::try_from(self.count * 7 % 60).unwrap_or(0);
            let trader = if self.count.is_multiple_of(2) { BUSY } else { other };
            let size = if self.count.is_multiple_of(3) { -9 } else { 5 };
            if self.count.is_multiple_of(50) {
                events.extend(self.exchange.place(trader, &[], &[below(0, size)]));
                events.push(self.exchange.arm(trader, 0));
                events.extend(self.exchange.fill(trader, 0, 30));
            } else {
                let market = u16::try_from(self.count % 10).unwrap_or(0);
                events.push(self.exchange.trade(trader, market, size, 30));
            }
        }
        Taken { number, signature: format!("{}.{number}", self.slot), events, fault: None }
    }

    fn block(&mut self, is_final: bool) -> Block {
        self.slot += 1;
        self.exchange.time += i64::from(self.slot.is_multiple_of(2));
        let mut transactions: Vec<Taken> = (0..SLOT).map(|number| self.transaction(number)).collect();
        if self.lost.is_some_and(|lost| self.count >= lost) {
            self.lost = None;
            let taken = transactions.remove(7);
            self.found = Some((self.slot, Late { taken, is_numbered: true }));
        }
        let name = self.slot.to_string();
        Block { slot: self.slot, digest: name.clone(), newest: name, is_final, transactions }
    }
}

async fn timed<T>(what: &str, future: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let outcome = future.await;
    println!("{:>10.1} ms  {what}", begun.elapsed().as_secs_f64() * 1_000.0);
    outcome
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("name a database")?;
    let wanted: u64 = arguments.next().context("say how many events")?.parse()?;
    let mut writer = Writer::new(Store::open(&url).await?, SCOPE).await?;
    let mut exchange = Exchange::at(1_618_660_800);
    for index in 0..10 {
        exchange.list(index, "SOL-PERP");
        exchange.price(index, 1 << 37);
    }
    let slot = writer.store().newest_slot().await?;
    // A twentieth of the way in, a transaction is lost.
    let mut story = Story { exchange, slot, count: 0, lost: Some(wanted / 20), found: None };
    let (mut written, mut elapsed) = (0, Duration::ZERO);
    let mut rates = Vec::new();
    while written < wanted {
        let blocks: Vec<Block> = (0..BATCH).map(|_| story.block(true)).collect();
        let begun = Instant::now();
        written += writer.append(&blocks).await?.events;
        writer.finalize(story.slot).await?;
        elapsed += begun.elapsed();
        // Every tenth of the way.
        if written >= wanted / 10 * (rates.len() as u64 + 1) {
            rates.push((written, elapsed));
        }
    }
    let mut before = (0, Duration::ZERO);
    for (events, elapsed) in rates {
        let rate = (events - before.0) as f64 / (elapsed - before.1).as_secs_f64();
        println!("{rate:>10.0} events a second up to {events}");
        before = (events, elapsed);
    }
    println!(
        "{written} events in {:.2} s: {:.0} a second",
        elapsed.as_secs_f64(),
        written as f64 / elapsed.as_secs_f64()
    );
    moments(&url, writer, story).await
}

/// What a follower, a reader and a comparison ask for.
async fn moments(url: &str, writer: Writer, mut story: Story) -> anyhow::Result<()> {
    drop(writer);
    let mut writer = timed("opened again", async { Writer::new(Store::open(url).await?, SCOPE).await }).await?;
    timed("the first slot after that", writer.append(&[story.block(true)])).await?;
    timed("a slot while a number is missing", writer.append(&[story.block(false)])).await?;
    let before = Exchange::clone(&story.exchange);
    timed("the next slot", writer.append(&[story.block(false)])).await?;
    timed("a slot is abandoned", writer.remove_from(story.slot)).await?;
    (story.exchange, story.slot) = (before, story.slot - 1);
    timed("another one in its place", writer.append(&[story.block(true)])).await?;
    if let Some((slot, late)) = story.found.take() {
        timed("what was lost is found", writer.amend(slot, vec![late])).await?;
    }
    timed("a slot after that", writer.append(&[story.block(true)])).await?;
    let store = writer.store();
    timed("what can be abandoned, the newest that cannot", async {
        store.anchor().await?;
        store.pending().await
    })
    .await?;
    timed("gaps and faulty transactions that are due", async {
        store.gaps_due(i64::MAX, story.slot, 16).await?;
        store.faulty_due(i64::MAX, story.slot, 16).await
    })
    .await?;
    timed("the newest candle", async {
        let newest = store.candle_range(0, 60).await?.map_or(0, |(_, newest)| newest);
        store.candles(0, 60, newest, newest + 60).await
    })
    .await?;
    timed("all that the chain has counted of accounts", store.lives_after("", 100)).await?;
    timed("the same of a market", async {
        store.streams_at(&market(0).to_string()).await?;
        store.market_totals(0).await
    })
    .await?;
    timed("a market's funding", store.accrued(0)).await?;
    let stream = store.streams_at(&account(BUSY).to_string()).await?.pop().context("the busy account is known")?;
    timed("how many events of an account are known", store.known_numbers(&stream)).await?;
    Ok(())
}
