//! A day of funding: the larger side pays the smaller, and the backing keeps what is left over.

use perp_client::accounts::Market;
use perp_client::instructions::settle_funding;
use perp_engine::market::fill::skew;
use perp_engine::units::{Atoms, SignedAtoms};

use super::{DAY, FUNDING, HOUR};
use crate::demo::demo_run::{DemoRun, Transition};
use crate::demo::participants::{Participant, ALICE, BOB, DAVE};
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::wallets::{ADMIN, LIQUIDATOR};

/// Hours between two rates that are shown.
const SHOWN_EVERY: i64 = 8;

pub fn play(run: &mut DemoRun<'_>) -> Result<(), DemoError> {
    run.go_to(FUNDING)?;
    run.chapter("4. A day of funding");
    let mut day = run.refresh(ADMIN)?;
    let (sol, btc) = (run.sol, run.btc);
    let mut hours: i64 = 0;
    let mut course = Vec::new();
    let mut drift = [sol, btc].map(|market| Drift { market, accrued: 0, towards_larger: 0 });
    while run.now() < FUNDING + DAY {
        run.go_to(run.now() + HOUR)?;
        let hour = run.refresh(ADMIN)?;
        for drift in &mut drift {
            drift.count(&hour, run.now())?;
        }
        day = day.then(hour);
        hours += 1;
        if hours % SHOWN_EVERY == 0 && hours < DAY / HOUR {
            course.push((hours, run.world.market(sol), run.world.market(btc)));
        }
        run.advance();
    }
    let mut report = day
        .report(
            format!("{hours} hours pass"),
            "every hour a price and an accrual; the rate drifts towards the side that is larger",
        )
        .row("SOL-PERP's rate at the end (positive: longs pay)", |world| {
            show::rate(world.market(sol).state.ledger.funding_rate)
        })
        .row("BTC-PERP's rate at the end (negative: shorts pay)", |world| {
            show::rate(world.market(btc).state.ledger.funding_rate)
        })
        .row("BTC-PERP's price", |world| show::price(&world.market(btc), world.market(btc).state.price.price));
    for Drift { market, accrued, towards_larger } in drift {
        let listed = run.world.market(market);
        let [long, short] = listed.state.ledger.sides.map(|side| side.open_interest);
        let (symbol, rate) = (show::symbol(&listed), listed.state.ledger.funding_rate);
        let sign = if long > short { "above 0" } else { "below 0" };
        let sizes = format!("{sign}: {} long, {} short", show::size(&listed, long), show::size(&listed, short));
        let same = rate.signum() == skew(&listed.state.ledger)?.get().signum() && long != short;
        report = report
            .equal(format!("{symbol}: hours with a price and an accrual"), hours.to_string(), accrued.to_string())
            .equal(
                format!("{symbol}: hours in which the rate drifted towards the larger side"),
                hours.to_string(),
                towards_larger.to_string(),
            )
            .check(format!("{symbol}: the rate has the sign of the skew"), &sizes, show::rate(rate), same);
    }
    for (hours, sol, btc) in course {
        let rate = |market: &Market| show::rate(market.state.ledger.funding_rate);
        report = report
            .figure(format!("SOL-PERP's rate after {hours} hours"), rate(&sol))
            .figure(format!("BTC-PERP's rate after {hours} hours"), rate(&btc));
    }
    run.record(report)?;

    settle(run, btc, &[ALICE, BOB])?;
    settle(run, sol, &[ALICE, DAVE])?;
    run.advance();
    Ok(())
}

/// What the hours did to a market's rate.
struct Drift {
    market: u16,
    /// Hours with a price of their end, up to which funding accrued.
    accrued: i64,
    /// Hours in which the rate transition up while longs were more, or down while shorts were.
    towards_larger: i64,
}

impl Drift {
    fn count(&mut self, hour: &Transition, now: i64) -> Result<(), DemoError> {
        let (before, after) = (hour.before.market(self.market).state, hour.after.market(self.market).state);
        self.accrued += i64::from(after.price.published.get() == now && after.ledger.funding_time.get() == now);
        let moved = after.ledger.funding_rate.cmp(&before.ledger.funding_rate);
        self.towards_larger += i64::from(moved.is_ne() && moved == skew(&before.ledger)?.get().cmp(&0));
        Ok(())
    }
}

/// Settles the funding of all positions in a market and adds up who got what.
fn settle(run: &mut DemoRun<'_>, market: u16, participants: &[Participant]) -> Result<(), DemoError> {
    let mut transitions = Vec::new();
    let mut received = Vec::new();
    for participant in participants {
        let address = participant.address(run)?;
        let instruction = settle_funding(&run.addresses, address, market);
        let (transition, plan) = run.perform(LIQUIDATOR, &[instruction], |expected| {
            expected.with_account(&address, |exchange, account| exchange.settle_funding(account, market))
        })?;
        let balance = |world: &World| world.account(&address).balance.signed();
        received.push((
            *participant,
            plan.settled.funding,
            balance(&transition.after)?.checked_sub(balance(&transition.before)?)?,
        ));
        transitions.push(transition);
    }
    let Some(transition) = transitions.into_iter().reduce(Transition::then) else { return Ok(()) };

    let backing = |world: &World| world.market(market).state.ledger.backing;
    let kept = backing(&transition.after).signed()?.checked_sub(backing(&transition.before).signed()?)?;
    let mut paid_in_all = Atoms::ZERO;
    let mut received_in_all = kept;
    for (_, _, change) in &received {
        paid_in_all = paid_in_all.checked_add(SignedAtoms::ZERO.checked_sub(*change)?.positive_part())?;
        received_in_all = received_in_all.checked_add(change.positive_part().signed()?)?;
    }
    let symbol = show::symbol(&run.world.market(market));
    let mut report = transition.report(
        format!("funding of {symbol} is settled"),
        "anybody settles anybody's funding; payers' cash goes to receivers, and the backing keeps the rest and the carry",
    );
    for (participant, expected, actual) in &received {
        report = report.equal(participant.to_string(), show::signed_usdc(*expected), show::signed_usdc(*actual));
    }
    let report = report
        .equal("paid = received, and kept by the backing", show::usdc(paid_in_all), show::signed_usdc(received_in_all))
        .check("the backing keeps", "at least nothing", show::signed_usdc(kept), !kept.is_negative());
    run.record(report)
}
