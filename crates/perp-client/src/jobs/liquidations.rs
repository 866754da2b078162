use super::fresh::{markets, positions, Fresh};
use super::job::{Job, Pays, Task};
use crate::instructions::{liquidate, Authority};
use anchor_lang::prelude::Pubkey;
use perp_accounts::MarginAccount;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::{Account, MAX_POSITIONS};
use perp_engine::units::{Atoms, Size};
use std::borrow::Borrow;
use std::cmp::Reverse;

/// An account of which the engine would liquidate a position.
struct Found<M> {
    address: Pubkey,
    account: M,
    /// Bounties and markets, the largest first; of equal ones that in the first slot.
    positions: Vec<(Atoms, u16)>,
}

/// Of every account that can be liquidated now, or settled because it is healthy by unpaid profit alone, the position that pays most,
/// where that is at least `least`. The bounties go to the keepers in turn: margin accounts of one operator, so that not all
/// transactions write the same one.
pub fn liquidations<A: Borrow<Pubkey>, M: Borrow<MarginAccount>>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (A, M)>,
    keepers: &[Authority],
    least: Atoms,
) -> Vec<Job> {
    planned(fresh, accounts, keepers, least, (1, usize::MAX))
}

/// The same with every position of those accounts that could be liquidated now: the best of each account, then the second of each, and
/// so on, `at_most` in all. Each is planned as if it were the only one: once one of an account is liquidated, what is left of the others
/// is for the next plan to say.
pub fn liquidations_of_all_positions<A: Borrow<Pubkey>, M: Borrow<MarginAccount>>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (A, M)>,
    keepers: &[Authority],
    least: Atoms,
    at_most: usize,
) -> Vec<Job> {
    planned(fresh, accounts, keepers, least, (MAX_POSITIONS, at_most))
}

fn planned<A: Borrow<Pubkey>, M: Borrow<MarginAccount>>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (A, M)>,
    keepers: &[Authority],
    least: Atoms,
    (of_each, of_all): (usize, usize),
) -> Vec<Job> {
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: least };
    let mut found = Vec::new();
    for (address, account) in accounts {
        let mut positions = positions_to_liquidate(fresh, &account.borrow().state, &order);
        positions.truncate(of_each);
        if !positions.is_empty() {
            found.push(Found { address: *address.borrow(), account, positions });
        }
    }
    let ranks = found.iter().flat_map(|found| {
        let ranked = found.positions.iter().enumerate();
        ranked.map(move |(rank, (bounty, market))| (rank, Reverse(*bounty), found.address, *market, &found.account))
    });
    let mut ranks: Vec<_> = ranks.collect();
    ranks.sort_by_key(|(rank, bounty, address, market, _)| (*rank, *bounty, *address, *market));
    ranks.truncate(of_all);
    let jobs = ranks.into_iter().enumerate().filter_map(|(turn, (_, Reverse(bounty), address, market, account))| {
        let account = &account.borrow().state;
        let in_turn = keepers.iter().cycle().skip(turn % keepers.len().max(1)).take(keepers.len());
        let keeper = in_turn.into_iter().find(|keeper| keeper.margin_account != address)?;
        let instruction = liquidate(&fresh.addresses, *keeper, address, account, fresh.target(market), &order);
        let task = Task::Liquidate { account: address, market };
        let worth = (Pays::atoms(bounty), Atoms::ZERO);
        Some(fresh.job(task, worth, ("liquidate", positions(account)), markets(account, Some(market)), instruction))
    });
    jobs.collect()
}

/// What liquidating each of the account's positions would pay, the most first; of equal ones that in the first slot.
fn positions_to_liquidate(fresh: &Fresh, account: &Account, order: &LiquidationOrder) -> Vec<(Atoms, u16)> {
    // What the keeper's own account holds makes no difference.
    let (mut found, keeper) = (Vec::new(), Account::opened(None));
    for (_, position) in account.occupied().filter(|(_, position)| !position.size.is_zero()) {
        let market = position.market;
        // A refusal is the usual answer.
        let Ok(after) = fresh.exchange.preview_liquidation(account, &keeper, market, order, None) else { continue };
        found.push((after.plan.penalty.bounty, market));
    }
    found.sort_by_key(|(bounty, _)| Reverse(*bounty));
    found
}
