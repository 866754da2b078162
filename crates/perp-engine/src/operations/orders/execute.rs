//! Filling an armed order, at the one reading of the moment for which it was armed.

use super::arm::armed_until;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::market::price::fill_price;
use crate::market::Ready;
use crate::operations::position::{plan_trade_at, Order, ReadingPrice, TradePlan};
use crate::oracle::OracleReading;
use crate::risk::portfolio::Portfolio;
use crate::state::counters::count;
use crate::state::{parent_mark, Account, OrderBook, Position, RestingOrder, FILL_READING_SECONDS, TURN_SECONDS};
use crate::units::products::notional;
use crate::units::{Atoms, Ppm, Price, Side, SignedSize, Size, Timestamp};

/// What became of an armed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // nothing is allocated, and a plan is made once
pub enum OrderOutcome {
    /// It is filled.
    Filled(TradePlan),
    /// The fill would be worse than its acceptable price: it waits on, or goes on with its next slice.
    Disarmed,
    /// Its account or its market cannot bear it: its owner pays what it would have lost by now, and it goes on with its next slice or is
    /// over.
    Forfeited {
        /// What is paid, in atoms, at most the balance.
        paid: Atoms,
    },
}

/// What filling an armed order comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionPlan {
    /// The order's place.
    pub slot: usize,
    /// The order as it was.
    pub order: RestingOrder,
    /// What became of it.
    pub outcome: OrderOutcome,
    /// From when on orders that slept for it may be met.
    pub woken_at: Timestamp,
    /// The protocol's part of what is forfeited.
    protocol_share: Ppm,
}

/// Lamports that leave the orders' account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderLamports {
    /// To whoever sent the instruction.
    pub tip: u64,
    /// Home to the owner.
    pub returned: u64,
}

impl ExecutionPlan {
    /// Stores the plan: trade or forfeit, the order itself, those that slept for it, those that only one of could fill, and until when what
    /// is still armed keeps the account from withdrawing. Says which lamports leave.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn apply(
        &self,
        book: &mut OrderBook,
        account: &mut Account,
        market: &mut Ready<'_>,
    ) -> Result<OrderLamports, EngineError> {
        let lamports = self.store(book, account, market)?;
        let mut armed = book.occupied().map(|(_, order)| armed_until(order));
        account.armed_until = armed.try_fold(Timestamp::NEVER, |latest, until| until.map(|until| latest.max(until)))?;
        Ok(lamports)
    }

    fn store(
        &self,
        book: &mut OrderBook,
        account: &mut Account,
        market: &mut Ready<'_>,
    ) -> Result<OrderLamports, EngineError> {
        match &self.outcome {
            OrderOutcome::Filled(trade) => {
                trade.apply(account, market);
                self.store_filled(book, trade.ledger.position.number, market.clock().now)
            }
            OrderOutcome::Disarmed => match self.order.disarmed()? {
                Some(order) => {
                    book.set(self.slot, order);
                    Ok(OrderLamports::default())
                }
                None => Ok(OrderLamports { tip: 0, returned: book.remove(self.slot)? }),
            },
            OrderOutcome::Forfeited { paid } => {
                Ledger::forfeit(&mut account.balance, market.ledger_mut(), *paid, self.protocol_share)?;
                count(&mut account.counters.fees, *paid);
                let tip = self.order.tip();
                let left = self.order.lamports.checked_sub(tip).ok_or(EngineError::Overflow)?;
                let next = self.order.next_slice()?;
                book.set(self.slot, RestingOrder { lamports: left, ..next.unwrap_or(self.order) });
                let returned = if next.is_none() { book.remove(self.slot)? } else { 0 };
                Ok(OrderLamports { tip, returned })
            }
        }
    }

    /// Takes the others of its group out, but for those that are armed: they fill at their own reading, or are over. Else their owner would
    /// choose, once he knows that reading, whether they fill: by ending what stands before this one, or paying more for this one.
    /// Returns lamports that go home.
    fn end_group(&self, book: &mut OrderBook, now: Timestamp) -> Result<u64, EngineError> {
        let mut returned = 0u64;
        let ended = now.get().checked_sub(1).map(Timestamp::new).ok_or(EngineError::Overflow)?;
        for slot in (0..book.orders.len()).filter(|slot| *slot != self.slot) {
            let Some(other) = book.orders.get_mut(slot).filter(|other| other.group == self.order.group) else {
                continue;
            };
            if other.is_armed(now)? {
                other.expires = ended;
            } else {
                returned = returned.checked_add(book.remove(slot)?).ok_or(EngineError::Overflow)?;
            }
        }
        Ok(returned)
    }

    fn store_filled(&self, book: &mut OrderBook, position: u64, now: Timestamp) -> Result<OrderLamports, EngineError> {
        let tip = self.order.tip();
        let left = self.order.lamports.checked_sub(tip).ok_or(EngineError::Overflow)?;
        let mark = parent_mark(self.slot)?;
        for order in book.orders.iter_mut().filter(|order| order.parent == mark) {
            let active_from = order.active_from.max(self.woken_at);
            *order = RestingOrder { parent: 0, position, active_from, ..*order };
        }
        let mut returned = 0u64;
        match self.order.next_slice()? {
            Some(order) => book.set(self.slot, RestingOrder { lamports: left, ..order }),
            None => {
                book.set(self.slot, RestingOrder::default());
                returned = left;
            }
        }
        if self.order.group != 0 {
            returned = returned.checked_add(self.end_group(book, now)?).ok_or(EngineError::Overflow)?;
        }
        Ok(OrderLamports { tip, returned })
    }
}

