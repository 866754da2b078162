use super::views::{order_of, settled, side, standing};
use super::{Output, Question};
use crate::layout::{LargestOrder, OfPosition, OfSide, SettlementView, Trade, TradeReceipt};
use crate::refused::Refused;
use crate::world::{index, World};
use bytemuck::Zeroable;
use perp_engine::units::SignedSize;

pub(super) fn trade(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<Trade>()?;
    let (exchange, account) = (world.exchange()?, world.account(asked.account)?);
    let receipt = exchange.receipt(account, index(asked.market)?, &order_of(asked)?)?;
    let plan = &receipt.after.plan;
    output.put(&TradeReceipt {
        size: plan.size.get(),
        closed: plan.closed.get(),
        opened: plan.opened.get(),
        index_price: receipt.after.market.price.price.get(),
        average_price: receipt.average_price.get(),
        index_notional: plan.fill.index_notional.into(),
        notional: plan.notional.into(),
        spread: plan.fill.spread.into(),
        impact: plan.fill.impact()?.into(),
        fee: plan.fill.fee.get(),
        cost: receipt.cost.get(),
        cost_part: receipt.cost_part,
        realized: plan.realized.get(),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        admitted_equity: plan.after.equity.get(),
        admitted_margin: plan.after.margin.get(),
        before: standing(&receipt.standing, account),
        after: standing(&receipt.standing_after, &receipt.after.account),
    })
}

pub(super) fn largest_order(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfSide>()?;
    let account = world.account(asked.account)?;
    let size = world.exchange()?.largest_order(account, index(asked.market)?, side(asked.side)?, None)?;
    output.put(&LargestOrder { size: size.map_or(0, SignedSize::get) })
}

pub(super) fn redeem_claim(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfPosition>()?;
    let account = world.account(asked.account)?;
    let after = world.exchange()?.preview_redeem_claim(account, index(asked.market)?)?;
    let moved = SettlementView { redeemed: after.plan.redeemed.get(), ..SettlementView::zeroed() };
    settled(world, account, &after.account, &after.market, moved, output)
}
