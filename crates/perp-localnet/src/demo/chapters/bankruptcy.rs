//! Who pays what a bankrupt account owes.

use perp_client::events::Event;
use perp_engine::units::products::share_floor;
use perp_engine::units::Atoms;

use super::liquidation::others_untouched;
use crate::demo::demo_run::DemoRun;
use crate::demo::keeper::KeeperAction;
use crate::demo::participants::Participant;
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;

/// Reports that a debt was resolved: each pays all it has, and only then the next.
pub fn report(
    run: &mut DemoRun<'_>,
    title: &str,
    action: KeeperAction,
    participant: Participant,
) -> Result<(), DemoError> {
    let KeeperAction { account, market, transition, .. } = action;
    let (before, after) = (transition.before.clone(), transition.after.clone());
    let ledger = |world: &World| world.market(market).state.ledger;
    let debt = before.position(&account, market).debt;

    let by_balance = debt.min(before.account(&account).balance);
    let by_insurance = debt.checked_sub(by_balance)?.min(ledger(&before).insurance);
    // The cap is a part of what the shared insurance held when the market first drew on it within the window.
    let draw = before.pool.shared_draw;
    let at_start = if draw.window_start.is_never() { before.pool.insurance } else { draw.insurance_at_start };
    let cap = share_floor(at_start, before.pool.parameters.shared_draw_share)?.saturating_sub(draw.drawn);
    let by_shared = debt.checked_sub(by_balance)?.checked_sub(by_insurance)?.min(cap).min(before.pool.insurance);
    let written_off = debt.checked_sub(by_balance)?.checked_sub(by_insurance)?.checked_sub(by_shared)?;

    let from_balance = before.account(&account).balance.checked_sub(after.account(&account).balance)?;
    let from_insurance = ledger(&before).insurance.checked_sub(ledger(&after).insurance)?;
    let from_shared = before.pool.insurance.checked_sub(after.pool.insurance)?;
    let lost = ledger(&after).written_off.checked_sub(ledger(&before).written_off)?;
    let parts = from_balance.checked_add(from_insurance)?.checked_add(from_shared)?.checked_add(lost)?;
    let debt_left = after.position(&account, market).debt;

    let events = run.events(&transition)?;
    let [Event::BankruptcyResolved(event)] = &events[..] else {
        return Err(DemoError::Absent { expected: "event BankruptcyResolved" });
    };
    let told = |debt, written_off| format!("{}, {}", show::usdc(debt), show::usdc(written_off));

    let symbol = show::symbol(&after.market(market));
    let report = transition
        .report(
            format!("{title} is resolved"),
            "its debt is paid by what it still has, by the market's insurance, by the shared insurance up to a cap, and \
             the rest is written off",
        )
        .equal("paid by its balance", show::usdc(by_balance), show::usdc(from_balance))
        .equal(format!("paid by {symbol}'s insurance"), show::usdc(by_insurance), show::usdc(from_insurance))
        .figure("the cap", show::usdc(cap))
        .equal("paid by the shared insurance", show::usdc(by_shared), show::usdc(from_shared))
        .equal("written off", show::usdc(written_off), show::usdc(lost))
        .equal("these add up to its debt", show::usdc(debt), show::usdc(parts))
        .equal(
            "its event: debt, written off",
            told(debt, written_off),
            told(Atoms::new(event.debt), Atoms::new(event.written_off)),
        )
        .equal("debt left", show::usdc(Atoms::ZERO), show::usdc(debt_left))
        .row(format!("{symbol}'s insurance"), |world| show::usdc(ledger(world).insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance));
    let report = others_untouched(run, report, participant, &before, &after)?;
    run.record(report)
}
