//! Margin accounts: opening and closing them, collateral in and out.

use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::portfolio::portfolio;
use perp_engine::operations::account::{
    check_closable, plan_delegate_limits, plan_deposit, plan_margined_withdrawal, plan_withdrawal, DepositPlan,
    WithdrawalPlan,
};
use perp_engine::state::{Account, DelegateLimits};
use perp_engine::units::Atoms;

impl Exchange {
    /// Opens a margin account, isolated where a market is named, and returns its number.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn open_account(&mut self, isolated_market: Option<u16>) -> Result<usize, Refusal> {
        if let Some(market) = isolated_market {
            self.market(market)?;
        }
        let mut state = Account::opened(isolated_market);
        state.next_event();
        self.begin_changes();
        let account = self.add_account(state);
        self.changes.accounts.push(account);
        Ok(account)
    }

    /// Closes a margin account that holds nothing and owes nothing, once the account of its orders is closed.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], `AccountNotEmpty`.
    pub fn close_account(&mut self, account: usize) -> Result<(), Refusal> {
        check_closable(self.account(account)?)?;
        self.begin_changes();
        self.store_account(account, Account::opened(None));
        self.closed[account] = true;
        Ok(())
    }

    /// Puts collateral in.
    ///
    /// # Errors
    /// Those of [`plan_deposit`]; [`Refusal::NoAccount`].
    pub fn deposit(&mut self, account: usize, amount: Atoms) -> Result<DepositPlan, Refusal> {
        let mut state = *self.account(account)?;
        let plan = plan_deposit(&state, amount)?;
        let vault = self.vault.checked_add(amount)?;
        plan.apply(&mut state);
        state.next_event();
        self.begin_changes();
        self.vault = vault;
        self.store_account(account, state);
        Ok(plan)
    }

    /// Sets what the account's delegate may do at most.
    ///
    /// # Errors
    /// Those of [`plan_delegate_limits`]; [`Refusal::NoAccount`].
    pub fn set_delegate_limits(&mut self, account: usize, limits: &DelegateLimits) -> Result<(), Refusal> {
        let mut state = *self.account(account)?;
        state.delegate = plan_delegate_limits(limits)?;
        state.next_event();
        self.begin_changes();
        self.store_account(account, state);
        Ok(())
    }

    /// What a withdrawal would do.
    ///
    /// # Errors
    /// Those of [`plan_withdrawal`] or [`plan_margined_withdrawal`]; [`Refusal::NoMarket`].
    pub fn preview_withdrawal(&self, account: &Account, amount: Atoms) -> Result<WithdrawalPlan, Refusal> {
        if !account.has_open_position() {
            return Ok(plan_withdrawal(account, amount, self.clock.now)?);
        }
        let portfolio = portfolio(account, None, &self.others(account, None)?, self.clock)?;
        Ok(plan_margined_withdrawal(&portfolio, amount, &self.session())?)
    }

    /// Takes collateral out.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_withdrawal`]; [`Refusal::NoAccount`].
    pub fn withdraw(&mut self, account: usize, amount: Atoms) -> Result<WithdrawalPlan, Refusal> {
        let mut state = *self.account(account)?;
        let plan = self.preview_withdrawal(&state, amount)?;
        let vault = self.vault.checked_sub(amount)?;
        plan.apply(&mut state);
        state.next_event();
        self.begin_changes();
        self.vault = vault;
        self.store_account(account, state);
        Ok(plan)
    }
}
