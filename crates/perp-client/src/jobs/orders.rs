use super::compute::{compute_units, with_headroom};
use super::epochs::PostedPrice;
use super::fresh::{markets, positions, Fresh};
use super::job::{ranked, Job, Pays, Task};
use crate::instructions::{arm_order, execute_order, in_company, markets_to_fill, sweep_order, OrdersOf, TargetMarket};
use anchor_lang::prelude::Pubkey;
use perp_accounts::{MarginAccount, Orders};
use perp_engine::operations::orders::{sweep_order as swept, OrderOutcome};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, OrderBook, OrderTrigger, RestingOrder, FILL_READING_SECONDS};
use perp_engine::units::{Atoms, Ppm, Price, Timestamp};
use perp_engine::EngineError;
use perp_exchange::Refusal;
use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};

/// Readings that were posted into accounts of anybody's, by their markets: any that an order is met by or fills at.
pub type PostedPrices = BTreeMap<u16, Vec<PostedPrice>>;

/// An order and everything that it is judged by.
struct Resting<'a> {
    margin_account: Pubkey,
    account: &'a MarginAccount,
    book: &'a OrderBook,
    place: usize,
    order: &'a RestingOrder,
}

impl Resting<'_> {
    fn of(&self) -> OrdersOf<'_> {
        OrdersOf { owner: self.account.owner, margin_account: self.margin_account, account: &self.account.state }
    }

    /// Its place as instructions name it.
    fn slot(&self) -> Option<u8> {
        u8::try_from(self.place).ok()
    }

    /// The markets to be brought up to date first: those of the account's other positions, and the order's own where what it is judged by
    /// lies elsewhere than in the market's price account.
    fn first<'b>(&'b self, fresh: &Fresh, oracle: Option<Pubkey>) -> impl Iterator<Item = u16> + 'b {
        let market = self.order.market;
        let is_own = oracle.is_some() && oracle == fresh.target(market).oracle;
        let own = (!is_own).then_some(market);
        markets(&self.account.state, Some(market)).chain(own)
    }
}

/// What arming an order that is met would do.
struct Arming {
    /// The account with the reading that meets it; by time that of its market's price, where one is known.
    oracle: Option<Pubkey>,
    /// Else its trigger moves.
    arms: bool,
    best: Price,
}

/// Armings of orders that are met: by time those that are due, by price those met by a reading that lies in their market's price account
/// or in one of `posted`; those that trail are moved by a better price. `account` finds a margin account by its address.
///
/// Arming pays nothing. It counts as the first half of a fill, so that [`Job::promises`] is half the tip; moving a trigger promises nothing,
/// and neither does arming an order whose bound the market would not meet now.
pub fn armings<A, O: Borrow<Orders>>(
    fresh: &Fresh,
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
    posted: &PostedPrices,
) -> Vec<Job> {
    let readings = readings(fresh, posted);
    let jobs = each_order(account, orders, |resting| {
        let readings = readings.get(&resting.order.market).map_or(&[][..], Vec::as_slice);
        let found = arming(fresh, resting, readings)?;
        let (market, slot) = (resting.order.market, resting.slot()?);
        let target = TargetMarket { market, oracle: found.oracle };
        let instruction = arm_order(&fresh.addresses, &resting.of(), target, slot);
        let task = Task::ArmOrder { account: resting.margin_account, place: slot };
        let cost = ("arm_order", positions(&resting.account.state).max(1));
        let nothing = (Pays::NOTHING, Atoms::ZERO);
        let job = fresh.job(task, nothing, cost, resting.first(fresh, found.oracle), instruction);
        let promises = if found.arms { promised(fresh, &resting.account.state, resting.order) / 2 } else { 0 };
        Some(Job { promises, ..job })
    });
    ranked(jobs)
}

/// What filling the order would pay, in lamports: nothing where it would be refused for its bound if it were filled now. Its owner could
/// else have keepers pay for transactions as often as he likes.
fn promised(fresh: &Fresh, account: &Account, order: &RestingOrder) -> u64 {
    let held = order.protected(account).filter(|_| order.is_reduce_only()).unwrap_or(order.size.size());
    let size = order.size.side().and_then(|side| held.min(order.size.size()).on(side).ok());
    let terms =
        Order { size: size.unwrap_or(order.size), acceptable_price: order.acceptable_price, reduce_only: false };
    match fresh.exchange.preview_trade(account, order.market, &terms, None) {
        Err(Refusal::Rule(EngineError::PriceBoundExceeded { .. })) => 0,
        _ => order.tip(),
    }
}

