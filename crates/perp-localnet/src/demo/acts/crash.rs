//! The crash of 18 April 2021, minute by minute, with a keeper that checks every account at every price.

use perp_client::health::health;
use perp_engine::liquidation::LiquidationPlan;
use perp_engine::portfolio::Health;
use perp_engine::units::{Atoms, Base};

use super::trading::add;
use super::{bankruptcy, claims, liquidation, CRASH, MINUTE};
use crate::candles::Candle;
use crate::demo::cast::{Seat, LIQUIDATOR};
use crate::demo::keeper::{sweep, Extent, What};
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
        stage.act("8. From the bottom until 04:00");
    }
    at(stage, candle.unix_time + MINUTE, candle.close, toll)
}

/// One price: published, taken in, and every account judged by it.
fn at(stage: &mut Stage<'_>, time: i64, price: UsdPrice, toll: &mut Toll) -> Result<(), DemoError> {
    let earlier = stage.world.clone();
    stage.go_to_at(time, price)?;
    stage.refresh(LIQUIDATOR.wallet)?;
    let deeds = sweep(stage, LIQUIDATOR)?;
    toll.prices += 1;
    for deed in deeds {
        let seat = Seat::at(stage, &deed.account)?;
        let title = format!("{} BTC {}: {seat}", show::hour(time), show::usd(price));
        match deed.what {
            What::Liquidated { size_before, plan } => {
                let extent = toll.count(size_before, &plan)?;
                liquidation::report(stage, &title, deed, size_before, &plan, &earlier)?;
                if extent == Extent::Partial && toll.partial == 1 {
                    add_margin(stage, seat)?;
                }
            }
            What::Resolved(plan) => {
                toll.written_off = toll.written_off.plus(plan.written_off)?;
                bankruptcy::report(stage, &title, deed, seat)?;
            }
        }
    }
    Ok(())
}

fn add_margin(stage: &mut Stage<'_>, seat: Seat) -> Result<(), DemoError> {
    let address = seat.address(stage)?;
    let scene = add(stage, seat, MARGIN_ADDED, "a partial liquidation leaves time to add collateral")?;
    let before = &scene.moved.before;
    let open = before.account(&address).occupied().filter(|(_, position)| !position.size.is_zero()).count();
    let Health { equity, margin } = health(&before.snapshot(), &before.account(&address))?.maintenance;
    let scene = scene.check("positions kept", "at least 1", open.to_string(), open > 0).check(
        "equity before",
        &format!("at least its maintenance margin, {}", show::usdc(margin)),
        show::signed_usdc(equity),
        equity >= margin.signed()?,
    );
    stage.record(scene)
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

fn summary(stage: &mut Stage<'_>, toll: &Toll, bottom: UsdPrice) -> Result<(), DemoError> {
    let balance = stage.world.account(&LIQUIDATOR.address(stage)?).balance;
    let written_off = stage.world.market(stage.btc).state.books.written_off;
    // A low and a close in each minute from the first to the last.
    let prices = 2 * (1 + (CRASH[1] - CRASH[0]) / MINUTE);
    let at_least_one = |step: Step, name: &str, count: usize| step.check(name, "at least 1", count, count > 0);
    let step = Step::new("the crash in numbers", "every way an account can end was seen");
    let step = at_least_one(step, "partial liquidations", toll.partial);
    let step = at_least_one(step, "full liquidations", toll.full);
    let step = at_least_one(step, "bankruptcies", toll.bankrupt)
        .equal("prices, at each of which every account was checked", prices.to_string(), toll.prices.to_string())
        .equal("the liquidator's balance: its bounties", show::usdc(toll.bounties), show::usdc(balance))
        .equal("bad debt written off", show::usdc(toll.written_off), show::usdc(written_off))
        .figure("lowest price", show::usd(bottom));
    stage.note(step)
}
