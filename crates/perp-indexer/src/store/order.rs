//! A resting order from its placing until it is over.

use anchor_lang::prelude::{AnchorDeserialize, AnchorSerialize, Pubkey};
use perp_engine::state::{OrderTrigger, REARM_SECONDS};
use perp_swap::events::{ExecutionOutcome, OrderExecuted, OrderMoment};
use sqlx::any::AnyRow;
use sqlx::Row;

use super::rows::{row, Rows, Value};
use super::{exact, StoreError};
use crate::place::Place;

macro_rules! states {
    ($($(#[$meta:meta])* $state:ident = $name:literal,)+) => {
        /// How a resting order stands, or how it ended.
        #[derive(AnchorDeserialize, AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OrderState {
            $($(#[$meta])* $state,)+
        }

        impl OrderState {
            /// The names of all of them.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// As it is stored and shown.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$state => $name,)+ }
            }

            /// The state of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$state),)+
                    _ => None,
                }
            }
        }
    };
}

states! {
    /// It waits for the fill of another one.
    Asleep = "asleep",
    /// It waits until it is met.
    Waiting = "waiting",
    /// It was armed last. Where nobody filled it in time it waits on, or that slice is lost, of which nothing tells.
    Armed = "armed",
    /// Its last slice was filled.
    Filled = "filled",
    /// Its last slice would have been filled at a price worse than acceptable.
    Disarmed = "disarmed",
    /// It could not be filled for want of margin, or of room in the market.
    Forfeited = "forfeited",
    /// Who may trade cancelled it, or the one with whose fill it would have woken.
    Cancelled = "cancelled",
    /// Another one of its group was filled, or one of the group of its parent.
    Group = "group",
    /// The one with whose fill it would have woken is over without one.
    Parent = "parent",
    /// It was dead, and somebody took it out.
    Swept = "swept",
    /// It is gone, and the event that says how is missing.
    Lost = "lost",
}

/// A resting order.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug)]
pub(super) struct Order {
    place: i64,
    placed_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) last_place: i64,
    owner: String,
    pub(super) state: OrderState,
    /// As it was told last, or as it is since.
    pub(super) now: OrderMoment,
    /// Slices it began with.
    slices: u16,
    pub(super) armings: i64,
    pub(super) armed_at: Option<i64>,
    fills: i64,
    /// Σ filled, in base units.
    filled: i64,
    /// Σ what that was bought or sold for, in 2^-40 atoms.
    notional: i128,
    fees: u64,
    realized: i64,
    forfeited: u64,
    /// Lamports it began with; what it holds of them now is in `now`.
    lamports: u64,
    tips: u64,
    returned: u64,
    #[borsh(skip)]
    pub(super) changed: bool,
}

impl Order {
    /// As it is when it is told of for the first time.
    pub(super) fn new(place: Place, placed_at: Option<i64>, owner: &Pubkey, order: &OrderMoment) -> Self {
        let is_armed = order.fills_from != 0;
        Self {
            place: place.number(),
            placed_at,
            ended_at: None,
            last_place: place.number(),
            owner: owner.to_string(),
            state: state(order),
            now: *order,
            slices: order.slices,
            // An order by time that is due is armed when it is placed.
            armings: i64::from(is_armed && placed_at.is_some()),
            armed_at: placed_at.filter(|_| is_armed),
            fills: 0,
            filled: 0,
            notional: 0,
            fees: 0,
            realized: 0,
            forfeited: 0,
            lamports: order.lamports,
            tips: 0,
            returned: 0,
            changed: true,
        }
    }

    /// It is over: what it still holds goes home.
    pub(super) fn end(&mut self, time: i64, state: OrderState) {
        self.state = state;
        self.ended_at = Some(time);
        self.returned = self.returned.wrapping_add(self.now.lamports);
        self.now.lamports = 0;
        self.rest(0);
        self.changed = true;
    }

    /// It is armed no more, and may be met again so many seconds after the moment for which it was.
    fn rest(&mut self, seconds: u32) {
        if self.now.fills_from != 0 && seconds > 0 {
            self.now.active_from = self.now.fills_from.saturating_add(seconds.into());
        }
        (self.now.fills_from, self.now.armed_size, self.now.margin_held) = (0, 0, 0);
    }

    pub(super) fn execute(&mut self, event: &OrderExecuted) {
        self.now.lamports = self.now.lamports.saturating_sub(event.tip);
        self.tips = self.tips.wrapping_add(event.tip);
        self.forfeited = self.forfeited.wrapping_add(event.forfeited);
        if let Some(fill) = &event.fill {
            self.fills = self.fills.wrapping_add(1);
            self.filled = self.filled.wrapping_add(fill.size);
            self.notional = self.notional.wrapping_add(fill.notional);
            self.fees = self.fees.wrapping_add(fill.fee);
            self.realized = self.realized.wrapping_add(fill.realized);
        }
        self.now.slices = event.slices_left;
        if event.slices_left == 0 {
            let state = match event.outcome {
                ExecutionOutcome::Filled => OrderState::Filled,
                ExecutionOutcome::Disarmed => OrderState::Disarmed,
                ExecutionOutcome::Forfeited => OrderState::Forfeited,
            };
            return self.end(event.time, state);
        }
        let by_time = self.now.trigger == OrderTrigger::AtTime;
        self.rest(if by_time { self.now.seconds_between } else { REARM_SECONDS });
        self.state = OrderState::Waiting;
    }

