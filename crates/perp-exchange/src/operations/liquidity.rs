//! Liquidity: requests, boundaries, payments, and moving backing.

use crate::error::Refusal;
use crate::exchange::{Exchange, OpenRequest};
use perp_engine::operations::liquidity::{
    plan_allocate_backing, plan_close_epoch, plan_pay_request, plan_request_deposit, plan_request_withdrawal,
    valuation_lamports, value_market, AllocationPlan, EpochPlan, PaymentPlan, RequestPlan, Valuation,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Market, Pool, PriceLimit, Queue, RequestKind};
use perp_engine::units::Atoms;

impl Exchange {
    /// Escrows tokens that will buy shares and returns the request's number.
    ///
    /// # Errors
    /// Those of [`plan_request_deposit`]; [`Refusal::NoProvider`].
    pub fn request_liquidity_deposit(
        &mut self,
        provider: usize,
        amount: Atoms,
        limit: PriceLimit,
    ) -> Result<u64, Refusal> {
        self.provider(provider)?;
        let lamports = valuation_lamports(self.market_count, self.epoch_rent)?;
        let plan = plan_request_deposit(&self.pool, &self.state, amount, limit, lamports, self.clock)?;
        let vault = self.vault.checked_add(amount)?;
        let number = self.store_request(provider, RequestKind::Deposit, &plan)?;
        self.vault = vault;
        Ok(number)
    }

    /// Escrows shares that will be sold for tokens and returns the request's number.
    ///
    /// # Errors
    /// Those of [`plan_request_withdrawal`]; [`Refusal::NoProvider`].
    pub fn request_liquidity_withdrawal(
        &mut self,
        provider: usize,
        shares: Atoms,
        limit: PriceLimit,
    ) -> Result<u64, Refusal> {
        let owned = self.provider(provider)?.shares;
        let lamports = valuation_lamports(self.market_count, self.epoch_rent)?;
        let plan = plan_request_withdrawal(&self.pool, &self.state, shares, owned, limit, lamports, self.clock)?;
        let (left, escrow) = (owned.checked_sub(shares)?, self.share_escrow.checked_add(shares)?);
        let number = self.store_request(provider, RequestKind::Withdrawal, &plan)?;
        self.providers[provider].shares = left;
        self.share_escrow = escrow;
        Ok(number)
    }

    /// The pool and its queue, kept as they stand where the boundary that the exchange waits for has come: before cash moves, and before
    /// a request is added, which may need the place of those that belong to that boundary.
    fn kept_pool(&self) -> Result<(Pool, Queue), Refusal> {
        let (mut pool, mut queue) = (self.pool, self.queue);
        pool.keep_at_boundary(&mut queue, self.market_count, &self.session())?;
        Ok((pool, queue))
    }

    fn store_request(&mut self, provider: usize, kind: RequestKind, plan: &RequestPlan) -> Result<u64, Refusal> {
        let (mut pool, mut queue, mut state) = (self.pool, self.queue, self.state);
        plan.apply(&mut pool, &mut queue, &mut state, self.market_count, self.clock)?;
        self.begin_changes();
        self.queue = queue;
        self.store_boundary(state.boundary);
        self.state.founded_at = state.founded_at;
        self.store_pool(pool);
        let number = self.next_request;
        self.next_request = number.wrapping_add(1);
        self.requests.insert(number, OpenRequest { provider, kind, request: plan.request });
        Ok(number)
    }

    /// Values a market as it stood at the boundary that the exchange waits for.
    ///
    /// # Errors
    /// Those of [`value_market`]; [`Refusal::NoMarket`].
    pub fn value_market(&mut self, market: u16, reading: Option<&OracleReading>) -> Result<Valuation, Refusal> {
        let session = self.session();
        let mut state = *self.market(market)?;
        state.refresh(None, &session)?;
        let (mut pool, queue) = self.kept_pool()?;
        let valuation = value_market(&mut pool, &mut state, reading, &session)?;
        self.begin_changes();
        self.queue = queue;
        state.next_event();
        self.store_market(state);
        self.store_pool(pool);
        Ok(valuation)
    }

    /// What [`close_epoch`] would do, whoever holds which tokens.
    ///
    /// # Errors
    /// Those of [`plan_close_epoch`].
    ///
    /// [`close_epoch`]: Self::close_epoch
    pub fn plan_close_epoch(&self) -> Result<EpochPlan, Refusal> {
        let (pool, _) = self.kept_pool()?;
        Ok(plan_close_epoch(&pool, self.epoch_rent, &self.session())?)
    }

    /// Serves the requests of a boundary at which every market is valued.
    ///
    /// # Errors
    /// Those of [`plan_close_epoch`].
    pub fn close_epoch(&mut self) -> Result<EpochPlan, Refusal> {
        let plan = self.plan_close_epoch()?;
        let mut state = self.state;
        let (mut pool, mut queue) = self.kept_pool()?;
        plan.apply(&mut pool, &mut queue, &mut state)?;
        let escrow = self.share_escrow.checked_add(plan.closed.issued)?.checked_sub(plan.closed.redeemed)?;
        self.begin_changes();
        self.queue = queue;
        self.share_escrow = escrow;
        if plan.closed.requests > 0 {
            self.epochs.insert(plan.closed.boundary, plan.closed);
        }
        self.store_boundary(state.boundary);
        self.store_pool(pool);
        Ok(plan)
    }

    /// Pays out what a request got at its boundary.
    ///
    /// # Errors
    /// [`Refusal::NoRequest`], [`Refusal::NoEpoch`].
    pub fn pay_liquidity_request(&mut self, request: u64) -> Result<PaymentPlan, Refusal> {
        let open = *self.request(request)?;
        let closed = self.epochs.values().find(|closed| closed.is_of(&open.request));
        let closed = closed.ok_or(Refusal::NoEpoch { belongs_from: open.request.belongs_from.get() })?;
        let boundary = closed.boundary;
        // With the last request what rounding has left returns to the pool's cash.
        let (pool, mut queue) = self.kept_pool()?;
        let plan = plan_pay_request(&pool, closed, &open.request, open.kind)?;
        if plan.closed.requests == 0 {
            queue.add_lamports(self.epoch_rent)?;
        }
        let (vault, paid_out) = self.paid_out(open.provider, plan.tokens)?;
        let shares = self.provider(open.provider)?.shares.checked_add(plan.shares)?;
        let escrow = self.share_escrow.checked_sub(plan.shares)?;
        self.begin_changes();
        (self.vault, self.share_escrow, self.queue) = (vault, escrow, queue);
        self.providers[open.provider].paid_out = paid_out;
        self.providers[open.provider].shares = shares;
        match plan.request_left {
            Some(left) => self.requests.insert(request, OpenRequest { request: left, ..open }),
            None => self.requests.remove(&request),
        };
        if plan.closed.requests > 0 {
            self.epochs.insert(boundary, plan.closed);
        } else {
            self.epochs.remove(&boundary);
        }
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
        let (mut pool, _) = self.kept_pool()?;
        let plan = plan_allocate_backing(&pool, &ready, &self.session())?;
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
        let (_, queue) = self.kept_pool()?;
        self.begin_changes();
        self.queue = queue;
        self.store_market(state);
        self.store_pool(plan.pool);
        Ok(plan)
    }
}
