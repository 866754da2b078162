//! Liquidity.

use super::*;
use perp_engine::operations::liquidity::{EpochPlan, PaymentPlan, Valuation};
use perp_engine::state::PriceLimit;

impl World {
    pub fn set_backing_target(&mut self, market: u16, target: u64) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.set_backing_target(market, atoms(target)))?;
        self.finish(&before, Kind::SetBackingTarget);
        Ok(())
    }

    pub fn allocate_backing(&mut self, market: u16) -> Result<SignedAtoms, EngineError> {
        let reading = self.reading(market);
        let (before, plan) =
            self.attempt_with(market, &reading, |exchange| exchange.allocate_backing(market, Some(&reading)))?;
        let (boundary, now) = (before.state.boundary.get(), before.clock.now.get());
        let returns = plan.moved.is_negative() && now >= boundary;
        assert!(boundary == 0 || now + 60 <= boundary || returns, "backing moved just before a boundary");
        let state = self.market(market);
        if plan.moved.is_negative() {
            let means = reference::means(&state.ledger, &state.parameters, i128::from(state.price.price.get()));
            assert!(means.surplus >= means.stress_loss, "backing was taken from a market that needs it");
        } else {
            let principal = u128::from(self.exchange.pool.cash.get() + self.exchange.pool.placed.get());
            let cap = principal * u128::from(state.parameters.backing_cap.get()) / u128::from(PPM);
            assert!(u128::from(state.ledger.net_principal.get()) <= cap);
        }
        let value = reference::pool_value_x40(&Self::refreshed(&before, market, Some(&reading)));
        assert!(reference::pool_value_x40(&self.exchange) >= value, "moving backing lost value");
        self.finish(&before, if plan.moved.is_negative() { Kind::TakeBackBacking } else { Kind::PlaceBacking });
        Ok(plan.moved)
    }

    /// Returns the request's number.
    pub fn request_deposit(&mut self, provider: usize, amount: u64) -> Result<u64, EngineError> {
        self.request_deposit_within(provider, amount, PriceLimit::None)
    }

    pub fn request_deposit_within(
        &mut self,
        provider: usize,
        amount: u64,
        limit: PriceLimit,
    ) -> Result<u64, EngineError> {
        let request = |exchange: &mut Exchange| exchange.request_liquidity_deposit(provider, atoms(amount), limit);
        let (before, number) = self.attempt(request)?;
        self.epochs.requested(&self.exchange, number, RequestKind::Deposit, amount, limit);
        self.finish(&before, Kind::RequestDeposit);
        Ok(number)
    }

    /// Returns the request's number.
    pub fn request_withdrawal(&mut self, provider: usize, shares: u64) -> Result<u64, EngineError> {
        self.request_withdrawal_within(provider, shares, PriceLimit::None)
    }

    pub fn request_withdrawal_within(
        &mut self,
        provider: usize,
        shares: u64,
        limit: PriceLimit,
    ) -> Result<u64, EngineError> {
        let request = |exchange: &mut Exchange| exchange.request_liquidity_withdrawal(provider, atoms(shares), limit);
        let (before, number) = self.attempt(request)?;
        self.epochs.requested(&self.exchange, number, RequestKind::Withdrawal, shares, limit);
        self.finish(&before, Kind::RequestWithdrawal);
        Ok(number)
    }

    /// Values a market for the boundary that has come, at what the world saw of it when it came.
    pub fn value_market(&mut self, market: u16, reading: Option<OracleReading>) -> Result<Valuation, EngineError> {
        let known = self.epochs.known(&self.exchange, market, reading.as_ref());
        let (before, valuation) = match self.attempt(|exchange| exchange.value_market(market, reading.as_ref())) {
            Err(rule) => {
                let nothing = matches!(rule, EngineError::NoBoundaryReading { .. });
                let must = known.map(|known| known == reference::Known::Nothing);
                assert_eq!(nothing, must.unwrap_or(false), "{rule}: {known:?} is known");
                assert_ne!(must, Some(false), "{rule}: {known:?} is known");
                return Err(rule);
            }
            Ok(done) => done,
        };
        self.epochs.valued(market, known, &valuation);
        let valued = matches!(valuation, Valuation::Valued { .. });
        self.finish(&before, if valued { Kind::ValueMarket } else { Kind::NoteReading });
        Ok(valuation)
    }

    /// What the market's oracle says of its last price, published at the boundary as the first after it.
    pub fn boundary_reading(&self, market: u16) -> OracleReading {
        let Feed { price, confidence, .. } = *self.feed(market);
        let boundary = self.exchange.state.boundary.get();
        OracleReading::new(price, confidence, -8, boundary).unwrap().with_previous(boundary - 1)
    }

    pub fn close_epoch(&mut self) -> Result<EpochPlan, EngineError> {
        let (before, plan) = self.attempt(Exchange::close_epoch)?;
        self.epochs.look(&before, None);
        let partial = self.epochs.closed(&before, &plan);
        self.finish(&before, if partial { Kind::CloseInPart } else { Kind::CloseEpoch });
        Ok(plan)
    }

    /// Pays a request what its boundary promised.
    pub fn pay(&mut self, request: u64) -> Result<PaymentPlan, EngineError> {
        let open = *self.exchange.request(request).unwrap();
        let (before, plan) = self.attempt(|exchange| exchange.pay_liquidity_request(request))?;
        self.epochs.paid(&before, request, &plan);
        let [was, is] = [&before, &self.exchange].map(|it| it.providers()[open.provider]);
        assert_eq!(is.paid_out.get() - was.paid_out.get(), plan.tokens.get());
        assert_eq!(is.shares.get() - was.shares.get(), plan.shares.get());
        let kind = match open.kind {
            _ if plan.request_left.is_some() => Kind::PayPart,
            RequestKind::Deposit if !plan.tokens.is_zero() => Kind::ReturnDeposit,
            RequestKind::Deposit => Kind::PayDeposit,
            RequestKind::Withdrawal if !plan.shares.is_zero() => Kind::ReturnShares,
            RequestKind::Withdrawal => Kind::PayWithdrawal,
        };
        self.finish(&before, kind);
        Ok(plan)
    }

    /// Until the boundary that the exchange waits for has come.
    pub fn reach_boundary(&mut self) {
        self.reach_boundary_but(0);
    }

    /// Until so many seconds before it, unless that has passed.
    pub fn reach_boundary_but(&mut self, seconds: i64) {
        let ahead = self.exchange.state.boundary.get() - seconds - self.exchange.clock.now.get();
        if let Ok(ahead) = u32::try_from(ahead) {
            self.wait(ahead);
        }
    }

    /// Every market that is not valued yet is, at the oracles' last prices or, where no reading counts, once none does any more.
    pub fn value_all(&mut self) {
        for market in 0..self.exchange.market_count {
            let _ = self.value_market(market, Some(self.boundary_reading(market)));
        }
        if self.exchange.pool.epoch.valued < self.exchange.pool.epoch.markets {
            self.reach_boundary_but(-1_801);
            for market in 0..self.exchange.market_count {
                let _ = self.value_market(market, None);
            }
        }
    }

    /// Every request that a closed boundary owes something is paid.
    pub fn pay_all(&mut self) {
        while let Some(request) = self.epochs.owed().first().copied() {
            self.pay(request).unwrap();
        }
    }

    /// The boundary comes, is closed, and everybody is paid.
    pub fn serve(&mut self) {
        self.reach_boundary();
        self.value_all();
        self.close_epoch().unwrap();
        self.pay_all();
    }

    /// A deposit of liquidity from request to shares.
    pub fn provide(&mut self, provider: usize, amount: u64) -> Result<(), EngineError> {
        self.request_deposit(provider, amount)?;
        self.reach_boundary();
        self.refresh_all();
        self.serve();
        Ok(())
    }

    /// The same of so much that `amount` enters: the queue keeps 0.02 %.
    pub fn provide_net(&mut self, provider: usize, amount: u64) -> Result<(), EngineError> {
        let part = u64::from(self.exchange.pool.parameters.queue_fee.get());
        let gross = u128::from(amount) * u128::from(PPM);
        let gross = gross.div_ceil(u128::from(PPM - part));
        self.provide(provider, u64::try_from(gross).unwrap())
    }

    pub fn fund_insurance(&mut self, market: u16, amount: u64) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.fund_insurance(Some(market), atoms(amount)))?;
        self.finish(&before, Kind::FundInsurance);
        Ok(())
    }

    pub fn fund_shared_insurance(&mut self, amount: u64) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.fund_insurance(None, atoms(amount)))?;
        self.finish(&before, Kind::FundSharedInsurance);
        Ok(())
    }
}
