//! What the world remembers by itself of requests: what is left of each, what a closed boundary promised it, and every lamport.

use super::boundary::Boundary;
use super::*;
use crate::common::reference::{Asked, Known, PoolWorth, Served};
use perp_engine::operations::liquidity::{EpochPlan, PaymentPlan, Valuation};
use perp_engine::state::{PriceLimit, Waiting, DEAD_SHARES, PRICE_LIMITS};
use std::collections::VecDeque;

/// What is left of a request for a boundary that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Live {
    kind: RequestKind,
    amount: i128,
    limit: PriceLimit,
    belongs_from: i64,
    lamports: u64,
}

/// What a closed boundary owes to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    boundary: i64,
    tokens: i128,
    shares: i128,
    lamports: u64,
    /// Shares that wait for the next boundary, where it was partial.
    rest: Option<i128>,
    /// Whether its tokens are of those that were set apart, and not of the deposits in escrow.
    withdrawn: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Epochs {
    coming: Boundary,
    live: BTreeMap<u64, Live>,
    due: BTreeMap<u64, VecDeque<Due>>,
    /// Parts of shares that partial redemptions cut off and that wait with what is left, by limit.
    unclaimed: [i128; PRICE_LIMITS],
    /// Tokens and lamports of closed boundaries that are not paid out, by boundary.
    closed: BTreeMap<i64, (i128, u64)>,
    last_boundary: i64,
    last: PoolWorth,
    /// The first boundary after the last close.
    next: i64,
    /// What requests paid in for valuations and nobody has been paid yet.
    lamports: u64,
    served: i128,
}

/// The first whole hour at or after a time.
fn hour_after(time: i64) -> i64 {
    (time + 3_599).div_euclid(3_600) * 3_600
}

impl Epochs {
    /// The boundary that the exchange must be waiting for: the first that anybody waits for and that was ahead at the last close.
    fn awaited(&self) -> i64 {
        let first = self.live.values().map(|live| hour_after(live.belongs_from)).min();
        first.map_or(0, |first| first.max(self.next))
    }

    /// Looks at an exchange before anything happens on it. `handed` is the reading that a market is about to take in.
    pub fn look(&mut self, before: &Exchange, handed: Option<(u16, i64)>) {
        let boundary = before.state.boundary.get();
        if boundary == self.last_boundary {
            return;
        }
        if self.coming.time != boundary {
            self.coming = Boundary::at(boundary);
        }
        self.coming.see(before, handed);
        if self.coming.has_come(before) {
            let of_it = self.live.values().filter(|live| live.belongs_from <= boundary);
            self.coming.lamports.get_or_insert(of_it.map(|live| live.lamports).sum());
        }
    }

    /// What an operation kept is what the world saw, and the queue holds what the requests add up to.
    pub fn check(&self, before: &Exchange, after: &Exchange, kind: Kind) {
        assert_eq!(after.state.boundary.get(), self.awaited(), "{kind:?}: another boundary is waited for");
        self.coming.check(before, after, kind);
        self.check_queue(after, kind);
        self.check_shares(after);
    }

    /// Requests as the queue must have them: those of the boundary that has come and is kept, and the others.
    fn check_queue(&self, after: &Exchange, kind: Kind) {
        let (boundary, epoch) = (self.coming.time, &after.pool.epoch);
        let kept = epoch.waiting.boundary.get() == boundary && boundary != 0;
        if kept {
            let is = (i128::from(epoch.lower.get()), i128::from(epoch.upper.get()));
            assert_eq!(is, self.coming.worth(), "{kind:?}: the pool was kept with other cash");
            assert_eq!(epoch.sells_nothing != 0, self.coming.sells_nothing);
            assert_eq!(self.coming.lamports, Some(epoch.waiting.lamports), "{kind:?}");
        }
        let mut waiting = Waiting::default();
        for more in after.queue.waiting.iter().chain(kept.then_some(&epoch.waiting)) {
            waiting = waiting.checked_add(more).unwrap();
        }
        let mut amounts = [[0i128; PRICE_LIMITS]; 2];
        let mut counts = [[0u32; PRICE_LIMITS]; 2];
        for live in self.live.values() {
            amounts[live.kind as usize][live.limit.index()] += live.amount;
            counts[live.kind as usize][live.limit.index()] += 1;
        }
        for (sum, more) in amounts[RequestKind::Withdrawal as usize].iter_mut().zip(self.unclaimed) {
            *sum += more;
        }
        let sums = [waiting.deposits, waiting.withdrawals];
        let is = sums.map(|sums| sums.amounts.map(|amount| i128::from(amount.get())));
        assert_eq!(is, amounts, "{kind:?}: the queue has other amounts");
        assert_eq!(sums.map(|sums| sums.requests), counts, "{kind:?}: the queue has other requests");
        // Lamports lie in the queue, with the boundary that has come, and with those that are closed.
        let kept_with_closed: u64 = self.closed.values().map(|(_, lamports)| lamports).sum();
        assert_eq!(waiting.lamports + kept_with_closed, self.lamports, "{kind:?} lost or made lamports");
    }

