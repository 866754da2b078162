//! What a liquidation must have done, by how much of the position it closed. The arithmetic is done again here on purpose: a
//! step that asked the engine would compare it with itself.

use perp_client::events::Event;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::operations::position::LiquidationPlan;
use perp_engine::risk::margin::maintenance_margin_ceil;
use perp_engine::risk::portfolio::Health;
use perp_engine::state::{Market, Parameters};
use perp_engine::units::products::{mul_div_ceil, mul_div_floor, notional, share_ceil};
use perp_engine::units::{Atoms, SignedAtoms, SignedSize, Size, PPM};
use solana_pubkey::Pubkey;

use super::MINUTE;
use crate::demo::demo_run::{DemoRun, StepReport, Transition};
use crate::demo::keeper::{Extent, KeeperAction};
use crate::demo::participants::{self, Participant, LIQUIDATOR};
use crate::demo::show;
use crate::demo::world::World;
use crate::demo::DemoError;

/// How far from its target a partial liquidation may end by rounding to atoms.
///
/// Short of it by 6.7: the target it is computed from is rounded down (1), the one it is compared with up (1) like the
/// margins after of two positions (2 · 1.25), realized loss and equity after go against the account (1 each), and what is
/// closed lacks at most a base unit of 6 atoms and two more (8 · 2 %, margin less penalty). Beyond it by 4.5: the margins
/// before are rounded up (2 · 1.25), equity before and penalty down (1 each). No dust is left: less than the smallest position
/// would have been closed whole.
const ROUNDING: u64 = 7;

/// Reports a liquidation. `earlier` is the exchange at the price before.
pub fn report(
    run: &mut DemoRun<'_>,
    title: &str,
    action: KeeperAction,
    size_before: SignedSize,
    plan: &LiquidationPlan,
    earlier: &World,
) -> Result<(), DemoError> {
    let KeeperAction { account, market, transition, .. } = action;
    let keeper = LIQUIDATOR.address(run)?;
    let extent = Extent::of(size_before, plan);
    let (name, expectation) = match extent {
        Extent::Partial => ("is liquidated in part", "so much is closed that it is healthy again, with a buffer"),
        Extent::Full => ("is liquidated whole", "too little is left to keep any of the position"),
        Extent::Bankrupt => (
            "is bankrupt",
            "the price fell by more than its margin within a minute: the position is closed, there is no penalty, the market \
             pays for the work, and what the account cannot pay is its debt",
        ),
    };
    let flows = Flows::between(&transition.before, &transition.after, market, &account, &keeper)?;
    // Funding is settled first: what was promised becomes cash, which counts in full.
    let before = plan.before;
    let after = transition.after.in_memory().health(&transition.after.account(&account))?.maintenance;
    let [expected_event, event] = told(run, &transition, plan)?;
    let listed = run.world.market(market);
    let (world_before, world_after) = (transition.before.clone(), transition.after.clone());
    let report = transition
        .report(format!("{title} {name}"), expectation)
        .figure("equity before, funding settled", show::signed_usdc(before.equity))
        .figure("maintenance margin before", show::usdc(before.margin))
        .figure("position before", show::signed_size(&listed, size_before))
        .figure("penalty", show::usdc(plan.penalty.collected))
        .row("position", |world| show::signed_size(&listed, world.position(&account, market).size))
        .row("balance", |world| show::usdc(world.account(&account).balance))
        .row("debt to the market", |world| show::usdc(world.position(&account, market).debt))
        .row("of the penalty, the liquidator gets", |world| {
            show::change(world_before.account(&keeper).balance, world.account(&keeper).balance)
        })
        .row("of the penalty, the insurance gets", |world| {
            show::change(insurance(&world_before, market), insurance(world, market))
        })
        .equal("the account paid = all others got", show::usdc(flows.paid), show::usdc(flows.received))
        .check(
            "equity − maintenance margin",
            &format!("above {}", show::signed_usdc(surplus(&before)?)),
            show::signed_usdc(surplus(&after)?),
            after.surplus() > before.surplus(),
        )
        .equal("its event: closed, penalty, bounty", expected_event, event);
    let parameters = &listed.state.parameters;
    let closed = notional(plan.closed, listed.state.price.price)?;
    let report = match extent {
        Extent::Partial => healthy_again(report, &after, closed.to_atoms_ceil()?, parameters)?,
        Extent::Full => {
            let value = closed.to_atoms_ceil()?;
            too_little_left(report, &before, value, &listed.state)?
        }
        Extent::Bankrupt => {
            let report = from_health_to_debt(report, &account, earlier, before.equity)?;
            let bounty = show::change(world_before.account(&keeper).balance, world_after.account(&keeper).balance);
            let insured = show::change(insurance(&world_before, market), insurance(&world_after, market));
            let owed = before.equity.checked_neg()?;
            let debt = world_after.position(&account, market).debt.signed()?;
            let wage = bounty_without_penalty(closed.to_atoms_floor()?, parameters)?;
            report
                .equal("bounty, in the liquidator's balance", show::change(Atoms::ZERO, wage), bounty)
                .equal("it came from the insurance", show::change(wage, Atoms::ZERO), insured)
                // A penalty would add to the debt.
                .equal("what it could not pay is its debt", show::signed_usdc(owed), show::signed_usdc(debt))
        }
    };
    let report = if extent == Extent::Partial {
        report
    } else {
        let left = world_after.position(&account, market).size;
        report.equal("position left", show::signed_size(&listed, SignedSize::ZERO), show::signed_size(&listed, left))
    };
    let participant = Participant::at(run, &account)?;
    let report = others_untouched(run, report, participant, &world_before, &world_after)?;
    run.record(report)
}

