//! The crash of 18 April 2021, minute by minute, with a keeper that checks every account at every price.

use perp_engine::bankruptcy::BankruptcyPlan;
use perp_engine::liquidation::LiquidationPlan;
use perp_engine::units::{Atoms, Base};

use super::trading::add;
use super::{claims, CRASH, MINUTE};
use crate::candles::Candle;
use crate::demo::cast::{Seat, LIQUIDATOR};
use crate::demo::keeper::{sweep, Deed, Extent, What};
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::DemoError;
use crate::report::Step;
use crate::usd_price::UsdPrice;

/// Half-way through its minute a candle's low is published, at the end its close.
const LOW_AFTER: i64 = MINUTE / 2;

/// Whole USDC that the first one who is liquidated in part adds.
const MARGIN_ADDED: u64 = 1_500;

/// What the crash did.
#[derive(Debug, Default)]
pub struct Toll {
    pub prices: usize,
    pub partial: usize,
    pub full: usize,
    pub bankrupt: usize,
    pub bounties: Atoms,
    pub written_off: Atoms,
}

pub fn play(stage: &mut Stage<'_>) -> Result<Toll, DemoError> {
    let minutes = stage.candles(CRASH)?;
    let bottom = minutes.iter().map(|candle| candle.low).min().unwrap_or(UsdPrice::dollars(1));
    let mut toll = Toll::default();
    stage.act("6. The crash, minute by minute");
    for candle in minutes {
        minute(stage, candle, bottom, &mut toll)?;
        stage.advance();
    }
    summary(stage, &toll, bottom)?;
    stage.advance();
    Ok(toll)
}

fn minute(stage: &mut Stage<'_>, candle: Candle, bottom: UsdPrice, toll: &mut Toll) -> Result<(), DemoError> {
    at(stage, candle.unix_time + LOW_AFTER, candle.low, toll)?;
    if candle.low == bottom {
        claims::play(stage)?;
        stage.act("8. After the bottom");
    }
    at(stage, candle.unix_time + MINUTE, candle.close, toll)
}

/// One price: published, taken in, and every account judged by it.
fn at(stage: &mut Stage<'_>, time: i64, price: UsdPrice, toll: &mut Toll) -> Result<(), DemoError> {
    stage.go_to_at(time, price)?;
    let refreshed = stage.refresh(LIQUIDATOR.wallet)?;
    if let Some(deviation) = refreshed.deviation() {
        let step = Step::new(show::hour(time), "price and funding are as the engine computes them");
        stage.note(step.equal("what differs", "nothing".into(), deviation))?;
    }
    toll.prices += 1;
    for deed in sweep(stage, LIQUIDATOR)? {
        let seat = Seat::at(stage, &deed.account)?;
        let title = format!("{} BTC {}: {seat}", show::hour(time), show::usd(price));
        match deed.what {
            What::Liquidated { size_before, plan } => {
                let extent = toll.count(size_before, &plan)?;
                liquidated(stage, &title, deed, size_before, plan)?;
                if extent == Extent::Partial && toll.partial == 1 {
                    add(stage, seat, MARGIN_ADDED, "a partial liquidation leaves time to add collateral")?;
                }
            }
            What::Resolved(plan) => {
                toll.written_off = toll.written_off.plus(plan.written_off)?;
                resolved(stage, &title, deed, plan)?;
            }
        }
    }
    Ok(())
}

impl Toll {
    fn count(&mut self, size_before: Base, plan: &LiquidationPlan) -> Result<Extent, DemoError> {
        let extent = Extent::of(size_before, plan);
        match extent {
            Extent::Partial => self.partial += 1,
            Extent::Full => self.full += 1,
            Extent::Bankrupt => self.bankrupt += 1,
        }
        self.bounties = self.bounties.plus(plan.penalty.bounty)?;
        Ok(extent)
    }
}

