//! An exchange from accounts as they lie on chain.

use crate::exchange::Exchange;
use perp_engine::units::{Clock, Timestamp};

/// The account of the cluster's clock, which every cluster has.
pub const CLOCK: perp_accounts::Pubkey =
    perp_accounts::Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// Rent of the account of a closed epoch: 6 960 lamports a byte, as every cluster asks, and 128 bytes that an account has besides.
pub const EPOCH_RENT: u64 = 6_960 * (128 + perp_accounts::EpochRecord::SPACE as u64);

impl Exchange {
    /// The exchange at `clock`, without markets, pool and accounts: [`Exchange::with_market`], [`Exchange::with_pool`] and
    /// [`Exchange::add_account`] add them.
    pub fn from_chain(exchange: &perp_accounts::Exchange, clock: Clock) -> Self {
        Self {
            quote_decimals: exchange.quote_decimals,
            market_count: exchange.market_count,
            epoch_rent: EPOCH_RENT,
            ..Self::at(exchange.state, clock)
        }
    }

    /// The exchange with a market, in place of the one of its index.
    #[must_use]
    pub fn with_market(mut self, market: &perp_accounts::Market) -> Self {
        self.put_market(market.state);
        self
    }

    /// The exchange with its pool.
    #[must_use]
    pub fn with_pool(mut self, pool: &perp_accounts::Pool) -> Self {
        self.pool = pool.state;
        self.queue = pool.queue;
        self
    }
}

/// The clock from the bytes of its account; `None` where they are too few.
pub fn read_clock(data: &[u8]) -> Option<Clock> {
    // The slot is the first of its five words, the Unix time the last.
    let word = |offset: usize| data.get(offset..offset.checked_add(8)?)?.try_into().ok();
    let (slot, now): ([u8; 8], [u8; 8]) = (word(0)?, word(32)?);
    Some(Clock { now: Timestamp::new(i64::from_le_bytes(now)), slot: u64::from_le_bytes(slot) })
}

#[cfg(test)]
mod tests;
