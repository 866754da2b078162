//! Resting orders: their account, placing, arming and filling them, and taking them out.

use super::MarketMoment;
use anchor_lang::prelude::*;
use perp_engine::state::{OrderTrigger, RestingOrder};

/// The account of a margin account's resting orders was opened.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersOpened {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The account of the orders.
    pub orders: Pubkey,
}

/// The account of a margin account's resting orders was closed. One opened later counts its orders from one.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersClosed {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The account of the orders.
    pub orders: Pubkey,
}

/// Orders were cancelled and placed. One event follows for each that is new, with the same number.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersPlaced {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Who signed: the owner or the delegate.
    pub trader: Pubkey,
    /// Places of new orders, a bit each from the lowest up; an `OrderPlaced` follows for each.
    pub placed: u16,
    /// Places whose orders are gone, a bit each from the lowest up: those cancelled, and those that slept for them.
    pub removed: u16,
    /// Lamports that the new orders hold, paid by who signed.
    pub paid: u64,
    /// Lamports of cancelled orders that went to the owner; none where his wallet is empty and they would not be its rent: they go
    /// with that of the orders' account.
    pub returned: u64,
    /// Until when the margin account withdraws nothing, in Unix seconds.
    pub armed_until: i64,
}

/// A resting order as it stands.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderMoment {
    /// Its place.
    pub slot: u8,
    /// Which of the account's orders it is, from 1 up.
    pub number: u64,
    /// Index of its market within the exchange.
    pub market_index: u16,
    /// Signed size of one fill in base units, positive for a buy; of a reduce-only order the most.
    pub size: i64,
    /// When it is to fill.
    pub trigger: OrderTrigger,
    /// The price at or beyond which it is met, in 2^-40 atoms per base unit; zero by time and where it trails.
    pub trigger_price: u64,
    /// Distance of the trigger from the best price of an order that trails, in parts per million; else zero.
    pub trailing: u32,
    /// The best price of an order that trails, in 2^-40 atoms per base unit; zero before the first.
    pub best: u64,
    /// Worst acceptable average price, in 2^-40 atoms per base unit.
    pub acceptable_price: u64,
    /// Whether it only reduces its position.
    pub reduce_only: bool,
    /// Number of that position; zero while the order sleeps.
    pub position: u64,
    /// From when on it may be met, in Unix seconds.
    pub active_from: i64,
    /// After this it is no longer armed, in Unix seconds; zero for never.
    pub expires: i64,
    /// While it is armed the time from which on a reading counts for it, in Unix seconds; zero while it waits.
    pub fills_from: i64,
    /// While it is armed and reduce-only the most that it reduces, in base units.
    pub armed_size: u64,
    /// While it is armed and may increase the margin that it was armed with, and what it would have cost then, in atoms.
    pub margin_held: u64,
    /// Fills that are left.
    pub slices: u16,
    /// Seconds from one slice to the next.
    pub seconds_between: u32,
    /// A fill cancels the account's other orders with this number that are not armed; zero for none.
    pub group: u8,
    /// Place, counted from 1, of the order with whose fill it wakes; zero while it is awake.
    pub parent: u8,
    /// Lamports that it holds.
    pub lamports: u64,
}

impl OrderMoment {
    /// The order at this place.
    pub fn of(slot: u8, order: &RestingOrder) -> Self {
        Self {
            slot,
            number: order.number,
            market_index: order.market,
            size: order.size.get(),
            trigger: order.kind(),
            trigger_price: order.trigger_price.get(),
            trailing: order.trailing.get(),
            best: order.best.get(),
            acceptable_price: order.acceptable_price.get(),
            reduce_only: order.is_reduce_only(),
            position: order.position,
            active_from: order.active_from.get(),
            expires: order.expires.get(),
            fills_from: order.fills_from.get(),
            armed_size: order.armed_size.get(),
            margin_held: order.margin_held.get(),
            slices: order.slices,
            seconds_between: order.seconds_between,
            group: order.group,
            parent: order.parent,
            lamports: order.lamports,
        }
    }
}

