//! A liquidator's bot: it owns nothing, judges every account by the engine, and acts where that pays or must be done.

use perp_client::instructions::{liquidate, resolve_bankruptcy};
use perp_engine::operations::position::{BankruptcyPlan, LiquidationOrder, LiquidationPlan};
use perp_engine::state::{Account, Position};
use perp_engine::units::products::wide_product;
use perp_engine::units::{Atoms, SignedSize};
use solana_pubkey::Pubkey;

use crate::demo::demo_run::{DemoRun, Transition};
use crate::demo::participants::Participant;
use crate::demo::world::World;
use crate::demo::DemoError;

/// Something the keeper did.
pub struct KeeperAction {
    /// The margin account it was about.
    pub account: Pubkey,
    /// The market it was about.
    pub market: u16,
    /// The transaction.
    pub transition: Transition,
    /// What it came to.
    pub outcome: KeeperOutcome,
}

/// What something the keeper did came to.
#[derive(Clone)]
pub enum KeeperOutcome {
    /// Part or all of a position was closed.
    Liquidated {
        /// The position before.
        size_before: SignedSize,
        /// What happened, with every number.
        plan: Box<LiquidationPlan>,
    },
    /// A debt was paid or written off.
    Resolved(Box<BankruptcyPlan>),
}

/// How much of a position a liquidation closed, and whether it was in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Some of it.
    Partial,
    /// All of it.
    Full,
    /// All of it, with less than nothing left.
    Bankrupt,
}

impl Extent {
    /// That of a liquidation of a position of this size.
    pub fn of(size_before: SignedSize, plan: &LiquidationPlan) -> Self {
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
///
/// # Errors
/// Where the chain refuses what the engine allows.
pub fn sweep(run: &mut DemoRun<'_>, keeper: Participant) -> Result<Vec<KeeperAction>, DemoError> {
    let own = keeper.address(run)?;
    let others: Vec<_> = run.world.accounts.keys().copied().filter(|address| *address != own).collect();
    let mut actions = Vec::new();
    for account in others {
        while let Some(action) = liquidate_once(run, keeper, account)? {
            actions.push(action);
        }
        while let Some(action) = resolve_once(run, keeper, account)? {
            actions.push(action);
        }
    }
    Ok(actions)
}

fn liquidate_once(
    run: &mut DemoRun<'_>,
    keeper: Participant,
    address: Pubkey,
) -> Result<Option<KeeperAction>, DemoError> {
    let exchange = run.world.in_memory();
    let account = run.world.account(&address);
    let Some(position) = largest_position(&run.world, &account) else { return Ok(None) };
    if !exchange.health(&account)?.maintenance.is_below_margin() {
        return Ok(None);
    }
    let (market, authority, reading) = (position.market, keeper.authority(run)?, run.reading(position.market)?);
    let own = run.world.account(&authority.margin_account);
    let whole = LiquidationOrder { max_size: position.size.size(), min_bounty: Atoms::ZERO };
    let preview = exchange.preview_liquidation(&account, &own, market, &whole, Some(&reading))?;
    // Less than the preview promised means that somebody was faster.
    let order = LiquidationOrder { min_bounty: preview.plan.penalty.bounty, ..whole };

    let instruction = liquidate(&run.addresses, authority, address, &account, run.target(market), &order);
    let (transition, plan) = run.perform(keeper.wallet, &[instruction], |expected| {
        let liquidator = expected.account(&authority.margin_account)?;
        expected.with_account(&address, |exchange, account| {
            exchange.liquidate(liquidator, account, market, &order, Some(&reading))
        })
    })?;
    let outcome = KeeperOutcome::Liquidated { size_before: position.size, plan: Box::new(plan) };
    Ok(Some(KeeperAction { account: address, market, transition, outcome }))
}

/// The open position with the largest notional.
fn largest_position(world: &World, account: &Account) -> Option<Position> {
    let open = account.occupied().map(|(_, position)| *position).filter(|position| !position.size.is_zero());
    open.max_by_key(|position| {
        wide_product(position.size.size().get(), world.market(position.market).state.price.price.get())
    })
}

fn resolve_once(
    run: &mut DemoRun<'_>,
    keeper: Participant,
    address: Pubkey,
) -> Result<Option<KeeperAction>, DemoError> {
    let (account, exchange) = (run.world.account(&address), run.world.in_memory());
    let bankrupt_in = |position: &Position| exchange.preview_bankruptcy(&account, position.market).is_ok();
    let Some(market) =
        account.occupied().find(|(_, position)| bankrupt_in(position)).map(|(_, position)| position.market)
    else {
        return Ok(None);
    };
    let instruction = resolve_bankruptcy(&run.addresses, address, &account, market);
    let (transition, plan) = run.perform(keeper.wallet, &[instruction], |expected| {
        expected.with_account(&address, |exchange, account| exchange.resolve_bankruptcy(account, market))
    })?;
    Ok(Some(KeeperAction { account: address, market, transition, outcome: KeeperOutcome::Resolved(Box::new(plan)) }))
}
