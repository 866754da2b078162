//! What can be done now, of the kinds that are switched on.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use perp_accounts::{EpochRecord, LiquidityRequest, MarginAccount, Orders, Stored};
use perp_client::addresses::orders_address;
use perp_client::instructions::Authority;
use perp_client::jobs::{
    after_crash, armings, backing, epochs, executions, funding, liquidations_of_all_positions, outages, payments,
    prices, second_prices, settlements_before_boundary, silences, sweeps, undone_settlements, Fresh, Job, PostedPrices,
    Task,
};
use perp_client::rpc::Accounts;
use perp_engine::operations::position::SETTLING_SECONDS;
use perp_engine::units::Atoms;
use perp_exchange::Exchange;
use solana_pubkey::Pubkey;

use crate::config::Config;
use crate::job::Kind;
use crate::memory::Basis;

/// Settlements of less are not worth a transaction to anybody, in atoms.
const LEAST_SETTLED: Atoms = Atoms::new(1_000_000);

/// Everything of an exchange that jobs are planned on.
pub struct Known<'a> {
    /// Clock, pool, markets, and the prices of now.
    pub fresh: &'a Fresh,
    /// Every margin account.
    pub accounts: &'a Accounts<MarginAccount>,
    /// Every liquidity request, where they are followed.
    pub requests: Option<&'a Accounts<LiquidityRequest>>,
    /// Requests among them whose owner has closed the token account that they are paid into.
    pub unpayable: &'a BTreeSet<Pubkey>,
    /// Every closed epoch, where they are followed.
    pub records: Option<&'a Accounts<EpochRecord>>,
    /// Every account of resting orders, where they are followed.
    pub orders: Option<&'a Accounts<Orders>>,
    /// Readings that were posted for them.
    pub posted: PostedPrices,
    /// Readings that were posted because they show more than a price.
    pub shown: PostedPrices,
}

impl<'a> Known<'a> {
    /// What is known where margin accounts alone were read.
    pub fn of(fresh: &'a Fresh, accounts: &'a Accounts<MarginAccount>, unpayable: &'a BTreeSet<Pubkey>) -> Self {
        let (requests, records, orders) = (None, None, None);
        let [posted, shown] = [PostedPrices::new(), PostedPrices::new()];
        Self { fresh, accounts, requests, unpayable, records, orders, posted, shown }
    }
}

/// Liquidations of accounts that are due, `at_most` of them, the most valuable first, and behind the best of each account those of its
/// other positions.
pub fn urgent<'a>(
    known: &Known<'_>,
    due: impl Iterator<Item = &'a Pubkey>,
    keepers: &[Authority],
    config: &Config,
    at_most: usize,
) -> Vec<Job> {
    if !config.jobs.contains(&Kind::Liquidate) {
        return Vec::new();
    }
    let accounts = due.filter_map(|address| Some((*address, known.accounts.get(address)?)));
    let least = if config.unpaid { Atoms::ZERO } else { Atoms::new(config.fees.least_profit) };
    liquidations_of_all_positions(known.fresh, accounts, keepers, least, at_most)
}

