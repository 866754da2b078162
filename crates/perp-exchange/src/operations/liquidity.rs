//! Liquidity: requests, their execution and refund, and moving backing.

use crate::error::Refusal;
use crate::exchange::{Exchange, OpenRequest};
use alloc::vec::Vec;
use perp_engine::operations::liquidity::{
    plan_allocate_backing, plan_execute_deposit, plan_execute_withdrawal, plan_refund_expired, plan_request_deposit,
    plan_request_withdrawal, AllocationPlan, Executor, LiquidityDepositPlan, LiquidityWithdrawalPlan, RefundPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Market, RequestKind};
use perp_engine::units::Atoms;

/// What executing a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutedRequest {
    /// A deposit.
    Deposit(LiquidityDepositPlan),
    /// A withdrawal.
    Withdrawal(LiquidityWithdrawalPlan),
}

impl Exchange {
    /// Escrows tokens that will buy shares and returns the request's number.
    ///
    /// # Errors
    /// Those of [`plan_request_deposit`]; [`Refusal::NoProvider`].
    pub fn request_liquidity_deposit(
        &mut self,
        provider: usize,
        amount: Atoms,
        minimum_output: Atoms,
    ) -> Result<u64, Refusal> {
        self.provider(provider)?;
        let plan = plan_request_deposit(&self.pool, amount, minimum_output, self.clock)?;
        let vault = self.vault.checked_add(amount)?;
        self.begin_changes();
        self.vault = vault;
        self.store_pool(plan.pool);
        Ok(self.add_request(OpenRequest { provider, kind: RequestKind::Deposit, request: plan.request }))
    }

    /// Escrows shares that will be sold for tokens and returns the request's number.
    ///
    /// # Errors
    /// Those of [`plan_request_withdrawal`]; [`Refusal::NoProvider`].
    pub fn request_liquidity_withdrawal(
        &mut self,
        provider: usize,
        shares: Atoms,
        minimum_output: Atoms,
    ) -> Result<u64, Refusal> {
        let owned = self.provider(provider)?.shares;
        let plan = plan_request_withdrawal(&self.pool, shares, owned, minimum_output, self.clock)?;
        let left = owned.checked_sub(shares)?;
        self.begin_changes();
        self.providers[provider].shares = left;
        self.store_pool(plan.pool);
        Ok(self.add_request(OpenRequest { provider, kind: RequestKind::Withdrawal, request: plan.request }))
    }

    fn add_request(&mut self, open: OpenRequest) -> u64 {
        let number = self.next_request;
        self.next_request = number.wrapping_add(1);
        self.requests.insert(number, open);
        number
    }

    /// Executes a request at the markets' cached prices.
    ///
    /// # Errors
    /// Those of [`plan_execute_deposit`] or [`plan_execute_withdrawal`]; [`Refusal::NoRequest`].
    pub fn execute_request(&mut self, request: u64, executor: Executor) -> Result<ExecutedRequest, Refusal> {
        let open = *self.request(request)?;
        let markets: Vec<&Market> = self.markets.iter().collect();
        let (count, session) = (self.market_count, self.session());
        match open.kind {
            RequestKind::Deposit => {
                let plan = plan_execute_deposit(&self.pool, &markets, count, &open.request, &session)?;
                let shares = self.provider(open.provider)?.shares.checked_add(plan.shares_out)?;
                self.begin_changes();
                self.providers[open.provider].shares = shares;
                self.requests.remove(&request);
                self.store_pool(plan.pool);
                Ok(ExecutedRequest::Deposit(plan))
            }
            RequestKind::Withdrawal => {
                let plan = plan_execute_withdrawal(&self.pool, &markets, count, &open.request, executor, &session)?;
                let (vault, paid_out) = self.paid_out(open.provider, plan.paid)?;
                self.begin_changes();
                self.vault = vault;
                self.providers[open.provider].paid_out = paid_out;
                match plan.request_left {
                    Some(left) => {
                        self.requests.insert(request, OpenRequest { request: left, ..open });
                    }
                    None => {
                        self.requests.remove(&request);
                    }
                }
                self.store_pool(plan.pool);
                Ok(ExecutedRequest::Withdrawal(plan))
            }
        }
    }

    /// Refunds a request that nobody executed in time.
    ///
    /// # Errors
    /// `RequestNotExpired`; [`Refusal::NoRequest`].
    pub fn refund_request(&mut self, request: u64) -> Result<RefundPlan, Refusal> {
        let OpenRequest { provider, kind, request: escrowed } = *self.request(request)?;
        let plan = plan_refund_expired(&self.pool, &escrowed, kind, self.clock)?;
        let (vault, paid_out) = self.paid_out(provider, plan.tokens)?;
        let shares = self.provider(provider)?.shares.checked_add(plan.shares)?;
        self.begin_changes();
        self.vault = vault;
        self.providers[provider].paid_out = paid_out;
        self.providers[provider].shares = shares;
        self.requests.remove(&request);
        self.store_pool(plan.pool);
        Ok(plan)
    }

    /// Vault and provider once tokens are paid out.
    fn paid_out(&self, provider: usize, amount: Atoms) -> Result<(Atoms, Atoms), Refusal> {
        let paid_out = self.provider(provider)?.paid_out;
        Ok((self.vault.checked_sub(amount)?, paid_out.checked_add(amount)?))
    }

    /// What moving a market's backing toward its target would do: the plan and the market after it.
    ///
    /// # Errors
    /// Those of [`plan_allocate_backing`]; [`Refusal::NoMarket`].
    pub fn preview_allocation(
        &self,
        market: u16,
        reading: Option<&OracleReading>,
    ) -> Result<(AllocationPlan, Market), Refusal> {
        let mut state = *self.market(market)?;
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = plan_allocate_backing(&self.pool, &ready)?;
        let mut pool = self.pool;
        plan.apply(&mut pool, &mut ready);
        ready.next_event();
        Ok((plan, state))
    }

    /// Moves a market's backing toward its target.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_allocation`].
    pub fn allocate_backing(
        &mut self,
        market: u16,
        reading: Option<&OracleReading>,
    ) -> Result<AllocationPlan, Refusal> {
        let (plan, state) = self.preview_allocation(market, reading)?;
        self.begin_changes();
        self.store_market(state);
        self.store_pool(plan.pool);
        Ok(plan)
    }
}
