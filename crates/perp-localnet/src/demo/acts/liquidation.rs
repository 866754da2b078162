//! What a liquidation must have done, by how much of the position it closed. The arithmetic is done again here on purpose: a
//! step that asked the engine would compare it with itself.

use perp_client::health::health;
use perp_engine::liquidation::LiquidationPlan;
use perp_engine::margin::maintenance_margin_ceil;
use perp_engine::portfolio::Health;
use perp_engine::state::Parameters;
use perp_engine::units::products::{mul_div_ceil, mul_div_floor, notional, share_ceil};
use perp_engine::units::{Atoms, Base, SignedAtoms, PPM};
use solana_pubkey::Pubkey;

use super::MINUTE;
use crate::demo::cast::{self, Seat, LIQUIDATOR};
use crate::demo::keeper::{Deed, Extent};
use crate::demo::show;
use crate::demo::stage::{Scene, Stage};
use crate::demo::world::World;
use crate::demo::DemoError;

/// How far from its target a partial liquidation may end by rounding alone, in atoms.
///
/// Short of it by 6.7: the target it is computed from is rounded down (1), the one it is compared with up (1) like the
/// margins after of two positions (2 · 1.25), realised loss and equity after go against the account (1 each), and what is
/// closed lacks at most a base unit of 6 atoms and two more (8 · 2 %, margin less penalty). Beyond it by 4.5: the margins
/// before are rounded up (2 · 1.25), equity before and penalty down (1 each). 1.25 times 2.4 % is a whole part per
/// million, and no dust is left: less than the smallest position would have been closed whole.
const ROUNDING: u64 = 7;

/// Reports a liquidation. `earlier` is the exchange at the price before.
pub fn report(
    stage: &mut Stage<'_>,
    title: &str,
    deed: Deed,
    size_before: Base,
    plan: &LiquidationPlan,
    earlier: &World,
) -> Result<(), DemoError> {
    let Deed { account, market, moved, .. } = deed;
    let keeper = LIQUIDATOR.address(stage)?;
    let extent = Extent::of(size_before, plan);
    let (name, expectation) = match extent {
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
    let before = plan.before;
    let after = health(&moved.after.snapshot(), &moved.after.account(&account))?.maintenance;
    let listed = stage.world.market(market);
    let (world_before, world_after) = (moved.before.clone(), moved.after.clone());
    let scene = moved
        .scene(format!("{title} {name}"), expectation)
        .figure("equity before, funding settled", show::signed_usdc(before.equity))
        .figure("maintenance margin before", show::usdc(before.margin))
        .figure("position before", show::base(&listed, size_before))
        .figure("penalty", show::usdc(plan.penalty.collected))
        .row("position", |world| show::base(&listed, world.position(&account, market).size))
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
        );
    let parameters = &listed.state.parameters;
    let scene = match extent {
        Extent::Partial => healthy_again(scene, &after, parameters)?,
        Extent::Full => {
            let value = notional(size_before.size(), listed.state.price.price)?.amount_ceil()?;
            too_little_left(scene, &before, value, parameters)?
        }
        Extent::Bankrupt => {
            let scene = from_health_to_debt(scene, &account, earlier, before.equity)?;
            let bounty = show::change(world_before.account(&keeper).balance, world_after.account(&keeper).balance);
            let penalty = show::change(insurance(&world_before, market), insurance(&world_after, market));
            let owed = SignedAtoms::ZERO.minus(before.equity)?;
            let debt = world_after.position(&account, market).debt.signed()?;
            let nothing = show::change(Atoms::ZERO, Atoms::ZERO);
            scene
                .equal("bounty, in the liquidator's balance", nothing.clone(), bounty)
                .equal("penalty, in the insurance", nothing, penalty)
                // A penalty would add to the debt.
                .equal("what it could not pay is its debt", show::signed_usdc(owed), show::signed_usdc(debt))
        }
    };
    let scene = if extent == Extent::Partial {
        scene
    } else {
        let left = world_after.position(&account, market).size;
        scene.equal("position left", show::base(&listed, Base::ZERO), show::base(&listed, left))
    };
    let seat = Seat::at(stage, &account)?;
    let scene = others_untouched(stage, scene, seat, &world_before, &world_after)?;
    stage.record(scene)
}

