//! What instructions begin with: the clock, the exchange's session, a refreshed market, and the markets passed after
//! the named accounts.

use crate::errors::{refused, require, ExchangeError};
use anchor_lang::prelude::*;
use perp_accounts::{Exchange, Market};
use perp_engine::market::Ready;
use perp_engine::oracle::OracleReading;
use perp_engine::state::Account;
use perp_engine::units::{Clock, SignedSize, Timestamp};
use perp_engine::Session;
use std::cell::{Ref, RefMut};

/// The cluster's clock.
pub fn clock() -> Result<Clock> {
    let clock = anchor_lang::prelude::Clock::get()?;
    Ok(Clock { now: Timestamp::new(clock.unix_timestamp), slot: clock.slot })
}

/// The cluster's time, in Unix seconds.
pub fn now() -> Result<i64> {
    Ok(clock()?.now.get())
}

/// The exchange as this instruction finds it.
pub fn session(exchange: &AccountLoader<'_, Exchange>) -> Result<Session> {
    Ok(exchange.load()?.state.session(clock()?))
}

/// What the market's oracle says.
///
/// # Errors
/// Those about oracles.
#[cfg(feature = "oracle")]
pub fn read_oracle(market: &Market, oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    let data = oracle.try_borrow_data()?;
    perp_oracle::read_oracle(oracle.key, oracle.owner, &data, &market.oracle)
        .map_err(|rule| crate::errors::denied(rule.into()))
}

/// Nothing: this build has no reader of oracle accounts.
///
/// # Errors
/// Always.
#[cfg(not(feature = "oracle"))]
pub fn read_oracle(_market: &Market, _oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    Err(ProgramError::InvalidArgument.into())
}

/// Takes the oracle's price in, where its account is passed, and accrues funding up to now.
///
/// # Errors
/// Those about oracles, [`ExchangeError::PriceOutOfRange`].
pub fn refresh<'a>(market: &'a mut Market, oracle: Option<&AccountInfo<'_>>, session: &Session) -> Result<Ready<'a>> {
    let reading = match oracle {
        Some(oracle) => Some(read_oracle(market, oracle)?),
        None => None,
    };
    market.state.refresh(reading.as_ref(), session).map_err(refused)
}

/// Markets of the exchange passed after the named accounts, to be read only. Whether the transaction may write them
/// does not matter: another of its instructions may be the one that updates their prices.
pub struct Markets<'info>(Vec<Ref<'info, Market>>);

impl<'info> Markets<'info> {
    /// Checks owner, type and exchange of each.
    ///
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], and Anchor's for what is no market.
    pub fn load(accounts: &'info [AccountInfo<'info>], exchange: &Pubkey) -> Result<Self> {
        accounts.iter().map(|account| read_market(account, exchange)).collect::<Result<_>>().map(Self)
    }

    /// Their states, in the order in which they were passed.
    pub fn states(&self) -> impl Iterator<Item = &perp_engine::state::Market> {
        self.0.iter().map(|market| &market.state)
    }
}

fn read_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<Ref<'info, Market>> {
    AccountLoader::<Market>::try_from(account)?;
    // The loader's own borrow would end with it.
    let data = account.try_borrow_data()?;
    let market = Ref::filter_map(data, |data| bytemuck::try_from_bytes::<Market>(data.get(8..Market::SPACE)?).ok())
        .map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
    require(market.exchange == *exchange, ExchangeError::ExchangeMismatch)?;
    Ok(market)
}

/// A market of the exchange passed after the named accounts, to be written.
///
/// # Errors
/// [`ExchangeError::MarketNotWritable`], [`ExchangeError::ExchangeMismatch`], and Anchor's for what is no market.
pub fn write_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<RefMut<'info, Market>> {
    require(account.is_writable, ExchangeError::MarketNotWritable)?;
    AccountLoader::<Market>::try_from(account)?;
    let data = account.try_borrow_mut_data()?;
    let market =
        RefMut::filter_map(data, |data| bytemuck::try_from_bytes_mut::<Market>(data.get_mut(8..Market::SPACE)?).ok())
            .map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
    require(market.exchange == *exchange, ExchangeError::ExchangeMismatch)?;
    Ok(market)
}

/// The size of the position in a slot.
pub fn size_in(account: &Account, slot: usize) -> SignedSize {
    account.positions.get(slot).map_or(SignedSize::ZERO, |position| position.size)
}
