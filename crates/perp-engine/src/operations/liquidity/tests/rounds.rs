//! Whatever is asked for round after round, nobody loses an atom or a share.

use super::exchange::Exchange;
use super::*;
use crate::state::{ClosedEpoch, DEAD_SHARES};
use proptest::prelude::*;
use std::vec::Vec;

const HOUR: i64 = 3_600;
const USERS: usize = 4;

/// What happens until a boundary is closed and paid.
#[derive(Clone, Debug)]
struct Round {
    /// Who asks for what: a deposit of so many tokens or a withdrawal of so many thousandths of his shares, within which limit.
    requests: Vec<(usize, bool, u64, usize)>,
    /// What traders win (thousandths of the backing) or lose.
    moved: u64,
    /// What they owe besides: the upper value's distance from the lower.
    debts: u64,
    /// Thousandths of the pool's money that are cash when the boundary comes.
    cash: u64,
    /// How many seconds after the boundary it is closed.
    late: i64,
    /// Whether everybody is paid at once or with those of a later round.
    paid: bool,
}

prop_compose! {
    fn round()(
        requests in prop::collection::vec((0..USERS, any::<bool>(), 1u64..1_000, 0usize..5), 0..6),
        moved in prop_oneof![Just(1_000u64), 900u64..1_100, 0u64..2_000],
        debts in prop_oneof![Just(0u64), 0u64..100_000],
        cash in prop_oneof![Just(1_000u64), 0u64..300],
        late in prop_oneof![0i64..100, 0i64..3 * HOUR],
        paid in any::<bool>(),
    ) -> Round {
        Round { requests, moved, debts, cash, late, paid }
    }
}

/// Users beside the exchange, with the shares each of them holds and the requests that are open.
struct World {
    exchange: Exchange,
    shares: [u64; USERS],
    open: Vec<(usize, RequestKind, Request)>,
    closed: Vec<ClosedEpoch>,
    seconds: i64,
    /// Shares that rounding left in the escrow, at most.
    dust: u64,
    /// Lamports that were paid in and not paid out.
    lamports: u64,
}

impl World {
    /// Each user holds a quarter of a million shares worth an atom each.
    fn new() -> Self {
        let each = 250_000;
        let all = each * USERS as u64 + DEAD_SHARES;
        let mut pool = free_pool(all, all);
        (pool.parameters.queue_fee, pool.parameters.withdrawal_notice) = (Ppm::new(200), 600);
        let mut empty = market(FLAT);
        empty.ledger.backing = Atoms::ZERO;
        let exchange = Exchange::new(pool, &[empty]);
        let (open, closed) = (Vec::new(), Vec::new());
        Self { exchange, shares: [each; USERS], open, closed, seconds: 0, dust: 0, lamports: 0 }
    }

    fn ask(&mut self, (user, deposits, amount, limit): (usize, bool, u64, usize)) {
        let (limit, seconds) = (PriceLimit::ALL[limit], self.seconds);
        let (kind, request) = if deposits {
            (RequestKind::Deposit, self.exchange.deposit(amount * 1_000, limit, seconds))
        } else {
            let shares = self.shares[user] / 1_000 * amount;
            if shares == 0 {
                return;
            }
            self.shares[user] -= shares;
            (RequestKind::Withdrawal, self.exchange.withdraw(shares, limit, seconds))
        };
        self.lamports += 30_000;
        self.open.push((user, kind, request));
    }

    /// Traders win or lose, and backing moves, before the boundary.
    fn trade(&mut self, round: &Round) {
        let exchange = &mut self.exchange;
        let (before, ledger) = (exchange.pool.cash.get(), &mut exchange.markets[0].ledger);
        let backing = ledger.backing.get();
        let left = backing / 1_000 * round.moved;
        exchange.vault = exchange.vault + left - backing;
        let cash = (before + left) / 1_000 * round.cash;
        exchange.pool.cash = atoms(cash);
        (ledger.backing, ledger.debts) = (atoms(before + left - cash), atoms(round.debts));
    }

