use crate::access::{check_exchange, check_pool};
use crate::context::{keep, read_anywhere, refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, MarketValued, ValuationOutcome};
use crate::lamports::move_lamports;
use crate::state::{Exchange, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::{value_market as value, MarketValue, Valuation};

/// Accounts of `value_market`.
#[derive(Accounts)]
pub struct ValueMarket<'info> {
    /// Anybody; receives what the requests pay for it.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Any account of the market's oracle program that holds a reading of its feed; none where no reading is needed.
    /// CHECK: the oracle reader checks owner, layout and feed against the market's binding, and a legacy account's address.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl ValueMarket<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { caller: _, exchange, pool, market, oracle: _ } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Finds what a market was worth at the boundary that the exchange waits for.
pub fn value_market(ctx: Context<ValueMarket>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut pool = accounts.pool.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let reading = match &accounts.oracle {
        Some(oracle) => Some(read_anywhere(&market.oracle, oracle)?),
        None => None,
    };

    let state = MarketMoment::next(&mut refresh(&mut market, None, &session)?);
    keep(&mut pool, &*accounts.exchange.load()?, &session)?;
    let before = pool.state.epoch;
    let valuation = value(&mut pool.state, &mut market.state, reading.as_ref(), &session).map_err(refused)?;
    let (outcome, MarketValue { lower, upper, unsettled }, lamports) = match valuation {
        Valuation::Valued { value, lamports } => (ValuationOutcome::Valued, value, lamports),
        Valuation::Noted => (ValuationOutcome::Noted, MarketValue::default(), 0),
        Valuation::NotEarlier => (ValuationOutcome::NotEarlier, MarketValue::default(), 0),
    };

    let epoch = pool.state.epoch;
    log(&MarketValued {
        exchange: market.exchange,
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: market.state.index,
        state,
        pool_sequence: pool.state.next_event(),
        boundary: session.boundary.get(),
        caller: accounts.caller.key(),
        outcome,
        published: reading.map_or(0, |reading| reading.publish_time()),
        lower: lower.get(),
        upper: upper.get(),
        unsettled: unsettled.get(),
        lower_before: before.lower.get(),
        lower_after: epoch.lower.get(),
        upper_before: before.upper.get(),
        upper_after: epoch.upper.get(),
        unsettled_before: before.unsettled.get(),
        unsettled_after: epoch.unsettled.get(),
        markets: epoch.markets,
        valued: epoch.valued,
        lamports,
    })?;
    move_lamports(accounts.pool.as_ref(), &accounts.caller, lamports)
}
