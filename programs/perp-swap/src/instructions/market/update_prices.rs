use crate::context::{refresh, session, write_market};
use crate::errors::{denied, ExchangeError};
use crate::events::{log, MarketMoment, PriceUpdated};
use crate::state::Exchange;
use anchor_lang::prelude::*;
use perp_engine::market::price::PriceOutcome;
use perp_engine::session::Session;

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

/// Reads price accounts into the caches of their markets and accrues funding at what they say.
pub fn update_prices<'info>(ctx: Context<'info, UpdatePrices<'info>>) -> Result<()> {
    let session = session(&ctx.accounts.exchange)?;
    let (pairs, rest) = ctx.remaining_accounts.as_chunks();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(denied(ExchangeError::PricePairs));
    }
    for [market, oracle] in pairs {
        update_price(&ctx.accounts.exchange.key(), market, oracle, &session)?;
    }
    Ok(())
}

fn update_price<'info>(
    exchange: &Pubkey,
    account: &'info AccountInfo<'info>,
    oracle: &AccountInfo<'_>,
    session: &Session,
) -> Result<()> {
    let mut market = write_market(account, exchange)?;
    let before = market.state.price.price;
    let mut ready = refresh(&mut market, Some(oracle), session)?;
    let outcome = ready.price_outcome().unwrap_or(PriceOutcome::NotNewer);

    log(&PriceUpdated {
        exchange: *exchange,
        time: session.clock.now.get(),
        market: *account.key,
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        outcome,
        before: before.get(),
        after: ready.price.price.get(),
        confidence: ready.price.confidence.get(),
        published: ready.price.published.get(),
        newest_published: ready.price.newest_published.get(),
    })?;
    Ok(())
}
