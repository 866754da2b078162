use super::fresh::{markets, positions, Fresh};
use super::job::{ranked, Job, Pays, Task};
use super::settlements::settlements;
use crate::instructions::{fund_claims, redeem_claim, resolve_bankruptcy, settle_pnl};
use anchor_lang::prelude::Pubkey;
use perp_accounts::MarginAccount;
use perp_engine::market::solvency::solvency;
use perp_engine::state::{Account, Market};
use perp_engine::units::Atoms;
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// What keeps the exchange's books straight once winners are owed more than a market has in cash: losers settled while their cash is
/// there, in a market that is short winners as well, so that their profit is noted; claims funded and redeemed; bankruptcies
/// resolved. Nothing of it pays. Settlements of less than `least` are left alone.
///
/// Everything planned is possible now: what has to wait for something else of it is in the plan after that has landed.
pub fn after_crash<A: Borrow<Pubkey>, M: Borrow<MarginAccount>>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (A, M)>,
    least: Atoms,
) -> Vec<Job> {
    let poor: BTreeSet<u16> =
        fresh.exchange.markets().iter().filter(|market| is_poor(fresh, market)).map(|market| market.index).collect();
    let mut jobs = claims(fresh);
    for (address, account) in accounts {
        let (address, account) = (address.borrow(), &account.borrow().state);
        if account.is_empty() {
            continue;
        }
        jobs.extend(settled(fresh, *address, account, &poor, least));
        jobs.extend(redeemed(fresh, *address, account));
        jobs.extend(resolved(fresh, *address, account));
    }
    ranked(jobs)
}

/// Whether winners, claims and receivers of funding are owed more than the market has in cash.
fn is_poor(fresh: &Fresh, market: &Market) -> bool {
    let mut market = *market;
    if market.refresh(None, &fresh.exchange.session()).is_err() {
        return false;
    }
    let (ledger, price) = (&market.ledger, market.price.price);
    ledger.is_short() || solvency(ledger, &market.parameters, price).is_ok_and(|is| is.liabilities > ledger.backing)
}

fn claims(fresh: &Fresh) -> Vec<Job> {
    let mut scratch = fresh.exchange.clone();
    let mut jobs = Vec::new();
    for market in fresh.exchange.markets() {
        if let Ok(funded) = scratch.fund_claims(market.index) {
            let instruction = fund_claims(&fresh.addresses, market.index);
            let task = Task::FundClaims { market: market.index };
            let first = std::iter::once(market.index);
            jobs.push(fresh.job(task, (Pays::NOTHING, funded), ("fund_claims", 0), first, instruction));
        }
    }
    jobs
}

fn settled<'a>(
    fresh: &'a Fresh,
    address: Pubkey,
    account: &'a Account,
    poor: &'a BTreeSet<u16>,
    least: Atoms,
) -> impl Iterator<Item = Job> + 'a {
    settlements(fresh, account, |market| poor.contains(&market)).filter_map(move |(market, plan)| {
        let moved = plan.profit.magnitude();
        let is_short = fresh.exchange.market(market).is_ok_and(|market| market.ledger.is_short());
        let helps = plan.profit.is_negative() || is_short;
        if !helps || moved.is_zero() || moved < least {
            return None;
        }
        let instruction = settle_pnl(&fresh.addresses, address, fresh.target(market), None);
        let task = Task::SettlePnl { account: address, market };
        Some(fresh.job(task, (Pays::NOTHING, moved), ("settle_pnl", 0), std::iter::empty(), instruction))
    })
}

fn redeemed<'a>(fresh: &'a Fresh, address: Pubkey, account: &'a Account) -> impl Iterator<Item = Job> + 'a {
    let owed = account.occupied().filter(|(_, position)| !position.claim.is_zero());
    owed.filter_map(move |(_, position)| {
        let market = position.market;
        let redeemed = fresh.exchange.preview_redeem_claim(account, market).ok()?.plan.redeemed;
        let instruction = redeem_claim(&fresh.addresses, address, market);
        let task = Task::RedeemClaim { account: address, market };
        Some(fresh.job(task, (Pays::NOTHING, redeemed), ("redeem_claim", 0), std::iter::empty(), instruction))
    })
}

fn resolved<'a>(fresh: &'a Fresh, address: Pubkey, account: &'a Account) -> impl Iterator<Item = Job> + 'a {
    let owing = account.occupied().filter(|(_, position)| !position.debt.is_zero());
    owing.filter_map(move |(_, position)| {
        let market = position.market;
        let debt = fresh.exchange.preview_bankruptcy(account, market).ok()?.plan.debt;
        let instruction = resolve_bankruptcy(&fresh.addresses, address, account, market);
        let task = Task::ResolveBankruptcy { account: address, market };
        let cost = ("resolve_bankruptcy", positions(account));
        Some(fresh.job(task, (Pays::NOTHING, debt), cost, markets(account, None), instruction))
    })
}