    /// Shares held, in escrow and dead are all there are; tokens of deposits and of withdrawals are those of their owners.
    fn check_shares(&self, exchange: &Exchange) {
        let held: u64 = exchange.providers().iter().map(|provider| provider.shares.get()).sum();
        let escrow = i128::from(exchange.share_escrow.get());
        let dead = i128::from(exchange.pool.shares.get()) - i128::from(held) - escrow;
        assert!(dead == 0 || dead == i128::from(DEAD_SHARES), "{dead} shares belong to nobody");
        let live = |kind| -> i128 { self.live.values().filter(|it| it.kind == kind).map(|it| it.amount).sum() };
        let due = |of: fn(&Due) -> i128| -> i128 { self.due.values().flatten().map(of).sum() };
        // Each division leaves less than a share in the escrow.
        let cut_off = escrow - live(RequestKind::Withdrawal) - due(|due| due.shares);
        assert!((0..=self.served).contains(&cut_off), "{cut_off} shares too many in escrow");
        let pool = &exchange.pool;
        let tokens = i128::from(pool.escrow.get()) + i128::from(pool.payable.get());
        let left = tokens - live(RequestKind::Deposit) - due(|due| due.tokens);
        assert!((0..=self.served).contains(&left), "{left} tokens too many are set apart");
        let open: Vec<(i64, i128)> =
            exchange.epochs().values().map(|it| (it.boundary.get(), it.payable.get().into())).collect();
        let closed: Vec<(i64, i128)> =
            self.closed.iter().map(|(boundary, (payable, _))| (*boundary, *payable)).collect();
        assert_eq!(open, closed, "what is set apart for closed boundaries");
        assert_eq!(pool.payable.get(), exchange.epochs().values().map(|it| it.payable.get()).sum::<u64>());
    }

    /// A request that was made.
    pub fn requested(&mut self, exchange: &Exchange, number: u64, kind: RequestKind, amount: u64, limit: PriceLimit) {
        let parameters = &exchange.pool.parameters;
        let notice = match kind {
            RequestKind::Deposit => parameters.deposit_notice,
            RequestKind::Withdrawal => parameters.withdrawal_notice,
        };
        let belongs_from = exchange.clock.now.get() + i64::from(notice);
        let open = exchange.request(number).unwrap();
        assert_eq!((open.kind, open.request.amount.get(), open.request.price_limit()), (kind, amount, limit));
        assert_eq!(open.request.belongs_from.get(), belongs_from);
        // Each pays for the valuation of all markets: 10 000 lamports a market, 20 000 for the close, and the rent of its account.
        let lamports = 10_000 * u64::from(exchange.market_count) + 20_000 + exchange.epoch_rent;
        self.lamports += lamports;
        self.live.insert(number, Live { kind, amount: amount.into(), limit, belongs_from, lamports });
    }

    /// What must be known of a market's price if this is handed in.
    pub fn known(&mut self, before: &Exchange, market: u16, reading: Option<&OracleReading>) -> Option<Known> {
        self.look(before, None);
        self.coming.known(before, market, reading)
    }

    /// A market was valued.
    pub fn valued(&mut self, market: u16, known: Option<Known>, outcome: &Valuation) {
        self.lamports -= self.coming.value(market, known, outcome);
    }

