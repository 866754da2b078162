//! What anybody may ask: nothing is written, and the answer is the return data.

mod attest_solvency;
mod view_funding;
mod view_health;
mod view_liquidation_price;
mod view_market;
mod view_position;
mod view_trade;

pub use attest_solvency::*;
pub use view_funding::*;
pub use view_health::*;
pub use view_liquidation_price::*;
pub use view_market::*;
pub use view_position::*;
pub use view_trade::*;

use crate::access::check_exchange;
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;

/// Accounts of a view of a margin account.
#[derive(Accounts)]
pub struct ViewAccount<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl ViewAccount<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account } = self;
        check_exchange(exchange, &margin_account.load()?.exchange)
    }
}

/// Accounts of a view of a market.
#[derive(Accounts)]
pub struct ViewMarket<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the last valid price counts.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl ViewMarket<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market, oracle: _ } = self;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Accounts of a view of a margin account in one market.
#[derive(Accounts)]
pub struct ViewPosition<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market.
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the last valid price counts.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl ViewPosition<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, market, oracle: _ } = self;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// A market that a view may bring up to now.
struct Scratch(Vec<Market>);

impl Scratch {
    /// A copy in the heap: a frame of the stack has 4096 bytes.
    fn of(market: &AccountLoader<'_, Market>) -> Result<Self> {
        Ok(Self(std::slice::from_ref(&*market.load()?).to_vec()))
    }

    /// The copy.
    fn market(&mut self) -> Result<&mut Market> {
        self.0.first_mut().ok_or_else(|| ErrorCode::AccountDidNotDeserialize.into())
    }
}
