use super::{Output, Question};
use crate::layout::{OfAccount, OrderView, NONE};
use crate::refused::Refused;
use crate::world::World;
use perp_engine::units::Price;

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
