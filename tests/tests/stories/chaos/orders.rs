//! Resting orders of anybody: placed, replaced, armed and filled, forgotten, swept.

use super::{Chaos, MARKETS};
use anchor_lang::Discriminator;
use perp_client::addresses::orders_address;
use perp_client::instructions::{if_due, Authority};
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::{Ppm, Price, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::assert_refused;
use perp_tests::world::orders::{above, below, next_price, reducing, TIP};

impl Chaos {
    fn has_orders(&mut self, actor: Authority) -> bool {
        self.world.chain.account(&orders_address(&actor.margin_account)).is_some()
    }

    /// Somebody places orders, or keepers look at those there are.
    pub(super) fn somebody_has_orders(&mut self, actor: Authority, market: u16, size: i64) {
        if !self.has_orders(actor) {
            let done = self.world.open_orders(actor);
            self.note("open_orders", done);
        }
        if self.random.one_in(2) {
            let size = if self.random.one_in(2) { size } else { -size };
            let orders = self.some_orders(market, size);
            let cancelled: Vec<u8> = if self.random.one_in(4) { vec![self.random.below(4) as u8] } else { vec![] };
            let done = self.world.replace(actor, market, &cancelled, &orders);
            self.note("place_orders", done);
        } else if self.random.one_in(12) {
            let done = self.world.close_orders(actor);
            self.note("close_orders", done);
        } else {
            self.keepers_look_at_orders(actor);
        }
    }

    /// An entry, by price or by time, mostly with protection that sleeps; or protection alone.
    fn some_orders(&mut self, market: u16, size: i64) -> Vec<NewOrder> {
        let raw = |price: f64| Price::new((price / 1e3 * (1u64 << 40) as f64) as u64);
        let price = self.prices[usize::from(market)];
        let by_price = |order: NewOrder, factor: f64| NewOrder { trigger_price: raw(price * factor), ..order };
        let expires = if self.random.one_in(3) { Timestamp::new(self.world.now + 600) } else { Timestamp::NEVER };
        let entry = match self.random.below(4) {
            0 => by_price(below(1, size), 1.001),
            1 => by_price(above(1, size), 0.999),
            2 => next_price(size),
            _ => NewOrder { slices: 3, seconds_between: 60, lamports: 3 * TIP, ..next_price(size) },
        };
        let all = if size > 0 { i64::MIN } else { i64::MAX };
        // Met at once, or seldom.
        let away = if self.random.one_in(2) { -0.001 } else { 0.01 };
        let protection = [
            by_price(below(1, all), 1.0 - away),
            by_price(above(1, all), 1.0 + away),
            NewOrder { trailing: Ppm::new(5_000), ..below(0, all) },
        ];
        let protection = protection.map(|order| NewOrder { group: 1, expires, ..reducing(order) });
        match self.random.below(4) {
            0 => vec![NewOrder { expires, ..entry }],
            1 | 2 => protection.to_vec(),
            _ => {
                let asleep = protection.map(|order| NewOrder { parent: Some(0), ..order });
                [entry].into_iter().chain(asleep).collect()
            }
        }
    }

    /// Whatever is dead is swept, whatever is met is armed, and filled a few seconds later, if nobody forgets it.
    fn keepers_look_at_orders(&mut self, actor: Authority) {
        let keeper = self.world.admin;
        let resting = self.world.orders(&actor.margin_account).state;
        for (slot, order) in resting.occupied() {
            let (slot, market) = (slot as u8, order.market);
            let swept = self.world.sweep(actor, None, slot);
            let gone = swept.is_ok();
            self.note("sweep_order", swept);
            if gone || self.silent == Some(market) {
                continue;
            }
            self.world.wait(1);
            let price = self.prices[usize::from(market)];
            self.world.publish_with(market, price, price * 0.000_7, self.world.now);
            if self.random.one_in(2) {
                let armed = self.world.arm(actor, slot);
                self.note("arm_order", armed);
            } else {
                let arming = self.world.arming(&actor.margin_account, self.world.target(market), slot);
                let tried = self.world.run(&[if_due(arming, data::ArmOrderIfDue::DISCRIMINATOR)]);
                self.note("arm_order_if_due", tried);
            }
            let fills_from = self.world.order(&actor.margin_account, slot).fills_from.get();
            if fills_from < self.world.now || self.random.one_in(6) {
                continue;
            }
            self.world.wait(fills_from - self.world.now);
            let percent = self.random.below(200) as f64 / 100.0 - 1.0;
            let price = price * (1.0 + percent / 100.0);
            self.world.publish_between(market, price, price * 0.000_7, [fills_from - 1, fills_from]);
            if self.random.one_in(2) {
                let executed = self.world.execute(keeper, actor, slot);
                self.note("execute_order", executed);
            } else {
                let oracle = self.world.oracle(market);
                let execution = self.world.execution(keeper, &actor.margin_account, market, oracle, slot);
                let tried = self.world.run(&[if_due(execution, data::ExecuteOrderIfDue::DISCRIMINATOR)]);
                self.note("execute_order_if_due", tried);
            }
        }
    }

    /// Every order is swept or cancelled, by way of a market that has not ended, and their account is closed.
    pub(super) fn orders_are_closed(&mut self, actor: Authority) {
        if !self.has_orders(actor) {
            return;
        }
        let ended = |chaos: &mut Self, market| chaos.world.market(market).state.settlement.has_begun();
        let live = (0..MARKETS as u16).find(|market| !ended(self, *market)).expect("one market goes on");
        let resting = self.world.orders(&actor.margin_account).state;
        for (slot, order) in resting.occupied() {
            let slot = slot as u8;
            // It may have gone with its parent.
            if self.world.order(&actor.margin_account, slot).number != order.number {
                continue;
            }
            let market = ended(self, order.market).then_some(order.market);
            let swept = self.world.sweep(actor, market, slot);
            if market.is_some() || swept.is_ok() {
                swept.as_ref().unwrap();
                self.note("sweep_order", swept);
            } else {
                assert_refused(swept, ExchangeError::OrderAlive);
                let cancelled = self.world.replace(actor, live, &[slot], &[]);
                cancelled.as_ref().unwrap();
                self.note("place_orders", cancelled);
            }
        }
        let closed = self.world.close_orders(actor);
        closed.as_ref().unwrap();
        self.note("close_orders", closed);
    }
}
