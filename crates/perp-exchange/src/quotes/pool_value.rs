use crate::error::Refusal;
use crate::exchange::Exchange;
use alloc::vec::Vec;
use perp_engine::operations::liquidity::{pool_value_ceil, pool_value_floor, Valuation};
use perp_engine::state::Market;
use perp_engine::units::{Atoms, Timestamp};
use perp_engine::EngineError;

/// What the pool is worth at least and at most: shares are sold at the first and bought at the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolValue {
    /// What shares are redeemed at.
    pub lower: Atoms,
    /// What shares are issued at. The error says why nobody can deposit at present.
    pub upper: Result<Atoms, EngineError>,
}

impl Exchange {
    /// What the pool is worth. Every market of the exchange must be here.
    ///
    /// # Errors
    /// Those of [`pool_value_floor`].
    pub fn pool_value(&self) -> Result<PoolValue, Refusal> {
        let markets: Vec<&Market> = self.markets.iter().collect();
        let valuation = Valuation { session: self.session(), published_from: Timestamp::NEVER };
        Ok(PoolValue {
            lower: pool_value_floor(&self.pool, &markets, self.market_count, &valuation)?,
            upper: pool_value_ceil(&self.pool, &markets, self.market_count, &valuation),
        })
    }
}
