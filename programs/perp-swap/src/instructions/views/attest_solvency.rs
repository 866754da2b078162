use crate::access::check_pool;
use crate::context::{now, Markets};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, SolvencyAttested};
use crate::state::{Exchange, Pool};
use crate::token::held;
use crate::views::SolvencyView;
use anchor_lang::prelude::*;
use perp_engine::operations::views::Attestation;

/// Accounts of `attest_solvency`.
#[derive(Accounts)]
pub struct AttestSolvency<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    pub pool: AccountLoader<'info, Pool>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    pub vault: UncheckedAccount<'info>,
}

impl AttestSolvency<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`WrongVault`](crate::errors::ExchangeError::WrongVault).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, vault } = self;
        let exchange = exchange.load()?;
        check_pool(&exchange, &pool.key())?;
        require(exchange.vault == *vault.key, ExchangeError::WrongVault)
    }
}

/// Sums up what the exchange has and owes, and tells it.
pub fn attest_solvency<'info>(ctx: Context<'info, AttestSolvency<'info>>) -> Result<SolvencyView> {
    let accounts = ctx.accounts;
    let (exchange, pool) = (accounts.exchange.load()?, accounts.pool.load()?);
    let markets = Markets::load(ctx.remaining_accounts, &accounts.exchange.key())?;
    let vault = held(&accounts.vault)?;
    let attested = Attestation::of(&pool.state, markets.states(), exchange.market_count, vault).map_err(refused)?;
    let view = SolvencyView::from(&attested);

    log(&SolvencyAttested {
        exchange: accounts.exchange.key(),
        time: now()?,
        vault: view.vault,
        pool: view.pool,
        markets: view.markets,
        accounts: view.accounts,
        assets: view.assets,
        liabilities: view.liabilities,
        deficit: view.deficit,
    })?;
    Ok(view)
}
