use crate::refused::{Refused, Status};
use alloc::vec::Vec;
use perp_accounts::{decode, AccountError, Pubkey, Stored, ID};
use perp_engine::market::price::PriceOutcome;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, OrderBook};
use perp_engine::units::{Clock, Timestamp};
use perp_exchange::Exchange;

/// What was loaded: an exchange as far as a question needs it.
pub struct World {
    clock: Clock,
    exchange: Option<Exchange>,
    /// Orders by the numbers of their margin accounts.
    orders: Vec<(u64, OrderBook)>,
    /// The newest readings handed in, by market.
    readings: Vec<(u16, OracleReading)>,
}

/// An account of one type; the bytes' owner is the caller's to check.
fn read<T: Stored>(bytes: &[u8]) -> Result<T, Refused> {
    decode(&Pubkey::default(), &ID, bytes).map_err(|error| match error {
        AccountError::WrongOwner { .. } | AccountError::WrongType { .. } => Refused::of(Status::WrongType),
        AccountError::WrongLength { length, space, .. } => {
            Refused::with(Status::WrongAccountLength, length as u64, space as u64)
        }
        AccountError::WrongVersion { version, .. } => Refused::with(Status::WrongVersion, version.into(), 0),
    })
}

impl Default for World {
    fn default() -> Self {
        let clock = Clock { now: Timestamp::NEVER, slot: 0 };
        Self { clock, exchange: None, orders: Vec::new(), readings: Vec::new() }
    }
}

impl World {
    /// The clock that every question sees. It is set before the exchange is loaded, and again whenever it moves.
    pub fn set_clock(&mut self, now: i64, slot: u64) {
        self.clock = Clock { now: Timestamp::new(now), slot };
        if let Some(exchange) = &mut self.exchange {
            exchange.clock = self.clock;
        }
    }

    /// Loads an account of the program as it lies on chain: the exchange first, then its pool, markets, margin accounts and their
    /// orders. Each replaces what was loaded of it before; a margin account is kept under `number`, and orders belong to the margin
    /// account of that number. Another exchange takes another world.
    ///
    /// # Errors
    /// `WrongType`, `WrongAccountLength`, `WrongVersion`, `NoExchange`, `NotNext`, `NoAccount`.
    pub fn load(&mut self, number: u64, bytes: &[u8]) -> Result<(), Refused> {
        let tag = bytes.first_chunk().ok_or(Refused::of(Status::WrongType))?;
        if *tag == perp_accounts::Exchange::TAG {
            let loaded = read::<perp_accounts::Exchange>(bytes)?;
            match &mut self.exchange {
                Some(exchange) => {
                    exchange.state = loaded.state;
                    exchange.market_count = loaded.market_count;
                }
                None => self.exchange = Some(Exchange::from_chain(&loaded, self.clock)),
            }
            return Ok(());
        }
        let exchange = self.exchange.as_mut().ok_or(Refused::of(Status::NoExchange))?;
        match *tag {
            perp_accounts::Market::TAG => exchange.put_market(read::<perp_accounts::Market>(bytes)?.state),
            perp_accounts::Pool::TAG => {
                let loaded = read::<perp_accounts::Pool>(bytes)?;
                (exchange.pool, exchange.queue) = (loaded.state, loaded.queue);
            }
            perp_accounts::MarginAccount::TAG => {
                let loaded = read::<perp_accounts::MarginAccount>(bytes)?;
                let next = exchange.accounts().len() as u64;
                match number.cmp(&next) {
                    core::cmp::Ordering::Less => exchange.put_account(number as usize, loaded.state)?,
                    core::cmp::Ordering::Equal => {
                        exchange.add_account(loaded.state);
                    }
                    core::cmp::Ordering::Greater => return Err(Refused::with(Status::NotNext, next, 0)),
                }
            }
            perp_accounts::Orders::TAG => {
                let loaded = read::<perp_accounts::Orders>(bytes)?;
                exchange.account(number as usize)?;
                match self.orders.iter_mut().find(|(of, _)| *of == number) {
                    Some((_, orders)) => *orders = loaded.state,
                    None => self.orders.push((number, loaded.state)),
                }
            }
            _ => return Err(Refused::of(Status::WrongType)),
        }
        Ok(())
    }

    /// Takes an oracle's reading into a market, as `update_prices` would at the clock, and keeps it for orders that wait for a price.
    /// What became of it is no error.
    ///
    /// # Errors
    /// `NoReading`, `NoExchange`, `NoMarket`; a rule's.
    pub fn price(&mut self, market: u64, reading: &Reading) -> Result<PriceOutcome, Refused> {
        let market = index(market)?;
        let reading = reading.checked().ok_or(Refused::of(Status::NoReading))?;
        let exchange = self.exchange.as_mut().ok_or(Refused::of(Status::NoExchange))?;
        let outcome = exchange.update_price(market, &reading)?;
        match self.readings.iter_mut().find(|(of, _)| *of == market) {
            Some((_, kept)) => *kept = reading,
            None => self.readings.push((market, reading)),
        }
        Ok(outcome)
    }

    pub(crate) fn exchange(&self) -> Result<&Exchange, Refused> {
        self.exchange.as_ref().ok_or(Refused::of(Status::NoExchange))
    }

    #[cfg(feature = "paper")]
    pub(crate) fn exchange_mut(&mut self) -> Result<&mut Exchange, Refused> {
        self.exchange.as_mut().ok_or(Refused::of(Status::NoExchange))
    }

    pub(crate) fn account(&self, number: u64) -> Result<&Account, Refused> {
        let account = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(self.exchange()?.account(account)?)
    }

    /// The orders of a margin account; none rest where they were not loaded.
    #[cfg(any(feature = "core", feature = "rest"))]
    pub(crate) fn orders(&self, number: u64) -> OrderBook {
        self.orders.iter().find(|(of, _)| *of == number).map_or_else(OrderBook::default, |(_, orders)| *orders)
    }

    #[cfg(feature = "rest")]
    pub(crate) fn reading(&self, market: u16) -> Option<&OracleReading> {
        self.readings.iter().find(|(of, _)| *of == market).map(|(_, reading)| reading)
    }
}

/// An index of a market.
pub(crate) fn index(market: u64) -> Result<u16, Refused> {
    u16::try_from(market).map_err(|_| Refused::with(Status::NoMarket, market, 0))
}

/// What an oracle says, as its account holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Price in units of `10^exponent`.
    pub price: i64,
    /// Half of its confidence interval.
    pub confidence: u64,
    /// Decimal exponent.
    pub exponent: i32,
    /// When it was published, in Unix seconds.
    pub published: i64,
    /// When the reading before it was published.
    pub previous: i64,
}

impl Reading {
    fn checked(&self) -> Option<OracleReading> {
        let reading = OracleReading::new(self.price, self.confidence, self.exponent, self.published).ok()?;
        Some(reading.with_previous(self.previous))
    }
}