    /// A boundary was closed: every number of it, from what the world saw when it came. Returns whether it was partial.
    pub fn closed(&mut self, before: &Exchange, plan: &EpochPlan) -> bool {
        let (coming, closed) = (std::mem::take(&mut self.coming), &plan.closed);
        let (boundary, (lower, upper)) = (coming.time, coming.worth());
        assert!((0..before.pool.epoch.markets).all(|market| coming.values.contains_key(&market)));
        let shares = i128::from(before.pool.shares.get());
        // Where nothing is sold a share costs what it did before.
        let unsold = || reference::cost_before(&self.last, shares).max(lower);
        let worth = PoolWorth { lower, upper: if coming.sells_nothing { unsold() } else { upper }, shares };

        let (mine, later): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.live).into_iter().partition(|(_, live)| live.belongs_from <= boundary);
        self.live = later;
        let asked: Vec<Asked> =
            mine.values().map(|it| Asked { kind: it.kind, amount: it.amount, limit: it.limit }).collect();
        let there_is = i128::from(before.pool.cash.get());
        let fee = i128::from(before.pool.parameters.queue_fee.get());
        let served =
            reference::serve(&worth, !coming.sells_nothing, &self.last, &asked, &self.unclaimed, there_is, fee);
        assert_eq!(closed.boundary.get(), boundary);
        let is = [closed.lower, closed.upper, closed.shares].map(|it| i128::from(it.get()));
        assert_eq!(is, [worth.lower, worth.upper, shares]);
        let is = [closed.deposited, closed.issued, closed.leaving, closed.redeemed, closed.paid];
        let must = [served.deposited, served.issued, served.leaving, served.redeemed, served.paid];
        assert_eq!(is.map(|it| i128::from(it.get())), must);
        let accepted = |accepted: [bool; PRICE_LIMITS]| {
            (0u8..).zip(accepted).map(|(place, accepted)| u8::from(accepted) << place).sum::<u8>()
        };
        assert_eq!(closed.deposits_accepted.get(), accepted(served.deposits_accepted));
        assert_eq!(closed.withdrawals_accepted.get(), accepted(served.withdrawals_accepted));
        check_nobody_pays(&worth, &served);

