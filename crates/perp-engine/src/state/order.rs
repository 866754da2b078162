use super::Account;
use crate::error::EngineError;
use crate::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

#[cfg(test)]
mod tests;

/// Orders that one account can have resting at a time.
pub const ORDER_SLOTS: usize = 16;
/// An armed order is filled within so many seconds of the time from which on a reading counts for it, or not at all.
pub const FILL_SECONDS: u32 = 15;
/// The reading at which an armed order fills is published within so many seconds of that time.
pub const FILL_READING_SECONDS: u32 = 10;
/// An order by price that was armed for nothing is not met again before so many seconds have passed since that time: half of them are
/// its owner's, to cancel it or to withdraw, whoever arms it as often as he can.
pub const REARM_SECONDS: u32 = 30;
/// For so many seconds from the publish time of an order's reading on those go first that were armed before it: long enough for whoever
/// fills them, and less than what is left of the order's own time where its reading is the latest that there may be.
pub const TURN_SECONDS: u32 = 5;
/// Least seconds between two slices of an order by time, for the same reason.
pub const SLICE_SECONDS: u32 = 60;

const _: () = assert!(FILL_READING_SECONDS + TURN_SECONDS <= FILL_SECONDS);
const _: () = assert!(FILL_SECONDS * 2 <= REARM_SECONDS && REARM_SECONDS <= SLICE_SECONDS);

/// When a resting order is to fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum OrderTrigger {
    /// At a time: once, or in slices.
    #[default]
    AtTime = 0,
    /// Once the price is at or above the trigger.
    AtOrAbove = 1,
    /// Once the price is at or below the trigger.
    AtOrBelow = 2,
}

impl OrderTrigger {
    /// The trigger a stored byte stands for; `None` where no version of the program wrote it.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::AtTime),
            1 => Some(Self::AtOrAbove),
            2 => Some(Self::AtOrBelow),
            _ => None,
        }
    }
}

/// One resting order. Its place is free while it has no slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RestingOrder {
    /// Signed size of one fill in base units, positive buys. A reduce-only order fills at most what is left of its position.
    pub size: SignedSize,
    /// The price at or beyond which it is met; zero for an order by time, and for one that trails.
    pub trigger_price: Price,
    /// Worst acceptable average price, never zero: the smallest there is accepts any for a sale, the largest any for a buy.
    pub acceptable_price: Price,
    /// Of an order that trails the best price since it became active: the highest below which it sells, the lowest above which it
    /// buys. Zero before the first.
    pub best: Price,
    /// When the best price was published.
    pub best_published: Timestamp,
    /// From when on it may be met; a reading that meets it was published later.
    pub active_from: Timestamp,
    /// After this it is no longer armed; zero for never.
    pub expires: Timestamp,
    /// Of a reduce-only order the number of the position that it reduces, once it is awake.
    pub position: u64,
    /// While it is armed the time from which on a reading counts for it; zero while it waits.
    pub fills_from: Timestamp,
    /// While it is armed and reduce-only the most that it reduces: the position as it was then.
    pub armed_size: Size,
    /// While it is armed and may increase the margin that it was armed with, and what it would have cost then.
    pub margin_held: Atoms,
    /// Lamports for whoever fills it, in equal parts of what is left for each slice that is left.
    pub lamports: u64,
    /// Which of the account's orders it is, from 1 up.
    pub number: u64,
    /// Distance of the trigger from the best price of an order that trails, in ppm of that, below 1 000 000; else zero.
    pub trailing: Ppm,
    /// Seconds from one slice to the next.
    pub seconds_between: u32,
    /// Fills that are left.
    pub slices: u16,
    /// Index of its market.
    pub market: u16,
    /// [`OrderTrigger`] as a byte: 0 at a time, 1 at or above, 2 at or below.
    pub trigger: u8,
    /// 1 where it only reduces the position it belongs to, and dies with it.
    pub reduce_only: u8,
    /// A fill cancels the account's other orders with this number that are not armed; zero for none.
    pub group: u8,
    /// Place of the order with whose fill this one wakes, counted from 1; zero while it is awake.
    pub parent: u8,
    /// Zero; room for what is added later.
    pub reserved: [u64; 1],
}

impl RestingOrder {
    /// Whether the place holds an order.
    pub const fn is_occupied(&self) -> bool {
        self.slices > 0
    }

    /// The trigger, as it is named.
    pub fn kind(&self) -> OrderTrigger {
        OrderTrigger::from_byte(self.trigger).unwrap_or_default()
    }

    /// Whether it only reduces.
    pub const fn is_reduce_only(&self) -> bool {
        self.reduce_only != 0
    }

    /// Whether it waits for the fill of another one.
    pub const fn is_asleep(&self) -> bool {
        self.parent != 0
    }

