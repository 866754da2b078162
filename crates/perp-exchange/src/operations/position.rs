//! Positions: trading and settling them, and what happens when they cannot be paid for.

use super::{After, LiquidationAfter};
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::portfolio::portfolio;
use perp_engine::operations::account::check_delegated_trade;
use perp_engine::operations::position::{
    plan_liquidation, plan_redeem_claim, plan_resolve_bankruptcy, plan_settle_funding, plan_settle_pnl, plan_trade,
    plan_waive_claim, BankruptcyPlan, FundingSettlementPlan, LiquidationOrder, LiquidationPlan, Order,
    PnlSettlementPlan, RedemptionPlan, TradePlan, WaiverPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::Account;

impl Exchange {
    /// What a market order would do.
    ///
    /// # Errors
    /// Those of [`plan_trade`]; [`Refusal::NoMarket`].
    pub fn preview_trade(
        &self,
        account: &Account,
        market: u16,
        order: &Order,
        reading: Option<&OracleReading>,
    ) -> Result<After<TradePlan>, Refusal> {
        let (mut after, mut state) = (*account, *self.market(market)?);
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            plan_trade(&portfolio, &ready, order)?
        };
        plan.apply(&mut after, &mut ready);
        ready.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Fills a market order.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_trade`]; [`Refusal::NoAccount`].
    pub fn trade(
        &mut self,
        account: usize,
        market: u16,
        order: &Order,
        reading: Option<&OracleReading>,
    ) -> Result<TradePlan, Refusal> {
        let after = self.preview_trade(self.account(account)?, market, order, reading)?;
        Ok(self.store_after(account, after))
    }

    /// Fills a market order that the account's delegate sends.
    ///
    /// # Errors
    /// Those of [`Exchange::trade`] and of [`check_delegated_trade`].
    pub fn trade_as_delegate(
        &mut self,
        account: usize,
        market: u16,
        order: &Order,
        reading: Option<&OracleReading>,
    ) -> Result<TradePlan, Refusal> {
        let state = *self.account(account)?;
        let after = self.preview_trade(&state, market, order, reading)?;
        check_delegated_trade(&state.delegate, &after.market, &after.plan, self.clock.now)?;
        Ok(self.store_after(account, after))
    }

    /// What a liquidation of the account's position would do.
    ///
    /// # Errors
    /// Those of [`plan_liquidation`]; [`Refusal::NoMarket`].
    pub fn preview_liquidation(
        &self,
        account: &Account,
        liquidator: &Account,
        market: u16,
        order: &LiquidationOrder,
        reading: Option<&OracleReading>,
    ) -> Result<LiquidationAfter, Refusal> {
        let mut state = *self.market(market)?;
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            plan_liquidation(&portfolio, &ready, order)?
        };
        let (mut after, mut credited) = (*account, *liquidator);
        plan.apply(&mut after, &mut credited, &mut ready)?;
        ready.next_event();
        after.next_event();
        credited.next_event();
        Ok(LiquidationAfter { plan, account: after, liquidator: credited, market: state })
    }

    /// Closes part or all of an account's position and credits the bounty to the liquidator's account.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_liquidation`]; [`Refusal::NoAccount`], [`Refusal::SelfLiquidation`].
    pub fn liquidate(
        &mut self,
        liquidator: usize,
        account: usize,
        market: u16,
        order: &LiquidationOrder,
        reading: Option<&OracleReading>,
    ) -> Result<LiquidationPlan, Refusal> {
        if liquidator == account {
            return Err(Refusal::SelfLiquidation);
        }
        let (owing, credited) = (self.account(account)?, self.account(liquidator)?);
        let after = self.preview_liquidation(owing, credited, market, order, reading)?;
        self.begin_changes();
        self.store_account(liquidator, after.liquidator);
        self.store_account(account, after.account);
        self.store_market(after.market);
        Ok(after.plan)
    }

    /// What settling a position's funding would do.
    ///
    /// # Errors
    /// Those of [`plan_settle_funding`]; [`Refusal::NoMarket`].
    pub fn preview_settle_funding(
        &self,
        account: &Account,
        market: u16,
    ) -> Result<After<FundingSettlementPlan>, Refusal> {
        let (mut after, mut state) = (*account, *self.market(market)?);
        let mut ready = state.refresh(None, &self.session())?;
        let plan = plan_settle_funding(account, &ready)?;
        plan.ledger.apply(&mut after, &mut ready);
        ready.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Settles a position's funding.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_settle_funding`]; [`Refusal::NoAccount`].
    pub fn settle_funding(&mut self, account: usize, market: u16) -> Result<FundingSettlementPlan, Refusal> {
        let after = self.preview_settle_funding(self.account(account)?, market)?;
        Ok(self.store_after(account, after))
    }

    /// What settling a position's profit or loss would do.
    ///
    /// # Errors
    /// Those of [`plan_settle_pnl`]; [`Refusal::NoMarket`].
    pub fn preview_settle_pnl(
        &self,
        account: &Account,
        market: u16,
        reading: Option<&OracleReading>,
    ) -> Result<After<PnlSettlementPlan>, Refusal> {
        let (mut after, mut state) = (*account, *self.market(market)?);
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = plan_settle_pnl(account, &ready)?;
        plan.ledger.apply(&mut after, &mut ready);
        ready.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Turns a position's profit or loss into cash. Just before a boundary the queue pays `keeper` for it.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_settle_pnl`]; [`Refusal::NoAccount`], [`Refusal::SelfLiquidation`].
    pub fn settle_pnl(
        &mut self,
        account: usize,
        market: u16,
        reading: Option<&OracleReading>,
        keeper: Option<usize>,
    ) -> Result<PnlSettlementPlan, Refusal> {
        let Some(keeper) = keeper else {
            let after = self.preview_settle_pnl(self.account(account)?, market, reading)?;
            return Ok(self.store_after(account, after));
        };
        if keeper == account {
            return Err(Refusal::SelfLiquidation);
        }
        let session = self.session();
        let (mut after, mut credited, mut state) =
            (*self.account(account)?, *self.account(keeper)?, *self.market(market)?);
        let mut ready = state.refresh(reading, &session)?;
        let rewarded = plan_settle_pnl(&after, &ready)?.rewarded(&self.pool, ready.at_boundary.boundary, &session)?;
        rewarded.plan.ledger.apply(&mut after, &mut ready);
        credited.balance = credited.balance.checked_add(rewarded.reward)?;
        ready.next_event();
        after.next_event();
        self.begin_changes();
        self.store_account(account, after);
        self.store_market(state);
        if !rewarded.reward.is_zero() {
            credited.next_event();
            self.store_account(keeper, credited);
            self.store_pool(rewarded.pool);
        }
        Ok(rewarded.plan)
    }

    /// What redeeming a claim would do.
    ///
    /// # Errors
    /// Those of [`plan_redeem_claim`]; [`Refusal::NoMarket`].
    pub fn preview_redeem_claim(&self, account: &Account, market: u16) -> Result<After<RedemptionPlan>, Refusal> {
        let (mut after, mut state) = (*account, *self.market(market)?);
        state.keep_at_boundary(None, &self.session())?;
        let plan = plan_redeem_claim(account, &state)?;
        plan.apply(&mut after, &mut state);
        state.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Pays out what is funded of a claim.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_redeem_claim`]; [`Refusal::NoAccount`].
    pub fn redeem_claim(&mut self, account: usize, market: u16) -> Result<RedemptionPlan, Refusal> {
        let after = self.preview_redeem_claim(self.account(account)?, market)?;
        Ok(self.store_after(account, after))
    }

    /// What giving a claim up would do.
    ///
    /// # Errors
    /// Those of [`plan_waive_claim`]; [`Refusal::NoMarket`].
    pub fn preview_waive_claim(&self, account: &Account, market: u16) -> Result<After<WaiverPlan>, Refusal> {
        let (mut after, mut state) = (*account, *self.market(market)?);
        state.keep_at_boundary(None, &self.session())?;
        let plan = plan_waive_claim(account, &state)?;
        plan.apply(&mut after, &mut state);
        state.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Gives a claim up.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_waive_claim`]; [`Refusal::NoAccount`].
    pub fn waive_claim(&mut self, account: usize, market: u16) -> Result<WaiverPlan, Refusal> {
        let after = self.preview_waive_claim(self.account(account)?, market)?;
        Ok(self.store_after(account, after))
    }

    /// What resolving the account's bankruptcy in a market would do.
    ///
    /// # Errors
    /// Those of [`plan_resolve_bankruptcy`]; [`Refusal::NoMarket`].
    pub fn preview_bankruptcy(&self, account: &Account, market: u16) -> Result<After<BankruptcyPlan>, Refusal> {
        let (mut after, mut state, mut pool) = (*account, *self.market(market)?, self.pool);
        let mut ready = state.refresh(None, &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            plan_resolve_bankruptcy(&portfolio, &ready, &pool)?
        };
        plan.apply(&mut after, &mut ready, &mut pool);
        ready.next_event();
        after.next_event();
        Ok(After { plan, account: after, market: state })
    }

    /// Settles what a bankrupt account owes a market.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_bankruptcy`]; [`Refusal::NoAccount`].
    pub fn resolve_bankruptcy(&mut self, account: usize, market: u16) -> Result<BankruptcyPlan, Refusal> {
        let after = self.preview_bankruptcy(self.account(account)?, market)?;
        let plan = self.store_after(account, after);
        self.store_pool(plan.pool);
        Ok(plan)
    }

    /// Ends an operation that writes an account and a market and nothing else.
    fn store_after<P>(&mut self, account: usize, after: After<P>) -> P {
        self.begin_changes();
        self.store_account(account, after.account);
        self.store_market(after.market);
        after.plan
    }
}
