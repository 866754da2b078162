//! A day of funding: the larger side pays the smaller, and the backing keeps what is left over.

use perp_client::instructions::settle_funding;
use perp_engine::fill::skew;
use perp_engine::units::{Atoms, SignedAtoms};
use perp_swap::state::Market;

use super::{DAY, FUNDING, HOUR};
use crate::demo::cast::{Seat, ALICE, BOB, DAVE};
use crate::demo::show;
use crate::demo::stage::{Move, Stage};
use crate::demo::world::World;
use crate::demo::DemoError;
use crate::wallets::{ADMIN, LIQUIDATOR};

/// Hours between two rates that are shown.
const SHOWN_EVERY: i64 = 8;

pub fn play(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    stage.go_to(FUNDING)?;
    stage.act("4. A day of funding");
    let mut day = stage.refresh(ADMIN)?;
    let (sol, btc) = (stage.sol, stage.btc);
    let mut hours: i64 = 0;
    let mut course = Vec::new();
    let mut drift = [sol, btc].map(|market| Drift { market, accrued: 0, towards_larger: 0 });
    while stage.now() < FUNDING + DAY {
        stage.go_to(stage.now() + HOUR)?;
        let hour = stage.refresh(ADMIN)?;
        for drift in &mut drift {
            drift.count(&hour, stage.now())?;
        }
        day = day.then(hour);
        hours += 1;
        if hours % SHOWN_EVERY == 0 && hours < DAY / HOUR {
            course.push((hours, stage.world.market(sol), stage.world.market(btc)));
        }
        stage.advance();
    }
    let mut scene = day
        .scene(
            format!("{hours} hours pass"),
            "every hour a price and an accrual; the rate drifts towards the side that is larger",
        )
        .row("SOL-PERP's rate at the end (positive: longs pay)", |world| {
            show::rate(world.market(sol).state.books.funding_rate)
        })
        .row("BTC-PERP's rate at the end (negative: shorts pay)", |world| {
            show::rate(world.market(btc).state.books.funding_rate)
        })
        .row("BTC-PERP's price", |world| show::price(&world.market(btc), world.market(btc).state.price.price));
    for Drift { market, accrued, towards_larger } in drift {
        let listed = stage.world.market(market);
        let [long, short] = listed.state.books.sides.map(|side| side.open_interest);
        let (symbol, rate) = (show::symbol(&listed), listed.state.books.funding_rate);
        let sign = if long > short { "above 0" } else { "below 0" };
        let sizes = format!("{sign}: {} long, {} short", show::size(&listed, long), show::size(&listed, short));
        let same = rate.signum() == skew(&listed.state)?.get().signum() && long != short;
        scene = scene
            .equal(format!("{symbol}: hours with a price and an accrual"), hours.to_string(), accrued.to_string())
            .equal(
                format!("{symbol}: hours in which the rate drifted towards the larger side"),
                hours.to_string(),
                towards_larger.to_string(),
            )
            .check(format!("{symbol}: the rate has the sign of the skew"), &sizes, show::rate(rate), same);
    }
    for (hours, sol, btc) in course {
        let rate = |market: &Market| show::rate(market.state.books.funding_rate);
        scene = scene
            .figure(format!("SOL-PERP's rate after {hours} hours"), rate(&sol))
            .figure(format!("BTC-PERP's rate after {hours} hours"), rate(&btc));
    }
    stage.record(scene)?;

    settle(stage, btc, &[ALICE, BOB])?;
    settle(stage, sol, &[ALICE, DAVE])?;
    stage.advance();
    Ok(())
}

/// What the hours did to a market's rate.
struct Drift {
    market: u16,
    /// Hours with a price of their end, up to which funding accrued.
    accrued: i64,
    /// Hours in which the rate moved up while longs were more, or down while shorts were.
    towards_larger: i64,
}

impl Drift {
    fn count(&mut self, hour: &Move, now: i64) -> Result<(), DemoError> {
        let (before, after) = (hour.before.market(self.market).state, hour.after.market(self.market).state);
        self.accrued += i64::from(after.price.published.get() == now && after.books.funding_time.get() == now);
        let moved = after.books.funding_rate.cmp(&before.books.funding_rate);
        self.towards_larger += i64::from(moved.is_ne() && moved == skew(&before)?.get().cmp(&0));
        Ok(())
    }
}

/// Settles the funding of all positions in a market and adds up who got what.
fn settle(stage: &mut Stage<'_>, market: u16, seats: &[Seat]) -> Result<(), DemoError> {
    let mut moves = Vec::new();
    let mut received = Vec::new();
    for seat in seats {
        let address = seat.address(stage)?;
        let instruction = settle_funding(&stage.addresses, address, market);
        let (moved, plan) =
            stage.perform(LIQUIDATOR, &[instruction], |world| world.settle_funding(&address, market))?;
        let balance = |world: &World| world.account(&address).balance.signed();
        received.push((*seat, plan.funding, balance(&moved.after)?.minus(balance(&moved.before)?)?));
        moves.push(moved);
    }
    let Some(moved) = moves.into_iter().reduce(Move::then) else { return Ok(()) };

    let backing = |world: &World| world.market(market).state.books.backing;
    let kept = backing(&moved.after).signed()?.minus(backing(&moved.before).signed()?)?;
    let mut paid_in_all = Atoms::ZERO;
    let mut received_in_all = kept;
    for (_, _, change) in &received {
        paid_in_all = paid_in_all.plus(SignedAtoms::ZERO.minus(*change)?.positive_part())?;
        received_in_all = received_in_all.plus(change.positive_part().signed()?)?;
    }
    let symbol = show::symbol(&stage.world.market(market));
    let mut scene = moved.scene(
        format!("funding of {symbol} is settled"),
        "anybody settles anybody's funding; payers' cash goes to receivers, and the backing keeps the rest and the carry",
    );
    for (seat, expected, actual) in &received {
        scene = scene.equal(seat.to_string(), show::signed_usdc(*expected), show::signed_usdc(*actual));
    }
    let scene = scene
        .equal("paid = received, and kept by the backing", show::usdc(paid_in_all), show::signed_usdc(received_in_all))
        .check("the backing keeps", "at least nothing", show::signed_usdc(kept), !kept.is_negative());
    stage.record(scene)
}
