//! What the database is of: an exchange, its markets, its units.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use perp_exchange::convert::Units;
use sqlx::Row;

use super::rows::{row, Rows};
use super::{Store, StoreError};

/// The exchange that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The exchange.
    pub exchange: Pubkey,
    /// Its pool.
    pub pool: Pubkey,
    /// Decimals of its quote token.
    pub quote_decimals: u8,
}

/// A market as far as its numbers cannot be read without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketRow {
    /// Its index within the exchange.
    pub market: u16,
    /// Its address.
    pub address: String,
    /// Its symbol.
    pub symbol: String,
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
}

impl MarketRow {
    /// The decimals of its numbers.
    pub fn units(&self, quote_decimals: u8) -> Units {
        Units { base_decimals: self.base_decimals, quote_decimals }
    }
}

pub(super) fn market_rows() -> Rows {
    Rows::replacing("markets", &["market"], &["market", "address", "symbol", "base_decimals"])
}

impl Store {
    /// Says what the database is of, once and for all.
    ///
    /// # Errors
    /// [`StoreError::OtherExchange`] where that has been said before, and otherwise.
    pub async fn bind(&self, scope: &Scope) -> Result<(), StoreError> {
        let facts = [
            ("program", perp_client::accounts::ID.to_string()),
            ("exchange", scope.exchange.to_string()),
            ("pool", scope.pool.to_string()),
            ("quote_decimals", scope.quote_decimals.to_string()),
        ];
        let mut connection = self.pool().acquire().await?;
        for (what, asked) in facts {
            match self.fact(what).await? {
                Some(stored) if stored == asked => {}
                Some(stored) => return Err(StoreError::OtherExchange { what: what.into(), stored, asked }),
                None => {
                    let mut rows = Rows::new("facts", &["name", "value"]);
                    rows.push(row![what, asked]);
                    rows.write(&mut connection).await?;
                }
            }
        }
        Ok(())
    }

    /// What the database is of; none before it has been bound.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scope(&self) -> Result<Option<Scope>, StoreError> {
        let facts = (self.fact("exchange").await?, self.fact("pool").await?, self.fact("quote_decimals").await?);
        let (Some(exchange), Some(pool), Some(decimals)) = facts else { return Ok(None) };
        let address = |text: String| {
            text.parse::<Pubkey>().map_err(|_| StoreError::Foreign { what: "the address", found: text.clone() })
        };
        let quote_decimals =
            decimals.parse().map_err(|_| StoreError::Foreign { what: "the number of decimals", found: decimals })?;
        Ok(Some(Scope { exchange: address(exchange)?, pool: address(pool)?, quote_decimals }))
    }

    /// Notes markets, whose listings may be older than what the node remembers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_markets(&self, markets: &[MarketRow]) -> Result<(), StoreError> {
        let mut rows = market_rows();
        for market in markets {
            rows.push(row![
                market.market,
                market.address.as_str(),
                market.symbol.as_str(),
                i64::from(market.base_decimals)
            ]);
        }
        rows.write(&mut *self.pool().acquire().await?).await
    }

    /// Every market, by its index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn markets(&self) -> Result<BTreeMap<u16, MarketRow>, StoreError> {
        let rows = sqlx::query("SELECT market, address, symbol, base_decimals FROM markets ORDER BY market")
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let (market, base_decimals): (i64, i64) = (row.try_get(0)?, row.try_get(3)?);
                let foreign = || StoreError::Foreign { what: "the market", found: market.to_string() };
                let market_index = u16::try_from(market).map_err(|_| foreign())?;
                let base_decimals = u8::try_from(base_decimals).map_err(|_| foreign())?;
                let row = MarketRow {
                    market: market_index,
                    address: row.try_get(1)?,
                    symbol: row.try_get(2)?,
                    base_decimals,
                };
                Ok((market_index, row))
            })
            .collect()
    }
}
