use super::position_quote::distance;
use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, OrderBook, OrderTrigger, RestingOrder};
use perp_engine::units::products::price_share_ceil;
use perp_engine::units::{Ppm, Price, Timestamp};
use perp_engine::EngineError;

/// What a resting order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OrderState {
    /// For its price or its time.
    Waiting = 0,
    /// It could be armed at the reading at hand.
    Met = 1,
    /// It is armed: for the reading at which it fills.
    Armed = 2,
    /// For the fill of the order that it sleeps for.
    Asleep = 3,
    /// For nothing any more: anybody may sweep it.
    Dead = 4,
    /// It is met, or may be, and a rule keeps it from being armed now.
    Refused = 5,
}

/// A resting order as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderQuote {
    /// Its place.
    pub slot: usize,
    /// The order as of now; as it is stored where it is dead.
    pub order: RestingOrder,
    /// What it waits for.
    pub state: OrderState,
    /// The price at which it is met: of an order that trails the one that its best price makes; `None` by time, and before there is a
    /// best price.
    pub trigger: Option<Price>,
    /// How far that is from the market's price, as a part of that in ppm towards zero; below zero where it is lower.
    pub distance: Option<i64>,
    /// Until when it fills, while it is armed.
    pub fills_until: Timestamp,
    /// Why it is not armed now, where a rule says so.
    pub refusal: Option<EngineError>,
}

/// The price at which an order is met, as arming it judges.
fn trigger(order: &RestingOrder) -> Option<Price> {
    let kind = order.kind();
    if kind == OrderTrigger::AtTime {
        return None;
    }
    if order.trailing == Ppm::ZERO {
        return Some(order.trigger_price);
    }
    let away = price_share_ceil(order.best, order.trailing).ok().filter(|_| !order.best_published.is_never())?;
    match kind {
        OrderTrigger::AtOrAbove => order.best.checked_add(away).ok(),
        _ => order.best.checked_sub(away).ok(),
    }
}

impl Exchange {
    /// What the order at a place waits for. `reading` is the oracle's of its market, at which it would be armed.
    ///
    /// # Errors
    /// `NoOrder`; [`Refusal::NoMarket`].
    pub fn order_quote(
        &self,
        account: &Account,
        orders: &OrderBook,
        slot: usize,
        reading: Option<&OracleReading>,
    ) -> Result<OrderQuote, Refusal> {
        let stored = *orders.order(slot)?;
        let (now, market) = (self.clock.now, self.market(stored.market)?);
        let order = stored.as_of(now)?.unwrap_or(stored);
        let (mut refusal, mut fills_until) = (None, Timestamp::NEVER);
        let state = if stored.is_dead(account, now)? {
            OrderState::Dead
        } else if order.is_armed(now)? {
            fills_until = order.fills_until()?;
            OrderState::Armed
        } else if order.is_asleep() {
            OrderState::Asleep
        } else {
            match self.preview_arming(account, orders, slot, stored.market, reading) {
                Ok(after) if after.plan.is_armed() => OrderState::Met,
                Ok(_) => OrderState::Waiting,
                Err(Refusal::Rule(EngineError::OrderNotMet)) => OrderState::Waiting,
                Err(Refusal::Rule(rule)) => {
                    refusal = Some(rule);
                    OrderState::Refused
                }
                Err(missing) => return Err(missing),
            }
        };
        let trigger = trigger(&order);
        let price = market.price.price;
        let distance = trigger.and_then(|to| distance(price, to).ok());
        Ok(OrderQuote { slot, order, state, trigger, distance, fills_until, refusal })
    }
}