    pub(super) fn row(&self, account: &str) -> Vec<Value> {
        let now = &self.now;
        row![
            self.place,
            account,
            self.owner.as_str(),
            now.market_index,
            now.number,
            i64::from(now.slot),
            self.placed_at,
            self.ended_at,
            self.last_place,
            self.state.name(),
            now.size,
            trigger_name(now.trigger),
            now.trigger_price,
            i64::from(now.trailing),
            now.best,
            now.acceptable_price,
            i64::from(now.reduce_only),
            now.position,
            now.active_from,
            now.expires,
            self.slices,
            now.slices,
            i64::from(now.seconds_between),
            i64::from(now.group),
            now.parent.checked_sub(1).map(i64::from),
            self.armings,
            self.armed_at,
            now.fills_from,
            now.armed_size,
            now.margin_held,
            self.fills,
            self.filled,
            self.notional,
            self.fees,
            self.realized,
            self.forfeited,
            self.lamports,
            now.lamports,
            self.tips,
            self.returned
        ]
    }

    pub(super) fn from_row(row: &AnyRow) -> Result<Self, StoreError> {
        let text = |column: usize| row.try_get::<String, _>(column);
        let signed = |column: usize| row.try_get::<i64, _>(column);
        let count = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        let (state, trigger) = (text(9)?, text(11)?);
        let now = OrderMoment {
            market_index: small(signed(3)?)?,
            number: count(4)?,
            slot: small(signed(5)?)?,
            size: signed(10)?,
            trigger: trigger_from(&trigger)?,
            trigger_price: count(12)?,
            trailing: small(signed(13)?)?,
            best: count(14)?,
            acceptable_price: count(15)?,
            reduce_only: signed(16)? != 0,
            position: count(17)?,
            active_from: signed(18)?,
            expires: signed(19)?,
            slices: small(signed(21)?)?,
            seconds_between: small(signed(22)?)?,
            group: small(signed(23)?)?,
            parent: small(row.try_get::<Option<i64>, _>(24)?.map_or(0, |slot| slot.saturating_add(1)))?,
            fills_from: signed(27)?,
            armed_size: count(28)?,
            margin_held: count(29)?,
            lamports: count(37)?,
        };
        Ok(Self {
            place: signed(0)?,
            owner: text(2)?,
            placed_at: row.try_get(6)?,
            ended_at: row.try_get(7)?,
            last_place: signed(8)?,
            state: OrderState::from_name(&state)
                .ok_or(StoreError::Foreign { what: "the state of an order", found: state })?,
            now,
            slices: small(signed(20)?)?,
            armings: signed(25)?,
            armed_at: row.try_get(26)?,
            fills: signed(30)?,
            filled: signed(31)?,
            notional: exact(row.try_get(32)?)?,
            fees: count(33)?,
            realized: signed(34)?,
            forfeited: count(35)?,
            lamports: count(36)?,
            tips: count(38)?,
            returned: count(39)?,
            changed: false,
        })
    }
}

/// How an order stands that is told of like that.
pub(super) fn state(order: &OrderMoment) -> OrderState {
    if order.parent != 0 {
        OrderState::Asleep
    } else if order.fills_from != 0 {
        OrderState::Armed
    } else {
        OrderState::Waiting
    }
}

fn trigger_name(trigger: OrderTrigger) -> &'static str {
    match trigger {
        OrderTrigger::AtTime => "at_time",
        OrderTrigger::AtOrAbove => "at_or_above",
        OrderTrigger::AtOrBelow => "at_or_below",
    }
}

fn trigger_from(name: &str) -> Result<OrderTrigger, StoreError> {
    let all = [OrderTrigger::AtTime, OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow];
    let found = all.into_iter().find(|trigger| trigger_name(*trigger) == name);
    found.ok_or_else(|| StoreError::Foreign { what: "the kind of an order", found: name.into() })
}

fn small<T: TryFrom<i64>>(number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Foreign { what: "a number of an order", found: number.to_string() })
}

/// Rows of orders.
pub(super) fn order_rows() -> Rows {
    Rows::replacing("orders", &["place"], &COLUMNS)
}

/// Its columns.
pub(super) const COLUMNS: [&str; 40] = [
    "place",
    "account",
    "owner",
    "market",
    "number",
    "slot",
    "placed_at",
    "ended_at",
    "last_place",
    "state",
    "size",
    "kind",
    "trigger_price",
    "trailing_ppm",
    "best",
    "acceptable_price",
    "reduce_only",
    "position_number",
    "active_from",
    "expires",
    "slices",
    "slices_left",
    "seconds_between",
    "group_number",
    "parent",
    "armings",
    "armed_at",
    "fills_from",
    "armed_size",
    "margin_held",
    "fills",
    "filled",
    "notional",
    "fees",
    "realized",
    "forfeited",
    "lamports",
    "held",
    "tips",
    "returned",
];
