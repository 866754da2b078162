//! Liquidity in: a request escrows tokens, anybody executes it at prices published after it, and one that nobody
//! executed is returned.

use crate::context::{all_markets, clock};
use crate::errors::{refused, ExchangeError};
use crate::events::{LiquidityDeposited, LiquidityRequested, LiquidityReturned};
use crate::instructions::{pay_tip, require_kind, RequestArguments};
use crate::state::{Exchange, LiquidityRequest, Pool, Standing, VERSION};
use crate::token::{mint_shares, Transfer};
use anchor_lang::prelude::*;
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use anchor_spl::token_interface::TokenAccount;
use perp_engine::liquidity::{plan_execute_deposit, plan_request_deposit, plan_return_lapsed};
use perp_engine::state::RequestKind;

#[derive(Accounts)]
#[instruction(arguments: RequestArguments)]
pub struct RequestLiquidityDeposit<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = share_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(
        init,
        payer = owner,
        space = LiquidityRequest::SPACE,
        seeds = [
            LiquidityRequest::SEED,
            exchange.key().as_ref(),
            owner.key().as_ref(),
            &arguments.nonce.to_le_bytes()
        ],
        bump
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// Pays the tokens, and gets them back if the request lapses.
    #[account(mut, token::mint = quote_mint, token::token_program = token_program)]
    pub source: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Gets the shares: the owner's associated account, which anybody can make again. Without one the owner alone would
    /// decide when the request can be executed.
    #[account(
        address = get_associated_token_address_with_program_id(
            owner.key,
            share_mint.key,
            token_program.key
        ) @ ExchangeError::WrongDestination,
        token::mint = share_mint,
        token::token_program = token_program
    )]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the exchange's share mint, by address.
    pub share_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
    pub system_program: Program<'info, System>,
}

pub fn request_liquidity_deposit(ctx: Context<RequestLiquidityDeposit>, arguments: RequestArguments) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange_key = accounts.exchange.key();
    let decimals = accounts.exchange.load()?.quote_decimals;
    let (escrow_before, escrow_after) = {
        let mut pool = accounts.pool.load_mut()?;
        let escrow_before = pool.state.escrow;
        let plan =
            plan_request_deposit(&pool.state, arguments.amount, arguments.minimum_output, clock).map_err(refused)?;
        pool.state = plan.pool;
        let mut request = accounts.request.load_init()?;
        request.exchange = exchange_key;
        request.owner = accounts.owner.key();
        request.destination = accounts.destination.key();
        request.origin = accounts.source.key();
        request.state = plan.request;
        request.nonce = arguments.nonce;
        request.tip = arguments.tip;
        request.kind = RequestKind::Deposit as u8;
        request.bump = ctx.bumps.request;
        request.version = VERSION;
        (escrow_before, pool.state.escrow)
    };
    pay_tip(&accounts.system_program, &accounts.owner, accounts.request.as_ref(), arguments.tip)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: accounts.source.as_ref().as_ref(),
        to: &accounts.vault,
        authority: &accounts.owner,
    }
    .by_user(arguments.amount.get(), decimals)?;
    emit!(LiquidityRequested {
        request: accounts.request.key(),
        owner: accounts.owner.key(),
        kind: RequestKind::Deposit as u8,
        amount: arguments.amount.get(),
        minimum_output: arguments.minimum_output.get(),
        tip: arguments.tip,
        escrow_before: escrow_before.get(),
        escrow_after: escrow_after.get(),
    });
    Ok(())
}

#[derive(Accounts)]
pub struct ExecuteLiquidityDeposit<'info> {
    /// Receives the request's rent and tip.
    #[account(mut)]
    pub executor: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = share_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(
        mut,
        close = executor,
        has_one = exchange @ ExchangeError::ExchangeMismatch,
        has_one = destination @ ExchangeError::WrongDestination
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// CHECK: named by the request; the token program checks that it holds the share mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the exchange's share mint, by address.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Executes a deposit at fresh prices. All markets of the exchange follow the named accounts in index order.
pub fn execute_liquidity_deposit<'info>(ctx: Context<'info, ExecuteLiquidityDeposit<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange = accounts.exchange.load()?;
    let Standing { status, resumed_at } = exchange.standing(clock.now);
    let markets = all_markets(ctx.remaining_accounts, &accounts.exchange.key(), exchange.market_count)?;
    let request = *accounts.request.load()?;
    require_kind(&request, RequestKind::Deposit)?;
    let plan = {
        let mut pool = accounts.pool.load_mut()?;
        let before = pool.state;
        let plan = plan_execute_deposit(&before, &markets.states(), &request.state, status, resumed_at, clock)
            .map_err(refused)?;
        pool.state = plan.pool;
        emit!(LiquidityDeposited {
            request: accounts.request.key(),
            executor: accounts.executor.key(),
            amount: request.state.amount.get(),
            shares: plan.shares_out.get(),
            pool_cash_before: before.cash.get(),
            pool_cash_after: plan.pool.cash.get(),
            shares_before: before.shares.get(),
            shares_after: plan.pool.shares.get(),
        });
        plan
    };
    mint_shares(
        &exchange,
        &accounts.token_program,
        &accounts.share_mint,
        &accounts.destination,
        accounts.exchange.as_ref(),
        plan.shares_out.get(),
    )
}

#[derive(Accounts)]
pub struct ReturnLiquidityDeposit<'info> {
    /// Receives the request's rent and tip.
    #[account(mut)]
    pub caller: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(
        mut,
        close = caller,
        has_one = exchange @ ExchangeError::ExchangeMismatch,
        has_one = origin @ ExchangeError::WrongDestination
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// CHECK: named by the request; the token program checks that it holds the quote mint.
    #[account(mut)]
    pub origin: UncheckedAccount<'info>,
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Returns the tokens of a deposit that lapsed. Works in every status.
pub fn return_liquidity_deposit(ctx: Context<ReturnLiquidityDeposit>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange = accounts.exchange.load()?;
    let request = *accounts.request.load()?;
    require_kind(&request, RequestKind::Deposit)?;
    let (escrow_before, escrow_after) = {
        let mut pool = accounts.pool.load_mut()?;
        let escrow_before = pool.state.escrow;
        let plan = plan_return_lapsed(&pool.state, &request.state, RequestKind::Deposit, clock).map_err(refused)?;
        pool.state = plan.pool;
        (escrow_before, pool.state.escrow)
    };
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.origin,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&exchange, request.state.amount.get())?;
    emit!(LiquidityReturned {
        request: accounts.request.key(),
        caller: accounts.caller.key(),
        kind: request.kind,
        amount: request.state.amount.get(),
        escrow_before: escrow_before.get(),
        escrow_after: escrow_after.get(),
    });
    Ok(())
}
