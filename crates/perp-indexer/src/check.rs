//! Comparing the database with what the chain has counted itself.
//!
//! Counters wrap around, and history can be lost for good, so what is compared is the difference that a counter of the chain
//! has to the database's, with the difference that was accepted before.

use std::collections::{BTreeMap, BTreeSet};

use anchor_lang::prelude::Pubkey;
use serde::Serialize;
use thiserror::Error;

use crate::chain::{Chain, ChainError, Margin};
use crate::store::{AccountCounters, Difference, LifeRow, MarketTotals, Store, StoreError, StreamState};

/// Accounts compared at once.
const ACCOUNTS: usize = 100;

/// Why nothing can be compared.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was taken in yet.
    #[error("the database is of no exchange yet: follow one first")]
    Empty,
}

/// What a comparison has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Counters compared.
    pub compared: u64,
    /// Markets, accounts, pool and exchange of which the chain has had more events than are known.
    pub behind: Vec<Behind>,
    /// Counters that differ.
    pub differences: Vec<Difference>,
}

/// Something of which the newest events are not known, so that its counters cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// What it is.
    pub subject: String,
    /// Its address.
    pub address: String,
    /// Events the chain says there were.
    pub chain: u64,
    /// The newest that is known.
    pub newest: u64,
}

/// What is known of the events of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Not the newest.
    Behind,
    /// The newest, but not all before.
    WithGaps,
    /// All.
    Whole,
}

impl Report {
    /// Whether everything could be compared and nothing differs.
    pub fn is_clean(&self) -> bool {
        self.behind.is_empty() && self.differences.is_empty()
    }

    /// Notes where events are missing.
    async fn events(
        &mut self,
        store: &Store,
        (subject, address): (&str, &str),
        chain: u64,
        stream: Option<&StreamState>,
    ) -> Result<Known, StoreError> {
        let newest = stream.map_or(0, |stream| stream.highest);
        if chain != newest {
            self.behind.push(Behind { subject: subject.into(), address: address.into(), chain, newest });
            return Ok(Known::Behind);
        }
        match stream.filter(|stream| stream.has_gaps()) {
            None => Ok(Known::Whole),
            Some(stream) => {
                let known = store.known_numbers(stream).await?;
                self.compare(subject, "events", chain.into(), known.into(), Width::Bits64);
                Ok(Known::WithGaps)
            }
        }
    }

    fn compare(&mut self, subject: &str, counter: &str, chain: i128, database: i128, width: Width) {
        self.compared += 1;
        let difference = width.wrap(chain.wrapping_sub(database));
        if difference != 0 {
            self.differences.push(Difference {
                subject: subject.into(),
                counter: counter.into(),
                chain: chain.to_string(),
                database: database.to_string(),
                difference: difference.to_string(),
            });
        }
    }
}

/// Bits of a counter.
#[derive(Clone, Copy)]
enum Width {
    Bits64,
    Bits128,
}

impl Width {
    /// A difference as it is after the counter has wrapped around.
    fn wrap(self, difference: i128) -> i128 {
        match self {
            // The lower half of the bits is what such a counter keeps.
            Self::Bits64 => {
                let kept = difference.cast_unsigned() & u128::from(u64::MAX);
                u64::try_from(kept).unwrap_or_default().cast_signed().into()
            }
            Self::Bits128 => difference,
        }
    }
}

/// Compares everything the chain counts with the database. Whatever is behind is not compared, since what it counted meanwhile
/// is not known.
///
/// # Errors
/// [`CheckError`].
pub async fn check(chain: &Chain, store: &Store) -> Result<Report, CheckError> {
    let scope = store.scope().await?.ok_or(CheckError::Empty)?;
    let mut report = Report::default();
    let (pool, exchange) = chain.sequences(&scope).await?;
    for (subject, address, sequence) in [("pool", scope.pool, pool), ("exchange", scope.exchange, exchange)] {
        let address = address.to_string();
        let streams = store.streams_at(&address).await?;
        report.events(store, (subject, &address), sequence, streams.last()).await?;
    }
    markets(chain, store, &mut report).await?;
    accounts(chain, store, &mut report).await?;
    let accepted = store.accepted().await?;
    report.differences.retain(|difference| {
        accepted.get(&(difference.subject.clone(), difference.counter.clone())) != Some(&difference.difference)
    });
    Ok(report)
}

async fn markets(chain: &Chain, store: &Store, report: &mut Report) -> Result<(), CheckError> {
    let markets: Vec<_> = store.markets().await?.into_values().collect();
    let addresses = markets.iter().map(|market| address(&market.address)).collect::<Result<Vec<_>, _>>()?;
    for (row, found) in markets.iter().zip(chain.markets(&addresses).await?) {
        let subject = format!("market {} ({})", row.market, row.symbol);
        let stream = store.streams_at(&row.address).await?;
        let Some(market) = found else { continue };
        let events = report.events(store, (&subject, &row.address), market.state.sequence, stream.last()).await?;
        if events == Known::Behind {
            continue;
        }
        let totals = store.market_totals(row.market).await?;
        let counters = &market.state.ledger.counters;
        let MarketTotals { volume, liquidated, spread, impact, .. } = totals;
        for (counter, chain, database) in [
            ("volume", counters.volume, volume),
            ("liquidated", counters.liquidated, liquidated),
            ("spread", counters.spread, spread),
            ("impact", counters.impact, impact),
        ] {
            report.compare(&subject, counter, chain.get().get(), database, Width::Bits128);
        }
        for (counter, chain, database) in [
            ("penalties", counters.penalties.get(), totals.penalties),
            ("penalties_to_insurance", counters.penalties_to_insurance.get(), totals.penalties_to_insurance),
            ("bounties", counters.bounties.get(), totals.bounties),
            ("trades", counters.trades, totals.trades),
            ("liquidations", counters.liquidations, totals.liquidations),
        ] {
            report.compare(&subject, counter, chain.into(), database.into(), Width::Bits64);
        }
        let result = counters.traders_result.get().into();
        report.compare(&subject, "traders_result", result, totals.traders_result.into(), Width::Bits64);
        // What accrued can only be summed up over events that follow each other.
        if events == Known::Whole {
            let chain = counters.funding.get().get().wrapping_add(counters.carry.get().get());
            report.compare(&subject, "funding + carry", chain, store.accrued(row.market).await?, Width::Bits128);
        }
    }
    Ok(())
}

