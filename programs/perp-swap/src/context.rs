//! What instructions begin with: the clock, the exchange's session, a refreshed market, and the markets passed after
//! the named accounts.

use crate::errors::{refused, require, ExchangeError};
use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use perp_accounts::oracle::OracleBinding;
use perp_accounts::{Exchange, Market, Pool};
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

/// What an oracle account says to a market bound so.
///
/// # Errors
/// Those about oracles.
#[cfg(feature = "oracle")]
pub fn read_oracle(binding: &OracleBinding, oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    let data = oracle.try_borrow_data()?;
    perp_oracle::read_oracle(oracle.key, oracle.owner, &data, binding)
        .map_err(|rule| crate::errors::denied(rule.into()))
}

/// What an oracle account says to a market bound so, wherever a reading of its feed lies.
///
/// # Errors
/// Those about oracles.
#[cfg(feature = "oracle")]
pub fn read_anywhere(binding: &OracleBinding, oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    let data = oracle.try_borrow_data()?;
    perp_oracle::read_anywhere(oracle.key, oracle.owner, &data, binding)
        .map_err(|rule| crate::errors::denied(rule.into()))
}

/// Nothing: this build has no reader of oracle accounts.
///
/// # Errors
/// Always.
#[cfg(not(feature = "oracle"))]
pub fn read_anywhere(_binding: &OracleBinding, _oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    Err(ProgramError::InvalidArgument.into())
}

/// Nothing: this build has no reader of oracle accounts.
///
/// # Errors
/// Always.
#[cfg(not(feature = "oracle"))]
pub fn read_oracle(_binding: &OracleBinding, _oracle: &AccountInfo<'_>) -> Result<OracleReading> {
    Err(ProgramError::InvalidArgument.into())
}

/// Takes the oracle's price in, where its account is passed, and accrues funding up to now.
///
/// # Errors
/// Those about oracles, [`ExchangeError::PriceOutOfRange`].
pub fn refresh<'a>(market: &'a mut Market, oracle: Option<&AccountInfo<'_>>, session: &Session) -> Result<Ready<'a>> {
    let reading = match oracle {
        Some(oracle) => Some(read_oracle(&market.oracle, oracle)?),
        None => None,
    };
    market.state.refresh(reading.as_ref(), session).map_err(refused)
}

/// Reads the market's feed wherever a reading of it lies, and accrues funding up to now. The price is taken in where the market is
/// not bound to another account.
///
/// # Errors
/// Those of [`refresh`].
pub fn refresh_anywhere<'a>(
    market: &'a mut Market,
    oracle: &AccountInfo<'_>,
    session: &Session,
) -> Result<(Ready<'a>, OracleReading)> {
    let reading = read_anywhere(&market.oracle, oracle)?;
    let bound = market.oracle.account;
    let taken_in = (bound == Pubkey::default() || bound == *oracle.key).then_some(&reading);
    let ready = market.state.refresh(taken_in, session).map_err(refused)?;
    Ok((ready, reading))
}

/// Keeps the pool as it stands, once, when the boundary that the exchange waits for has come: before its cash moves, and before
/// anything is added to its queue.
///
/// # Errors
/// [`ExchangeError::Overflow`].
pub fn keep(pool: &mut Pool, exchange: &Exchange, session: &Session) -> Result<()> {
    pool.state.keep_at_boundary(&mut pool.queue, exchange.market_count, session).map_err(refused)
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
        let mut markets = Vec::with_capacity(accounts.len());
        for account in accounts {
            markets.push(read_market(account, exchange)?);
        }
        Ok(Self(markets))
    }

    /// Their states, in the order in which they were passed.
    pub fn states(&self) -> impl Iterator<Item = &perp_engine::state::Market> + Clone {
        self.0.iter().map(|market| &market.state)
    }
}

fn read_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<Ref<'info, Market>> {
    let market = Ref::filter_map(account.try_borrow_data()?, |data| {
        let bytes = data.get(8..Market::SPACE).filter(|_| is_market(account, data))?;
        bytemuck::try_from_bytes::<Market>(bytes).ok()
    });
    let market = market.map_err(|_| no_market(account))?;
    require(market.exchange == *exchange, ExchangeError::ExchangeMismatch)?;
    Ok(market)
}

/// A market of the exchange passed after the named accounts, to be written.
///
/// # Errors
/// [`ExchangeError::MarketNotWritable`], [`ExchangeError::ExchangeMismatch`], and Anchor's for what is no market.
pub fn write_market<'info>(account: &'info AccountInfo<'info>, exchange: &Pubkey) -> Result<RefMut<'info, Market>> {
    require(account.is_writable, ExchangeError::MarketNotWritable)?;
    let market = RefMut::filter_map(account.try_borrow_mut_data()?, |data| {
        if !is_market(account, data) {
            return None;
        }
        bytemuck::try_from_bytes_mut::<Market>(data.get_mut(8..Market::SPACE)?).ok()
    });
    // Anchor reads what is held for writing until then.
    let market = market.map_err(drop).map_err(|()| no_market(account))?;
    require(market.exchange == *exchange, ExchangeError::ExchangeMismatch)?;
    Ok(market)
}

/// What Anchor's loader checks, at once.
fn is_market(account: &AccountInfo<'_>, data: &[u8]) -> bool {
    *account.owner == crate::ID && data.starts_with(Market::DISCRIMINATOR)
}

/// What Anchor says of an account that is no market.
#[cold]
#[inline(never)]
fn no_market<'info>(account: &'info AccountInfo<'info>) -> Error {
    match AccountLoader::<Market>::try_from(account) {
        Err(error) => error,
        Ok(_) => ErrorCode::AccountDidNotDeserialize.into(),
    }
}

/// The size of the position in a slot.
pub fn size_in(account: &Account, slot: usize) -> SignedSize {
    account.positions.get(slot).map_or(SignedSize::ZERO, |position| position.size)
}