/// Its owner's other accounts are what they were.
pub fn others_untouched(
    stage: &Stage<'_>,
    mut scene: Scene,
    seat: Seat,
    before: &World,
    after: &World,
) -> Result<Scene, DemoError> {
    for other in cast::ALL.into_iter().filter(|other| other.wallet == seat.wallet && *other != seat) {
        let address = other.address(stage)?;
        let (was, is) = (before.account(&address), after.account(&address));
        scene = scene.check(format!("{other}, untouched"), &show::usdc(was.balance), show::usdc(is.balance), was == is);
    }
    Ok(scene)
}

fn insurance(world: &World, market: u16) -> Atoms {
    world.market(market).state.books.insurance
}

fn surplus(health: &Health) -> Result<SignedAtoms, DemoError> {
    Ok(health.equity.minus(health.margin.signed()?)?)
}

/// A part was closed: equity is at `(1 + b)` times the maintenance margin, where no margin has a size premium.
fn healthy_again(scene: Scene, after: &Health, parameters: &Parameters) -> Result<Scene, DemoError> {
    let buffer = share_ceil(after.margin, parameters.liquidation_buffer)?;
    let target = after.margin.plus(buffer)?;
    let distance = after.equity.get().abs_diff(target.signed()?.get());
    Ok(scene
        .check(
            "healthy again: equity",
            &format!("at least {}", show::usdc(after.margin)),
            show::signed_usdc(after.equity),
            !after.is_below_margin(),
        )
        .check(
            format!("with a buffer of {} of the margin: equity", show::percent(parameters.liquidation_buffer)),
            &format!("{} ± {}", show::usdc(target), show::usdc(Atoms::new(ROUNDING))),
            show::signed_usdc(after.equity),
            distance <= ROUNDING,
        ))
}

/// All of the only position was closed: to have its equity at `(1 + b)` times the maintenance margin `m` takes closing
/// `((1 + b)·MM − E) / ((1 + b)·m − penalty)`, which the position does not have, or not with enough left to keep.
fn too_little_left(scene: Scene, before: &Health, value: Atoms, parameters: &Parameters) -> Result<Scene, DemoError> {
    let buffered = PPM + parameters.liquidation_buffer.wide();
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered, PPM)?);
    let shortfall = target.signed()?.minus(before.equity)?.positive_part();
    let marginal = maintenance_margin_ceil(value, parameters)?.marginal;
    let relief = mul_div_ceil(marginal.wide(), buffered, PPM)?.saturating_sub(parameters.penalty.wide());
    let needed = Atoms::new(mul_div_floor(shortfall.get(), PPM, relief.max(1))?);
    let most = value.excess_over(parameters.minimum_position);
    Ok(scene.check(
        "closing a part would have to be of",
        &format!("more than {}", show::usdc(most)),
        show::usdc(needed),
        needed > most,
    ))
}

/// At the price before, a minute ago at most, the account was healthy; now it has less than nothing.
fn from_health_to_debt(
    scene: Scene,
    account: &Pubkey,
    earlier: &World,
    equity: SignedAtoms,
) -> Result<Scene, DemoError> {
    let before = health(&earlier.snapshot(), &earlier.account(account))?.maintenance;
    let seconds = scene.moved.before.clock.now.get() - earlier.clock.now.get();
    Ok(scene
        .check(
            format!("{seconds} seconds earlier, equity − maintenance margin"),
            "at least 0 USDC",
            show::signed_usdc(surplus(&before)?),
            !before.is_below_margin() && seconds <= MINUTE,
        )
        .check("equity before, less than nothing", "below 0 USDC", show::signed_usdc(equity), equity.is_negative()))
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
