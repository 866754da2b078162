use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::portfolio::portfolio;
use alloc::vec::Vec;
use perp_engine::risk::portfolio::{Health, Portfolio};
use perp_engine::state::{Account, Market};
use perp_engine::EngineError;

/// An account's equity and requirements once `update_funding` has been sent for all its markets. An operation accrues only
/// the market it touches and sees the others as last accrued: what it will do, a preview tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountHealth {
    /// Equity and the margin demanded: liquidatable when below.
    pub maintenance: Health,
    /// The same with only cash counted: below it somebody may be paid for settling its profits.
    pub on_cash: Health,
    /// Equity at adverse prices and initial margin: what an increase and a withdrawal must leave.
    pub initial: Health,
}

impl AccountHealth {
    pub(crate) fn of(portfolio: &Portfolio<'_>) -> Result<Self, EngineError> {
        Ok(Self {
            maintenance: portfolio.maintenance_health()?,
            on_cash: portfolio.health_on_cash()?,
            initial: portfolio.initial_health()?,
        })
    }
}

impl Exchange {
    /// Equity, maintenance margin and initial margin, with all funding accrued.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn health(&self, account: &Account) -> Result<AccountHealth, Refusal> {
        let markets = self.accrued_markets(account, None)?;
        let markets: Vec<&Market> = markets.iter().collect();
        Ok(AccountHealth::of(&portfolio(account, None, &markets, self.clock)?)?)
    }
}