    /// Closes the boundary that is waited for, if any is, and pays.
    fn close(&mut self, late: i64, paid: bool) -> Result<(), TestCaseError> {
        let boundary = self.exchange.state.boundary;
        if boundary.is_never() {
            return Ok(());
        }
        self.seconds = self.seconds.max(boundary.get() - NOW + late);
        self.exchange.touch(self.seconds);
        let valued = value_market(
            &mut self.exchange.pool,
            &mut self.exchange.markets[0],
            None,
            &self.exchange.state.session(at(self.seconds)),
        );
        let Ok(Valuation::Valued { lamports, .. }) = valued else { panic!("{valued:?}") };
        self.lamports -= lamports;
        let before = self.exchange.pool;
        let plan = self.exchange.close(self.seconds);
        self.lamports -= plan.lamports;
        stayers_lose_nothing(&before, &plan)?;
        self.dust += u64::from(plan.closed.requests);
        self.closed.push(plan.closed);
        if paid {
            self.pay();
        }
        self.check();
        Ok(())
    }

    /// Pays every request of an epoch that is closed, and what is left of it by the epoch after that.
    fn pay(&mut self) {
        let mut waiting = Vec::new();
        for (user, kind, request) in core::mem::take(&mut self.open) {
            let mut left = Some(request);
            while let Some(request) = left {
                let Some(closed) = self.closed.iter_mut().find(|closed| closed.is_of(&request)) else {
                    waiting.push((user, kind, request));
                    break;
                };
                let paid = self.exchange.pay(closed, &request, kind);
                self.shares[user] += paid.shares.get();
                self.lamports -= paid.lamports;
                left = paid.request_left;
            }
        }
        self.open = waiting;
    }

    /// Every share is somebody's, in escrow or dead, and every request's amount is in the queue, set apart or returned.
    fn check(&self) {
        let held = self.shares.iter().sum::<u64>() + self.exchange.escrow + DEAD_SHARES;
        assert_eq!(held, self.exchange.pool.shares.get());
    }
}

/// Neither what a share is worth at least nor at most falls by the close: what enters pays at least, what leaves gets at most that.
fn stayers_lose_nothing(before: &Pool, plan: &EpochPlan) -> Result<(), TestCaseError> {
    let (shares, after) = (u128::from(before.shares.get()), u128::from(plan.pool.shares.get()));
    for worth in [plan.closed.lower, plan.closed.upper] {
        let worth = u128::from(worth.get());
        let left = worth + u128::from(plan.pool.cash.get()) - u128::from(before.cash.get());
        prop_assert!(left * shares >= worth * after, "{worth} of {shares} become {left} of {after}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn rounds_of_requests_conserve_tokens_and_shares_and_everybody_is_paid(
        rounds in prop::collection::vec(round(), 1..8),
    ) {
        let mut world = World::new();
        for round in &rounds {
            for request in &round.requests {
                world.ask(*request);
            }
            world.trade(round);
            world.close(round.late, round.paid)?;
            world.seconds += HOUR / 2;
        }
        // All that is left comes back as cash: after the last boundary nobody waits any more.
        let all = Round { requests: Vec::new(), moved: 1_000, debts: 0, cash: 1_000, late: 0, paid: true };
        for _ in 0..4 {
            world.trade(&all);
            world.close(0, true)?;
        }
        world.pay();
        prop_assert!(world.open.is_empty(), "{:?}", world.open);
        prop_assert_eq!((world.exchange.state.boundary, world.exchange.queue), (Timestamp::NEVER, Queue::default()));
        let pool = &world.exchange.pool;
        prop_assert_eq!((pool.escrow, pool.payable), (Atoms::ZERO, Atoms::ZERO));
        // Less than a share a request was lost to rounding, and the lamports are all paid out.
        prop_assert!(world.exchange.escrow <= world.dust, "{} of {}", world.exchange.escrow, world.dust);
        prop_assert_eq!(world.lamports, 0);
    }
}
