use crate::arguments::{check_name, LiquidityParameters};
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, ExchangeCreated};
use crate::state::{Exchange, Pool, VERSION};
use crate::token::check_collateral;
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use perp_engine::state::{ExchangeState, PoolParameters};

/// Accounts of `create_exchange`.
#[derive(Accounts)]
#[instruction(name: [u8; 32])]
pub struct CreateExchange<'info> {
    /// Pays for the accounts, becomes admin.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The new exchange.
    #[account(
        init,
        payer = creator,
        space = Exchange::SPACE,
        seeds = [Exchange::SEED, creator.key().as_ref(), name.as_ref()],
        bump
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    /// Its pool.
    #[account(init, payer = creator, space = Pool::SPACE, seeds = [Pool::SEED, exchange.key().as_ref()], bump)]
    pub pool: AccountLoader<'info, Pool>,
    /// Mint of the quote token, the only collateral.
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Token account for every token of the exchange.
    #[account(
        init,
        payer = creator,
        seeds = [Exchange::VAULT_SEED, exchange.key().as_ref()],
        bump,
        token::mint = quote_mint,
        token::authority = exchange,
        token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Mint of the liquidity shares.
    #[account(
        init,
        payer = creator,
        seeds = [Exchange::SHARE_MINT_SEED, exchange.key().as_ref()],
        bump,
        mint::decimals = quote_mint.decimals,
        mint::authority = exchange,
        mint::token_program = token_program
    )]
    pub share_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Token account for the shares of withdrawal requests.
    #[account(
        init,
        payer = creator,
        seeds = [Exchange::SHARE_ESCROW_SEED, exchange.key().as_ref()],
        bump,
        token::mint = share_mint,
        token::authority = exchange,
        token::token_program = token_program
    )]
    pub share_escrow: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Program that owns the quote mint: SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl CreateExchange<'_> {
    /// # Errors
    /// [`ExchangeError::WrongTokenProgram`], [`ExchangeError::MintHasRefusedExtension`],
    /// [`ExchangeError::MintNotSupported`], [`ExchangeError::NameNotText`].
    pub fn validate(&self, name: &[u8]) -> Result<()> {
        let Self {
            creator: _,
            exchange: _,
            pool: _,
            quote_mint,
            vault: _,
            share_mint: _,
            share_escrow: _,
            token_program,
            system_program: _,
        } = self;
        let mint: &AccountInfo<'_> = quote_mint.as_ref().as_ref();
        require(mint.owner == token_program.key, ExchangeError::WrongTokenProgram)?;
        check_collateral(mint)?;
        check_name(name)
    }
}

/// Creates an exchange, its pool and its token accounts.
pub fn create_exchange(
    ctx: Context<CreateExchange>,
    name: [u8; 32],
    risk_admin: Pubkey,
    guardian: Pubkey,
    parameters: LiquidityParameters,
) -> Result<()> {
    let accounts = ctx.accounts;
    let parameters = PoolParameters::from(parameters);
    parameters.validate().map_err(refused)?;

    let mut pool = accounts.pool.load_init()?;
    pool.exchange = accounts.exchange.key();
    pool.bump = ctx.bumps.pool;
    pool.version = VERSION;
    pool.state.parameters = parameters;

    let mut exchange = accounts.exchange.load_init()?;
    *exchange = Exchange {
        creator: accounts.creator.key(),
        name,
        quote_mint: accounts.quote_mint.key(),
        vault: accounts.vault.key(),
        token_program: accounts.token_program.key(),
        share_mint: accounts.share_mint.key(),
        share_escrow: accounts.share_escrow.key(),
        pool: accounts.pool.key(),
        admin: accounts.creator.key(),
        pending_admin: Pubkey::default(),
        risk_admin,
        guardian,
        state: ExchangeState::default(),
        market_count: 0,
        quote_decimals: accounts.quote_mint.decimals,
        bump: ctx.bumps.exchange,
        version: VERSION,
        padding: [0; 3],
        reserved: [0; 32],
    };
    log(&ExchangeCreated {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        exchange_sequence: exchange.state.next_event(),
        creator: exchange.creator,
        name,
        quote_mint: exchange.quote_mint,
        quote_decimals: exchange.quote_decimals,
        risk_admin,
        guardian,
    })?;
    Ok(())
}
