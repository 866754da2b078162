use super::views::settled;
use super::{Output, Question};
use crate::layout::{OfPosition, SettlementView};
use crate::refused::Refused;
use crate::world::{index, World};
use bytemuck::Zeroable;
use perp_engine::ledger::Settled;

fn moved(settled: &Settled) -> SettlementView {
    SettlementView {
        funding: settled.funding.get(),
        redeemed: settled.redeemed.get(),
        repaid: settled.repaid.get(),
        ..SettlementView::zeroed()
    }
}

pub(super) fn settle_pnl(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfPosition>()?;
    let account = world.account(asked.account)?;
    let after = world.exchange()?.preview_settle_pnl(account, index(asked.market)?, None)?;
    let plan = &after.plan;
    let moved = SettlementView { profit: plan.profit.get(), moved: plan.moved.get(), ..moved(&plan.settled) };
    settled(world, account, &after.account, &after.market, moved, output)
}

pub(super) fn settle_funding(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfPosition>()?;
    let account = world.account(asked.account)?;
    let after = world.exchange()?.preview_settle_funding(account, index(asked.market)?)?;
    settled(world, account, &after.account, &after.market, moved(&after.plan.settled), output)
}

pub(super) fn waive_claim(world: &World, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
    let asked = question.only::<OfPosition>()?;
    let account = world.account(asked.account)?;
    let after = world.exchange()?.preview_waive_claim(account, index(asked.market)?)?;
    let (redeemed, waived) = (after.plan.redeemed.get(), after.plan.waived.get());
    let moved = SettlementView { redeemed, waived, ..SettlementView::zeroed() };
    settled(world, account, &after.account, &after.market, moved, output)
}
