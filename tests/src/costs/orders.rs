//! What resting orders cost.

use super::scenes::{case, half_an_hour_later, once, portfolio, print, settle_in, update_others, CONFIDENCE, PRICE};
use super::{world, Costs};
use crate::listing::{SOL, USDC};
use crate::world::orders::{above, below, next_price, reducing, TIP};
use crate::world::World;
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::Timestamp;
use perp_swap::instruction as data;

/// An entry with a stop and a target, placed, armed and filled; the stop after it, with the target cancelled; slices, replaced.
pub fn orders(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let trader = portfolio(&mut world, count, 5_000 * USDC);
    let keeper = world.key();
    if count == 1 {
        costs.record(&mut world, once("open_orders"), client::open_orders(trader, trader.signer));
    } else {
        world.open_orders(trader).expect("the owner may");
    }
    half_an_hour_later(&mut world, 1.004);
    // Half an hour of silence is over, and so is what it keeps from increasing.
    settle_in(&mut world);
    let target = world.target(0);
    let child = |order: NewOrder| NewOrder { parent: Some(0), group: 1, ..reducing(order) };
    // Only an order by time that is due has use for a reading.
    let unread = TargetMarket::at_cached_price(0);
    let alone = world.placement(trader, unread, &[], &[above(251, SOL / 3)]);
    costs.record(&mut world, case("place_orders", "one", count), alone);
    let entry = [below(252, SOL / 3), child(below(240, i64::MIN)), child(above(280, i64::MIN))];
    let replaced = world.placement(trader, unread, &[0], &entry);
    costs.record(&mut world, case("place_orders", "three for one", count), replaced);
    world.wait(2);
    print(&mut world, 0..count, 1.0);
    update_others(&mut world);
    let arming = world.arming(&trader.margin_account, target, 0);
    let rows = [case("arm_order_if_due", "increase", count), case("arm_order", "increase", count)];
    costs.record_both(&mut world, rows, arming, data::ArmOrderIfDue::DISCRIMINATOR);
    to_fill(&mut world, trader, 0, 1.001);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let rows = [case("execute_order_if_due", "increase", count), case("execute_order", "increase", count)];
    costs.record_both(&mut world, rows, execution, data::ExecuteOrderIfDue::DISCRIMINATOR);
    world.wait(2);
    print(&mut world, [0], 0.95);
    let arming = world.arming(&trader.margin_account, target, 1);
    let rows = [case("arm_order_if_due", "reduce", count), case("arm_order", "reduce", count)];
    costs.record_both(&mut world, rows, arming, data::ArmOrderIfDue::DISCRIMINATOR);
    to_fill(&mut world, trader, 1, 0.95);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 1);
    let rows = [case("execute_order_if_due", "close", count), case("execute_order", "close", count)];
    costs.record_both(&mut world, rows, execution, data::ExecuteOrderIfDue::DISCRIMINATOR);
    assert!(world.position(&trader.margin_account, 0).size.is_zero(), "the stop closes the position");

    // A position whose stop takes out as many others as there are places.
    world.wait(2);
    print(&mut world, [0], 0.95);
    world.trade(trader, 0, SOL).expect("there is margin");
    let crowd = NewOrder { group: 2, ..reducing(below(230, i64::MIN)) };
    for _ in 0..2 {
        world.place(trader, 0, &[crowd; 8]).expect("there is room");
    }
    world.wait(2);
    print(&mut world, [0], 0.9);
    world.arm(trader, 0).expect("it is met");
    to_fill(&mut world, trader, 0, 0.9);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let rows = [case("execute_order_if_due", "of sixteen", count), case("execute_order", "of sixteen", count)];
    costs.record_both(&mut world, rows, execution, data::ExecuteOrderIfDue::DISCRIMINATOR);

    world.wait(2);
    print(&mut world, [0], 0.95);
    let slices = NewOrder { slices: 3, seconds_between: 60, lamports: 3 * TIP, ..next_price(SOL) };
    let placed = world.placement(trader, target, &[], &[slices]);
    costs.record(&mut world, case("place_orders", "armed at once", count), placed);
    if count == 1 {
        let at = world.addresses;
        let now = Timestamp::new(world.now + 1);
        world.place(trader, 0, &[NewOrder { expires: now, ..below(200, SOL) }]).expect("there is room");
        world.wait(30);
        let sweep = client::sweep_order(&at, trader.signer, trader.margin_account, None, 1);
        costs.record(&mut world, once("sweep_order"), sweep);
        world.replace(trader, 0, &[0], &[]).expect("it is not armed any more");
        costs.record(&mut world, once("close_orders"), client::close_orders(trader));
    }
}