/// Every reading that is known of each market, that of its price account first.
fn readings(fresh: &Fresh, posted: &PostedPrices) -> PostedPrices {
    let mut readings: PostedPrices = fresh.readings().into_iter().map(|(market, said)| (market, vec![said])).collect();
    for (market, more) in posted {
        readings.entry(*market).or_default().extend_from_slice(more);
    }
    readings
}

/// The first reading that arms the order; without one the best of those that move its trigger.
fn arming(fresh: &Fresh, resting: &Resting<'_>, readings: &[PostedPrice]) -> Option<Arming> {
    let order = resting.order;
    let now = fresh.exchange.clock.now;
    if order.is_asleep() || order.is_armed(now).ok()? {
        return None;
    }
    let previewed = |reading: Option<&PostedPrice>| {
        let (account, said) = (&resting.account.state, reading.map(|said| &said.reading));
        let after = fresh.exchange.preview_arming(account, resting.book, resting.place, order.market, said).ok()?;
        let (arms, best) = (after.plan.is_armed(), after.plan.order.best);
        Some(Arming { oracle: reading.map(|said| said.account), arms, best })
    };
    if order.kind() == OrderTrigger::AtTime {
        // It is met by its time. What may increase needs a fresh price, which the market's account may lack.
        let oracle = fresh.target(order.market).oracle;
        let found = previewed(None).map(|found| Arming { oracle, ..found });
        return found.or_else(|| readings.iter().find_map(|said| previewed(Some(said))));
    }
    let mut moved: Option<Arming> = None;
    for said in readings.iter().filter(|said| may_meet(fresh, order, said)) {
        match previewed(Some(said)) {
            Some(found) if found.arms => return Some(found),
            Some(found) if moved.as_ref().is_none_or(|best| is_better(order, found.best, best.best)) => {
                moved = Some(found);
            }
            _ => {}
        }
    }
    moved
}

/// Whether it is worth asking the engine: of most orders the trigger is far from the price that their market has taken in from its account.
fn may_meet(fresh: &Fresh, order: &RestingOrder, said: &PostedPrice) -> bool {
    let published = Timestamp::new(said.reading.publish_time());
    let Ok(market) = fresh.exchange.market(order.market) else { return false };
    let is_own = fresh.target(order.market).oracle == Some(said.account) && market.price.published == published;
    if order.trailing != Ppm::ZERO || !is_own {
        return true;
    }
    match order.kind() {
        OrderTrigger::AtOrAbove => market.price.price >= order.trigger_price,
        OrderTrigger::AtOrBelow => market.price.price <= order.trigger_price,
        OrderTrigger::AtTime => true,
    }
}

/// Whether one price moves a trigger further than another.
fn is_better(order: &RestingOrder, price: Price, than: Price) -> bool {
    if order.kind() == OrderTrigger::AtOrAbove {
        price < than
    } else {
        price > than
    }
}

/// Fills of one account's orders that go into one transaction; of an account with more than as many markets only one does, to fit.
const FILLS_TOGETHER: usize = 4;

/// One of an account's fills.
struct Fill {
    market: u16,
    place: u8,
    /// The account of its reading.
    oracle: Pubkey,
    tip: u64,
    moves: Atoms,
    /// Half the tip of an order that waits until this one is disarmed; none where it is filled.
    brings: Option<u64>,
}