/// Plans to fill the armed order at `slot`, for anybody, at the one good reading with `previous publish time < fills_from ≤ publish time ≤
/// fills_from + 10 s`. `market` is refreshed with it; `portfolio` holds the markets of the account's other positions.
///
/// An order that may increase and that its account or its market cannot bear costs what it would have lost by the market's newest price,
/// and goes on with its next slice or is over.
///
/// # Errors
/// [`EngineError::NoOrder`], [`EngineError::MarketMissing`], [`EngineError::OrderNotArmed`], [`EngineError::OrderDead`],
/// [`EngineError::EarlierOrderArmed`], [`EngineError::NoFillReading`]; those of a trade that say nothing about the account, among them
/// [`EngineError::Paused`], [`EngineError::ClockBehind`], [`EngineError::PriceTooUncertain`]; of a reduce-only order all but the bound.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn plan_execute_order(
    book: &OrderBook,
    slot: usize,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    reading: &OracleReading,
) -> Result<ExecutionPlan, EngineError> {
    let now = market.clock().now;
    let order = *book.order(slot)?;
    if order.market != market.index {
        return Err(EngineError::MarketMissing { expected: order.market });
    }
    if !order.is_armed(now)? {
        return Err(EngineError::OrderNotArmed);
    }
    if order.is_dead(portfolio.account, now)? {
        return Err(EngineError::OrderDead);
    }
    require_turn(book, &order, portfolio.account, now, reading)?;
    let at = price_of_fill(&order, market, reading)?;
    let size = filled_size(&order, portfolio.account, market, at.price)?;
    let terms = Order { size, acceptable_price: order.acceptable_price, reduce_only: order.is_reduce_only() };
    let outcome = match plan_trade_at(portfolio, market, &terms, at) {
        Ok(trade) => OrderOutcome::Filled(trade),
        Err(EngineError::PriceBoundExceeded { .. }) => OrderOutcome::Disarmed,
        Err(error) if order.is_reduce_only() => return Err(error),
        Err(error) if is_over(&error) => OrderOutcome::Forfeited { paid: paid(size, portfolio, at)? },
        Err(error) => return Err(error),
    };
    let protocol_share = market.parameters.protocol_share;
    Ok(ExecutionPlan { slot, order, outcome, woken_at: portfolio.reference, protocol_share })
}

/// Refuses where another order of the market fills first: what two of them come to depends on which does, and whoever fills them knows both
/// prices. One whose position is gone is never filled; and one that nobody fills for some seconds, as nobody can or is paid for it,
/// keeps no other from it: its owner, who alone may be able to end it, would else choose whether that fills.
fn require_turn(
    book: &OrderBook,
    order: &RestingOrder,
    account: &Account,
    now: Timestamp,
    reading: &OracleReading,
) -> Result<(), EngineError> {
    if now >= Timestamp::new(reading.publish_time()).after(TURN_SECONDS)? {
        return Ok(());
    }
    for (place, other) in book.occupied() {
        if other.fills_before(order) && other.is_armed(now)? && !other.is_dead(account, now)? {
            let place = u64::try_from(place).map_err(|_| EngineError::Overflow)?;
            return Err(EngineError::EarlierOrderArmed { place });
        }
    }
    Ok(())
}