        self.last_boundary = boundary;
        self.next = hour_after(before.clock.now.get() + 60);
        self.last = if shares == 0 {
            PoolWorth { lower: served.created, upper: served.created, shares: served.created }
        } else {
            worth
        };
        self.served += 2 * i128::try_from(mine.len()).unwrap();
        let closing = 20_000 + before.epoch_rent;
        let kept = self.promise(&mine, &served, boundary, [coming.lamports.unwrap(), closing], plan);
        self.closed.insert(boundary, (served.paid, kept));
        if mine.is_empty() {
            self.closed.remove(&boundary);
        }
        served.redeemed < served.leaving
    }

    /// What each request of a boundary gets, by itself: its part of the sum, rounded down. Returns the lamports that are kept for it.
    fn promise(
        &mut self,
        mine: &BTreeMap<u64, Live>,
        served: &Served,
        boundary: i64,
        [lamports, closing]: [u64; 2],
        plan: &EpochPlan,
    ) -> u64 {
        let partial = served.redeemed < served.leaving;
        let left = served.leaving - served.redeemed;
        let each = lamports.saturating_sub(closing).checked_div(mine.len() as u64).unwrap_or(0);
        let (mut kept, mut passing) = (0, [0i128; PRICE_LIMITS]);
        let mut claimed = [0i128; PRICE_LIMITS];
        for (number, live) in mine {
            let accepted = match live.kind {
                RequestKind::Deposit => served.deposits_accepted,
                RequestKind::Withdrawal => served.withdrawals_accepted,
            }[live.limit.index()];
            let (tokens, shares, rest) = match (live.kind, accepted) {
                (RequestKind::Deposit, true) => (0, served.issued * live.amount / served.deposited, None),
                (RequestKind::Deposit, false) => (live.amount, 0, None),
                (RequestKind::Withdrawal, false) => (0, live.amount, None),
                (RequestKind::Withdrawal, true) => {
                    let rest = partial.then(|| left * live.amount / served.leaving);
                    (served.paid * live.amount / served.leaving, 0, rest)
                }
            };
            let lamports = if rest.is_some() { 0 } else { each };
            let withdrawn = live.kind == RequestKind::Withdrawal;
            let due = Due { boundary, tokens, shares, lamports, rest, withdrawn };
            self.due.entry(*number).or_default().push_back(due);
            if let Some(rest) = rest {
                passing[live.limit.index()] += live.amount;
                claimed[live.limit.index()] += rest;
                self.live.insert(*number, Live { amount: rest, belongs_from: self.next, lamports: each, ..*live });
            } else {
                kept += each;
            }
        }
        // Of shares in the queue that were nobody's before, none of an accepted limit are left unless all of it is partial.
        for (place, unclaimed) in self.unclaimed.iter_mut().enumerate() {
            if served.withdrawals_accepted[place] && partial {
                *unclaimed = left * (passing[place] + *unclaimed) / served.leaving - claimed[place];
            } else {
                *unclaimed = 0;
            }
        }
        let paid = lamports - each * mine.len() as u64;
        assert_eq!((plan.lamports, plan.lamports_kept), (paid, kept));
        assert_eq!(plan.closed.lamports_each, each);
        self.lamports -= paid;
        kept
    }

    /// A request was paid what it was promised; what divisions have left of the tokens set apart returns with the last one.
    pub fn paid(&mut self, before: &Exchange, number: u64, plan: &PaymentPlan) {
        let dues = self.due.get_mut(&number).unwrap();
        let due = dues.pop_front().unwrap();
        if dues.is_empty() {
            self.due.remove(&number);
        }
        let is = (plan.tokens.get().into(), plan.shares.get().into(), plan.lamports);
        assert_eq!(is, (due.tokens, due.shares, due.lamports), "request {number}");
        assert_eq!(plan.request_left.map(|it| it.amount.get().into()), due.rest);
        let (payable, lamports) = self.closed.get_mut(&due.boundary).unwrap();
        *payable -= if due.withdrawn { due.tokens } else { 0 };
        *lamports -= due.lamports;
        self.lamports -= due.lamports;
        let returned = i128::from(plan.pool.cash.get()) - i128::from(before.pool.cash.get());
        let is_last = self.due.values().flatten().all(|other| other.boundary != due.boundary);
        assert_eq!(plan.closed.requests == 0, is_last);
        if is_last {
            assert_eq!((*payable, *lamports), (returned, 0), "what is left of {}", due.boundary);
            self.closed.remove(&due.boundary);
        } else {
            assert_eq!((*payable, 0), (plan.closed.payable.get().into(), returned));
        }
    }

    /// Requests that a closed boundary owes something.
    pub fn owed(&self) -> Vec<u64> {
        self.due.keys().copied().collect()
    }

    /// What a request has coming: of tokens and of shares, asked for or promised.
    pub fn coming_to(&self, number: u64) -> (i128, i128) {
        let promised = self.due.get(&number).into_iter().flatten();
        let (tokens, shares) =
            promised.fold((0, 0), |(tokens, shares), due| (tokens + due.tokens, shares + due.shares));
        match self.live.get(&number) {
            Some(Live { kind: RequestKind::Deposit, amount, .. }) => (tokens + amount, shares),
            Some(Live { kind: RequestKind::Withdrawal, amount, .. }) => (tokens, shares + amount),
            None => (tokens, shares),
        }
    }
}

/// Whoever stays does not pay for who comes and goes: whatever the pool was worth between its bounds, a share is worth as much
/// afterwards.
fn check_nobody_pays(worth: &PoolWorth, served: &Served) {
    if worth.shares == 0 {
        return;
    }
    let shares = worth.shares + served.created - served.redeemed;
    for value in [worth.lower, worth.upper] {
        let after = value + served.deposited - served.taken - entry_part(served);
        // after / shares ≥ value / worth.shares
        assert!(after * worth.shares >= value * shares, "a share fell: {worth:?} {served:?}");
    }
}

/// Of the fees what deposits paid: it is no asset of the pool.
fn entry_part(served: &Served) -> i128 {
    served.fees - (served.taken - served.paid)
}
