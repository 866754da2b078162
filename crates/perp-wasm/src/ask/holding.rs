//! What a position costs while it is held.

use super::views::small;
use super::{Output, Question};
use crate::layout::{Ahead, Holding, HoldingView};
use crate::refused::Refused;
use crate::world::{index, World};
use alloc::vec::Vec;
use perp_engine::units::SignedSize;
use perp_exchange::sizing::holding_costs;

pub(super) fn holding(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let (asked, items) = question.items::<Holding, Ahead>()?;
    let exchange = world.exchange()?;
    let market = exchange.market(index(asked.market)?)?;
    let mut seconds = Vec::with_capacity(items.len());
    for item in items {
        seconds.push(small(item.seconds)?);
    }
    for cost in &holding_costs(market, &exchange.session(), SignedSize::new(asked.size), &seconds)? {
        output.put(&HoldingView {
            seconds: cost.seconds.into(),
            cost: cost.cost.get(),
            break_even: cost.break_even,
            funding_rate: cost.funding_rate,
        })?;
    }
    Ok(())
}
