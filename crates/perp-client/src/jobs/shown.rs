use super::compute::{compute_units, with_headroom};
use super::fresh::Fresh;
use super::job::{Job, Pays, Task};
use super::orders::PostedPrices;
use crate::instructions::update_prices;
use anchor_lang::prelude::Pubkey;
use perp_engine::market::price::PriceOutcome;
use perp_engine::oracle::OracleReading;
use perp_engine::units::Atoms;
use perp_exchange::Exchange;

/// What a reading shows besides its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// That the feed was silent for more than a minute: a grace follows.
    Silence,
    /// That the feed lived while it was held for dead: the market goes on.
    Life,
}

/// What taking this reading in shows.
pub fn shows(exchange: &Exchange, market: u16, reading: &OracleReading) -> Option<Shown> {
    let until = exchange.market(market).ok()?.grace.until;
    let mut scratch = exchange.clone();
    match scratch.update_price(market, reading).ok()? {
        PriceOutcome::SettlementUndone => Some(Shown::Life),
        PriceOutcome::Accepted | PriceOutcome::Older => {
            (scratch.market(market).ok()?.grace.until > until).then_some(Shown::Silence)
        }
        _ => None,
    }
}

/// Proofs of silences among the readings that lie in accounts, handed in after the newest price of their markets. What a market's own
/// price account proves it does where its price is taken in.
pub fn silences(fresh: &Fresh, posted: &PostedPrices) -> Vec<Job> {
    let found = posted.iter().filter_map(|(market, said)| {
        let proof = said.iter().find(|said| shows(&fresh.exchange, *market, &said.reading) == Some(Shown::Silence))?;
        Some(taken(fresh, Task::ProveSilence { market: *market }, *market, proof.account))
    });
    found.collect()
}

/// Ends that a reading undoes, one in the market's own price account or one of `posted`.
pub fn undone_settlements(fresh: &Fresh, posted: &PostedPrices) -> Vec<Job> {
    let found = fresh.exchange.markets().iter().filter_map(|market| {
        let market = market.index;
        let own = fresh.undoes(market);
        let shows_life = |reading: &OracleReading| shows(&fresh.exchange, market, reading) == Some(Shown::Life);
        let posted = || posted.get(&market)?.iter().find(|said| shows_life(&said.reading)).map(|said| said.account);
        let account = own.or_else(posted)?;
        Some(taken(fresh, Task::UndoSettlement { market }, market, account))
    });
    found.collect()
}

/// Takes what this account says in; what is new in the market's own before it.
fn taken(fresh: &Fresh, task: Task, market: u16, account: Pubkey) -> Job {
    let own = fresh.news().find(|(of, own)| *of == market && *own != account);
    let pairs: Vec<_> = own.into_iter().chain([(market, account)]).collect();
    let units = u32::try_from(pairs.len()).unwrap_or(u32::MAX).saturating_mul(compute_units("update_prices", 0));
    Job {
        task,
        pays: Pays::NOTHING,
        promises: 0,
        advances: 0,
        moves: Atoms::ZERO,
        instructions: vec![update_prices(&fresh.addresses, pairs)],
        compute_units: with_headroom(units),
    }
}