/// An order was placed, as one of those of the `OrdersPlaced` before it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPlaced {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number, among the margin account's, of the event that it follows.
    pub account_sequence: u64,
    /// The order; armed where it is one by time that was due.
    pub order: OrderMoment,
}

/// A dead order was taken out, with those that would have woken with its fill.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSwept {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The order as it was.
    pub order: OrderMoment,
    /// Places of those that would have woken with its fill, a bit each from the lowest up.
    pub removed: u16,
    /// Lamports of all of them that went to the owner; none where his wallet is empty and they would not be its rent: they go with
    /// that of the orders' account.
    pub returned: u64,
}

/// What became of an order that somebody would arm.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum ArmingOutcome {
    /// It is armed.
    Armed = 0,
    /// It trails, and its trigger has moved.
    Moved = 1,
}

/// An order was armed, or its trigger moved.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderArmed {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// What became of it.
    pub outcome: ArmingOutcome,
    /// The order after it.
    pub order: OrderMoment,
    /// Until when the margin account withdraws nothing, in Unix seconds.
    pub armed_until: i64,
}

/// What became of an armed order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum ExecutionOutcome {
    /// It is filled.
    Filled = 0,
    /// The fill would have been worse than its acceptable price.
    Disarmed = 1,
    /// It could not be filled for want of margin, or of room in the market, and is over.
    Forfeited = 2,
}

/// The fill of a resting order, as `Traded` tells that of a market order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFill {
    /// What was filled, in base units; positive for a buy.
    pub size: i64,
    /// What it was bought or sold for, in 2^-40 atoms.
    pub notional: i128,
    /// What the oracle's uncertainty and impact cost together, in 2^-40 atoms.
    pub charge: i128,
    /// The part of the charge for the oracle's uncertainty, in 2^-40 atoms.
    pub spread: i128,
    /// The impact's part of the charge, in 2^-40 atoms.
    pub impact: i128,
    /// The taker fee, in atoms.
    pub fee: u64,
    /// Profit realized, negative for a loss, in atoms.
    pub realized: i64,
    /// Funding the margin account received, negative where it paid, in atoms.
    pub funding: i64,
    /// What was funded of its claim and came into its balance, in atoms.
    pub redeemed: u64,
    /// What its balance paid of its debt to this market, in atoms.
    pub repaid: u64,
    /// The position before, in base units.
    pub size_before: i64,
    /// The position after, in base units.
    pub size_after: i64,
    /// Its number, which those that slept for the fill reduce from now on.
    pub position: u64,
    /// Equity after the fill, in atoms.
    pub equity: i64,
    /// What admitted it, in atoms: where it increased the maintenance margin, else the margin of all notionals.
    pub margin: u64,
}

/// An armed order was filled, or came to nothing.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderExecuted {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Who sent it.
    pub caller: Pubkey,
    /// What became of it.
    pub outcome: ExecutionOutcome,
    /// The order before it.
    pub order: OrderMoment,
    /// When the reading was published, in Unix seconds.
    pub published: i64,
    /// The fill; none where it came to nothing.
    pub fill: Option<OrderFill>,
    /// What the owner paid because the order could not be filled, in atoms: what it had lost by then.
    pub forfeited: u64,
    /// Fills that are left; none where the order is over.
    pub slices_left: u16,
    /// Places of other orders that this took out, a bit each from the lowest up: with a fill those of its group, and in any case
    /// those that slept for one that is over.
    pub removed: u16,
    /// From when on those that slept for its fill may be met, in Unix seconds.
    pub woken_at: i64,
    /// Lamports that went to who sent it.
    pub tip: u64,
    /// Lamports of orders that are over that went to the owner; none where his wallet is empty and they would not be its rent: they
    /// go with that of the orders' account.
    pub returned: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}