async fn accounts(chain: &Chain, store: &Store, report: &mut Report) -> Result<(), CheckError> {
    let mut after = String::new();
    loop {
        let lives = store.lives_after(&after, ACCOUNTS).await?;
        let Some(last) = lives.last() else { return Ok(()) };
        after.clone_from(&last.stream.address);
        let addresses = lives.iter().map(|life| address(&life.stream.address)).collect::<Result<Vec<_>, _>>()?;
        for (life, found) in lives.iter().zip(chain.margin_accounts(&addresses).await?) {
            let subject = format!("account {}", life.stream.address);
            let Some(margin) = found else {
                // Closed and never opened again, which the account can no longer say.
                if life.closed_at.is_none() {
                    let (address, newest) = (life.stream.address.clone(), life.stream.highest);
                    report.behind.push(Behind { subject, address, chain: newest.saturating_add(1), newest });
                }
                continue;
            };
            let events = report
                .events(store, (&subject, &life.stream.address), margin.account.state.sequence, Some(&life.stream))
                .await?;
            if events == Known::Behind {
                continue;
            }
            account_counters(report, &subject, life, &margin.account.state);
            orders(report, &subject, life, &margin);
        }
    }
}

fn account_counters(report: &mut Report, subject: &str, life: &LifeRow, account: &perp_engine::state::Account) {
    let (chain, known) = (&account.counters, &life.counters);
    let AccountCounters { deposited, withdrawn, realized, funding, fees, penalties, bounties } = *known;
    for (counter, chain, database) in [
        ("deposited", chain.deposited.get(), deposited),
        ("withdrawn", chain.withdrawn.get(), withdrawn),
        ("fees", chain.fees.get(), fees),
        ("penalties", chain.penalties.get(), penalties),
        ("bounties", chain.bounties.get(), bounties),
        ("balance", account.balance.get(), life.balance),
    ] {
        report.compare(subject, counter, chain.into(), database.into(), Width::Bits64);
    }
    for (counter, chain, database) in
        [("realized", chain.realized.get(), realized), ("funding", chain.funding.get(), funding)]
    {
        report.compare(subject, counter, chain.into(), database.into(), Width::Bits64);
    }
    // A market is in one slot at most.
    let sizes: BTreeMap<u16, i64> = account
        .positions
        .iter()
        .filter(|position| position.is_occupied() && !position.size.is_zero())
        .map(|position| (position.market, position.size.get()))
        .collect();
    let markets = sizes.keys().chain(life.sizes.keys()).copied().collect::<BTreeSet<_>>();
    for market in markets {
        let size = |sizes: &BTreeMap<u16, i64>| sizes.get(&market).copied().unwrap_or(0).into();
        report.compare(subject, &format!("size in market {market}"), size(&sizes), size(&life.sizes), Width::Bits64);
    }
}

/// Compares which orders rest at which places, and what they hold: not every event of theirs has a number of its own.
fn orders(report: &mut Report, subject: &str, life: &LifeRow, margin: &Margin) {
    let mut chain: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
    for (slot, order) in (0_u8..).zip(margin.orders.iter().flat_map(|orders| &orders.state.orders)) {
        if order.is_occupied() {
            chain.insert(slot, (order.number, order.lamports));
        }
    }
    for slot in chain.keys().chain(life.orders.keys()).copied().collect::<BTreeSet<_>>() {
        let (number, held) = chain.get(&slot).copied().unwrap_or_default();
        let (known, known_held) = life.orders.get(&slot).copied().unwrap_or_default();
        report.compare(subject, &format!("order at place {slot}"), number.into(), known.into(), Width::Bits64);
        let counter = format!("lamports of the order at place {slot}");
        report.compare(subject, &counter, held.into(), known_held.into(), Width::Bits64);
    }
}

fn address(text: &str) -> Result<Pubkey, StoreError> {
    text.parse().map_err(|_| StoreError::Foreign { what: "the address", found: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_wrapped_around_are_equal() {
        let mut report = Report::default();
        // The chain's is 3 after it went past its end, the database's as it would be without an end.
        report.compare("market 0 (SOL-PERP)", "trades", 3, i128::from(u64::MAX) + 4, Width::Bits64);
        report.compare("market 0 (SOL-PERP)", "volume", i128::MIN, i128::MAX, Width::Bits128);
        assert_eq!(report.compared, 2);
        let found: Vec<_> = report.differences.iter().map(|found| (&*found.counter, &*found.difference)).collect();
        assert_eq!(found, [("volume", "1")]);
    }
}
