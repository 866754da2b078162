//! What can be done now, of the kinds that are switched on.

use std::collections::{BTreeMap, BTreeSet};

use perp_accounts::{EpochRecord, LiquidityRequest, MarginAccount};
use perp_client::instructions::Authority;
use perp_client::jobs::{
    after_crash, backing, epochs, funding, liquidations, outages, payments, prices, settlements_before_boundary, Fresh,
    Job, Task,
};
use perp_engine::operations::position::SETTLING_SECONDS;
use perp_engine::units::Atoms;
use solana_pubkey::Pubkey;

use crate::config::Config;
use crate::job::Kind;

/// Settlements of less are not worth a transaction to anybody, in atoms.
const LEAST_SETTLED: Atoms = Atoms::new(1_000_000);

/// Everything of an exchange that jobs are planned on.
pub struct Known<'a> {
    /// Clock, pool, markets, and the prices of now.
    pub fresh: &'a Fresh,
    /// Every margin account.
    pub accounts: &'a BTreeMap<Pubkey, MarginAccount>,
    /// Every liquidity request, where they are followed.
    pub requests: Option<&'a BTreeMap<Pubkey, LiquidityRequest>>,
    /// Every closed epoch, where they are followed.
    pub records: Option<&'a BTreeMap<Pubkey, EpochRecord>>,
}

/// Liquidations of accounts that are due, the most valuable first.
pub fn urgent(known: &Known<'_>, due: &BTreeSet<Pubkey>, keepers: &[Authority], config: &Config) -> Vec<Job> {
    if !config.jobs.contains(&Kind::Liquidate) {
        return Vec::new();
    }
    let accounts = due.iter().filter_map(|address| known.accounts.get_key_value(address));
    let least = if config.unpaid { Atoms::ZERO } else { Atoms::new(config.fees.least_profit) };
    liquidations(known.fresh, accounts, keepers, least)
}

/// Everything else. Where several jobs are about the same, the first is the best.
pub fn upkeep(known: &Known<'_>, keepers: &[Authority], caller: Pubkey, config: &Config) -> Vec<Job> {
    let (fresh, does) = (known.fresh, |kind| config.jobs.contains(&kind));
    let mut jobs = Vec::new();
    if does(Kind::Prices) {
        jobs.extend(prices(fresh));
    }
    if does(Kind::Epochs) {
        let session = fresh.exchange.session();
        if session.boundary_has_come() {
            jobs.extend(epochs(fresh, &fresh.readings(), caller));
        }
        let (requests, records) = (known.requests.into_iter().flatten(), known.records.into_iter().flatten());
        jobs.extend(payments(fresh, requests, records, caller));
    }
    if does(Kind::Settle) && settling_has_begun(fresh) {
        let rewarded: Vec<Pubkey> = keepers.iter().map(|keeper| keeper.margin_account).collect();
        jobs.extend(settlements_before_boundary(fresh, known.accounts, &rewarded, Atoms::ZERO));
    }
    if does(Kind::Settle) || does(Kind::Claims) || does(Kind::Bankruptcies) {
        jobs.extend(after_crash(fresh, known.accounts, LEAST_SETTLED));
    }
    if does(Kind::Outages) {
        jobs.extend(outages(fresh));
    }
    if does(Kind::Backing) {
        jobs.extend(backing(fresh));
    }
    if does(Kind::Funding) {
        jobs.extend(funding(fresh, config.pace.funding_seconds));
    }
    let mut seen = BTreeSet::new();
    jobs.retain(|job| does(Kind::of(job)) && seen.insert(job.task));
    jobs
}

/// Whether settlements are paid for now.
fn settling_has_begun(fresh: &Fresh) -> bool {
    let session = fresh.exchange.session();
    let ahead = session.boundary.seconds_since(session.clock.now);
    !session.boundary.is_never() && ahead.is_ok_and(|ahead| (1..=u64::from(SETTLING_SECONDS)).contains(&ahead))
}

/// The sequence number of what a job is about; none where that has none, or is not known.
pub fn sequence(known: &Known<'_>, task: &Task) -> Option<u64> {
    match task {
        Task::Liquidate { account, .. }
        | Task::SettlePnl { account, .. }
        | Task::RedeemClaim { account, .. }
        | Task::ResolveBankruptcy { account, .. } => known.accounts.get(account).map(|account| account.state.sequence),
        other => known.fresh.exchange.market(market(other)?).ok().map(|market| market.sequence),
    }
}

/// The market that a job is about, where it is about one alone.
pub const fn market(task: &Task) -> Option<u16> {
    match task {
        Task::FundClaims { market }
        | Task::AllocateBacking { market }
        | Task::ValueMarket { market }
        | Task::UpdateFunding { market }
        | Task::UpdatePrices { market }
        | Task::ReportOutage { market }
        | Task::BeginSettlement { market } => Some(*market),
        _ => None,
    }
}

/// The margin account that a job is about, where it is about one.
pub const fn account(task: &Task) -> Option<Pubkey> {
    match task {
        Task::Liquidate { account, .. }
        | Task::SettlePnl { account, .. }
        | Task::RedeemClaim { account, .. }
        | Task::ResolveBankruptcy { account, .. } => Some(*account),
        _ => None,
    }
}
