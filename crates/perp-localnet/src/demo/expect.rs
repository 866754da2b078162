//! What each verb is expected to do to the exchange, by the engine: the demo compares the chain with it.

use bytemuck::Zeroable;
use perp_client::quote::{preview_bankruptcy, preview_liquidation, preview_trade, preview_withdrawal, TradePreview};
use perp_engine::bankruptcy::BankruptcyPlan;
use perp_engine::funding::{plan_funding, FundingPlan};
use perp_engine::insurance::{plan_fund_market_insurance, plan_fund_shared_insurance};
use perp_engine::liquidation::{LiquidationOrder, LiquidationPlan};
use perp_engine::liquidity::{
    plan_allocate_backing, plan_execute_deposit, plan_execute_withdrawal, plan_request_deposit,
    plan_request_withdrawal, AllocationPlan, DepositPlan, Executor, WithdrawalPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::settlement::{
    plan_fund_claims, plan_redeem_claim, plan_settle_funding, plan_settle_pnl, FundClaimsPlan, SettlementPlan,
};
use perp_engine::state::{AccountKind, Market};
use perp_engine::trade::Order;
use perp_engine::units::Atoms;
use perp_engine::EngineError;
use perp_swap::instructions::RequestArguments;
use perp_swap::state::{LiquidityRequest, MarginAccount, Standing};
use solana_pubkey::Pubkey;

use crate::demo::world::World;
use crate::demo::DemoError;

impl World {
    fn standing(&self) -> Standing {
        self.exchange.standing(self.clock.now)
    }

    fn pay_in(&mut self, wallet: &'static str, amount: Atoms) -> Result<(), DemoError> {
        let purse = self.purses.entry(wallet).or_default();
        purse.usdc = purse.usdc.minus(amount)?;
        self.vault = self.vault.plus(amount)?;
        Ok(())
    }

    fn pay_out(&mut self, wallet: &'static str, amount: Atoms) -> Result<(), DemoError> {
        let purse = self.purses.entry(wallet).or_default();
        purse.usdc = purse.usdc.plus(amount)?;
        self.vault = self.vault.minus(amount)?;
        Ok(())
    }

    fn credit(&mut self, account: &Pubkey, amount: Atoms) -> Result<(), DemoError> {
        let account = self.accounts.get_mut(account).ok_or(DemoError::Absent { expected: "margin account" })?;
        account.state.balance = account.state.balance.plus(amount)?;
        Ok(())
    }

    /// The market's price becomes `reading` and its funding accrues.
    pub fn update_funding(&mut self, market: u16, reading: &OracleReading) -> Result<FundingPlan, DemoError> {
        let Standing { status, resumed_at } = self.standing();
        let mut snapshot = self.snapshot();
        snapshot.take_price(market, reading)?;
        let state = *snapshot.market(market)?;
        let plan = plan_funding(&state, status, resumed_at, self.clock)?;
        self.market_mut(market)?.state = Market { books: plan.books, ..state };
        Ok(plan)
    }

    /// A margin account comes to be, empty.
    pub fn open_account(&mut self, address: Pubkey, isolated_market: Option<u16>) {
        let mut account = MarginAccount::zeroed();
        account.state.kind = if isolated_market.is_some() { AccountKind::Isolated } else { AccountKind::Cross } as u8;
        account.state.isolated_market = isolated_market.unwrap_or(0);
        self.accounts.insert(address, account);
    }

    /// An empty account ceases to be.
    pub fn close_account(&mut self, address: &Pubkey) -> Result<(), DemoError> {
        if !self.account(address).is_empty() {
            return Err(EngineError::AccountNotEmpty.into());
        }
        self.accounts.remove(address);
        Ok(())
    }

    /// Tokens of a wallet become an account's balance.
    pub fn deposit(&mut self, wallet: &'static str, account: &Pubkey, amount: Atoms) -> Result<(), DemoError> {
        self.pay_in(wallet, amount)?;
        self.credit(account, amount)
    }

    /// The reverse, as far as the account's margin allows.
    pub fn withdraw(&mut self, wallet: &'static str, account: &Pubkey, amount: Atoms) -> Result<(), DemoError> {
        let plan = preview_withdrawal(&self.snapshot(), &self.account(account), amount)?;
        if let Some(account) = self.accounts.get_mut(account) {
            account.state.balance = plan.balance;
        }
        self.pay_out(wallet, amount)
    }

    /// A market order is filled.
    pub fn trade(&mut self, account: &Pubkey, market: u16, order: &Order) -> Result<TradePreview, DemoError> {
        let preview = preview_trade(&self.snapshot(), &self.account(account), market, order)?;
        if let Some(account) = self.accounts.get_mut(account) {
            account.state = preview.account;
        }
        self.market_mut(market)?.state = preview.market;
        Ok(preview)
    }

    /// Applies a plan for one position of an account and its market.
    fn settle(
        &mut self,
        account: &Pubkey,
        market: u16,
        plan: impl FnOnce(&Self, &Market) -> Result<SettlementPlan, EngineError>,
    ) -> Result<SettlementPlan, DemoError> {
        let plan = plan(self, &self.market(market).state)?;
        let mut state = self.account(account);
        plan.ledger.apply(plan.slot, &mut state, &mut self.market_mut(market)?.state);
        if let Some(account) = self.accounts.get_mut(account) {
            account.state = state;
        }
        Ok(plan)
    }

    /// A position's funding becomes cash.
    pub fn settle_funding(&mut self, account: &Pubkey, market: u16) -> Result<SettlementPlan, DemoError> {
        self.settle(account, market, |world, market| {
            plan_settle_funding(&world.account(account), market, world.standing().status, world.clock)
        })
    }

    /// A position's profit or loss becomes cash.
    pub fn settle_pnl(&mut self, account: &Pubkey, market: u16) -> Result<SettlementPlan, DemoError> {
        self.settle(account, market, |world, market| {
            plan_settle_pnl(&world.account(account), market, world.standing().status, world.clock)
        })
    }

    /// What is set aside for a claim becomes balance.
    pub fn redeem_claim(&mut self, account: &Pubkey, market: u16) -> Result<SettlementPlan, DemoError> {
        self.settle(account, market, |world, market| plan_redeem_claim(&world.account(account), market))
    }

    /// Backing is set aside for claims.
    pub fn fund_claims(&mut self, market: u16) -> Result<FundClaimsPlan, DemoError> {
        let market = self.market_mut(market)?;
        let plan = plan_fund_claims(&market.state)?;
        market.state.books = plan.books;
        Ok(plan)
    }

    /// A position is closed in part or whole, and the bounty becomes `liquidator`'s balance.
    pub fn liquidate(
        &mut self,
        liquidator: &Pubkey,
        account: &Pubkey,
        market: u16,
        order: LiquidationOrder,
    ) -> Result<LiquidationPlan, DemoError> {
        let mut state = self.account(account);
        let plan = preview_liquidation(&self.snapshot(), &state, market, order)?;
        plan.ledger.apply(plan.slot, &mut state, &mut self.market_mut(market)?.state);
        if let Some(account) = self.accounts.get_mut(account) {
            account.state = state;
        }
        self.credit(liquidator, plan.penalty.bounty)?;
        Ok(plan)
    }

    /// What a bankrupt account owes a market is paid or written off.
    pub fn resolve_bankruptcy(&mut self, account: &Pubkey, market: u16) -> Result<BankruptcyPlan, DemoError> {
        let preview = preview_bankruptcy(&self.snapshot(), &self.pool, &self.account(account), market)?;
        for changed in preview.markets {
            self.market_mut(changed.index)?.state = changed;
        }
        self.pool = preview.plan.pool;
        if let Some(account) = self.accounts.get_mut(account) {
            account.state = preview.account;
        }
        Ok(preview.plan)
    }

    /// Into the market's insurance, or the shared one where `market` is none.
    pub fn fund_insurance(
        &mut self,
        wallet: &'static str,
        market: Option<u16>,
        amount: Atoms,
    ) -> Result<(), DemoError> {
        self.pay_in(wallet, amount)?;
        match market {
            Some(market) => {
                let market = self.market_mut(market)?;
                market.state.books = plan_fund_market_insurance(&market.state, amount)?;
            }
            None => self.pool = plan_fund_shared_insurance(&self.pool, amount)?,
        }
        Ok(())
    }

    /// Where `allocate_backing` moves a market's backing to.
    pub fn set_backing_target(&mut self, market: u16, target: Atoms) -> Result<(), DemoError> {
        self.market_mut(market)?.state.target_backing = target;
        Ok(())
    }

    /// Cash moves between the pool and a market's backing.
    pub fn allocate_backing(&mut self, market: u16) -> Result<AllocationPlan, DemoError> {
        let plan = plan_allocate_backing(&self.pool, &self.market(market).state, self.standing().status, self.clock)?;
        self.pool = plan.pool;
        self.market_mut(market)?.state.books = plan.books;
        Ok(plan)
    }

    /// The fees of a market leave for a wallet.
    pub fn withdraw_protocol_fees(&mut self, wallet: &'static str, market: u16) -> Result<Atoms, DemoError> {
        let books = &mut self.market_mut(market)?.state.books;
        let fees = std::mem::take(&mut books.protocol_fees);
        self.pay_out(wallet, fees)?;
        Ok(fees)
    }

    /// Tokens enter the escrow.
    pub fn request_deposit(
        &mut self,
        wallet: &'static str,
        address: Pubkey,
        arguments: &RequestArguments,
    ) -> Result<(), DemoError> {
        let plan = plan_request_deposit(&self.pool, arguments.amount, arguments.minimum_output, self.clock)?;
        self.pool = plan.pool;
        self.requests.insert(address, LiquidityRequest { state: plan.request, ..Zeroable::zeroed() });
        self.pay_in(wallet, arguments.amount)
    }

    /// Shares enter the escrow.
    pub fn request_withdrawal(
        &mut self,
        wallet: &'static str,
        address: Pubkey,
        arguments: &RequestArguments,
    ) -> Result<(), DemoError> {
        let RequestArguments { amount, minimum_output, .. } = *arguments;
        let purse = self.purses.entry(wallet).or_default();
        let plan = plan_request_withdrawal(&self.pool, amount, purse.shares, minimum_output, self.clock)?;
        purse.shares = purse.shares.minus(amount)?;
        self.share_escrow = self.share_escrow.plus(amount)?;
        self.pool = plan.pool;
        self.requests.insert(address, LiquidityRequest { state: plan.request, ..Zeroable::zeroed() });
        Ok(())
    }

    fn market_states(&self) -> Vec<&Market> {
        self.markets.iter().map(|market| &market.state).collect()
    }

    /// The escrowed tokens become the pool's, and shares `wallet`'s.
    pub fn execute_deposit(&mut self, wallet: &'static str, address: &Pubkey) -> Result<DepositPlan, DemoError> {
        let Standing { status, resumed_at } = self.standing();
        let request = self.request(address)?.state;
        let plan = plan_execute_deposit(&self.pool, &self.market_states(), &request, status, resumed_at, self.clock)?;
        self.pool = plan.pool;
        self.requests.remove(address);
        let purse = self.purses.entry(wallet).or_default();
        purse.shares = purse.shares.plus(plan.shares_out)?;
        Ok(plan)
    }

    /// Escrowed shares cease to exist, and tokens go to `wallet`.
    pub fn execute_withdrawal(&mut self, wallet: &'static str, address: &Pubkey) -> Result<WithdrawalPlan, DemoError> {
        let Standing { status, resumed_at } = self.standing();
        let request = self.request(address)?;
        let plan = plan_execute_withdrawal(
            &self.pool,
            &self.market_states(),
            &request.state,
            Executor::Anybody,
            status,
            resumed_at,
            self.clock,
        )?;
        self.pool = plan.pool;
        match plan.request_left {
            Some(state) => self.requests.insert(*address, LiquidityRequest { state, ..request }),
            None => self.requests.remove(address),
        };
        self.share_escrow = self.share_escrow.minus(plan.burned)?;
        self.pay_out(wallet, plan.paid)?;
        Ok(plan)
    }
}
