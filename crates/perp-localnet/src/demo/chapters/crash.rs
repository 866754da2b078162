//! The crash of 18 April 2021, minute by minute, with a keeper that checks every account at every price.

use perp_candles::{Candle, UsdPrice};
use perp_engine::operations::position::LiquidationPlan;
use perp_engine::risk::portfolio::Health;
use perp_engine::units::{Atoms, SignedSize};

use super::trading::add;
use super::{bankruptcy, claims, liquidation, CRASH, MINUTE};
use crate::demo::demo_run::DemoRun;
use crate::demo::keeper::{sweep, Extent, KeeperOutcome};
use crate::demo::participants::{Participant, LIQUIDATOR};
use crate::demo::show;
use crate::demo::DemoError;
use crate::report::Step;

/// Half-way through its minute a candle's low is published, at the end its close.
const LOW_AFTER: i64 = MINUTE / 2;

/// Whole USDC that the first one who is liquidated in part adds.
const MARGIN_ADDED: u64 = 1_500;

/// What the crash did.
#[derive(Debug, Default)]
pub struct CrashSummary {
    pub prices: usize,
    pub partial: usize,
    pub full: usize,
    pub bankrupt: usize,
    pub bounties: Atoms,
    pub written_off: Atoms,
}

pub fn play(run: &mut DemoRun<'_>) -> Result<CrashSummary, DemoError> {
    let minutes = run.candles(CRASH)?;
    let bottom = minutes.iter().map(|candle| candle.low).min().unwrap_or(UsdPrice::dollars(1));
    let mut summary = CrashSummary::default();
    run.chapter("6. The crash, minute by minute");
    for candle in minutes {
        minute(run, candle, bottom, &mut summary)?;
        run.advance();
    }
    summarize(run, &summary, bottom)?;
    run.advance();
    Ok(summary)
}

fn minute(
    run: &mut DemoRun<'_>,
    candle: Candle,
    bottom: UsdPrice,
    summary: &mut CrashSummary,
) -> Result<(), DemoError> {
    at(run, candle.unix_time + LOW_AFTER, candle.low, summary)?;
    if candle.low == bottom {
        claims::play(run)?;
        run.chapter("8. From the bottom until 04:00");
    }
    at(run, candle.unix_time + MINUTE, candle.close, summary)
}

/// One price: published, taken in, and every account judged by it.
fn at(run: &mut DemoRun<'_>, time: i64, price: UsdPrice, summary: &mut CrashSummary) -> Result<(), DemoError> {
    let earlier = run.world.clone();
    run.go_to_at(time, price)?;
    run.refresh(LIQUIDATOR.wallet)?;
    let actions = sweep(run, LIQUIDATOR)?;
    summary.prices += 1;
    for action in actions {
        let participant = Participant::at(run, &action.account)?;
        let title = format!("{} BTC {}: {participant}", show::hour(time), show::usd(price));
        match action.outcome.clone() {
            KeeperOutcome::Liquidated { size_before, plan } => {
                let extent = summary.count(size_before, &plan)?;
                liquidation::report(run, &title, action, size_before, &plan, &earlier)?;
                if extent == Extent::Partial && summary.partial == 1 {
                    add_margin(run, participant)?;
                }
            }
            KeeperOutcome::Resolved(plan) => {
                summary.written_off = summary.written_off.checked_add(plan.written_off)?;
                bankruptcy::report(run, &title, action, participant)?;
            }
        }
    }
    Ok(())
}

fn add_margin(run: &mut DemoRun<'_>, participant: Participant) -> Result<(), DemoError> {
    let address = participant.address(run)?;
    let report = add(run, participant, MARGIN_ADDED, "a partial liquidation leaves time to add collateral")?;
    let before = &report.transition.before;
    let open = before.account(&address).occupied().filter(|(_, position)| !position.size.is_zero()).count();
    let Health { equity, margin } = before.in_memory().health(&before.account(&address))?.maintenance;
    let report = report.check("positions kept", "at least 1", open.to_string(), open > 0).check(
        "equity before",
        &format!("at least its maintenance margin, {}", show::usdc(margin)),
        show::signed_usdc(equity),
        equity >= margin.signed()?,
    );
    run.record(report)
}

impl CrashSummary {
    fn count(&mut self, size_before: SignedSize, plan: &LiquidationPlan) -> Result<Extent, DemoError> {
        let extent = Extent::of(size_before, plan);
        match extent {
            Extent::Partial => self.partial += 1,
            Extent::Full => self.full += 1,
            Extent::Bankrupt => self.bankrupt += 1,
        }
        self.bounties = self.bounties.checked_add(plan.penalty.bounty)?;
        Ok(extent)
    }
}

fn summarize(run: &mut DemoRun<'_>, summary: &CrashSummary, bottom: UsdPrice) -> Result<(), DemoError> {
    let balance = run.world.account(&LIQUIDATOR.address(run)?).balance;
    let written_off = run.world.market(run.btc).state.ledger.written_off;
    // A low and a close in each minute from the first to the last.
    let prices = 2 * (1 + (CRASH[1] - CRASH[0]) / MINUTE);
    let at_least_one = |step: Step, name: &str, count: usize| step.check(name, "at least 1", count, count > 0);
    let step = Step::new("the crash in numbers", "every way an account can end was seen");
    let step = at_least_one(step, "partial liquidations", summary.partial);
    let step = at_least_one(step, "full liquidations", summary.full);
    let step = at_least_one(step, "bankruptcies", summary.bankrupt)
        .equal("prices, at each of which every account was checked", prices.to_string(), summary.prices.to_string())
        .equal("the liquidator's balance: its bounties", show::usdc(summary.bounties), show::usdc(balance))
        .equal("bad debt written off", show::usdc(summary.written_off), show::usdc(written_off))
        .figure("lowest price", show::usd(bottom));
    run.note(step)
}
