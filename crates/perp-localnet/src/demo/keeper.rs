//! A liquidator's bot: it owns nothing, judges every account by the engine, and acts where that pays or must be done.

use perp_client::health::health;
use perp_client::instructions::{liquidate, resolve_bankruptcy};
use perp_client::quote::{preview_bankruptcy, preview_liquidation};
use perp_engine::bankruptcy::BankruptcyPlan;
use perp_engine::liquidation::{LiquidationOrder, LiquidationPlan};
use perp_engine::state::{Account, Position};
use perp_engine::units::products::wide_product;
use perp_engine::units::{Atoms, Base};
use solana_pubkey::Pubkey;

use crate::demo::cast::Seat;
use crate::demo::stage::{Move, Stage};
use crate::demo::world::World;
use crate::demo::DemoError;

/// Something the keeper did.
pub struct Deed {
    pub account: Pubkey,
    pub market: u16,
    pub moved: Move,
    pub what: What,
}

pub enum What {
    Liquidated { size_before: Base, plan: LiquidationPlan },
    Resolved(BankruptcyPlan),
}

/// How much of a position a liquidation closed, and whether it was in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Partial,
    Full,
    /// All of it, with less than nothing left.
    Bankrupt,
}

impl Extent {
    pub fn of(size_before: Base, plan: &LiquidationPlan) -> Self {
        if plan.before.equity.is_negative() {
            Self::Bankrupt
        } else if plan.closed < size_before.size() {
            Self::Partial
        } else {
            Self::Full
        }
    }
}

/// Liquidates whatever may be liquidated in every account of the exchange but its own, and resolves what went bankrupt.
/// The markets are up to date. Bounties go to the margin account of `keeper`.
pub fn sweep(stage: &mut Stage<'_>, keeper: Seat) -> Result<Vec<Deed>, DemoError> {
    let own = keeper.address(stage)?;
    let others: Vec<_> = stage.world.accounts.keys().copied().filter(|address| *address != own).collect();
    let mut deeds = Vec::new();
    for account in others {
        while let Some(deed) = liquidate_once(stage, keeper, account)? {
            deeds.push(deed);
        }
        while let Some(deed) = resolve_once(stage, keeper, account)? {
            deeds.push(deed);
        }
    }
    Ok(deeds)
}

fn liquidate_once(stage: &mut Stage<'_>, keeper: Seat, address: Pubkey) -> Result<Option<Deed>, DemoError> {
    let snapshot = stage.world.snapshot();
    let account = stage.world.account(&address);
    let Some(position) = largest_position(&stage.world, &account) else { return Ok(None) };
    if !health(&snapshot, &account)?.maintenance.is_below_margin() {
        return Ok(None);
    }
    let market = position.market;
    let whole = LiquidationOrder { max_size: position.size.size(), min_bounty: Atoms::ZERO };
    let preview = preview_liquidation(&snapshot, &account, market, whole)?;
    // Less than the preview promised means that somebody was faster.
    let order = LiquidationOrder { min_bounty: preview.penalty.bounty, ..whole };

    let actor = keeper.actor(stage)?;
    let instruction = liquidate(&stage.addresses, actor, address, &account, stage.touched(market), &order);
    let (moved, plan) = stage.perform(keeper.wallet, &[instruction], |world| {
        world.liquidate(&actor.margin_account, &address, market, order)
    })?;
    let what = What::Liquidated { size_before: position.size, plan };
    Ok(Some(Deed { account: address, market, moved, what }))
}

/// The open position with the largest notional.
fn largest_position(world: &World, account: &Account) -> Option<Position> {
    let open = account.occupied().map(|(_, position)| *position).filter(|position| !position.size.is_zero());
    open.max_by_key(|position| {
        wide_product(position.size.size().get(), world.market(position.market).state.price.price.get())
    })
}

fn resolve_once(stage: &mut Stage<'_>, keeper: Seat, address: Pubkey) -> Result<Option<Deed>, DemoError> {
    let account = stage.world.account(&address);
    let (snapshot, pool) = (stage.world.snapshot(), stage.world.pool);
    let bankrupt_in = |position: &Position| preview_bankruptcy(&snapshot, &pool, &account, position.market).is_ok();
    let Some(market) =
        account.occupied().find(|(_, position)| bankrupt_in(position)).map(|(_, position)| position.market)
    else {
        return Ok(None);
    };
    let instruction = resolve_bankruptcy(&stage.addresses, address, &account, market);
    let (moved, plan) =
        stage.perform(keeper.wallet, &[instruction], |world| world.resolve_bankruptcy(&address, market))?;
    Ok(Some(Deed { account: address, market, moved, what: What::Resolved(plan) }))
}
