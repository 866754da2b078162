//! The crash of 18 April 2021, minute by minute, with a keeper that checks every account at every price.

use perp_client::health::health;
use perp_engine::liquidation::LiquidationPlan;
use perp_engine::portfolio::Health;
use perp_engine::units::{Atoms, Base};
use solana_pubkey::Pubkey;

use super::trading::add;
use super::{claims, CRASH, MINUTE};
use crate::candles::Candle;
use crate::demo::cast::{self, Seat, LIQUIDATOR};
use crate::demo::keeper::{sweep, Deed, Extent, What};
use crate::demo::show;
use crate::demo::stage::Stage;
use crate::demo::world::World;
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
    stage.go_to_at(time, price)?;
    stage.refresh(LIQUIDATOR.wallet)?;
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
                resolved(stage, &title, deed, seat)?;
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
    let keeper = LIQUIDATOR.address(stage)?;
    let (name, expectation) = match Extent::of(size_before, &plan) {
        Extent::Partial => ("is liquidated in part", "so much is closed that it is healthy again, with a buffer"),
        Extent::Full => ("is liquidated whole", "too little is left to keep any of the position"),
        Extent::Bankrupt => (
            "is bankrupt",
            "the price fell by more than its margin within a minute: the position is closed, there is no penalty and no \
             bounty, and what the account cannot pay is its debt",
        ),
    };
    let flows = Flows::between(&moved.before, &moved.after, market, &account, &keeper)?;
    // Funding is settled first: what was promised becomes cash, which counts in full.
    let health_before = plan.before;
    let health_after = health(&moved.after.snapshot(), &moved.after.account(&account))?.maintenance;
    let surplus = |health: &Health| health.margin.signed().and_then(|margin| health.equity.minus(margin));
    let (surplus_before, surplus_after) = (surplus(&health_before)?, surplus(&health_after)?);
    let listed = stage.world.market(market);
    let before = moved.before.clone();
    let insurance_of = |world: &World| world.market(market).state.books.insurance;
    let scene = moved
        .scene(format!("{title} {name}"), expectation)
        .figure("equity before, funding settled", show::signed_usdc(health_before.equity))
        .figure("maintenance margin before", show::usdc(health_before.margin))
        .figure("position before", show::base(&listed, size_before))
        .figure("penalty", show::usdc(plan.penalty.collected))
        .row("position", |world| show::base(&listed, world.position(&account, market).size))
        .row("balance", |world| show::usdc(world.account(&account).balance))
        .row("debt to the market", |world| show::usdc(world.position(&account, market).debt))
        .row("of the penalty, the liquidator gets", |world| {
            show::change(before.account(&keeper).balance, world.account(&keeper).balance)
        })
        .row("of the penalty, the insurance gets", |world| show::change(insurance_of(&before), insurance_of(world)))
        .equal("the account paid = all others got", show::usdc(flows.paid), show::usdc(flows.received))
        .check(
            "equity − maintenance margin",
            &format!("above {}", show::signed_usdc(surplus_before)),
            show::signed_usdc(surplus_after),
            surplus_after.get() > surplus_before.get(),
        );
    stage.record(scene)
}

/// Cash that moved on chain in a liquidation.
struct Flows {
    paid: Atoms,
    received: Atoms,
}

impl Flows {
    fn between(
        before: &World,
        after: &World,
        market: u16,
        account: &Pubkey,
        keeper: &Pubkey,
    ) -> Result<Self, DemoError> {
        let receivers = |world: &World| {
            let books = world.market(market).state.books;
            world.account(keeper).balance.plus(books.insurance)?.plus(books.backing)
        };
        let balance = |world: &World| world.account(account).balance;
        Ok(Self {
            paid: balance(before).minus(balance(after))?,
            received: receivers(after)?.minus(receivers(before)?)?,
        })
    }
}

fn resolved(stage: &mut Stage<'_>, title: &str, deed: Deed, seat: Seat) -> Result<(), DemoError> {
    let Deed { account, market, moved, .. } = deed;
    let (before, after) = (moved.before.clone(), moved.after.clone());
    let books = |world: &World| world.market(market).state.books;
    let by_balance = before.account(&account).balance.minus(after.account(&account).balance)?;
    let by_insurance = books(&before).insurance.minus(books(&after).insurance)?;
    let by_shared = before.pool.insurance.minus(after.pool.insurance)?;
    let written_off = books(&after).written_off.minus(books(&before).written_off)?;
    let parts = by_balance.plus(by_insurance)?.plus(by_shared)?.plus(written_off)?;
    let debt = before.position(&account, market).debt;
    let symbol = show::symbol(&after.market(market));
    let mut scene = moved
        .scene(
            format!("{title} is resolved"),
            "its debt is paid by what it still has, by the market's insurance, by the shared insurance up to a cap, and \
             the rest is written off",
        )
        .figure("paid by its balance", show::usdc(by_balance))
        .figure(format!("paid by {symbol}'s insurance"), show::usdc(by_insurance))
        .figure("paid by the shared insurance", show::usdc(by_shared))
        .figure("written off", show::usdc(written_off))
        .equal("these add up to its debt", show::usdc(debt), show::usdc(parts))
        .row("debt left", |world| show::usdc(world.position(&account, market).debt))
        .row(format!("{symbol}'s insurance"), |world| show::usdc(books(world).insurance))
        .row("the shared insurance", |world| show::usdc(world.pool.insurance));
    for other in cast::ALL.into_iter().filter(|other| other.wallet == seat.wallet && *other != seat) {
        let address = other.address(stage)?;
        scene = scene.equal(
            format!("{other}, untouched"),
            show::usdc(before.account(&address).balance),
            show::usdc(after.account(&address).balance),
        );
    }
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
