use super::views::{flag, small};
use super::{Output, Question};
use crate::layout::{OfAccount, OrderView, PlacedOrder, Placement, PlacementView, NONE};
use crate::refused::Refused;
use crate::world::{index, World};
use alloc::vec::Vec;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{OrderTrigger, ORDER_SLOTS};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};

fn byte(number: u64) -> Result<u8, Refused> {
    u8::try_from(number).map_err(|_| Refused::out_of_range(number))
}

fn order(placed: &PlacedOrder) -> Result<NewOrder, Refused> {
    Ok(NewOrder {
        size: SignedSize::new(placed.size),
        trigger: OrderTrigger::from_byte(byte(placed.trigger)?).ok_or(Refused::out_of_range(placed.trigger))?,
        trigger_price: Price::new(placed.trigger_price),
        trailing: Ppm::new(small(placed.trailing)?),
        acceptable_price: Price::new(placed.acceptable_price),
        reduce_only: flag(placed.reduce_only)?,
        active_from: Timestamp::new(placed.active_from),
        expires: Timestamp::new(placed.expires),
        slices: u16::try_from(placed.slices).map_err(|_| Refused::out_of_range(placed.slices))?,
        seconds_between: small(placed.seconds_between)?,
        group: byte(placed.group)?,
        parent: byte(placed.parent)?.checked_sub(1),
        lamports: placed.lamports,
    })
}

pub(super) fn place(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let (asked, placed) = question.items::<Placement, PlacedOrder>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    let mut new = Vec::with_capacity(placed.len());
    for one in placed {
        new.push(order(one)?);
    }
    let mut cancel = [0u8; ORDER_SLOTS];
    let mut cancelled = 0;
    for slot in 0..ORDER_SLOTS {
        if asked.cancel >> slot & 1 == 1 {
            cancel[cancelled] = slot as u8;
            cancelled += 1;
        }
    }
    if asked.cancel >> ORDER_SLOTS != 0 {
        return Err(Refused::out_of_range(asked.cancel));
    }
    let (market, orders) = (index(asked.market)?, world.orders(asked.account));
    let cancel = &cancel[..cancelled];
    let plan = exchange.preview_placement(account, &orders, market, cancel, &new, None)?.plan;
    output.put(&PlacementView { paid: plan.paid, returned: plan.returned, armed_until: plan.armed_until.get() })
}

pub(super) fn orders(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfAccount>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    let book = world.orders(asked.account);
    for (slot, stored) in book.occupied() {
        let quote = exchange.order_quote(account, &book, slot, world.reading(stored.market))?;
        let order = &quote.order;
        output.put(&OrderView {
            place: slot as u64,
            number: order.number,
            market: order.market.into(),
            size: order.size.get(),
            state: quote.state as u64,
            trigger: quote.trigger.map_or(NONE, Price::get),
            distance: quote.distance.unwrap_or(0),
            fills_from: order.fills_from.get(),
            fills_until: quote.fills_until.get(),
            armed_size: order.armed_size.get(),
            margin_held: order.margin_held.get(),
            slices: order.slices.into(),
            tip: order.tip(),
            code: quote.refusal.map_or(0, |rule| Refused::from(rule).words.code),
        })?;
    }
    Ok(())
}
