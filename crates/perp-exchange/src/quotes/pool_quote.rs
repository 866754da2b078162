use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::operations::liquidity::{
    plan_close_epoch, plan_pay_request, plan_request_deposit, plan_request_withdrawal, valuation_lamports,
};
use perp_engine::state::{Epoch, PriceLimit, RequestKind};
use perp_engine::units::{Atoms, Timestamp};

/// What a request would pay and get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestQuote {
    /// The first boundary that it can belong to.
    pub boundary: Timestamp,
    /// Lamports that it pays for the boundary; what is left of them comes back.
    pub lamports: u64,
    /// Shares that it gets if it is served alone, at what the pool is worth now.
    pub shares: Atoms,
    /// Tokens that it gets then: of a withdrawal, or of a deposit that is not accepted.
    pub tokens: Atoms,
    /// What of a withdrawal waits for another boundary for want of cash, in shares; all of it where it is not accepted.
    pub rest: Atoms,
}

impl Exchange {
    /// What a request for liquidity would pay and get: of `amount` tokens that enter, or as many shares of `owned` that leave. It
    /// is served at its boundary, at a value that nobody knows yet; this one is of now.
    ///
    /// # Errors
    /// Those of [`plan_request_deposit`] or [`plan_request_withdrawal`]; [`Refusal::NoMarket`] where a market that the exchange
    /// lists is not here.
    pub fn request_quote(
        &self,
        kind: RequestKind,
        amount: Atoms,
        owned: Atoms,
        limit: PriceLimit,
    ) -> Result<RequestQuote, Refusal> {
        let lamports = valuation_lamports(self.market_count, self.epoch_rent)?;
        let (pool, state, clock) = (&self.pool, &self.state, self.clock);
        let plan = match kind {
            RequestKind::Deposit => plan_request_deposit(pool, state, amount, limit, lamports, clock)?,
            RequestKind::Withdrawal => plan_request_withdrawal(pool, state, amount, owned, limit, lamports, clock)?,
        };
        let value = self.pool_value()?;
        // The boundary as it would be if it were now, with every market valued and nobody else waiting.
        let mut session = self.session();
        session.boundary = session.clock.now;
        let mut request = plan.request;
        request.belongs_from = session.boundary;
        let mut waiting = plan.waiting;
        waiting.boundary = session.boundary;
        let mut served = plan.pool;
        served.epoch = Epoch {
            cash: served.cash,
            lower: value.lower,
            upper: value.upper,
            unsettled: value.unsettled,
            waiting,
            ..Epoch::default()
        };
        // What the escrow holds of others is not in question.
        let epoch = plan_close_epoch(&served, self.epoch_rent, &session)?;
        let paid = plan_pay_request(&epoch.pool, &epoch.closed, &request, kind)?;
        Ok(RequestQuote {
            boundary: plan.waiting.boundary,
            lamports,
            shares: paid.shares,
            tokens: paid.tokens,
            rest: paid.request_left.map_or(Atoms::ZERO, |left| left.amount),
        })
    }
}
