use super::views::{byte, flag, small};
use super::{Output, Question};
use crate::layout::{PlacedOrder, Placement, PlacementView};
use crate::refused::Refused;
use crate::world::{index, World};
use alloc::vec::Vec;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{OrderTrigger, ORDER_SLOTS};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};

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
