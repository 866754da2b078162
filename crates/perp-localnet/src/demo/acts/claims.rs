//! A winner leaves at the bottom with more than the market has: the rest is a claim, paid once a loser has paid.

use perp_client::instructions::{fund_claims, redeem_claim, settle_pnl};

use super::trading::close;
use crate::demo::cast::{ALICE, BOB, LIQUIDATOR};
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::DemoError;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.act("7. A winner leaves at the bottom");
    let market = stage.btc;
    let (winner, loser) = (BOB.address(stage)?, ALICE.address(stage)?);
    close(
        stage,
        BOB,
        market,
        "profit is paid from the market's backing and from nothing else: what it cannot pay now is a claim",
    )?;
    let claim = stage.world.position(&winner, market).claim;

    let instruction = settle_pnl(&stage.addresses, loser, stage.touched(market));
    let (moved, plan) = stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.settle_pnl(&loser, market))?;
    let scene = moved
        .scene("alice's loss is settled", "anybody may turn a loser's loss into cash; her equity stays what it was")
        .row("alice's balance", |world| show::usdc(world.account(&loser).balance))
        .row("BTC-PERP's backing", |world| show::usdc(world.market(market).state.books.backing))
        .figure("turned into cash", show::signed_usdc(plan.profit));
    stage.record(scene)?;

    let instruction = fund_claims(&stage.addresses, market);
    let (moved, _) = stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.fund_claims(market))?;
    let set_aside = moved.after.market(market).state.books.pot;
    let scene = moved
        .scene("claims are funded", "the backing sets cash aside for all claims, pro rata")
        .row("set aside", |world| show::usdc(world.market(market).state.books.pot))
        .equal("all of the claim", show::usdc(claim), show::usdc(set_aside))
        .row("BTC-PERP's backing", |world| show::usdc(world.market(market).state.books.backing));
    stage.record(scene)?;

    let instruction = redeem_claim(&stage.addresses, winner, market);
    let (moved, plan) =
        stage.perform(LIQUIDATOR.wallet, &[instruction], |world| world.redeem_claim(&winner, market))?;
    let scene = moved
        .scene("bob's claim is redeemed", "what was set aside becomes his balance")
        .row("bob's balance", |world| show::usdc(world.account(&winner).balance))
        .row("bob's claim", |world| show::usdc(world.position(&winner, market).claim))
        .check("the claim was", "above zero", show::usdc(claim), !claim.is_zero())
        .figure("paid", show::usdc(plan.redeemed));
    stage.record(scene)?;
    stage.advance();
    Ok(())
}