/// The clock moves to the time from which on a reading fills the order, and the first market prints `factor` times the price then.
fn to_fill(world: &mut World, trader: Authority, slot: u8, factor: f64) {
    let from = world.order(&trader.margin_account, slot).fills_from.get();
    world.wait(from - world.now);
    world.publish_between(0, PRICE * factor, CONFIDENCE, [from - 1, from]);
}

/// The dearest fill: an entry that takes out fifteen others of its group; and of an account with several positions, of which one is in a
/// market that was silent, so that it is judged twice.
pub fn entries(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let trader = portfolio(&mut world, count, 5_000 * USDC);
    let keeper = world.key();
    world.open_orders(trader).expect("the owner may");
    half_an_hour_later(&mut world, 1.004);
    settle_in(&mut world);
    if count > 1 {
        world.wait(70);
        for market in (0..count).filter(|market| *market != 1) {
            print(&mut world, [market], 1.0);
            world.update_price(market).expect("the price is taken in");
        }
        let silence = [world.now - 70, world.now];
        world.publish_between(1, PRICE, CONFIDENCE, silence);
        world.update_price(1).expect("the price is taken in");
        assert!(world.market(1).state.grace.until.get() > world.now, "it is graced");
    }
    world.wait(1);
    print(&mut world, 0..count, 1.0);
    for market in 0..count {
        world.update_price(market).expect("the price is taken in");
    }
    let grouped = |order: NewOrder| NewOrder { group: 4, ..order };
    world.place(trader, 0, &[grouped(next_price(5 * SOL))]).expect("there is margin");
    for _ in 0..3 {
        world.place(trader, 0, &[grouped(below(1, SOL)); 5]).expect("there is room");
    }
    to_fill(&mut world, trader, 0, 1.0);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let rows =
        [case("execute_order_if_due", "entry of sixteen", count), case("execute_order", "entry of sixteen", count)];
    costs.record_both(&mut world, rows, execution, data::ExecuteOrderIfDue::DISCRIMINATOR);
    assert!(world.orders(&trader.margin_account).state.is_empty(), "it takes out all of them");
}

/// The dearest arming: beside fourteen that are armed already.
pub fn armings(costs: &mut Costs, count: u16) {
    let mut world = world(count);
    let trader = portfolio(&mut world, count, 5_000 * USDC);
    world.open_orders(trader).expect("the owner may");
    half_an_hour_later(&mut world, 1.004);
    settle_in(&mut world);
    world.wait(1);
    print(&mut world, 0..count, 1.0);
    for market in 0..count {
        world.update_price(market).expect("the price is taken in");
    }
    for _ in 0..14 {
        world.place(trader, 0, &[next_price(SOL / 3)]).expect("there is margin");
    }
    world.place(trader, 0, &[below(252, SOL / 3)]).expect("there is room");
    world.wait(1);
    print(&mut world, 0..count, 1.0);
    update_others(&mut world);
    let arming = world.arming(&trader.margin_account, world.target(0), 14);
    let rows = [case("arm_order_if_due", "beside others", count), case("arm_order", "beside others", count)];
    costs.record_both(&mut world, rows, arming, data::ArmOrderIfDue::DISCRIMINATOR);
}
