use super::fresh::Fresh;
use super::job::{ranked, Job, Pays, Task};
use crate::instructions::{close_epoch, pay_liquidity_request, value_market, TargetMarket};
use anchor_lang::prelude::Pubkey;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::operations::liquidity::{plan_pay_request, Valuation, PAYMENT_LAMPORTS};
use perp_engine::oracle::OracleReading;
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;
use std::collections::BTreeMap;

/// A reading for a boundary and the account it was posted in, which may be any of the market's oracle program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundaryPrice {
    /// The account.
    pub account: Pubkey,
    /// What it says.
    pub reading: OracleReading,
}

/// Valuations of markets at the boundary that the exchange waits for, and its close once all are valued. Markets that need no reading are
/// valued without one; the others by their number's in `prices`.
pub fn epochs(fresh: &Fresh, prices: &BTreeMap<u16, BoundaryPrice>, caller: Pubkey) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut scratch = fresh.exchange.clone();
    if let Ok(plan) = scratch.close_epoch() {
        let boundary = plan.closed.boundary;
        let instruction = close_epoch(&fresh.addresses, caller, boundary);
        let task = Task::CloseEpoch { boundary };
        let worth = (Pays::lamports(plan.lamports), plan.closed.paid);
        jobs.push(fresh.job(task, worth, ("close_epoch", 0), std::iter::empty(), instruction));
        return jobs;
    }
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

/// Payments of requests whose epoch is closed.
pub fn payments<'a>(
    fresh: &Fresh,
    requests: impl IntoIterator<Item = (&'a Pubkey, &'a LiquidityRequest)>,
    records: impl IntoIterator<Item = (&'a Pubkey, &'a EpochRecord)>,
    caller: Pubkey,
) -> Vec<Job> {
    let records: Vec<&EpochRecord> = records.into_iter().map(|(_, record)| record).collect();
    let mut jobs = Vec::new();
    for (address, request) in requests {
        let Some(record) = records.iter().find(|record| record.state.is_of(&request.state)) else { continue };
        let kind =
            if request.kind == RequestKind::Deposit as u8 { RequestKind::Deposit } else { RequestKind::Withdrawal };
        let Ok(plan) = plan_pay_request(&fresh.exchange.pool, &record.state, &request.state, kind) else { continue };
        // One that is paid in part stays, and pays its caller when the rest is done.
        let lamports = if plan.request_left.is_some() { 0 } else { PAYMENT_LAMPORTS };
        let instruction = pay_liquidity_request(&fresh.addresses, caller, request, record);
        let task = Task::PayRequest { request: *address };
        let worth = (Pays::lamports(lamports), plan.tokens);
        jobs.push(fresh.job(task, worth, ("pay_liquidity_request", 0), std::iter::empty(), instruction));
    }
    ranked(jobs)
}
