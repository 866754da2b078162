use super::compute::UNITS_OF_A_TRY;
use super::fresh::Fresh;
use super::job::{ranked, Job, Pays, Task};
use crate::instructions::{close_epoch, create_destination, pay_liquidity_request, value_market, TargetMarket};
use anchor_lang::prelude::Pubkey;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::operations::liquidity::{plan_pay_request, Valuation, PAYMENT_LAMPORTS};
use perp_engine::oracle::OracleReading;
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// A reading and the account it was posted in, which for a boundary or an order may be any of the market's oracle program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostedPrice {
    /// The account.
    pub account: Pubkey,
    /// What it says.
    pub reading: OracleReading,
}

/// Valuations of markets at the boundary that the exchange waits for, and its close once all are valued. Markets that need no reading are
/// valued without one; the others by their number's in `prices`.
pub fn epochs(fresh: &Fresh, prices: &BTreeMap<u16, PostedPrice>, caller: Pubkey) -> Vec<Job> {
    let mut jobs = Vec::new();
    if let Ok(plan) = fresh.exchange.plan_close_epoch() {
        let boundary = plan.closed.boundary;
        let instruction = close_epoch(&fresh.addresses, caller, boundary);
        let task = Task::CloseEpoch { boundary };
        // The caller advances the record's rent, and where markets were listed since the requests were made may not get all of it back.
        let worth = (Pays::lamports(plan.lamports.saturating_sub(fresh.exchange.epoch_rent)), plan.closed.paid);
        let job = fresh.job(task, worth, ("close_epoch", 0), std::iter::empty(), instruction);
        jobs.push(searching(job, fresh.addresses.epoch_tries(boundary)));
        return jobs;
    }
    let mut scratch = fresh.exchange.clone();
    for market in fresh.exchange.markets() {
        let market = market.index;
        let price = prices.get(&market);
        let without = scratch.value_market(market, None);
        let (valuation, oracle) = match (without, price) {
            (Ok(valuation), _) => (Ok(valuation), None),
            (Err(_), Some(price)) => (scratch.value_market(market, Some(&price.reading)), Some(price.account)),
            (Err(refusal), None) => (Err(refusal), None),
        };
        let lamports = match valuation {
            Ok(Valuation::Valued { lamports, .. }) => lamports,
            // Pays nothing yet, and makes sure that the market is valued at a price.
            Ok(Valuation::Noted) => 0,
            Ok(Valuation::NotEarlier) | Err(_) => continue,
        };
        let instruction = value_market(&fresh.addresses, caller, TargetMarket { market, oracle });
        let worth = (Pays::lamports(lamports), Atoms::ZERO);
        jobs.push(fresh.job(Task::ValueMarket { market }, worth, ("value_market", 0), std::iter::empty(), instruction));
    }
    ranked(jobs)
}

/// The most that a token account's rent takes, with the extension that one program puts on associated accounts.
pub const TOKEN_ACCOUNT_LAMPORTS: u64 = 2_074_080;
/// What making one takes, in compute units.
const TOKEN_ACCOUNT_UNITS: u32 = 30_000;

/// Payments of requests whose epoch is closed. Nobody but the keeper's operator pays for the token account of an owner who has closed
/// it: of the requests in `unpayable`, whose payment was refused for that, it is made first, at its caller's cost. The owner may
/// close it again and keep the rent.
pub fn payments<A: Borrow<Pubkey>, L: Borrow<LiquidityRequest>, E: Borrow<EpochRecord>>(
    fresh: &Fresh,
    requests: impl IntoIterator<Item = (A, L)>,
    records: impl IntoIterator<Item = (A, E)>,
    unpayable: &BTreeSet<Pubkey>,
    caller: Pubkey,
) -> Vec<Job> {
    let records: Vec<E> = records.into_iter().map(|(_, record)| record).collect();
    let mut jobs = Vec::new();
    for (address, request) in requests {
        let (address, request) = (address.borrow(), request.borrow());
        let mut records = records.iter().map(Borrow::borrow);
        let Some(record) = records.find(|record: &&EpochRecord| record.state.is_of(&request.state)) else { continue };
        let kind =
            if request.kind == RequestKind::Deposit as u8 { RequestKind::Deposit } else { RequestKind::Withdrawal };
        let Ok(plan) = plan_pay_request(&fresh.exchange.pool, &record.state, &request.state, kind) else { continue };
        // One that is paid in part stays, and pays its caller when the rest is done.
        let lamports = if plan.request_left.is_some() { 0 } else { PAYMENT_LAMPORTS };
        let instruction = pay_liquidity_request(&fresh.addresses, caller, request, record);
        let task = Task::PayRequest { request: *address };
        let worth = (Pays::lamports(lamports), plan.tokens);
        let job = fresh.job(task, worth, ("pay_liquidity_request", 0), std::iter::empty(), instruction);
        let mut job = searching(job, fresh.addresses.associated_tries(&request.owner));
        if unpayable.contains(address) {
            job.instructions.insert(0, create_destination(&fresh.addresses, caller, request, record));
            job.compute_units = job.compute_units.saturating_add(TOKEN_ACCOUNT_UNITS);
            job.advances = TOKEN_ACCOUNT_LAMPORTS;
        }
        jobs.push(job);
    }
    ranked(jobs)
}

/// The job with room for so many more addresses that the program tries: how many is a matter of the hour, or of who owns the request.
fn searching(job: Job, tries: u32) -> Job {
    Job { compute_units: job.compute_units.saturating_add(UNITS_OF_A_TRY.saturating_mul(tries)), ..job }
}
