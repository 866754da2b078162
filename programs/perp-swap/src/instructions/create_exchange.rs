use crate::errors::{refused, ExchangeError};
use crate::events::ExchangeCreated;
use crate::state::{Exchange, Pool, VERSION};
use crate::token::collateral_decimals;
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use perp_engine::state::PoolParameters;
use perp_engine::units::Atoms;

/// Name, roles and pool parameters of a new exchange.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateExchangeArguments {
    /// Zero-padded; part of the exchange's address together with its creator.
    pub name: [u8; 32],
    pub risk_admin: Pubkey,
    pub guardian: Pubkey,
    pub pool: PoolParameters,
}

#[derive(Accounts)]
#[instruction(arguments: CreateExchangeArguments)]
pub struct CreateExchange<'info> {
    #[account(mut)]
    pub creator: Signer<'info>,
    #[account(
        init,
        payer = creator,
        space = Exchange::SPACE,
        seeds = [Exchange::SEED, creator.key().as_ref(), arguments.name.as_ref()],
        bump
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(init, payer = creator, space = Pool::SPACE, seeds = [Pool::SEED, exchange.key().as_ref()], bump)]
    pub pool: AccountLoader<'info, Pool>,
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
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
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub fn create_exchange(ctx: Context<CreateExchange>, arguments: CreateExchangeArguments) -> Result<()> {
    let accounts = ctx.accounts;
    let mint = accounts.quote_mint.to_account_info();
    if mint.owner != accounts.token_program.key {
        return Err(refused(ExchangeError::WrongTokenProgram));
    }
    let quote_decimals = collateral_decimals(&mint)?;
    arguments.pool.validate().map_err(refused)?;

    let creator = accounts.creator.key();
    let exchange_key = accounts.exchange.key();
    let mut exchange = accounts.exchange.load_init()?;
    exchange.creator = creator;
    exchange.name = arguments.name;
    exchange.quote_mint = accounts.quote_mint.key();
    exchange.vault = accounts.vault.key();
    exchange.token_program = accounts.token_program.key();
    exchange.share_mint = accounts.share_mint.key();
    exchange.share_escrow = accounts.share_escrow.key();
    exchange.pool = accounts.pool.key();
    exchange.admin = creator;
    exchange.risk_admin = arguments.risk_admin;
    exchange.guardian = arguments.guardian;
    exchange.quote_decimals = quote_decimals;
    exchange.bump = ctx.bumps.exchange;
    exchange.version = VERSION;

    let mut pool = accounts.pool.load_init()?;
    pool.exchange = exchange_key;
    pool.bump = ctx.bumps.pool;
    pool.version = VERSION;
    pool.state.parameters = arguments.pool;
    pool.state.shares = Atoms::ZERO;

    emit!(ExchangeCreated {
        exchange: exchange_key,
        creator,
        quote_mint: exchange.quote_mint,
        risk_admin: arguments.risk_admin,
        guardian: arguments.guardian,
    });
    Ok(())
}