fn liquidated(
    stage: &mut Stage<'_>,
    title: &str,
    deed: Deed,
    size_before: Base,
    plan: LiquidationPlan,
) -> Result<(), DemoError> {
    let Deed { account, market, moved, .. } = deed;
    let listed = stage.world.market(market);
    let keeper = LIQUIDATOR.address(stage)?;
    let bounty_before = moved.before.account(&keeper).balance;
    let (name, expectation) = match Extent::of(size_before, &plan) {
        Extent::Partial => ("is liquidated in part", "so much is closed that it is healthy again, with a buffer"),
        Extent::Full => ("is liquidated whole", "too little is left to keep any of the position"),
        Extent::Bankrupt => (
            "is bankrupt",
            "the price fell by more than its margin within a minute: the position is closed, nobody is paid for it, and \
             what it cannot pay is a debt",
        ),
    };
    let penalty = plan.penalty;
    let parts = penalty.bounty.plus(penalty.insurance)?.plus(penalty.backing)?;
    let improved = i128::from(plan.after.equity.get()) - i128::from(plan.after.margin.get())
        >= i128::from(plan.before.equity.get()) - i128::from(plan.before.margin.get());
    let scene = moved
        .scene(format!("{title} {name}"), expectation)
        .row(format!("position (was {})", show::base(&listed, size_before)), |world| {
            show::base(&listed, world.position(&account, market).size)
        })
        .row("balance", |world| show::usdc(world.account(&account).balance))
        .row("debt to the market", |world| show::usdc(world.position(&account, market).debt))
        .row("the liquidator's bounty", |world| show::change(bounty_before, world.account(&keeper).balance))
        .row("BTC-PERP's insurance", |world| show::usdc(world.market(market).state.books.insurance))
        .equal("bounty + insurance + backing = penalty", show::usdc(penalty.collected), show::usdc(parts))
        .check("equity − margin", "no worse than before", improved_by(&plan), improved)
        .figure("equity before", show::signed_usdc(plan.before.equity))
        .figure("maintenance margin before", show::usdc(plan.before.margin))
        .figure("equity after", show::signed_usdc(plan.after.equity))
        .figure("maintenance margin after", show::usdc(plan.after.margin));
    stage.record(scene)
}

fn improved_by(plan: &LiquidationPlan) -> String {
    let surplus = |health: &perp_engine::portfolio::Health| {
        health.margin.signed().and_then(|margin| health.equity.minus(margin)).map(show::signed_usdc)
    };
    match (surplus(&plan.before), surplus(&plan.after)) {
        (Ok(before), Ok(after)) => format!("{before} → {after}"),
        _ => "out of range".into(),
    }
}

fn resolved(stage: &mut Stage<'_>, title: &str, deed: Deed, plan: BankruptcyPlan) -> Result<(), DemoError> {
    let Deed { account, market, moved, .. } = deed;
    let paid = plan
        .paid_by_balance
        .plus(plan.paid_by_claims)?
        .plus(plan.paid_by_insurance)?
        .plus(plan.paid_by_shared_insurance)?
        .plus(plan.written_off)?;
    let scene = moved
        .scene(
            format!("{title} is resolved"),
            "its debt is paid by what it still has, by the market's insurance, by the shared insurance up to a cap, and \
             the rest is written off",
        )
        .row("debt left", |world| show::usdc(world.position(&account, market).debt))
        .row("BTC-PERP's insurance", |world| show::usdc(world.market(market).state.books.insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance))
        .row("written off so far", |world| show::usdc(world.market(market).state.books.written_off))
        .equal("the parts add up to the debt", show::usdc(plan.debt), show::usdc(paid))
        .figure("paid by its balance", show::usdc(plan.paid_by_balance))
        .figure("paid by BTC-PERP's insurance", show::usdc(plan.paid_by_insurance))
        .figure("paid by the shared insurance", show::usdc(plan.paid_by_shared_insurance))
        .figure("written off", show::usdc(plan.written_off));
    stage.record(scene)
}

fn summary(stage: &mut Stage<'_>, toll: &Toll, bottom: UsdPrice) -> Result<(), DemoError> {
    let keeper = LIQUIDATOR.address(stage)?;
    let at_least_one = |step: Step, name: &str, count: usize| step.check(name, "at least 1", count, count > 0);
    let step = Step::new("the crash in numbers", "every way an account can end was seen");
    let step = at_least_one(step, "partial liquidations", toll.partial);
    let step = at_least_one(step, "full liquidations", toll.full);
    let step = at_least_one(step, "bankruptcies", toll.bankrupt)
        .equal(
            "the liquidator's balance: its bounties",
            show::usdc(toll.bounties),
            show::usdc(stage.world.account(&keeper).balance),
        )
        .figure("prices, at each of which every account was checked", toll.prices)
        .figure("lowest price", show::usd(bottom))
        .figure("bad debt written off", show::usdc(toll.written_off));
    stage.note(step)
}