/// What closing so much pays where nothing is left for a penalty: what the fee of opening it has left in the market, and at most a
/// thousandth.
fn bounty_without_penalty(closed: Atoms, parameters: &Parameters) -> Result<Atoms, DemoError> {
    let kept = PPM - parameters.protocol_share.wide();
    let fee = mul_div_floor(parameters.taker_fee_rebalancing.wide(), kept, PPM)?;
    Ok(Atoms::new(mul_div_floor(closed.get(), fee.min(PPM / 1_000), PPM)?))
}

/// What the event of a liquidation must say, and what it says.
fn told(run: &DemoRun<'_>, transition: &Transition, plan: &LiquidationPlan) -> Result<[String; 2], DemoError> {
    let events = run.events(transition)?;
    let [Event::Liquidated(event)] = &events[..] else {
        return Err(DemoError::Absent { expected: "event Liquidated" });
    };
    let listed = run.world.market(event.market_index);
    let told = |closed, penalty, bounty| {
        format!("{}, {}, {}", show::size(&listed, closed), show::usdc(penalty), show::usdc(bounty))
    };
    Ok([
        told(plan.closed, plan.penalty.charged, plan.penalty.bounty),
        told(Size::new(event.closed), Atoms::new(event.penalty), Atoms::new(event.bounty)),
    ])
}

/// Its owner's other accounts are what they were.
pub fn others_untouched(
    run: &DemoRun<'_>,
    mut report: StepReport,
    participant: Participant,
    before: &World,
    after: &World,
) -> Result<StepReport, DemoError> {
    for other in
        participants::ALL.into_iter().filter(|other| other.wallet == participant.wallet && *other != participant)
    {
        let address = other.address(run)?;
        let (was, is) = (before.account(&address), after.account(&address));
        report =
            report.check(format!("{other}, untouched"), &show::usdc(was.balance), show::usdc(is.balance), was == is);
    }
    Ok(report)
}

fn insurance(world: &World, market: u16) -> Atoms {
    world.market(market).state.ledger.insurance
}

fn surplus(health: &Health) -> Result<SignedAtoms, DemoError> {
    Ok(health.equity.checked_sub(health.margin.signed()?)?)
}

/// A part was closed: equity is at `(1 + b)` times the maintenance margin, where no margin has a size premium. It may be short
/// of it by a millionth of what was closed: `(1 + b)` times a measured margin is rounded up to whole parts per million.
fn healthy_again(
    report: StepReport,
    after: &Health,
    closed: Atoms,
    parameters: &Parameters,
) -> Result<StepReport, DemoError> {
    let rounding = Atoms::new(ROUNDING + closed.get().div_ceil(PPM));
    let buffer = share_ceil(after.margin, parameters.liquidation_buffer)?;
    let target = after.margin.checked_add(buffer)?;
    let distance = after.equity.get().abs_diff(target.signed()?.get());
    Ok(report
        .check(
            "healthy again: equity",
            &format!("at least {}", show::usdc(after.margin)),
            show::signed_usdc(after.equity),
            !after.is_below_margin(),
        )
        .check(
            format!("with a buffer of {} of the margin: equity", show::percent(parameters.liquidation_buffer)),
            &format!("{} ± {}", show::usdc(target), show::usdc(rounding)),
            show::signed_usdc(after.equity),
            distance <= rounding.get(),
        ))
}

/// All of the only position was closed: to have its equity at `(1 + b)` times the maintenance margin `m` takes closing
/// `((1 + b)·MM − E) / ((1 + b)·m − penalty)` or more, the dearer trading out would be, which the position does not have, or not
/// with enough left to keep.
fn too_little_left(
    report: StepReport,
    before: &Health,
    value: Atoms,
    market: &Market,
) -> Result<StepReport, DemoError> {
    let (parameters, measured) = (&market.parameters, measured_margin_ceil(market)?);
    let buffered = PPM + parameters.liquidation_buffer.wide();
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered, PPM)?);
    let shortfall = target.signed()?.checked_sub(before.equity)?.positive_part();
    let marginal = maintenance_margin_ceil(value, measured, parameters)?.marginal;
    let relief = mul_div_ceil(marginal.wide(), buffered, PPM)?.saturating_sub(parameters.penalty.wide());
    let needed = Atoms::new(mul_div_floor(shortfall.get(), PPM, relief.max(1))?);
    let most = value.saturating_sub(parameters.minimum_position);
    Ok(report.check(
        "closing a part would have to be of",
        &format!("more than {}", show::usdc(most)),
        show::usdc(needed),
        needed > most,
    ))
}

/// At the price before, a minute ago at most, the account was healthy; now it has less than nothing.
fn from_health_to_debt(
    report: StepReport,
    account: &Pubkey,
    earlier: &World,
    equity: SignedAtoms,
) -> Result<StepReport, DemoError> {
    let before = earlier.in_memory().health(&earlier.account(account))?.maintenance;
    let seconds = report.transition.before.clock.now.get() - earlier.clock.now.get();
    Ok(report
        .check(
            format!("{seconds} seconds earlier, equity − maintenance margin"),
            "at least 0 USDC",
            show::signed_usdc(surplus(&before)?),
            !before.is_below_margin() && seconds <= MINUTE,
        )
        .check("equity before, less than nothing", "below 0 USDC", show::signed_usdc(equity), equity.is_negative()))
}

/// Cash that transition on chain in a liquidation.
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
            let ledger = world.market(market).state.ledger;
            world.account(keeper).balance.checked_add(ledger.insurance)?.checked_add(ledger.backing)
        };
        let balance = |world: &World| world.account(account).balance;
        Ok(Self {
            paid: balance(before).checked_sub(balance(after))?,
            received: receivers(after)?.checked_sub(receivers(before)?)?,
        })
    }
}
