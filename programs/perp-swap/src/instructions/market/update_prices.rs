use crate::context::{clock, read_oracle, write_market};
use crate::errors::{denied, refused, ExchangeError};
use crate::events::{log, PriceUpdated};
use crate::state::Exchange;
use anchor_lang::prelude::*;
use perp_engine::market::price::plan_price;
use perp_engine::units::Clock;

/// Accounts of `update_prices`.
#[derive(Accounts)]
pub struct UpdatePrices<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
}

impl UpdatePrices<'_> {
    /// # Errors
    /// None: what follows the named accounts is checked pair by pair.
    pub fn validate(&self) -> Result<()> {
        let Self { exchange: _ } = self;
        Ok(())
    }
}

/// Reads price accounts into the caches of their markets.
pub fn update_prices<'info>(ctx: Context<'info, UpdatePrices<'info>>) -> Result<()> {
    let clock = clock()?;
    let (pairs, rest) = ctx.remaining_accounts.as_chunks();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(denied(ExchangeError::PricePairs));
    }
    for [market, oracle] in pairs {
        update_price(&ctx.accounts.exchange.key(), market, oracle, clock)?;
    }
    Ok(())
}

fn update_price<'info>(
    exchange: &Pubkey,
    account: &'info AccountInfo<'info>,
    oracle: &AccountInfo<'_>,
    clock: Clock,
) -> Result<()> {
    let mut market = write_market(account, exchange)?;
    let before = market.state.price.price;

    let plan = plan_price(&market.state, &read_oracle(&market, oracle)?, clock).map_err(refused)?;
    market.state.price = plan.cache;

    log(&PriceUpdated {
        exchange: *exchange,
        time: clock.now.get(),
        market: *account.key,
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        outcome: plan.outcome,
        before: before.get(),
        after: plan.cache.price.get(),
        confidence: plan.cache.confidence.get(),
        published: plan.cache.published.get(),
        newest_published: plan.cache.newest_published.get(),
    })?;
    Ok(())
}
