use super::fresh::{markets, positions, Fresh};
use super::job::{ranked, Job, Pays, Task};
use super::settlements::settlements;
use crate::instructions::{fund_claims, redeem_claim, resolve_bankruptcy, settle_funding, settle_pnl};
use anchor_lang::prelude::Pubkey;
use perp_accounts::MarginAccount;
use perp_engine::market::solvency::solvency;
use perp_engine::state::{Account, Market};
use perp_engine::units::Atoms;
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// What keeps the exchange's books straight once winners are owed more than a market has in cash: losers settled while their cash is
/// there, in a market that is short winners as well, so that their profit is noted; funding that is owed there; claims funded and
/// redeemed; bankruptcies resolved, and what those owe later who come to something. Nothing of it pays. Settlements of less than `least`
/// are left alone.
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
        let first = jobs.len();
        jobs.extend(settled(fresh, *address, account, &poor, least));
        let settled: BTreeSet<u16> = jobs[first..].iter().filter_map(|job| settles(&job.task)).collect();
        jobs.extend(funded(fresh, *address, account, &poor, &settled, least));
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

/// The market in which a job settles a position.
const fn settles(task: &Task) -> Option<u16> {
    match task {
        Task::SettlePnl { market, .. } => Some(*market),
        _ => None,
    }
}

/// Funding that is owed in markets that owe more than they have, unless the position is `settled` anyway, and what closed positions have
/// left behind, paid from what the account has come to since: debts into the backing, what others have paid for it into the insurance.
fn funded<'a>(
    fresh: &'a Fresh,
    address: Pubkey,
    account: &'a Account,
    poor: &'a BTreeSet<u16>,
    settled: &'a BTreeSet<u16>,
    least: Atoms,
) -> impl Iterator<Item = Job> + 'a {
    let owing = account.occupied().filter(move |(_, position)| match position.size.is_zero() {
        true => !account.balance.is_zero() && (!position.debt.is_zero() || !position.recoverable.is_zero()),
        false => poor.contains(&position.market) && !settled.contains(&position.market),
    });
    owing.filter_map(move |(_, position)| {
        let market = position.market;
        let plan = fresh.exchange.preview_settle_funding(account, market).ok()?.plan;
        let paid = if plan.settled.funding.is_negative() { plan.settled.funding.magnitude() } else { Atoms::ZERO };
        let moved = paid.checked_add(plan.settled.repaid).ok()?;
        if moved.is_zero() || moved < least {
            return None;
        }
        let instruction = settle_funding(&fresh.addresses, address, market);
        let task = Task::SettleFunding { account: address, market };
        // Funding accrues up to the newest price.
        let first = (!position.size.is_zero()).then_some(market);
        Some(fresh.job(task, (Pays::NOTHING, moved), ("settle_funding", 0), first.into_iter(), instruction))
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
        // Where a feed was silent for an hour it takes more than any case that is measured.
        let cost = ("resolve_bankruptcy", positions(account).max(8));
        Some(fresh.job(task, (Pays::NOTHING, debt), cost, markets(account, None), instruction))
    })
}
