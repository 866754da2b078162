//! Steps that several instructions share: the clock, a market brought up to date, and the markets of an account's other
//! positions.

use crate::errors::{refused, ExchangeError};
use crate::state::{Market, Standing};
use anchor_lang::prelude::*;
use perp_engine::funding::accrue_if_possible;
use perp_engine::price::{plan_price, PricePlan};
use perp_engine::units::{Clock, Timestamp};
use std::cell::{Ref, RefMut};

/// The cluster's clock.
pub fn clock() -> Result<Clock> {
    let clock = anchor_lang::prelude::Clock::get()?;
    Ok(Clock { now: Timestamp::new(clock.unix_timestamp), slot: clock.slot })
}

/// Takes what the oracle says into the market's cache.
pub fn take_price(market: &mut Market, oracle: &AccountInfo<'_>, clock: Clock) -> Result<PricePlan> {
    let reading = market.read_oracle(oracle)?;
    let plan = plan_price(&market.state, &reading, clock).map_err(refused)?;
    market.state.price = plan.cache;
    Ok(plan)
}

/// First price, then funding at the new price with the old skew.
pub fn bring_up_to_date(
    market: &mut Market,
    oracle: Option<&AccountInfo<'_>>,
    standing: Standing,
    clock: Clock,
) -> Result<()> {
    if let Some(oracle) = oracle {
        take_price(market, oracle, clock)?;
    }
    market.state.books =
        accrue_if_possible(&market.state, standing.status, standing.resumed_at, clock).map_err(refused)?;
    Ok(())
}

fn loaded<'info>(account: &'info AccountInfo<'info>) -> Result<AccountLoader<'info, Market>> {
    AccountLoader::<Market>::try_from(account)
}

/// Markets of the exchange handed in after the named accounts, to be read only. Whether the transaction may write them
/// does not matter: another of its instructions may be the one that updates their prices.
pub struct Markets<'info>(Vec<Ref<'info, Market>>);

impl<'info> Markets<'info> {
    /// Checks owner, type and exchange of each.
    ///
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`].
    pub fn load(accounts: &'info [AccountInfo<'info>], exchange: &Pubkey) -> Result<Self> {
        let mut markets = Vec::with_capacity(accounts.len());
        for account in accounts {
            markets.push(read_market(account, exchange)?);
        }
        Ok(Self(markets))
    }

    pub fn states(&self) -> Vec<&perp_engine::state::Market> {
        self.0.iter().map(|market| &market.state).collect()
    }
}

fn read_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<Ref<'info, Market>> {
    // The loader only borrows from the account it wraps, which outlives it.
    loaded(account)?;
    let data = account.try_borrow_data()?;
    let market = Ref::filter_map(data, |data| bytemuck::try_from_bytes::<Market>(data.get(8..Market::SPACE)?).ok())
        .map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
    if market.exchange != *exchange {
        return Err(refused(ExchangeError::ExchangeMismatch));
    }
    Ok(market)
}

/// A market of the exchange handed in after the named accounts, to be written.
///
/// # Errors
/// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::MarketNotWritable`].
pub fn write_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<RefMut<'info, Market>> {
    if !account.is_writable {
        return Err(refused(ExchangeError::MarketNotWritable));
    }
    loaded(account)?;
    let data = account.try_borrow_mut_data()?;
    let market =
        RefMut::filter_map(data, |data| bytemuck::try_from_bytes_mut::<Market>(data.get_mut(8..Market::SPACE)?).ok())
            .map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
    if market.exchange != *exchange {
        return Err(refused(ExchangeError::ExchangeMismatch));
    }
    Ok(market)
}

/// Every market of the exchange, in index order.
///
/// # Errors
/// [`ExchangeError::MarketsMissing`] and those of [`Markets::load`].
pub fn all_markets<'info>(
    accounts: &'info [AccountInfo<'info>],
    exchange: &Pubkey,
    count: u16,
) -> Result<Markets<'info>> {
    let markets = Markets::load(accounts, exchange)?;
    let in_order = (0..count).eq(markets.0.iter().map(|market| market.state.index));
    if !in_order {
        return Err(refused(ExchangeError::MarketsMissing));
    }
    Ok(markets)
}
