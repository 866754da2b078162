//! What happens at a boundary, as keepers do it.

use super::World;
use anchor_lang::prelude::Pubkey;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::operations::liquidity::{plan_pay_request, PaymentPlan};
use perp_engine::state::{Pool, PriceLimit, Request, RequestKind};
use perp_engine::units::Timestamp;

impl World {
    /// The boundary that the exchange waits for, in Unix seconds; zero for none.
    pub fn boundary(&mut self) -> i64 {
        self.exchange().state.boundary.get()
    }

    /// Requests a deposit of the owner's tokens at any price, and serves it at its boundary, to which the clock moves.
    pub fn add_liquidity(&mut self, owner: Pubkey, amount: u64) {
        let nonce = self.requests.len() as u64;
        self.request_liquidity_deposit(owner, nonce, amount, PriceLimit::None).expect("the request is accepted");
        let keeper = self.admin;
        self.to_boundary();
        self.value_all(keeper);
        self.close(keeper);
        self.pay_liquidity_request(keeper, owner, nonce).expect("the request is paid");
    }

    /// Moves the clock to the boundary that the exchange waits for, where every market's feed prints its cached price.
    #[track_caller]
    pub fn to_boundary(&mut self) {
        let boundary = self.boundary();
        assert!(boundary >= self.now, "nobody waits for a boundary ahead");
        self.wait(boundary - self.now);
        for market in 0..self.market_count {
            let price = self.cached_price(market);
            self.publish_after(market, price, boundary, boundary - 1);
        }
    }

    /// Values every market that is not valued yet, at what its feed says now.
    #[track_caller]
    pub fn value_all(&mut self, caller: Pubkey) {
        let boundary = self.boundary();
        for market in 0..self.market_count {
            if self.market(market).state.at_boundary.valued.get() != boundary {
                self.value_market(caller, market).expect("the market is valued");
            }
        }
    }

    /// Moves to the boundary, values every market, closes the epoch and pays its requests. Returns the epoch's record as it
    /// was made.
    #[track_caller]
    pub fn serve(&mut self, keeper: Pubkey) -> EpochRecord {
        self.to_boundary();
        self.value_all(keeper);
        let record = self.close(keeper);
        self.pay_all(keeper);
        record
    }

    /// Closes the epoch. Returns its record.
    #[track_caller]
    pub fn close(&mut self, closer: Pubkey) -> EpochRecord {
        let boundary = self.boundary();
        self.close_epoch(closer).expect("the epoch is closed");
        self.epoch(boundary)
    }

    /// Pays every request of every closed epoch.
    #[track_caller]
    pub fn pay_all(&mut self, caller: Pubkey) {
        while let Some(request) = self.due() {
            self.pay_liquidity_request(caller, request.owner, request.nonce).expect("the request is paid");
        }
    }

    /// A request of a closed epoch.
    fn due(&mut self) -> Option<LiquidityRequest> {
        let records = self.records();
        let of = |request: &LiquidityRequest| records.iter().any(|record| record.state.is_of(&request.state));
        self.open_requests().into_iter().find(of)
    }

    /// The record of the epoch that ended at this boundary.
    pub fn epoch(&mut self, boundary: i64) -> EpochRecord {
        let address = self.addresses.epoch(Timestamp::new(boundary));
        self.stored(&address).expect("the epoch is closed")
    }

    /// Records of closed epochs that have requests left.
    pub fn records(&mut self) -> Vec<EpochRecord> {
        self.epochs.clone().iter().filter_map(|address| self.stored(address)).collect()
    }

    /// Every request that is not paid out yet.
    pub fn open_requests(&mut self) -> Vec<LiquidityRequest> {
        self.requests.clone().iter().filter_map(|address| self.stored(address)).collect()
    }

    /// What the epochs closed so far owe a request, and what of it waits for another boundary.
    pub(super) fn owed(pool: &Pool, records: &[EpochRecord], request: &LiquidityRequest) -> Owed {
        let kind =
            if request.kind == RequestKind::Deposit as u8 { RequestKind::Deposit } else { RequestKind::Withdrawal };
        let mut owed = Owed { waiting: Some(request.state), ..Owed::default() };
        while let Some(waiting) = owed.waiting {
            let Some(record) = records.iter().find(|record| record.state.is_of(&waiting)) else { break };
            let PaymentPlan { tokens, shares, request_left, .. } =
                plan_pay_request(pool, &record.state, &waiting, kind).expect("the request is of the epoch");
            if kind == RequestKind::Deposit {
                owed.returned += tokens.get();
            } else {
                owed.payable += tokens.get();
            }
            owed.shares += shares.get();
            owed.waiting = request_left;
        }
        owed
    }
}

/// What is set apart for a request.
#[derive(Default)]
pub(super) struct Owed {
    /// Tokens of the escrow.
    pub returned: u64,
    /// Tokens set apart for withdrawals.
    pub payable: u64,
    /// Shares of the share escrow.
    pub shares: u64,
    /// What waits for a boundary that is not closed.
    pub waiting: Option<Request>,
}
