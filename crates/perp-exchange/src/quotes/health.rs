use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::risk::portfolio::{Health, Portfolio};
use perp_engine::state::Account;
use perp_engine::EngineError;

/// An account's equity and requirements once `update_funding` has been sent for all its markets. An operation accrues only
/// the market it touches and sees the others as last accrued: what it will do, a preview tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountHealth {
    /// Equity at valid prices and maintenance margin: liquidatable when below.
    pub maintenance: Health,
    /// Equity at adverse prices and initial margin. The error says why neither an increase nor a withdrawal is possible at
    /// present.
    pub initial: Result<Health, EngineError>,
}

impl Exchange {
    /// Equity, maintenance margin and initial margin, with all funding accrued.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `LegStale` where a price is too old to judge the account by.
    pub fn health(&self, account: &Account) -> Result<AccountHealth, Refusal> {
        let markets = self.accrued_markets(account, None)?;
        let portfolio = Portfolio::new(account, None, &markets, self.clock)?;
        Ok(AccountHealth { maintenance: portfolio.maintenance_health()?, initial: portfolio.initial_health() })
    }
}
