//! What random steps do with resting orders.

use crate::common::world::World;
use crate::orders::at_once;
use crate::playing::{chosen, freshen};
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::state::OrderTrigger;
use perp_engine::units::{Ppm, Price};

/// What an order is placed by.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub kind: u8,
    pub thousandths: i64,
    pub reduces: bool,
    pub ppm: i64,
    pub children: bool,
    pub group: u8,
}

fn times(number: i64, ppm: i64) -> i64 {
    i64::try_from(i128::from(number) * i128::from(ppm) / 1_000_000).unwrap()
}

pub fn place(world: &mut World, account: usize, market: u16, terms: &Terms) {
    if world.exchange.orders_of(account).is_err() {
        world.open_orders(account).unwrap();
    }
    freshen(world, account, market);
    let price = i64::try_from(world.market(market).price.price.get()).unwrap();
    if price == 0 {
        return;
    }
    let held = world.size(account, market);
    let reduces = terms.reduces && held != 0;
    let size = if reduces {
        -times(held, terms.thousandths.abs() * 1_000 / 4)
    } else {
        let value = u128::from(world.account(account).balance.get()) * u128::from(terms.thousandths.unsigned_abs());
        let worth = world.size_worth(market, u64::try_from(value / 1_000).unwrap());
        i64::try_from(worth).unwrap() * terms.thousandths.signum()
    };
    let priced = |trigger| NewOrder {
        trigger,
        trigger_price: Price::new(times(price, 1_000_000 + terms.ppm).unsigned_abs()),
        ..at_once(size)
    };
    let trailing = |trigger| NewOrder {
        trigger,
        trailing: Ppm::new(u32::try_from(terms.ppm.unsigned_abs() + 1).unwrap()),
        ..at_once(size)
    };
    let order = match terms.kind {
        2 => NewOrder { active_from: world.exchange.clock.now.after(20).unwrap(), ..at_once(size) },
        3 => NewOrder { slices: 3, seconds_between: 60, lamports: 3 * ORDER_TIP_LAMPORTS + 1_000, ..at_once(size) },
        4 => priced(OrderTrigger::AtOrAbove),
        5 => priced(OrderTrigger::AtOrBelow),
        6 => trailing(OrderTrigger::AtOrAbove),
        7 => trailing(OrderTrigger::AtOrBelow),
        _ => at_once(size),
    };
    let acceptable_price = match terms.ppm.rem_euclid(5) {
        // Near the price, so that some fills are just worse.
        0 => Price::new(times(price, 1_000_000 + terms.ppm.rem_euclid(997)).unsigned_abs()),
        _ => order.acceptable_price,
    };
    let expires = match terms.ppm.rem_euclid(7) {
        0 => world.exchange.clock.now.after(60).unwrap(),
        _ => order.expires,
    };
    let mut orders = vec![NewOrder { reduce_only: reduces, acceptable_price, expires, group: terms.group, ..order }];
    if terms.children {
        for (trigger, ppm) in [(OrderTrigger::AtOrAbove, 1_010_000), (OrderTrigger::AtOrBelow, 990_000)] {
            let trigger_price = Price::new(times(price, ppm).unsigned_abs());
            let child = NewOrder { trigger, trigger_price, group: 7, parent: Some(0), ..at_once(-size) };
            orders.push(NewOrder { reduce_only: true, ..child });
        }
    }
    let _ = world.place_orders(account, market, &[], &orders);
}

pub fn arm(world: &mut World, pick: usize, ppm: i64) {
    let waiting: Vec<_> = world.orders().into_iter().filter(|(.., order)| !order.is_asleep()).collect();
    let Some((account, slot, order)) = chosen(&waiting, pick) else { return };
    let now = world.exchange.clock.now;
    if let Ok(ahead) = order.active_from.seconds_since(now) {
        if ahead < 200 {
            world.wait(u32::try_from(ahead).unwrap() + 1);
        }
    }
    freshen(world, account, order.market);
    world.wait(1);
    let (feed, price) = (world.feed(order.market).price, world.market(order.market).price.price.get());
    let rises = order.kind() == OrderTrigger::AtOrAbove;
    let sign = if rises { 1 } else { -1 };
    let mut trigger = order.trigger_price.get();
    if order.trailing != Ppm::ZERO {
        let away = i64::from(order.trailing.get());
        trigger = times(i64::try_from(order.best.get()).unwrap(), 1_000_000 + sign * away).unsigned_abs();
    }
    if trigger > 0 && price > 0 {
        // From the price there is to the trigger and beyond it.
        let moved = i128::from(feed) * i128::from(trigger) / i128::from(price);
        let moved = moved * i128::from(1_000_000 + sign * ppm) / 1_000_000;
        let change = (moved - i128::from(feed)) * 1_000_000 / i128::from(feed);
        world.move_price(order.market, i64::try_from(change.clamp(-300_000, 300_000)).unwrap());
    } else {
        world.republish(order.market);
    }
    let confidence = world.feed(order.market).confidence.min(world.feed(order.market).price.unsigned_abs() / 500);
    world.feed_mut(order.market).confidence = confidence;
    let _ = world.arm_order(account, slot, order.market);
}

pub fn fill(world: &mut World, pick: usize, late: u32, ppm: i64, broke: bool) {
    let now = world.exchange.clock.now.get();
    let armed = |from: i64| from > now - 15;
    let orders: Vec<_> = world.orders().into_iter().filter(|(.., order)| armed(order.fills_from.get())).collect();
    let Some((account, slot, order)) = chosen(&orders, pick) else { return };
    let from = order.fills_from.get();
    if let Ok(ahead) = u32::try_from(from + i64::from(late) - now) {
        world.wait(ahead);
    }
    freshen(world, account, order.market);
    world.move_price(order.market, ppm);
    let published = world.exchange.clock.now.get().min(from + 9);
    let feed = world.feed_mut(order.market);
    feed.confidence = feed.confidence.min(feed.price.unsigned_abs() / 500);
    (feed.publish_time, feed.previous) = (published, from - 1);
    if broke {
        let said = *world.feed(order.market);
        world.move_price(order.market, -500_000 * order.size.get().signum());
        let _ = world.update_price(order.market);
        *world.feed_mut(order.market) = said;
    }
    let _ = world.execute_order(account, slot, order.market);
}

pub fn cancel(world: &mut World, pick: usize) {
    if let Some((account, slot, order)) = chosen(&world.orders(), pick) {
        let _ = world.place_orders(account, order.market, &[slot as u8], &[]);
    }
}

/// What is dead, or whatever there is.
pub fn sweep(world: &mut World, pick: usize) {
    let now = world.exchange.clock.now;
    let orders = world.orders();
    let is_dead = |account: usize, order: &perp_engine::state::RestingOrder| {
        order.is_dead(world.account(account), now).unwrap() || world.market(order.market).settlement.has_begun()
    };
    let dead: Vec<_> = orders.iter().copied().filter(|(account, _, order)| is_dead(*account, order)).collect();
    if let Some((account, slot, order)) = chosen(if dead.is_empty() { &orders } else { &dead }, pick) {
        let ended = world.market(order.market).settlement.has_begun();
        let _ = world.sweep_order(account, slot, ended.then_some(order.market));
    }
}
