//! The localnet's exchange: created with liquidity to trade against, and with the prices of its feeds.

use perp_client::accounts::Market;
use perp_client::instructions::update_prices;
use perp_client::rpc::{FetchError, SendError};
use perp_client::Addresses;
use perp_engine::units::Atoms;
use perp_migrations::{migrate, Migration, MigrationError};
use thiserror::Error;

use crate::feeds::FeedError;
use crate::liquidity::{provide, LiquidityError};
use crate::oracle_driver::OracleScript;
use crate::setup::{Localnet, SetupError};
use crate::wallets::{WalletError, ADMIN};

/// Why there is no exchange to trade on.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The description that comes with the project.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The test keypairs.
    #[error(transparent)]
    Wallets(#[from] WalletError),
    /// The prices of the feeds.
    #[error(transparent)]
    Feeds(#[from] FeedError),
    /// The exchange and its markets.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Its liquidity.
    #[error(transparent)]
    Liquidity(#[from] LiquidityError),
    /// A market that is not there.
    #[error("taking prices in: {0}")]
    Fetch(#[from] FetchError),
    /// A price that is refused.
    #[error("taking prices in: {0}")]
    Prices(#[from] SendError),
}

/// Creates the exchange of the localnet's description, with `liquidity` in its pool. The feeds show the next price of
/// `script` before, and the clock stands at the boundary of a deposit after it: the markets take prices in by
/// [`take_prices`], once the feeds show those of the time from which there is trading.
///
/// # Errors
/// [`ExchangeError`].
pub fn create(localnet: &Localnet, script: &mut OracleScript, liquidity: Atoms) -> Result<Migration, ExchangeError> {
    script.tick(localnet.chain())?;
    let admin = &localnet.wallets.get(ADMIN)?.keypair;
    let migration = migrate(&localnet.connection, &localnet.description()?, admin)?;
    if !liquidity.is_zero() {
        provide(localnet, &migration.addresses, liquidity)?;
    }
    Ok(migration)
}

/// Every market takes the present price of its feed in: one that never did has a price of zero, and looks decades old.
///
/// # Errors
/// [`ExchangeError`].
pub fn take_prices(localnet: &Localnet, addresses: &Addresses) -> Result<(), ExchangeError> {
    let prices = markets(localnet, addresses)?.into_iter().map(|market| (market.state.index, market.oracle.account));
    let admin = &localnet.wallets.get(ADMIN)?.keypair;
    localnet.connection.send(&[update_prices(addresses, prices)], &[admin])?;
    Ok(())
}

/// Every market, in the order of their indices.
///
/// # Errors
/// [`FetchError`].
pub fn markets(localnet: &Localnet, addresses: &Addresses) -> Result<Vec<Market>, FetchError> {
    let exchange: perp_client::accounts::Exchange = localnet.connection.fetch(&addresses.exchange)?;
    (0..exchange.market_count).map(|index| localnet.connection.fetch(&addresses.market(index))).collect()
}