/// Everything else. Where several jobs are about the same, the first is the best.
pub fn upkeep(known: &Known<'_>, keepers: &[Authority], caller: Pubkey, config: &Config) -> Vec<Job> {
    let (fresh, does) = (known.fresh, |kind| config.jobs.contains(&kind));
    let mut jobs = Vec::new();
    if does(Kind::Prices) {
        jobs.extend(prices(fresh));
        jobs.extend(second_prices(fresh));
        jobs.extend(silences(fresh, &known.shown));
    }
    if does(Kind::Orders) {
        jobs.extend(about_orders(known, keepers));
    }
    if does(Kind::Epochs) {
        let session = fresh.exchange.session();
        if session.boundary_has_come() {
            jobs.extend(epochs(fresh, &fresh.readings(), caller));
        }
        let (requests, records) = (known.requests.into_iter().flatten(), known.records.into_iter().flatten());
        jobs.extend(payments(fresh, requests, records, known.unpayable, caller));
    }
    if does(Kind::Settle) && settling_has_begun(fresh) {
        let rewarded: Vec<Pubkey> = keepers.iter().map(|keeper| keeper.margin_account).collect();
        jobs.extend(settlements_before_boundary(fresh, known.accounts, &rewarded, Atoms::ZERO));
    }
    if does(Kind::Settle) || does(Kind::Claims) || does(Kind::Bankruptcies) {
        jobs.extend(after_crash(fresh, known.accounts, LEAST_SETTLED));
    }
    if does(Kind::Outages) {
        jobs.extend(undone_settlements(fresh, &known.shown));
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

/// What there is to do about resting orders. Fills come first: they have seconds.
fn about_orders(known: &Known<'_>, keepers: &[Authority]) -> Vec<Job> {
    let (fresh, posted) = (known.fresh, &known.posted);
    let account = |address: &Pubkey| known.accounts.get(address);
    let orders = || known.orders.into_iter().flatten();
    let callers: Vec<Pubkey> = keepers.iter().map(|keeper| keeper.signer).collect();
    let fills = executions(fresh, account, orders(), posted, &callers);
    [fills, armings(fresh, account, orders(), posted), sweeps(fresh, account, orders())].concat()
}

/// Whether settlements are paid for now.
fn settling_has_begun(fresh: &Fresh) -> bool {
    let session = fresh.exchange.session();
    let ahead = session.boundary.seconds_since(session.clock.now);
    !session.boundary.is_never() && ahead.is_ok_and(|ahead| (1..=u64::from(SETTLING_SECONDS)).contains(&ahead))
}

/// What a job is planned on. Markets and the pool are told by their sequence numbers, which only grow; accounts that can be closed and
/// made again at the same address by their content.
pub fn basis(known: &Known<'_>, task: &Task) -> Basis {
    let exchange = &known.fresh.exchange;
    match task {
        Task::PayRequest { request } => {
            let subject = known.requests.and_then(|requests| requests.get(request)).map(|request| print(&request));
            Basis { subject, prices: 0 }
        }
        Task::ArmOrder { account, place }
        | Task::ExecuteOrder { account, place }
        | Task::SweepOrder { account, place } => {
            let orders = known.orders.and_then(|orders| orders.get(&orders_address(account)));
            let market = orders.as_ref().and_then(|orders| Some(orders.state.order((*place).into()).ok()?.market));
            let prices = market.map_or(0, |market| hash(&price(exchange, market)));
            Basis { subject: order_print(orders.as_ref(), *place), prices }
        }
        Task::CloseEpoch { .. } => Basis { subject: Some(exchange.pool.sequence), prices: 0 },
        other => match account(other) {
            Some(address) => {
                let Some(account) = known.accounts.get(&address) else { return Basis::default() };
                let prices = account.state.occupied().map(|(_, position)| price(exchange, position.market));
                Basis { subject: Some(print(&account)), prices: hash(&prices.collect::<Vec<_>>()) }
            }
            None => {
                let Some(market) = market(other) else { return Basis::default() };
                let subject = exchange.market(market).ok().map(|market| market.sequence);
                Basis { subject, prices: hash(&price(exchange, market)) }
            }
        },
    }
}

/// When a market's price was published, and what it is.
fn price(exchange: &Exchange, market: u16) -> (i64, u64) {
    exchange.market(market).map_or((0, 0), |market| (market.price.published.get(), market.price.price.get()))
}

/// A number of an account's bytes.
pub fn print(account: &impl Stored) -> u64 {
    hash(bytemuck::bytes_of(account))
}

/// A number of the order at a place; none where there is none.
pub fn order_print(orders: Option<&Orders>, place: u8) -> Option<u64> {
    let order = orders?.state.order(place.into()).ok()?;
    Some(hash(bytemuck::bytes_of(order)))
}

fn hash(content: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// The market that a job is about, where it is about one alone.
pub const fn market(task: &Task) -> Option<u16> {
    match task {
        Task::FundClaims { market }
        | Task::AllocateBacking { market }
        | Task::ValueMarket { market }
        | Task::UpdateFunding { market }
        | Task::UpdatePrices { market }
        | Task::UpdateSecondPrice { market }
        | Task::ProveSilence { market }
        | Task::UndoSettlement { market }
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
        | Task::SettleFunding { account, .. }
        | Task::RedeemClaim { account, .. }
        | Task::ArmOrder { account, .. }
        | Task::ExecuteOrder { account, .. }
        | Task::SweepOrder { account, .. }
        | Task::ResolveBankruptcy { account, .. } => Some(*account),
        _ => None,
    }
}

/// The order that a job is about, where it is about one: its margin account and its place.
pub const fn order(task: &Task) -> Option<(Pubkey, u8)> {
    match task {
        Task::ArmOrder { account, place }
        | Task::ExecuteOrder { account, place }
        | Task::SweepOrder { account, place } => Some((*account, *place)),
        _ => None,
    }
}
