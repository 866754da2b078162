//! Resting orders, from their placing to their end: SOL at $250, filled three seconds after they are armed, at no spread since the
//! feed is certain.

mod ends;
mod kinds;
mod protection;

use anchor_lang::prelude::Pubkey;
use perp_client::instructions::Authority;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Parameters;
use perp_tests::world::orders::next_price;
use perp_tests::{listing, Backend, World, SOL, USDC};

/// A market without funding, a trader with 10 000 and an account of orders, and somebody who fills them.
struct Story {
    world: World,
    trader: Authority,
    keeper: Pubkey,
}

impl Story {
    fn begin(backend: Backend) -> Self {
        let parameters = Parameters {
            funding_velocity: 0,
            carry_rate: 0,
            carry_surge: 0,
            future_tolerance: 2,
            ..listing::unmeasured()
        };
        let mut world = World::with_market(backend, parameters);
        let trader = world.trader(10_000 * USDC);
        let keeper = world.key();
        world.open_orders(trader).unwrap();
        Self { world, trader, keeper }
    }

    /// The same once 10 SOL are bought at $250: for 2 500.000 625, a hundredth of it impact, and a fee of 1.
    fn with_a_long(backend: Backend) -> Self {
        let mut story = Self::begin(backend);
        story.buys_at_the_next_price(10 * SOL, 250.0);
        assert_eq!((story.size(), story.balance()), (10 * SOL, 9_999_000_000));
        story
    }

    fn buys_at_the_next_price(&mut self, size: i64, dollars: f64) {
        self.world.publish(0, dollars);
        self.place(&[next_price(size)]);
        let slot = self.armed();
        self.world.to_fill(self.trader, slot, dollars);
        self.world.execute(self.keeper, self.trader, slot).unwrap();
    }

    /// Place of the order that is armed.
    fn armed(&mut self) -> u8 {
        let book = self.world.orders(&self.trader.margin_account).state;
        let armed = book.occupied().find(|(_, order)| !order.fills_from.is_never());
        u8::try_from(armed.expect("an order is armed").0).unwrap()
    }

    #[track_caller]
    fn place(&mut self, orders: &[NewOrder]) {
        self.world.place(self.trader, 0, orders).unwrap();
    }

    /// The feed prints `dollars`, which meets the order; three seconds later it prints `fill`, at which it is executed.
    #[track_caller]
    fn fills(&mut self, slot: u8, dollars: f64, fill: f64) {
        self.world.trigger(self.keeper, self.trader, slot, dollars, fill).unwrap();
    }

    /// What the feed prints a second later does not arm the order.
    #[track_caller]
    fn waits(&mut self, slot: u8, dollars: f64) {
        self.world.wait(1);
        self.world.publish(0, dollars);
        perp_tests::assert_refused(self.world.arm(self.trader, slot), perp_swap::errors::ExchangeError::OrderNotMet);
    }

    fn size(&mut self) -> i64 {
        self.world.position(&self.trader.margin_account, 0).size.get()
    }

    fn balance(&mut self) -> u64 {
        self.world.balance(&self.trader.margin_account)
    }

    /// Orders that rest.
    fn resting(&mut self) -> usize {
        self.world.orders(&self.trader.margin_account).state.occupied().count()
    }

    fn lamports(&mut self, of: Pubkey) -> u64 {
        self.world.chain.account(&of).map_or(0, |account| account.lamports)
    }
}
