//! An exchange's liquidity from requests to payments, with its tokens and shares.

use super::*;
use crate::state::{ClosedEpoch, ExchangeState, PriceLimit, Queue, Request, RequestKind};
use std::vec::Vec;

/// Pool, queue, markets, and what lies in the vault and in the escrow of shares.
pub(super) struct Exchange {
    pub pool: Pool,
    pub queue: Queue,
    pub state: ExchangeState,
    pub markets: Vec<Market>,
    /// Tokens in the vault.
    pub vault: u64,
    /// Shares in the escrow.
    pub escrow: u64,
}

impl Exchange {
    pub(super) fn new(pool: Pool, markets: &[Market]) -> Self {
        let (queue, state, markets) = (Queue::default(), ExchangeState::default(), markets.to_vec());
        let mut exchange = Self { pool, queue, state, markets, vault: 0, escrow: 0 };
        exchange.vault = exchange.cash();
        exchange
    }

    /// Everybody's cash in atoms, but for that of traders.
    fn cash(&self) -> u64 {
        let pool = &self.pool;
        let backing = self.markets.iter().map(|market| market.ledger.backing.get()).sum::<u64>();
        [pool.cash, pool.insurance, pool.escrow, pool.payable, pool.settling].map(Atoms::get).iter().sum::<u64>()
            + backing
    }

    /// Not a token and not a share is missing or too many, as far as the exchange knows.
    #[track_caller]
    pub(super) fn check(&self) {
        assert_eq!(self.vault, self.cash());
    }

    pub(super) fn session(&self, seconds: i64) -> Session {
        self.state.session(at(seconds))
    }

    fn count(&self) -> u16 {
        u16::try_from(self.markets.len()).unwrap()
    }

    /// So many tokens enter the escrow.
    pub(super) fn deposit(&mut self, amount: u64, limit: PriceLimit, seconds: i64) -> Request {
        let (count, clock) = (self.count(), at(seconds));
        let lamports = valuation_lamports(count, 0).unwrap();
        let plan = plan_request_deposit(&self.pool, &self.state, atoms(amount), limit, lamports, clock).unwrap();
        plan.apply(&mut self.pool, &mut self.queue, &mut self.state, count, clock).unwrap();
        self.vault += amount;
        plan.request
    }

    /// So many shares enter the escrow, which are all that their owner has.
    pub(super) fn withdraw(&mut self, shares: u64, limit: PriceLimit, seconds: i64) -> Request {
        let (count, clock, shares) = (self.count(), at(seconds), atoms(shares));
        let lamports = valuation_lamports(count, 0).unwrap();
        let plan = plan_request_withdrawal(&self.pool, &self.state, shares, shares, limit, lamports, clock).unwrap();
        plan.apply(&mut self.pool, &mut self.queue, &mut self.state, count, clock).unwrap();
        self.escrow += shares.get();
        plan.request
    }

    /// The first instruction in every market and in the pool.
    pub(super) fn touch(&mut self, seconds: i64) {
        let session = self.session(seconds);
        for market in &mut self.markets {
            market.refresh(None, &session).unwrap();
        }
        let count = self.count();
        self.pool.keep_at_boundary(&mut self.queue, count, &session).unwrap();
    }

    /// Values every market at this reading of the boundary's second, in 10^-8 dollars.
    pub(super) fn value_at(&mut self, price: i64, confidence: u64, seconds: i64) {
        self.touch(seconds);
        let session = self.session(seconds);
        let published = session.boundary.get() - NOW;
        let reading = reading(price, confidence, published).with_previous(NOW + published - 1);
        for market in &mut self.markets {
            value_market(&mut self.pool, market, Some(&reading), &session).unwrap();
        }
    }

    /// Closes the boundary that is waited for.
    pub(super) fn close(&mut self, seconds: i64) -> EpochPlan {
        self.touch(seconds);
        let plan = plan_close_epoch(&self.pool, 0, &self.session(seconds)).unwrap();
        plan.apply(&mut self.pool, &mut self.queue, &mut self.state).unwrap();
        self.escrow = self.escrow + plan.shares_minted().unwrap().get() - plan.shares_burned().unwrap().get();
        self.check();
        plan
    }

    /// Pays a request out.
    pub(super) fn pay(&mut self, closed: &mut ClosedEpoch, request: &Request, kind: RequestKind) -> PaymentPlan {
        let plan = plan_pay_request(&self.pool, closed, request, kind).unwrap();
        (self.pool, *closed) = (plan.pool, plan.closed);
        self.vault -= plan.tokens.get();
        self.escrow -= plan.shares.get();
        self.check();
        plan
    }
}
