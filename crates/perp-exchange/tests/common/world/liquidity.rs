//! Liquidity.

use super::*;
use perp_exchange::ExecutedRequest;

impl World {
    pub fn set_backing_target(&mut self, market: u16, target: u64) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.set_backing_target(market, atoms(target)))?;
        self.finish(&before, Kind::SetBackingTarget);
        Ok(())
    }

    pub fn allocate_backing(&mut self, market: u16) -> Result<SignedAtoms, EngineError> {
        let reading = self.reading(market);
        let (before, plan) = self.attempt(|exchange| exchange.allocate_backing(market, Some(&reading)))?;
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
        let request = |exchange: &mut Exchange| exchange.request_liquidity_deposit(provider, atoms(amount), atoms(1));
        let (before, number) = self.attempt(request)?;
        self.finish(&before, Kind::RequestDeposit);
        Ok(number)
    }

    /// Returns the request's number.
    pub fn request_withdrawal(&mut self, provider: usize, shares: u64) -> Result<u64, EngineError> {
        let request =
            |exchange: &mut Exchange| exchange.request_liquidity_withdrawal(provider, atoms(shares), atoms(1));
        let (before, number) = self.attempt(request)?;
        self.finish(&before, Kind::RequestWithdrawal);
        Ok(number)
    }

    /// Executes a request with every market brought up to date before, as executors do.
    pub fn execute(&mut self, request: u64) -> Result<(), EngineError> {
        self.execute_by(request, Executor::Anybody)
    }

    /// The same by the request's owner, who may forgo what cannot be valued.
    pub fn execute_by(&mut self, request: u64, executor: Executor) -> Result<(), EngineError> {
        for market in 0..self.exchange.market_count {
            let _ = self.update_price(market);
            let _ = self.update_funding(market);
        }
        let kind = self.exchange.request(request).unwrap().kind;
        let (before, executed) = self.attempt(|exchange| exchange.execute_request(request, executor))?;
        let markets = 0..before.market_count;
        let accrued = markets.fold(before.clone(), |exchange, market| Self::refreshed(&exchange, market, None));
        let (lower, upper) = reference::pool_bounds(&accrued);
        match executed {
            ExecutedRequest::Deposit(plan) => assert_eq!(i128::from(plan.value.get()), upper),
            ExecutedRequest::Withdrawal(plan) => assert_eq!(i128::from(plan.value.get()), lower),
        }
        // Nobody's share loses by another's coming or going: V′/S′ ≥ V/S.
        let whole = |exchange: &Exchange| (reference::pool_value_x40(exchange), i128::from(exchange.pool.shares.get()));
        let (was, is) = (whole(&before), whole(&self.exchange));
        assert!(ratio_not_below(is, was), "a share fell from {was:?} to {is:?}");
        self.finish(
            &before,
            match kind {
                RequestKind::Deposit => Kind::ExecuteDeposit,
                RequestKind::Withdrawal => Kind::ExecuteWithdrawal,
            },
        );
        Ok(())
    }

    pub fn refund_expired(&mut self, request: u64) -> Result<(), EngineError> {
        let (before, _) = self.attempt(|exchange| exchange.refund_request(request))?;
        self.finish(&before, Kind::RefundExpired);
        Ok(())
    }

    /// A deposit of liquidity from request to shares.
    pub fn provide(&mut self, provider: usize, amount: u64) -> Result<(), EngineError> {
        let request = self.request_deposit(provider, amount)?;
        self.wait(self.exchange.pool.parameters.deposit_delay);
        self.refresh_all();
        self.execute(request)
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

/// Whether `value / shares ≥ before / shares before`; any value is worth more than a share of nothing.
fn ratio_not_below((value, shares): (i128, i128), (value_before, shares_before): (i128, i128)) -> bool {
    if shares == 0 || shares_before == 0 {
        return true;
    }
    let (whole, whole_before) = (value / shares, value_before / shares_before);
    let (rest, rest_before) = (value % shares, value_before % shares_before);
    whole > whole_before || (whole == whole_before && rest * shares_before >= rest_before * shares)
}
