use super::fresh::Fresh;
use super::job::{ranked, Job, Pays, Task};
use crate::instructions::settle_pnl;
use anchor_lang::prelude::Pubkey;
use perp_accounts::MarginAccount;
use perp_engine::operations::position::PnlSettlementPlan;
use perp_engine::state::{Account, Pool};
use perp_engine::units::Atoms;
use std::borrow::Borrow;
use std::cmp::Reverse;

/// Settlements that the queue of liquidity requests pays for: in the last seconds before the boundary that the exchange waits for, the
/// largest first, as far as its fees reach. `rewarded` are margin accounts of the keeper, credited in turn.
pub fn settlements_before_boundary<A: Borrow<Pubkey>, M: Borrow<MarginAccount>>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (A, M)>,
    rewarded: &[Pubkey],
    least: Atoms,
) -> Vec<Job> {
    let (session, mut pool) = (fresh.exchange.session(), fresh.exchange.pool);
    if session.boundary.is_never() || session.boundary_has_come() {
        return Vec::new();
    }
    let reward = |plan: &PnlSettlementPlan, market: u16, pool: &Pool| {
        let kept = fresh.exchange.market(market).ok()?.at_boundary.boundary;
        plan.rewarded(pool, kept, &session).ok().filter(|paid| !paid.reward.is_zero())
    };
    let mut found: Vec<(Atoms, Task, PnlSettlementPlan)> = Vec::new();
    for (address, account) in accounts {
        let account = account.borrow();
        for (market, plan) in settlements(fresh, &account.state, |_| true) {
            if reward(&plan, market, &pool).is_some() {
                found.push((plan.moved, Task::SettlePnl { account: *address.borrow(), market }, plan));
            }
        }
    }
    found.sort_by_key(|(moved, task, _)| (Reverse(*moved), *task));
    let mut jobs = Vec::new();
    for (turn, (moved, task, plan)) in found.into_iter().enumerate() {
        let Task::SettlePnl { account, market } = task else { continue };
        // Each takes its part of the fees that are left by those before it.
        let Some(paid) = reward(&plan, market, &pool) else { continue };
        let in_turn = rewarded.iter().cycle().skip(turn % rewarded.len().max(1)).take(rewarded.len());
        let credited = in_turn.into_iter().find(|credited| **credited != account);
        let Some(credited) = credited.filter(|_| paid.reward >= least) else { continue };
        pool = paid.pool;
        let instruction = settle_pnl(&fresh.addresses, account, fresh.target(market), Some(*credited));
        let worth = (Pays::atoms(paid.reward), moved);
        jobs.push(fresh.job(task, worth, ("settle_pnl", 0), std::iter::empty(), instruction));
    }
    ranked(jobs)
}

/// What settling each of the account's positions in these markets would do.
pub(super) fn settlements<'a>(
    fresh: &'a Fresh,
    account: &'a Account,
    is_asked: impl Fn(u16) -> bool + 'a,
) -> impl Iterator<Item = (u16, PnlSettlementPlan)> + 'a {
    let open = account.occupied().filter(move |(_, position)| !position.size.is_zero() && is_asked(position.market));
    open.filter_map(|(_, position)| {
        let after = fresh.exchange.preview_settle_pnl(account, position.market, None).ok()?;
        Some((position.market, after.plan))
    })
}
