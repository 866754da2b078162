//! A winner leaves at the bottom with more than the market has: the rest is a claim, paid once a loser has paid.

use perp_client::instructions::{fund_claims, redeem_claim, settle_pnl};
use perp_engine::units::Atoms;

use super::liquidity::DEPOSIT;
use super::trading::close;
use crate::demo::demo_run::DemoRun;
use crate::demo::participants::{ALICE, BOB, LIQUIDATOR};
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;

/// More than BTC-PERP owes at any price of the day.
const AMPLE: Atoms = DEPOSIT;

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.chapter("7. A winner leaves at the bottom");
    let market = run.btc;
    let backing = |world: &World| world.market(market).state.ledger.backing;
    let claims_reserve = |world: &World| world.market(market).state.ledger.claims_reserve;
    let (winner, loser) = (BOB.address(run)?, ALICE.address(run)?);
    let report = close(
        run,
        BOB,
        market,
        "profit is paid from the market's backing and from nothing else: what it cannot pay now is a claim",
    )?;
    let (before, after) = (&report.transition.before, &report.transition.after);
    let paid = backing(before).checked_sub(backing(after))?;
    let received = after.account(&winner).balance.checked_add(after.market(market).state.ledger.protocol_fees)?;
    let had = before.account(&winner).balance.checked_add(before.market(market).state.ledger.protocol_fees)?;
    let (left, claim) = (backing(after), after.position(&winner, market).claim);
    let report = report
        .equal(
            "the backing paid = bob's balance and the protocol's fees gained",
            show::usdc(paid),
            show::usdc(received.checked_sub(had)?),
        )
        .equal("left in the backing", show::usdc(Atoms::ZERO), show::usdc(left))
        .check("what it could not pay", "above 0 USDC", show::usdc(claim), !claim.is_zero());
    run.record(report)?;

    let (instruction, reading) = (settle_pnl(&run.addresses, loser, run.target(market), None), run.reading(market)?);
    let (transition, plan) = run.perform(LIQUIDATOR.wallet, &[instruction], |expected| {
        expected.with_account(&loser, |exchange, account| exchange.settle_pnl(account, market, Some(&reading), None))
    })?;
    let equity =
        |world: &World| world.in_memory().health(&world.account(&loser)).map(|health| health.maintenance.equity);
    let (was, is) = (equity(&transition.before)?, equity(&transition.after)?);
    // The same as with cash for all that the market owes.
    let (mut solvent, mut ample) = (transition.before.in_memory(), transition.before.market(market).state);
    ample.ledger.backing = AMPLE;
    solvent.put_market(ample);
    let in_full = solvent.health(&transition.before.account(&loser))?.maintenance.equity;
    let balance = |world: &World| world.account(&loser).balance.signed();
    let cash = balance(&transition.after)?.checked_sub(balance(&transition.before)?)?;
    let report = transition
        .report(
            "alice's loss is settled",
            "anybody may turn a loser's loss into cash; her equity stays what it was: the funding she is promised is set off against \
             the loss, whatever the market has",
        )
        .figure("loss", show::signed_usdc(plan.profit))
        .figure("funding", show::signed_usdc(plan.settled.funding))
        .equal(
            "turned into cash",
            show::signed_usdc(plan.profit.checked_add(plan.settled.funding)?),
            show::signed_usdc(cash),
        )
        .check(
            "alice's equity, her funding in full",
            &format!("{} ± {}", show::signed_usdc(in_full), show::usdc(Atoms::new(1))),
            show::signed_usdc(is),
            is.get().abs_diff(in_full.get()) <= 1,
        )
        .check("her equity", &format!("at least {}", show::signed_usdc(was)), show::signed_usdc(is), is >= was)
        .row("alice's balance", |world| show::usdc(world.account(&loser).balance))
        .row("BTC-PERP's backing", |world| show::usdc(backing(world)));
    run.record(report)?;

    let instruction = fund_claims(&run.addresses, market);
    let (transition, _) =
        run.perform(LIQUIDATOR.wallet, &[instruction], |expected| Ok(expected.exchange.fund_claims(market)?))?;
    let set_aside = claims_reserve(&transition.after);
    let gave = backing(&transition.before).checked_sub(backing(&transition.after))?;
    let report = transition
        .report("claims are funded", "the backing sets cash aside for all claims; bob's is the only one")
        .row("set aside", |world| show::usdc(claims_reserve(world)))
        .equal("all of the claim", show::usdc(claim), show::usdc(set_aside))
        .equal("the backing gave", show::usdc(set_aside), show::usdc(gave))
        .row("BTC-PERP's backing", |world| show::usdc(backing(world)));
    run.record(report)?;

    let instruction = redeem_claim(&run.addresses, winner, market);
    let (transition, _) = run.perform(LIQUIDATOR.wallet, &[instruction], |expected| {
        expected.with_account(&winner, |exchange, account| exchange.redeem_claim(account, market))
    })?;
    let taken = claims_reserve(&transition.before).checked_sub(claims_reserve(&transition.after))?;
    let paid = show::change(transition.before.account(&winner).balance, transition.after.account(&winner).balance);
    let report = transition
        .report("bob's claim is redeemed", "what was set aside becomes his balance")
        .row("bob's balance", |world| show::usdc(world.account(&winner).balance))
        .row("bob's claim", |world| show::usdc(world.position(&winner, market).claim))
        .equal("set aside before and not any more", show::usdc(claim), show::usdc(taken))
        .equal("paid to bob", show::change(Atoms::ZERO, claim), paid);
    run.record(report)?;
    run.advance();
    Ok(())
}