/// Fills of armed orders whose one reading lies in an account, also those whose accounts or markets can bear them no more, which pay the same;
/// those of one account in one job, in their turn, of which the first is named by [`Job::task`] and the others are passed over where they
/// are not due.
/// What the reading only disarms pays nothing: it is left to lapse, but where another armed order waits for it, half of whose tip it
/// [promises](Job::promises). The callers are wallets of one operator, and take turns.
pub fn executions<A, O: Borrow<Orders>>(
    fresh: &Fresh,
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
    posted: &PostedPrices,
    callers: &[Pubkey],
) -> Vec<Job> {
    let readings = readings(fresh, posted);
    let mut in_turn = callers.iter().cycle();
    let mut jobs = Vec::new();
    for (_, orders) in orders {
        let orders = orders.borrow();
        if orders.state.occupied().all(|(_, order)| order.fills_from.is_never()) {
            continue;
        }
        let Some(account) = account(&orders.margin_account) else { continue };
        let fills = fills(fresh, &account.state, &orders.state, &readings);
        let (Some(first), Some(caller)) = (fills.first(), in_turn.next()) else { continue };

        let (margin_account, owner, state) = (orders.margin_account, account.owner, &account.state);
        let of = OrdersOf { owner, margin_account, account: state };
        let instruction = |fill: &Fill| {
            execute_order(&fresh.addresses, *caller, &of, &orders.state, fill.market, fill.oracle, fill.place)
        };
        let task = Task::ExecuteOrder { account: margin_account, place: first.place };
        let tips = fills.iter().fold(0u64, |sum, fill| sum.saturating_add(fill.tip));
        let moves = fills.iter().try_fold(Atoms::ZERO, |sum, fill| sum.checked_add(fill.moves));
        let pays = (Pays::lamports(tips), moves.unwrap_or(Atoms::ZERO));
        let cost = ("execute_order", markets_to_fill(state, &orders.state).count().max(1));
        let mut job = fresh.job(task, pays, cost, first_of(fresh, state, &fills).into_iter(), instruction(first));
        for fill in &fills[1..] {
            job.instructions.extend(in_company(&instruction(fill)));
            job.compute_units = job.compute_units.saturating_add(with_headroom(compute_units(cost.0, cost.1)));
        }
        job.promises = fills.last().and_then(|fill| fill.brings).unwrap_or(0);
        jobs.push(job);
    }
    ranked(jobs)
}

/// What an account's armed orders come to whose readings are known, one after another.
fn fills(fresh: &Fresh, account: &Account, book: &OrderBook, readings: &PostedPrices) -> Vec<Fill> {
    let mut in_turn: Vec<_> = book.occupied().filter(|(_, order)| !order.fills_from.is_never()).collect();
    in_turn.sort_by_key(|(_, order)| (order.fills_from, order.number));
    let most = if markets_to_fill(account, book).count() > FILLS_TOGETHER { 1 } else { FILLS_TOGETHER };
    let (mut account, mut book, mut exchange) = (*account, *book, Cow::Borrowed(&fresh.exchange));
    let mut fills = Vec::new();
    for (place, order) in in_turn {
        let said = readings
            .get(&order.market)
            .and_then(|known| known.iter().find(|said| fills_at(order.fills_from, &said.reading)));
        let (Some(said), Ok(slot)) = (said, u8::try_from(place)) else { continue };
        let previewed = exchange.preview_execution(&account, &book, place, order.market, &said.reading);
        let Ok(after) = previewed else { continue };
        let waiting = waiting_for(&book, order, exchange.clock.now);
        let (moves, brings) = match &after.plan.plan.outcome {
            OrderOutcome::Filled(trade) => (trade.notional.to_atoms_floor().unwrap_or(Atoms::ZERO), None),
            OrderOutcome::Forfeited { paid } => (*paid, None),
            OrderOutcome::Disarmed => match waiting {
                Some(waiting) => (Atoms::ZERO, Some(waiting.tip() / 2)),
                None => continue,
            },
        };
        let (market, oracle, tip) = (order.market, said.account, after.plan.lamports.tip);
        fills.push(Fill { market, place: slot, oracle, tip, moves, brings });
        if fills.len() == most {
            break;
        }
        (account, book) = (after.account, after.orders);
        exchange.to_mut().put_market(after.market);
    }
    fills
}

/// The markets to be brought up to date before these fills: those of the account's other positions, and a fill's own where its reading lies
/// elsewhere than in the market's price account.
fn first_of(fresh: &Fresh, account: &Account, fills: &[Fill]) -> BTreeSet<u16> {
    let own = |fill: &Fill| (fresh.target(fill.market).oracle != Some(fill.oracle)).then_some(fill.market);
    fills.iter().flat_map(|fill| markets(account, Some(fill.market)).chain(own(fill))).collect()
}

/// The armed order with the largest tip that is not filled before this one.
fn waiting_for<'a>(book: &'a OrderBook, first: &RestingOrder, now: Timestamp) -> Option<&'a RestingOrder> {
    let waits = |order: &&RestingOrder| first.fills_before(order) && order.is_armed(now).unwrap_or(false);
    book.occupied().map(|(_, order)| order).filter(waits).max_by_key(|order| order.tip())
}

