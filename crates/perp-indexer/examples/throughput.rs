//! How many events a second go into a database: `throughput sqlite:/tmp/t.db 100000`. A transaction has two orders, each of
//! one of sixty accounts in one of ten markets; nothing is asked over the network.

#[path = "../tests/common/events.rs"]
#[allow(dead_code)]
mod events;

use std::time::Instant;

use anyhow::Context;
use events::{Exchange, EXCHANGE, POOL};
use perp_client::events::Event;
use perp_indexer::store::{Block, Scope, Store, Taken, Writer};

/// Transactions of a slot, and written at once.
const SLOT: usize = 50;
const BATCH: usize = 10;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("name a database")?;
    let wanted: u64 = arguments.next().context("say how many events")?.parse()?;
    let scope = Scope { exchange: EXCHANGE, pool: POOL, quote_decimals: 6 };
    let mut writer = Writer::new(Store::open(&url).await?, scope).await?;
    let mut exchange = Exchange::at(1_618_660_800);
    for index in 0..10 {
        exchange.list(index, "SOL-PERP");
        exchange.price(index, 1 << 37);
    }
    let mut accounts = 0_u64;
    let mut written = 0;
    let mut slot = writer.store().newest_slot().await?;
    let mut elapsed = std::time::Duration::ZERO;
    while written < wanted {
        let mut blocks = Vec::new();
        for _ in 0..BATCH {
            slot += 1;
            exchange.time += i64::from(slot % 2 == 0);
            let transactions = (0..SLOT).map(|number| {
                let events: Vec<Event> = (0..2)
                    .map(|_| {
                        accounts += 1;
                        let account = u8::try_from(accounts * 7 % 100).unwrap_or(0) % 60;
                        let market = u16::try_from(accounts % 10).unwrap_or(0);
                        exchange.trade(account, market, if accounts.is_multiple_of(3) { -9 } else { 5 }, 30)
                    })
                    .collect();
                let number = u32::try_from(number).unwrap_or(0);
                Taken { number, signature: format!("{slot}.{number}"), events, fault: None }
            });
            let transactions = transactions.collect();
            let (digest, newest) = (slot.to_string(), slot.to_string());
            blocks.push(Block { slot, digest, newest, is_final: true, transactions });
        }
        let begun = Instant::now();
        written += writer.append(&blocks).await?.events;
        elapsed += begun.elapsed();
    }
    let rate = written as f64 / elapsed.as_secs_f64();
    println!("{written} events in {:.2} s: {rate:.0} a second", elapsed.as_secs_f64());
    Ok(())
}
