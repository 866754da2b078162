//! Engine types as words.

// Each module takes some of them.
#![cfg_attr(not(all(feature = "core", feature = "rest", feature = "paper")), allow(dead_code))]

use super::Output;
use crate::layout::{HealthView, PositionView, SettlementView, StandingView, Trade, UNBOUNDED};
use crate::refused::Refused;
use crate::world::World;
use bytemuck::Zeroable;
use perp_engine::operations::position::Order;
use perp_engine::state::{Account, Market, Position};
use perp_engine::units::{Price, Side, SignedSize};
use perp_exchange::quotes::{AccountHealth, PositionQuote, Standing};
use perp_exchange::sizing::Leverage;

pub(super) fn side(number: u64) -> Result<Side, Refused> {
    match number {
        0 => Ok(Side::Long),
        1 => Ok(Side::Short),
        _ => Err(Refused::out_of_range(number)),
    }
}

pub(super) fn small(number: u64) -> Result<u32, Refused> {
    u32::try_from(number).map_err(|_| Refused::out_of_range(number))
}

pub(super) fn byte(number: u64) -> Result<u8, Refused> {
    u8::try_from(number).map_err(|_| Refused::out_of_range(number))
}

pub(super) fn flag(number: u64) -> Result<bool, Refused> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Refused::out_of_range(number)),
    }
}

/// The order of a question.
pub(super) fn order_of(asked: &Trade) -> Result<Order, Refused> {
    Ok(Order {
        size: SignedSize::new(asked.size),
        acceptable_price: Price::new(asked.acceptable_price),
        reduce_only: flag(asked.reduce_only)?,
    })
}

pub(super) fn times(leverage: &Leverage) -> u64 {
    leverage.times().unwrap_or(UNBOUNDED)
}

pub(super) fn health(health: &AccountHealth) -> HealthView {
    let AccountHealth { maintenance, on_cash, initial } = health;
    HealthView {
        equity: maintenance.equity.get(),
        maintenance_margin: maintenance.margin.get(),
        cash_equity: on_cash.equity.get(),
        cash_margin: on_cash.margin.get(),
        adverse_equity: initial.equity.get(),
        initial_margin: initial.margin.get(),
    }
}

fn price(price: Option<Price>) -> u64 {
    price.map_or(crate::layout::NONE, Price::get)
}

pub(super) fn position(quote: &PositionQuote, stored: &Position) -> PositionView {
    PositionView {
        market: quote.market.into(),
        size: quote.size.get(),
        entry_price: quote.entry_price.get(),
        price: quote.price.get(),
        notional: quote.notional.get(),
        profit: quote.profit.get(),
        funding_owed: quote.funding_owed.get(),
        maintenance_margin: quote.maintenance_margin.get(),
        initial_margin: quote.initial_margin.get(),
        claim: quote.claim.get(),
        claim_unfunded: quote.claim_unfunded.get(),
        debt: quote.debt.get(),
        liquidation_price: price(quote.liquidation_price),
        distance: quote.distance.unwrap_or(0),
        realized: stored.realized.get(),
        funding: stored.funding.get(),
        fees: stored.fees.get(),
        opened_at: stored.opened_at.get(),
        reducible_from: stored.last_increase_slot.saturating_add(1),
    }
}

#[inline(never)]
pub(super) fn standing(standing: &Standing, account: &Account) -> StandingView {
    let stored = |quote: &PositionQuote| {
        account.slot_of(quote.market).and_then(|slot| account.positions.get(slot)).map(|stored| position(quote, stored))
    };
    StandingView {
        balance: standing.balance.get(),
        health: health(&standing.health),
        notional: standing.leverage.notional.get(),
        leverage: times(&standing.leverage),
        position: standing.position.as_ref().and_then(stored).unwrap_or(PositionView::zeroed()),
    }
}

/// What settling leaves, with what it moved.
pub(super) fn settled(
    world: &World,
    before: &Account,
    after: &Account,
    market: &Market,
    moved: SettlementView,
    output: &mut Output<'_>,
) -> Result<(), Refused> {
    let exchange = world.exchange()?;
    output.put(&SettlementView {
        before: standing(&exchange.standing(before, market.index)?, before),
        after: standing(&exchange.standing_in(after, market)?, after),
        ..moved
    })
}