/// Whether an order that fills from this time on fills at this reading: the first that was published then or later, within
/// [`FILL_READING_SECONDS`].
pub fn fills_at(fills_from: Timestamp, reading: &OracleReading) -> bool {
    let [published, previous] = [reading.publish_time(), reading.previous_publish_time()].map(Timestamp::new);
    let until = fills_from.after(FILL_READING_SECONDS);
    previous < fills_from && published >= fills_from && until.is_ok_and(|until| published <= until)
}

/// Orders that can never be filled any more, taken out so that their owners get their lamports back. Nothing of it pays.
pub fn sweeps<A, O: Borrow<Orders>>(
    fresh: &Fresh,
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
) -> Vec<Job> {
    let now = fresh.exchange.clock.now;
    let jobs = each_order(account, orders, |resting| {
        let (state, market) = (&resting.account.state, resting.order.market);
        let ended = fresh.exchange.market(market).ok().filter(|market| market.settlement.is_final(now));
        let mut left = *resting.book;
        swept(&mut left, resting.place, state, ended, now).ok()?;
        let (address, slot) = (resting.margin_account, resting.slot()?);
        let ended = ended.map(|market| market.index);
        let instruction = sweep_order(&fresh.addresses, resting.account.owner, address, ended, slot);
        let task = Task::SweepOrder { account: address, place: slot };
        let nothing = (Pays::NOTHING, Atoms::ZERO);
        Some(fresh.job(task, nothing, ("sweep_order", 0), std::iter::empty(), instruction))
    });
    ranked(jobs)
}

/// The times of the readings at which armed orders fill, by their markets, with what filling at each pays in lamports: of those whose time
/// has come, and that can still be handed in. An order whose bound the market would not meet now promises nothing.
pub fn readings_to_fill<A, O: Borrow<Orders>>(
    fresh: &Fresh,
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
) -> BTreeMap<(u16, Timestamp), u64> {
    let now = fresh.exchange.clock.now;
    let found = each_order(account, orders, |resting| {
        let order = resting.order;
        let is_due = order.is_armed(now).unwrap_or(false) && order.fills_from <= now;
        is_due.then(|| ((order.market, order.fills_from), promised(fresh, &resting.account.state, order)))
    });
    summed(found)
}

/// Markets of whose `unposted` reading an order would be armed, or its trigger moved, that no posted one arms or moves; each with what that
/// promises in lamports.
pub fn readings_to_arm<A, O: Borrow<Orders>>(
    fresh: &Fresh,
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
    posted: &PostedPrices,
    unposted: &BTreeMap<u16, OracleReading>,
) -> BTreeMap<u16, u64> {
    let readings = readings(fresh, posted);
    let found = each_order(account, orders, |resting| {
        let market = resting.order.market;
        // Nobody has its address yet.
        let said = PostedPrice { account: Pubkey::default(), reading: *unposted.get(&market)? };
        let known = arming(fresh, resting, readings.get(&market).map_or(&[][..], Vec::as_slice));
        if known.as_ref().is_some_and(|known| known.arms) {
            return None;
        }
        let found = arming(fresh, resting, &[said]).filter(|found| found.arms || known.is_none())?;
        Some((market, if found.arms { promised(fresh, &resting.account.state, resting.order) / 2 } else { 0 }))
    });
    summed(found)
}

/// What all of the same place promise together, in lamports.
fn summed<K: Ord>(found: Vec<(K, u64)>) -> BTreeMap<K, u64> {
    let mut sums: BTreeMap<K, u64> = BTreeMap::new();
    for (place, promised) in found {
        let sum = sums.entry(place).or_default();
        *sum = sum.saturating_add(promised);
    }
    sums
}

/// What is found of each order.
fn each_order<A, O: Borrow<Orders>, T>(
    account: impl Fn(&Pubkey) -> Option<MarginAccount>,
    orders: impl IntoIterator<Item = (A, O)>,
    mut find: impl FnMut(&Resting<'_>) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for (_, orders) in orders {
        let orders = orders.borrow();
        if orders.state.is_empty() {
            continue;
        }
        let (margin_account, book) = (orders.margin_account, &orders.state);
        let Some(account) = account(&margin_account) else { continue };
        for (place, order) in book.occupied() {
            found.extend(find(&Resting { margin_account, account: &account, book, place, order }));
        }
    }
    found
}
