//! Markets: prices and funding, claims, insurance and fees, status and target.

use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::market::price::PriceOutcome;
use perp_engine::operations::exchange::StatusOrder;
use perp_engine::operations::market::{
    apply_delisting, apply_market_status, plan_begin_settlement, plan_delist_market, plan_fund_claims,
    plan_fund_market_insurance, plan_fund_shared_insurance, plan_market_status, plan_report_oracle_outage,
    plan_set_backing_target, plan_update_second_price, plan_withdraw_protocol_fees, SettlementPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::Market;
use perp_engine::units::Atoms;

impl Exchange {
    /// Takes a reading into a market's cache and accrues funding at it.
    ///
    /// # Errors
    /// Those of [`plan_price`](perp_engine::market::price::plan_price); [`Refusal::NoMarket`].
    pub fn update_price(&mut self, market: u16, reading: &OracleReading) -> Result<PriceOutcome, Refusal> {
        let session = self.session();
        let mut state = *self.market(market)?;
        let outcome = state.refresh(Some(reading), &session)?.price_outcome().unwrap_or(PriceOutcome::NotNewer);
        self.finish_market(state);
        Ok(outcome)
    }

    /// Keeps a reading of a market's second source where it is newer, and says what became of it.
    ///
    /// # Errors
    /// Those of [`plan_update_second_price`]; [`Refusal::NoMarket`].
    pub fn update_second_price(&mut self, market: u16, reading: &OracleReading) -> Result<PriceOutcome, Refusal> {
        let mut state = *self.market(market)?;
        state.keep_at_boundary(Some(reading.publish_time()), &self.session())?;
        let plan = plan_update_second_price(&state, reading, self.clock)?;
        state.second_price = plan.second_price;
        self.finish_market(state);
        Ok(plan.outcome)
    }

    /// Notes that no valid price arrives.
    ///
    /// # Errors
    /// Those of [`plan_report_oracle_outage`]; [`Refusal::NoMarket`].
    pub fn report_oracle_outage(&mut self, market: u16) -> Result<(), Refusal> {
        let mut state = *self.market(market)?;
        state.price = plan_report_oracle_outage(&state, self.clock)?;
        self.finish_market(state);
        Ok(())
    }

    /// Accrues funding up to now and returns the seconds accrued.
    ///
    /// # Errors
    /// What kept it from accruing; [`Refusal::NoMarket`].
    pub fn update_funding(&mut self, market: u16, reading: Option<&OracleReading>) -> Result<u64, Refusal> {
        let mut state = *self.market(market)?;
        let accrual = state.refresh(reading, &self.session())?.accrual();
        let (seconds, _) = accrual.done(&state, self.clock)?;
        self.finish_market(state);
        Ok(seconds)
    }

    /// Announces the end of a market.
    ///
    /// # Errors
    /// Those of [`plan_delist_market`]; [`Refusal::NoMarket`].
    pub fn delist_market(&mut self, market: u16) -> Result<(), Refusal> {
        let session = self.session();
        let mut state = *self.market(market)?;
        let mut ready = state.refresh(None, &session)?;
        let plan = plan_delist_market(&ready)?;
        apply_delisting(&mut ready, plan);
        self.finish_market(state);
        Ok(())
    }

    /// Moves a market to settlement at its final price.
    ///
    /// # Errors
    /// Those of [`plan_begin_settlement`]; [`Refusal::NoMarket`].
    pub fn begin_settlement(&mut self, market: u16) -> Result<SettlementPlan, Refusal> {
        let session = self.session();
        let mut state = *self.market(market)?;
        let mut ready = state.refresh(None, &session)?;
        let plan = plan_begin_settlement(&ready)?;
        plan.apply(&mut ready);
        self.finish_market(state);
        Ok(plan)
    }

    /// Sets backing aside for claims and returns how much.
    ///
    /// # Errors
    /// Those of [`plan_fund_claims`]; [`Refusal::NoMarket`].
    pub fn fund_claims(&mut self, market: u16) -> Result<Atoms, Refusal> {
        let mut state = *self.market(market)?;
        state.keep_at_boundary(None, &self.session())?;
        let plan = plan_fund_claims(&state, self.clock)?;
        state.ledger = plan.ledger;
        self.finish_market(state);
        Ok(plan.funded)
    }

    /// Pays into the insurance of a market, or into the shared one where none is named.
    ///
    /// # Errors
    /// `AmountZero`, `Overflow`; [`Refusal::NoMarket`].
    pub fn fund_insurance(&mut self, market: Option<u16>, amount: Atoms) -> Result<(), Refusal> {
        let vault = self.vault.checked_add(amount)?;
        match market {
            Some(market) => {
                let mut state = *self.market(market)?;
                state.ledger = plan_fund_market_insurance(&state, amount)?;
                self.finish_market(state);
            }
            None => {
                let pool = plan_fund_shared_insurance(&self.pool, amount)?;
                self.begin_changes();
                self.store_pool(pool);
            }
        }
        self.vault = vault;
        Ok(())
    }

    /// Takes the protocol's part of a market's fees out and returns it.
    ///
    /// # Errors
    /// `NoProtocolFees`; [`Refusal::NoMarket`].
    pub fn withdraw_protocol_fees(&mut self, market: u16) -> Result<Atoms, Refusal> {
        let mut state = *self.market(market)?;
        let plan = plan_withdraw_protocol_fees(&state)?;
        let vault = self.vault.checked_sub(plan.amount)?;
        state.ledger = plan.ledger;
        self.vault = vault;
        self.finish_market(state);
        Ok(plan.amount)
    }

    /// Sets where a market's backing is moved to.
    ///
    /// # Errors
    /// `Overflow`; [`Refusal::NoMarket`].
    pub fn set_backing_target(&mut self, market: u16, target: Atoms) -> Result<(), Refusal> {
        let mut state = *self.market(market)?;
        state.target_backing = plan_set_backing_target(target)?;
        self.finish_market(state);
        Ok(())
    }

    /// Sets a market's status as that role may. Funding accrues first.
    ///
    /// # Errors
    /// Those of [`plan_market_status`]; [`Refusal::NoMarket`].
    pub fn set_market_status(&mut self, market: u16, order: &StatusOrder) -> Result<(), Refusal> {
        let mut state = *self.market(market)?;
        let restriction = plan_market_status(&state, order, self.clock.now)?;
        apply_market_status(&mut state.refresh(None, &self.session())?, restriction);
        self.finish_market(state);
        Ok(())
    }

    /// Ends an operation that writes one market and nothing else.
    fn finish_market(&mut self, mut market: Market) {
        self.begin_changes();
        market.next_event();
        self.store_market(market);
    }
}