/// What is filled: of a reduce-only order what it was armed for, of another its size; and just the position on the other side where what
/// would be left of it or beyond it is too small for one. Its owner could else keep it from being filled by trading a little before.
fn filled_size(
    order: &RestingOrder,
    account: &Account,
    market: &Ready<'_>,
    price: Price,
) -> Result<SignedSize, EngineError> {
    let side = order.size.side().ok_or(EngineError::SizeOutOfRange)?;
    let (held, size) = if order.is_reduce_only() {
        (order.protected(account).ok_or(EngineError::OrderDead)?, order.armed_size)
    } else {
        let opposite =
            |position: &Position| position.market == order.market && position.size.side() == Some(side.opposite());
        let position = account.occupied().map(|(_, position)| position).find(|position| opposite(position));
        let held = position.map_or(Size::ZERO, |position| position.size.size());
        if held.is_zero() {
            return Ok(order.size);
        }
        (held, order.size.size())
    };
    let (more, less) = if held >= size { (held, size) } else { (size, held) };
    let apart = notional(more.checked_sub(less)?, price)?.to_atoms_floor()?;
    let filled = if apart < market.parameters.minimum_position { held } else { size };
    filled.on(side)
}

/// What the reading says at which the order fills.
fn price_of_fill(
    order: &RestingOrder,
    market: &Ready<'_>,
    reading: &OracleReading,
) -> Result<ReadingPrice, EngineError> {
    let now = market.clock().now;
    let (from, until) = (order.fills_from, order.fills_from.after(FILL_READING_SECONDS)?);
    let missing = EngineError::NoFillReading { from: from.get(), until: until.get() };
    let published = Timestamp::new(reading.publish_time());
    let previous = Timestamp::new(reading.previous_publish_time());
    if previous >= from || published < from || published > until {
        return Err(missing);
    }
    // Else who knows what the feed says in advance of a clock that lags arms and fills at once; a bound market takes the reading in from
    // nowhere else, so that nothing there tells it that the clock lags.
    let trusted = now.after(market.parameters.future_tolerance)?;
    if published > trusted {
        return Err(EngineError::ClockBehind { until: published.get() });
    }
    let (price, confidence) = fill_price(market, reading)?.ok_or(missing)?;
    // The market takes no reading from an account that it is not bound to.
    let newest = if published > market.price.published { price } else { market.price.price };
    Ok(ReadingPrice { price, confidence, newest })
}

/// Whether an order that may increase comes to nothing where it is refused for that: its owner, whoever trades in the market, proves its
/// feed's silence or restricts it can bring it about, and would else choose whether it fills.
const fn is_over(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::InitialMargin { .. }
            | EngineError::DebtOutstanding { .. }
            | EngineError::BelowMinimumPosition { .. }
            | EngineError::ReductionWorsensHealth { .. }
            | EngineError::NegativeEquity { .. }
            | EngineError::MarketCapacity { .. }
            | EngineError::OpenInterestCap { .. }
            | EngineError::SideNotionalTooLarge
            | EngineError::ReduceOnly
    )
}

/// What is paid for an order that comes to nothing: what it would have lost by now, had it been filled, so that nobody gains by keeping it
/// from that. No more than the account owns, whatever graces keep it from being liquidated: what it owes elsewhere stays there.
fn paid(size: SignedSize, portfolio: &Portfolio<'_>, at: ReadingPrice) -> Result<Atoms, EngineError> {
    let lost = match size.side() {
        Some(Side::Long) => at.price.checked_sub(at.newest),
        Some(Side::Short) => at.newest.checked_sub(at.price),
        None => return Err(EngineError::SizeOutOfRange),
    };
    let Ok(lost) = lost else { return Ok(Atoms::ZERO) };
    let bare = portfolio.without_graces().unwrap_or(*portfolio);
    let equity = bare.maintenance_health()?.equity.positive_part();
    Ok(notional(size.size(), lost)?.to_atoms_ceil()?.min(portfolio.account.balance).min(equity))
}