    /// Until when the order, armed, is filled.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn fills_until(&self) -> Result<Timestamp, EngineError> {
        self.fills_from.after(FILL_SECONDS)
    }

    /// Whether it is armed.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn is_armed(&self, now: Timestamp) -> Result<bool, EngineError> {
        Ok(!self.fills_from.is_never() && now <= self.fills_until()?)
    }

    /// The order as it is at `now`: one that was armed and not filled in time waits on, or was that for the last time.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn as_of(&self, now: Timestamp) -> Result<Option<Self>, EngineError> {
        if self.fills_from.is_never() || self.is_armed(now)? {
            return Ok(Some(*self));
        }
        self.disarmed()
    }

    /// The order once the moment for which it was armed came to nothing: by price it rests and waits for a later reading, by time it goes on
    /// with its next slice.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn disarmed(&self) -> Result<Option<Self>, EngineError> {
        match self.kind() {
            OrderTrigger::AtTime => self.next_slice(),
            OrderTrigger::AtOrAbove | OrderTrigger::AtOrBelow => {
                Ok(Some(self.waiting_from(self.fills_from.after(REARM_SECONDS)?)))
            }
        }
    }

    /// The order with its next slice, none after the last.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn next_slice(&self) -> Result<Option<Self>, EngineError> {
        match self.slices.checked_sub(1) {
            None | Some(0) => Ok(None),
            Some(slices) => {
                Ok(Some(Self { slices, ..self.waiting_from(self.fills_from.after(self.seconds_between)?) }))
            }
        }
    }

    fn waiting_from(&self, active_from: Timestamp) -> Self {
        let (fills_from, armed_size, margin_held) = (Timestamp::NEVER, Size::ZERO, Atoms::ZERO);
        Self { active_from, fills_from, armed_size, margin_held, ..*self }
    }

    /// What of its lamports whoever fills the next slice gets.
    pub fn tip(&self) -> u64 {
        self.lamports.checked_div(u64::from(self.slices)).unwrap_or(0)
    }

    /// Size of the position that a reduce-only order reduces; none where that is gone, has been opened anew, or is on the other side.
    pub fn protected(&self, account: &Account) -> Option<Size> {
        let (_, position) = account.occupied().find(|(_, position)| position.market == self.market)?;
        let opposite = position.size.side()?.opposite();
        (position.number == self.position && self.size.side() == Some(opposite)).then_some(position.size.size())
    }

    /// Whether, of two armed orders of an account, this one fills first: where both are of one market it is the one that was armed for an
    /// earlier moment, of one moment the one that was placed first.
    pub fn fills_before(&self, other: &Self) -> bool {
        self.market == other.market && (self.fills_from, self.number) < (other.fills_from, other.number)
    }

    /// Whether it can never be filled any more: it has expired or is void, or what it reduces is gone.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn is_dead(&self, account: &Account, now: Timestamp) -> Result<bool, EngineError> {
        let Some(order) = self.as_of(now)? else { return Ok(true) };
        let expired = order.fills_from.is_never() && !order.expires.is_never() && now > order.expires;
        let gone = order.is_reduce_only() && !order.is_asleep() && order.protected(account).is_none();
        Ok(expired || gone)
    }
}

/// The resting orders of one margin account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct OrderBook {
    /// Each at its place.
    pub orders: [RestingOrder; ORDER_SLOTS],
    /// Orders placed so far: the number of the last.
    pub sequence: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 7],
}

impl Default for OrderBook {
    fn default() -> Self {
        Self::zeroed()
    }
}

impl OrderBook {
    /// Whether no order rests here, so that the account can be closed.
    pub fn is_empty(&self) -> bool {
        self.orders.iter().all(|order| !order.is_occupied())
    }

    /// The order at this place.
    ///
    /// # Errors
    /// [`EngineError::NoOrder`].
    pub fn order(&self, slot: usize) -> Result<&RestingOrder, EngineError> {
        self.orders.get(slot).filter(|order| order.is_occupied()).ok_or(EngineError::NoOrder)
    }

    /// Orders with their places.
    pub fn occupied(&self) -> impl Iterator<Item = (usize, &RestingOrder)> {
        self.orders.iter().enumerate().filter(|(_, order)| order.is_occupied())
    }

    /// Lamports held for whoever fills the orders.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn lamports(&self) -> Result<u64, EngineError> {
        self.orders.iter().try_fold(0u64, |sum, order| sum.checked_add(order.lamports)).ok_or(EngineError::Overflow)
    }

    /// Stores an order at its place.
    pub(crate) fn set(&mut self, slot: usize, order: RestingOrder) {
        if let Some(place) = self.orders.get_mut(slot) {
            *place = order;
        }
    }

    /// Takes the order out, and those that sleep until its fill. Returns the lamports that go home.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub(crate) fn remove(&mut self, slot: usize) -> Result<u64, EngineError> {
        let mark = parent_mark(slot)?;
        let mut lamports = 0u64;
        for (place, order) in self.orders.iter_mut().enumerate() {
            if place == slot || order.parent == mark {
                lamports = lamports.checked_add(order.lamports).ok_or(EngineError::Overflow)?;
                *order = RestingOrder::default();
            }
        }
        Ok(lamports)
    }
}

/// How an order says that it waits for the one at this place.
///
/// # Errors
/// [`EngineError::Overflow`] beyond the last place.
pub(crate) fn parent_mark(slot: usize) -> Result<u8, EngineError> {
    u8::try_from(slot).ok().and_then(|slot| slot.checked_add(1)).ok_or(EngineError::Overflow)
}

const _: () = assert!(core::mem::size_of::<RestingOrder>() == 128);
const _: () = assert!(core::mem::size_of::<OrderBook>() == 128 * ORDER_SLOTS + 64);
