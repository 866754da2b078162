use super::views::small;
use super::{Output, Question};
use crate::layout::{ExposureView, Nothing, OfRequest, PoolView, RequestView};
use crate::refused::Refused;
use crate::world::World;
use perp_engine::state::{PriceLimit, RequestKind};
use perp_engine::units::{Atoms, Timestamp};

pub(super) fn pool(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    question.only::<Nothing>()?;
    let providing = world.exchange()?.providing()?;
    output.put(&PoolView {
        lower: providing.value.lower.get(),
        upper: providing.value.upper.get(),
        unsettled: providing.value.unsettled.get(),
        shares: providing.shares.get(),
        cash: providing.cash.get(),
        placed: providing.placed.get(),
        entering: providing.entering.get(),
        leaving: providing.leaving.get(),
        boundary: providing.boundary.map_or(0, Timestamp::get),
        last_boundary: providing.last.boundary.get(),
        last_upper: providing.last.upper.get(),
        last_shares: providing.last.shares.get(),
        markets: providing.markets.len() as u64,
    })?;
    for market in &providing.markets {
        output.put(&ExposureView {
            market: market.market.into(),
            lower: market.value.lower.get(),
            upper: market.value.upper.get(),
            unsettled: market.value.unsettled.get(),
            placed: market.placed.get(),
            backing: market.backing.get(),
            delta: market.delta.get(),
            delta_notional: market.delta_notional.get(),
            stress_loss: market.stress_loss.get(),
            earned: market.earned.total()?.into(),
        })?;
    }
    Ok(())
}

pub(super) fn request(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfRequest>()?;
    let kind = match asked.kind {
        0 => RequestKind::Deposit,
        1 => RequestKind::Withdrawal,
        kind => return Err(Refused::out_of_range(kind)),
    };
    let limit = u8::try_from(small(asked.limit)?).ok().and_then(PriceLimit::from_number);
    let limit = limit.ok_or(Refused::out_of_range(asked.limit))?;
    let (amount, owned) = (Atoms::new(asked.amount), Atoms::new(asked.owned));
    let quote = world.exchange()?.request_quote(kind, amount, owned, limit)?;
    output.put(&RequestView {
        boundary: quote.boundary.get(),
        lamports: quote.lamports,
        shares: quote.shares.get(),
        tokens: quote.tokens.get(),
        rest: quote.rest.get(),
    })
}
