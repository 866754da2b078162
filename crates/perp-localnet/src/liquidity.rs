//! Liquidity to trade against, so that a localnet's markets fill orders from their first second.

use perp_client::accounts::{Exchange, LiquidityRequest, Pool};
use perp_client::instructions::{
    allocate_backing, create_share_account, execute_liquidity_deposit, request_liquidity_deposit, NewRequest,
    TargetMarket,
};
use perp_client::rpc::{FetchError, SendError};
use perp_client::Addresses;
use perp_engine::state::DEAD_SHARES;
use perp_engine::units::Atoms;
use thiserror::Error;

use crate::chain::ChainError;
use crate::setup::Localnet;
use crate::wallets::{WalletError, LP};

/// Why liquidity was not provided.
#[derive(Debug, Error)]
pub enum LiquidityError {
    /// The test keypairs.
    #[error("providing liquidity: {0}")]
    Wallet(#[from] WalletError),
    /// The chain's clock.
    #[error("providing liquidity: {0}")]
    Chain(#[from] ChainError),
    /// An account that cannot be read.
    #[error("providing liquidity: {0}")]
    Fetch(#[from] FetchError),
    /// A transaction that was refused.
    #[error("providing liquidity: {0} (is --liquidity within lp's wallet and above the exchange's minimum?)")]
    Send(#[from] SendError),
    /// Less than the shares that nobody gets.
    #[error("providing liquidity: {0}")]
    Amount(#[from] perp_engine::EngineError),
}

/// Deposits `amount` from lp's wallet into an exchange nobody has traded on, as any provider does: a request, the delay
/// of the pool, the execution. Then every market is given its backing. The clock stands later by the delay.
///
/// # Errors
/// [`LiquidityError`].
pub fn provide(localnet: &Localnet, addresses: &Addresses, amount: Atoms) -> Result<(), LiquidityError> {
    let (connection, chain) = (&localnet.connection, localnet.chain());
    let lp = &localnet.wallets.get(LP)?.keypair;
    let owner = localnet.wallets.get(LP)?.address();
    let request = NewRequest {
        nonce: 0,
        amount,
        // The first deposit sets the share at one atom and locks a few of its shares.
        minimum_output: amount.checked_sub(Atoms::new(DEAD_SHARES))?,
        tip: 0,
    };
    connection.send(
        &[
            create_share_account(addresses, owner, owner),
            request_liquidity_deposit(addresses, owner, addresses.tokens_of(&owner), &request),
        ],
        &[lp],
    )?;

    let exchange: Exchange = connection.fetch(&addresses.exchange)?;
    let pool: Pool = connection.fetch(&addresses.pool)?;
    chain.travel_to(chain.clock().unix_timestamp + i64::from(pool.state.parameters.deposit_delay))?;
    let request: LiquidityRequest = connection.fetch(&addresses.request(&owner, request.nonce))?;
    connection.send(&[execute_liquidity_deposit(addresses, owner, &request, exchange.market_count)], &[lp])?;
    for market in 0..exchange.market_count {
        connection.send(&[allocate_backing(addresses, TargetMarket::at_cached_price(market))], &[lp])?;
    }
    Ok(())
}
