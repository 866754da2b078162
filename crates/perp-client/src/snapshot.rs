//! What was fetched of an exchange at one moment, for previews by the program's own engine.

use crate::errors::describe;
use anchor_lang::prelude::Pubkey;
use perp_engine::funding::accrue_if_possible;
use perp_engine::oracle::OracleReading;
use perp_engine::portfolio::Portfolio;
use perp_engine::price::plan_price;
use perp_engine::state::{Account, Market};
use perp_engine::units::Clock;
use perp_engine::EngineError;
use perp_swap::oracle::{read_oracle, OracleError};
use perp_swap::state::{Exchange, OracleArguments, Standing};
use std::collections::BTreeMap;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("market {market} is not in the snapshot: fetch it and add it")]
    MarketMissing { market: u16 },
    /// What the program would say, with the numbers.
    #[error("{}", describe(*.0))]
    Refused(#[from] EngineError),
}

/// What an oracle account says to a market, by the program's own reader.
///
/// # Errors
/// The first rule of [`read_oracle`] the account breaks.
pub fn oracle_reading(
    market: &perp_swap::state::Market,
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<OracleReading, OracleError> {
    let binding = OracleArguments {
        kind: market.oracle_kind,
        program: market.oracle_program,
        account: market.oracle_account,
        feed_id: market.feed_id,
    };
    read_oracle(address, owner, data, &binding.binding()?)
}

/// An exchange and some of its markets at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Status of the exchange in force at `clock`.
    pub standing: Standing,
    pub clock: Clock,
    markets: BTreeMap<u16, Market>,
}

impl Snapshot {
    /// The exchange at `clock`, without markets.
    pub fn new(exchange: &Exchange, clock: Clock) -> Self {
        Self { standing: exchange.standing(clock.now), clock, markets: BTreeMap::new() }
    }

    /// Adds a market, or replaces it.
    #[must_use]
    pub fn with_market(mut self, market: Market) -> Self {
        self.markets.insert(market.index, market);
        self
    }

    /// Takes a price into a market, as `update_price` would: also with the price account handed to a verb. A price that is
    /// refused leaves the snapshot as it was.
    ///
    /// # Errors
    /// [`QuoteError`].
    pub fn take_price(&mut self, market: u16, reading: &OracleReading) -> Result<(), QuoteError> {
        let clock = self.clock;
        let market = self.markets.get_mut(&market).ok_or(QuoteError::MarketMissing { market })?;
        market.price = plan_price(market, reading, clock)?.cache;
        Ok(())
    }

    /// The market as it was fetched, with the prices taken in since.
    ///
    /// # Errors
    /// [`QuoteError::MarketMissing`].
    pub fn market(&self, index: u16) -> Result<&Market, QuoteError> {
        self.markets.get(&index).ok_or(QuoteError::MarketMissing { market: index })
    }

    /// Every market in index order.
    pub fn markets(&self) -> impl Iterator<Item = &Market> {
        self.markets.values()
    }

    /// The market as a verb that touches it finds it: funding accrued up to now.
    pub(crate) fn touched(&self, index: u16) -> Result<Market, QuoteError> {
        let market = *self.market(index)?;
        let Standing { status, resumed_at } = self.standing;
        Ok(Market { books: accrue_if_possible(&market, status, resumed_at, self.clock)?, ..market })
    }

    /// The snapshot with every market's funding accrued up to now.
    pub(crate) fn accrued(&self) -> Result<Self, QuoteError> {
        let markets =
            self.markets.keys().map(|index| Ok((*index, self.touched(*index)?))).collect::<Result<_, QuoteError>>()?;
        Ok(Self { markets, ..self.clone() })
    }

    /// The account with the markets of its positions, as a verb sees them that touches `touched`.
    pub(crate) fn portfolio<'a>(
        &'a self,
        account: &'a Account,
        touched: Option<&'a Market>,
    ) -> Result<Portfolio<'a>, QuoteError> {
        let others = account
            .occupied()
            .map(|(_, position)| position.market)
            .filter(|market| touched.is_none_or(|touched| touched.index != *market))
            .map(|market| self.market(market))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Portfolio::new(account, touched, &others, self.clock)?)
    }
}
