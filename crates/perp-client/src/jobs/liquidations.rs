use super::fresh::{markets, positions, Fresh};
use super::job::{Job, Pays, Task};
use crate::instructions::{liquidate, Authority};
use anchor_lang::prelude::Pubkey;
use perp_accounts::MarginAccount;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::Account;
use perp_engine::units::{Atoms, Size};
use std::cmp::Reverse;

/// A liquidation that the engine would do.
struct Found<'a> {
    bounty: Atoms,
    address: &'a Pubkey,
    account: &'a Account,
    market: u16,
}

/// Of every account that can be liquidated now, or settled because it is healthy by unpaid profit alone, the position that pays most,
/// where that is at least `least`. The bounties go to the keepers in turn: margin accounts of one operator, so that not all
/// transactions write the same one.
pub fn liquidations<'a>(
    fresh: &Fresh,
    accounts: impl IntoIterator<Item = (&'a Pubkey, &'a MarginAccount)>,
    keepers: &[Authority],
    least: Atoms,
) -> Vec<Job> {
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: least };
    let found = accounts.into_iter().filter_map(|(address, account)| best(fresh, address, &account.state, &order));
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|found| (Reverse(found.bounty), *found.address));
    let jobs = found.iter().enumerate().filter_map(|(turn, found)| {
        let Found { bounty, address, account, market } = *found;
        let in_turn = keepers.iter().cycle().skip(turn % keepers.len().max(1)).take(keepers.len());
        let keeper = in_turn.into_iter().find(|keeper| keeper.margin_account != *address)?;
        let instruction = liquidate(&fresh.addresses, *keeper, *address, account, fresh.target(market), &order);
        let task = Task::Liquidate { account: *address, market };
        let worth = (Pays::atoms(bounty), Atoms::ZERO);
        Some(fresh.job(task, worth, ("liquidate", positions(account)), markets(account, Some(market)), instruction))
    });
    jobs.collect()
}

/// The position whose liquidation pays most; of equal ones that in the first slot.
fn best<'a>(fresh: &Fresh, address: &'a Pubkey, account: &'a Account, order: &LiquidationOrder) -> Option<Found<'a>> {
    let mut best: Option<Found<'a>> = None;
    for (_, position) in account.occupied().filter(|(_, position)| !position.size.is_zero()) {
        let market = position.market;
        // What the keeper's own account holds makes no difference. A refusal is the usual answer.
        let keeper = Account::opened(None);
        let Ok(after) = fresh.exchange.preview_liquidation(account, &keeper, market, order, None) else { continue };
        let bounty = after.plan.penalty.bounty;
        if best.as_ref().is_none_or(|best| bounty > best.bounty) {
            best = Some(Found { bounty, address, account, market });
        }
    }
    best
}
