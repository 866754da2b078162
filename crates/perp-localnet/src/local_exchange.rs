//! A localnet with an exchange to trade on, for tests: its clock stands still between two steps.

use std::path::Path;

use localnet_receiver::guardians;
use perp_candles::UsdPrice;
use perp_client::Addresses;
use perp_engine::units::Atoms;
use perp_migrations::{migrate, Description};

use crate::address_file::AddressFile;
use crate::exchange::{markets, take_prices, ExchangeError};
use crate::feeds::{publish, Feed, FeedError, DEFAULT_CONFIDENCE_BPS};
use crate::guardians::TestGuardians;
use crate::liquidity::provide;
use crate::setup::Localnet;
use crate::usdc::ONE;
use crate::validator::Ports;
use crate::wallets::ADMIN;

/// Liquidity in the pool, in whole USDC.
const LIQUIDITY: u64 = 5_000_000;

/// A localnet and the exchange on it.
pub struct LocalExchange {
    /// The chain, its wallets, its price server, and a connection.
    pub localnet: Localnet,
    /// Where everything of the exchange is.
    pub addresses: Addresses,
}

impl Localnet {
    /// A localnet on free ports with the exchange of `migrations/localnet.toml` on it: five million USDC of liquidity, every market with
    /// its backing and the price at which its feed starts. Its keypairs are in `keys`, and `exchange.json` beside them. Nothing
    /// happens by itself: [`LocalExchange::step`] lets time pass.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub fn with_exchange(keys: &Path) -> Result<LocalExchange, ExchangeError> {
        Self::with_exchange_of(keys, TestGuardians::new(guardians::ONE), |_| {})
    }

    /// The same, with prices that these guardians sign, of a description that `change` has changed.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub fn with_exchange_of(
        keys: &Path,
        guardians: TestGuardians,
        change: impl FnOnce(&mut Description),
    ) -> Result<LocalExchange, ExchangeError> {
        let localnet = Self::start_with(Ports::free().map_err(ExchangeError::Ports)?, keys, guardians)?;
        let start = Feed::ALL.map(|feed| (feed, feed.start_price()));
        publish(localnet.chain(), &start, DEFAULT_CONFIDENCE_BPS)?;
        let mut description = localnet.description()?;
        change(&mut description);
        let admin = &localnet.wallets.get(ADMIN)?.keypair;
        let addresses = migrate(&localnet.connection, &description, admin)?.addresses;
        provide(&localnet, &addresses, Atoms::new(LIQUIDITY * ONE))?;
        publish(localnet.chain(), &start, DEFAULT_CONFIDENCE_BPS)?;
        let bound = [(0, Feed::Sol), (1, Feed::Btc)].map(|(market, feed)| (market, feed.address()));
        take_prices(&localnet, &addresses, bound)?;
        let listed = markets(&localnet, &addresses)?;
        AddressFile::new(&localnet, &addresses, &listed).write(keys)?;
        Ok(LocalExchange { localnet, addresses })
    }
}

impl LocalExchange {
    /// So many seconds later the feeds' accounts show these prices, dated with that second. The markets do not know yet.
    ///
    /// # Errors
    /// [`FeedError`].
    pub fn step(&self, seconds: i64, prices: &[(Feed, UsdPrice)]) -> Result<(), FeedError> {
        let chain = self.localnet.chain();
        chain.travel_to(chain.clock().unix_timestamp.saturating_add(seconds))?;
        publish(chain, prices, DEFAULT_CONFIDENCE_BPS)
    }
}
