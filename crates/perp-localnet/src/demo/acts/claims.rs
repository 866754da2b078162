//! A winner leaves at the bottom with more than the market has: the rest is a claim, paid once a loser has paid.

use perp_client::health::health;
use perp_client::instructions::{fund_claims, redeem_claim, settle_pnl};
use perp_engine::units::Atoms;

use super::liquidity::DEPOSIT;
use super::trading::close;
use crate::demo::cast::{ALICE, BOB, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::world::World;
use crate::demo::DemoError;

/// More than BTC-PERP owes at any price of the day.
const AMPLE: Atoms = DEPOSIT;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.act("7. A winner leaves at the bottom");
    let market = stage.btc;
    let backing = |world: &World| world.market(market).state.books.backing;
    let pot = |world: &World| world.market(market).state.books.pot;
    let (winner, loser) = (BOB.address(stage)?, ALICE.address(stage)?);
    let scene = close(
        stage,
        BOB,
        market,
        "profit is paid from the market's backing and from nothing else: what it cannot pay now is a claim",
    )?;
    let (before, after) = (&scene.moved.before, &scene.moved.after);
    let paid = backing(before).minus(backing(after))?;
    let received = after.account(&winner).balance.plus(after.market(market).state.books.protocol_fees)?;
    let had = before.account(&winner).balance.plus(before.market(market).state.books.protocol_fees)?;
    let (left, claim) = (backing(after), after.position(&winner, market).claim);
    let scene = scene
        .equal(
            "the backing paid = bob's balance and the protocol's fees gained",
            show::usdc(paid),
            show::usdc(received.minus(had)?),
        )
        .equal("left in the backing", show::usdc(Atoms::ZERO), show::usdc(left))
        .check("what it could not pay", "above 0 USDC", show::usdc(claim), !claim.is_zero());
    stage.record(scene)?;

    let instruction = settle_pnl(&stage.addresses, loser, stage.touched(market));
    let (moved, plan) = stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.settle_pnl(&loser, market))?;
    let equity =
        |world: &World| health(&world.snapshot(), &world.account(&loser)).map(|health| health.maintenance.equity);
    let (was, is) = (equity(&moved.before)?, equity(&moved.after)?);
    // With cash for all it owes, the market's promises count in full.
    let mut solvent = moved.before.clone();
    solvent.market_mut(market)?.state.books.backing = AMPLE;
    let in_full = equity(&solvent)?;
    let balance = |world: &World| world.account(&loser).balance.signed();
    let cash = balance(&moved.after)?.minus(balance(&moved.before)?)?;
    let scene = moved
        .scene(
            "alice's loss is settled",
            "anybody may turn a loser's loss into cash; her equity stays what it was, but that the funding she was promised, \
             which counted in part while the market could not pay it, is set off against the loss in full",
        )
        .figure("loss", show::signed_usdc(plan.profit))
        .figure("funding", show::signed_usdc(plan.funding))
        .equal("turned into cash", show::signed_usdc(plan.profit.plus(plan.funding)?), show::signed_usdc(cash))
        .check(
            "alice's equity, her funding in full",
            &format!("{} ± {}", show::signed_usdc(in_full), show::usdc(Atoms::new(1))),
            show::signed_usdc(is),
            is.get().abs_diff(in_full.get()) <= 1,
        )
        .check("her equity", &format!("at least {}", show::signed_usdc(was)), show::signed_usdc(is), is >= was)
        .row("alice's balance", |world| show::usdc(world.account(&loser).balance))
        .row("BTC-PERP's backing", |world| show::usdc(backing(world)));
    stage.record(scene)?;

    let instruction = fund_claims(&stage.addresses, market);
    let (moved, _) = stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.fund_claims(market))?;
    let set_aside = pot(&moved.after);
    let gave = backing(&moved.before).minus(backing(&moved.after))?;
    let scene = moved
        .scene("claims are funded", "the backing sets cash aside for all claims; bob's is the only one")
        .row("set aside", |world| show::usdc(pot(world)))
        .equal("all of the claim", show::usdc(claim), show::usdc(set_aside))
        .equal("the backing gave", show::usdc(set_aside), show::usdc(gave))
        .row("BTC-PERP's backing", |world| show::usdc(backing(world)));
    stage.record(scene)?;

    let instruction = redeem_claim(&stage.addresses, winner, market);
    let (moved, _) = stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.redeem_claim(&winner, market))?;
    let taken = pot(&moved.before).minus(pot(&moved.after))?;
    let paid = show::change(moved.before.account(&winner).balance, moved.after.account(&winner).balance);
    let scene = moved
        .scene("bob's claim is redeemed", "what was set aside becomes his balance")
        .row("bob's balance", |world| show::usdc(world.account(&winner).balance))
        .row("bob's claim", |world| show::usdc(world.position(&winner, market).claim))
        .equal("set aside before and not any more", show::usdc(claim), show::usdc(taken))
        .equal("paid to bob", show::change(Atoms::ZERO, claim), paid);
    stage.record(scene)?;
    stage.advance();
    Ok(())
}
