//! Who pays what a bankrupt account owes.

use perp_engine::units::products::share_floor;
use perp_engine::units::Atoms;

use super::liquidation::others_untouched;
use crate::demo::cast::Seat;
use crate::demo::keeper::Deed;
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::world::World;
use crate::demo::DemoError;

/// Reports that a debt was resolved: each pays all it has, and only then the next.
pub fn report(stage: &mut Stage<'_>, title: &str, deed: Deed, seat: Seat) -> Result<(), DemoError> {
    let Deed { account, market, moved, .. } = deed;
    let (before, after) = (moved.before.clone(), moved.after.clone());
    let books = |world: &World| world.market(market).state.books;
    let debt = before.position(&account, market).debt;

    let by_balance = debt.min(before.account(&account).balance);
    let by_insurance = debt.minus(by_balance)?.min(books(&before).insurance);
    // The cap is a part of what the shared insurance held when the market first drew on it within the window.
    let draw = books(&before).shared_draw;
    let at_start = if draw.window_start.is_never() { before.pool.insurance } else { draw.insurance_at_start };
    let cap = share_floor(at_start, before.pool.parameters.shared_draw_share)?.excess_over(draw.drawn);
    let by_shared = debt.minus(by_balance)?.minus(by_insurance)?.min(cap).min(before.pool.insurance);
    let written_off = debt.minus(by_balance)?.minus(by_insurance)?.minus(by_shared)?;

    let from_balance = before.account(&account).balance.minus(after.account(&account).balance)?;
    let from_insurance = books(&before).insurance.minus(books(&after).insurance)?;
    let from_shared = before.pool.insurance.minus(after.pool.insurance)?;
    let lost = books(&after).written_off.minus(books(&before).written_off)?;
    let parts = from_balance.plus(from_insurance)?.plus(from_shared)?.plus(lost)?;
    let debt_left = after.position(&account, market).debt;

    let symbol = show::symbol(&after.market(market));
    let scene = moved
        .scene(
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
        .equal("debt left", show::usdc(Atoms::ZERO), show::usdc(debt_left))
        .row(format!("{symbol}'s insurance"), |world| show::usdc(books(world).insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance));
    let scene = others_untouched(stage, scene, seat, &before, &after)?;
    stage.record(scene)
}
