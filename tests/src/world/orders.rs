//! Resting orders, and what their owners and strangers do with them.

use super::{Ran, World};
use anchor_lang::prelude::Pubkey;
use perp_accounts::Orders;
use perp_client::addresses::orders_address;
use perp_client::instructions::{self as build, Authority, OrdersOf, TargetMarket};
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::Order;
use perp_engine::state::{OrderTrigger, RestingOrder};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};
use solana_instruction::Instruction;

/// What an order of the tests holds for each fill.
pub const TIP: u64 = ORDER_TIP_LAMPORTS;

/// So many dollars per SOL in the market's unit: 2^40 · 10^6 / 10^9 for each.
pub fn price(dollars: u64) -> Price {
    Price::new(dollars * (1 << 40) / 1_000)
}

/// An order that fills at the next price, whatever it is.
pub fn next_price(size: i64) -> NewOrder {
    NewOrder {
        size: SignedSize::new(size),
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Order::at_any_price(SignedSize::new(size)).acceptable_price,
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: TIP,
    }
}

/// One that waits for the price to fall to so many dollars.
pub fn below(dollars: u64, size: i64) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: price(dollars), ..next_price(size) }
}

/// One that waits for the price to rise to so many dollars.
pub fn above(dollars: u64, size: i64) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrAbove, trigger_price: price(dollars), ..next_price(size) }
}

/// The same, which only reduces.
pub fn reducing(order: NewOrder) -> NewOrder {
    NewOrder { reduce_only: true, ..order }
}

impl World {
    /// The owner's margin account, as instructions about its orders name it.
    fn with_orders_of<T>(&mut self, margin_account: &Pubkey, build: impl FnOnce(&Self, &OrdersOf<'_>) -> T) -> T {
        let stored = self.margin_account(margin_account);
        let of = OrdersOf { owner: stored.owner, margin_account: *margin_account, account: &stored.state };
        build(self, &of)
    }

    pub fn open_orders(&mut self, owner: Authority) -> Ran {
        self.run(&[build::open_orders(owner, owner.signer)])
    }

    pub fn close_orders(&mut self, owner: Authority) -> Ran {
        self.run(&[build::close_orders(owner)])
    }

    /// The instruction of [`World::replace`].
    pub fn placement(
        &mut self,
        trader: Authority,
        target: TargetMarket,
        cancel: &[u8],
        orders: &[NewOrder],
    ) -> Instruction {
        self.with_orders_of(&trader.margin_account, |world, of| {
            build::place_orders(&world.addresses, trader.signer, of, target, cancel, orders)
        })
    }

    /// Cancels the orders at these places and places new ones.
    pub fn replace(&mut self, trader: Authority, market: u16, cancel: &[u8], orders: &[NewOrder]) -> Ran {
        let instruction = self.placement(trader, self.target(market), cancel, orders);
        self.run(&[instruction])
    }

    pub fn place(&mut self, trader: Authority, market: u16, orders: &[NewOrder]) -> Ran {
        self.replace(trader, market, &[], orders)
    }

    /// The instruction of [`World::arm`].
    pub fn arming(&mut self, margin_account: &Pubkey, target: TargetMarket, slot: u8) -> Instruction {
        self.with_orders_of(margin_account, |world, of| build::arm_order(&world.addresses, of, target, slot))
    }

    /// Arms the account's order at this place, at what the market's feed says now.
    pub fn arm(&mut self, of: Authority, slot: u8) -> Ran {
        let market = self.order(&of.margin_account, slot).market;
        let instruction = self.arming(&of.margin_account, self.target(market), slot);
        self.run(&[instruction])
    }

    /// The instruction of [`World::execute`], with the reading in that account.
    pub fn execution(
        &mut self,
        caller: Pubkey,
        margin_account: &Pubkey,
        market: u16,
        oracle: Pubkey,
        slot: u8,
    ) -> Instruction {
        let book = self.orders(margin_account).state;
        self.with_orders_of(margin_account, |world, of| {
            build::execute_order(&world.addresses, caller, of, &book, market, oracle, slot)
        })
    }

    /// Fills the account's order at this place, at what the market's feed says now.
    pub fn execute(&mut self, caller: Pubkey, of: Authority, slot: u8) -> Ran {
        let market = self.order(&of.margin_account, slot).market;
        let instruction = self.execution(caller, &of.margin_account, market, self.oracle(market), slot);
        self.run(&[instruction])
    }

    pub fn sweep(&mut self, of: Authority, ended: Option<u16>, slot: u8) -> Ran {
        let owner = self.margin_account(&of.margin_account).owner;
        self.run(&[build::sweep_order(&self.addresses, owner, of.margin_account, ended, slot)])
    }

    /// The account of a margin account's orders.
    pub fn orders(&mut self, margin_account: &Pubkey) -> Orders {
        self.stored(&orders_address(margin_account)).expect("the orders' account exists")
    }

    /// What rests at this place; nothing has no number.
    pub fn order(&mut self, margin_account: &Pubkey, slot: u8) -> RestingOrder {
        self.orders(margin_account).state.orders[usize::from(slot)]
    }

    /// A copy of what the market's feed says now, in an account of its own.
    pub fn posted(&mut self, market: u16) -> Pubkey {
        let address = Pubkey::new_unique();
        let reading = self.chain.account(&self.oracle(market)).expect("the market has a price account");
        self.chain.set_account(&address, reading);
        address
    }

    /// The clock moves to the time from which on a reading fills the armed order at this place, and its market's feed prints `dollars`
    /// then, a second after it printed last.
    #[track_caller]
    pub fn to_fill(&mut self, of: Authority, slot: u8, dollars: f64) {
        let order = self.order(&of.margin_account, slot);
        let (from, market) = (order.fills_from.get(), order.market);
        assert!(from >= self.now, "the order is armed");
        self.wait(from - self.now);
        self.publish_after(market, dollars, from, from - 1);
    }

    /// The feed prints `dollars`, which meets the order; it is armed, and filled by `caller` when the feed prints `fill` a few seconds
    /// later.
    #[track_caller]
    pub fn trigger(&mut self, caller: Pubkey, of: Authority, slot: u8, dollars: f64, fill: f64) -> Ran {
        let market = self.order(&of.margin_account, slot).market;
        self.wait(1);
        self.publish(market, dollars);
        self.arm(of, slot).expect("the order is met");
        self.to_fill(of, slot, fill);
        self.execute(caller, of, slot)
    }
}
