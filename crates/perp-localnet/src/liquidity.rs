//! Liquidity to trade against, so that a localnet's markets fill orders from their first second.

use perp_client::accounts::{EpochRecord, Exchange, LiquidityRequest};
use perp_client::instructions::{
    allocate_backing, close_epoch, create_share_account, pay_liquidity_request, request_liquidity_deposit,
    value_market, NewRequest, TargetMarket,
};
use perp_client::rpc::{FetchError, SendError};
use perp_client::Addresses;
use perp_engine::state::PriceLimit;
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
}

/// Deposits `amount` from lp's wallet into an exchange nobody has traded on, as any provider does: a request, and at its boundary the
/// valuation of every market, the close and the payment. Then every market is given its backing. The clock stands at the boundary.
///
/// # Errors
/// [`LiquidityError`].
pub fn provide(localnet: &Localnet, addresses: &Addresses, amount: Atoms) -> Result<(), LiquidityError> {
    let (connection, chain) = (&localnet.connection, localnet.chain());
    let lp = &localnet.wallets.get(LP)?.keypair;
    let owner = localnet.wallets.get(LP)?.address();
    let request = NewRequest { nonce: 0, amount, limit: PriceLimit::None };
    connection.send(
        &[
            create_share_account(addresses, owner, owner),
            request_liquidity_deposit(addresses, owner, addresses.tokens_of(&owner), &request),
        ],
        &[lp],
    )?;

    let exchange: Exchange = connection.fetch(&addresses.exchange)?;
    let boundary = exchange.state.boundary;
    chain.travel_to(boundary.get())?;
    for market in 0..exchange.market_count {
        connection.send(&[value_market(addresses, owner, TargetMarket::at_cached_price(market))], &[lp])?;
    }
    connection.send(&[close_epoch(addresses, owner, boundary)], &[lp])?;
    let request: LiquidityRequest = connection.fetch(&addresses.request(&owner, request.nonce))?;
    let record: EpochRecord = connection.fetch(&addresses.epoch(boundary))?;
    connection.send(&[pay_liquidity_request(addresses, owner, &request, &record)], &[lp])?;
    for market in 0..exchange.market_count {
        connection.send(&[allocate_backing(addresses, TargetMarket::at_cached_price(market))], &[lp])?;
    }
    Ok(())
}
