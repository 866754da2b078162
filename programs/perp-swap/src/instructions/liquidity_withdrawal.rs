//! Liquidity out: a request escrows shares, anybody executes it at prices published a day later, partly where the
//! pool's cash limits it, and one that nobody executed is returned.

use crate::context::{all_markets, clock};
use crate::errors::{refused, ExchangeError};
use crate::events::{LiquidityRequested, LiquidityReturned, LiquidityWithdrawn};
use crate::instructions::{pay_tip, require_kind, RequestArguments};
use crate::state::{Exchange, LiquidityRequest, Pool, Standing, VERSION};
use crate::token::{burn_shares, Transfer};
use anchor_lang::prelude::*;
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use anchor_spl::token_interface::TokenAccount;
use perp_engine::liquidity::{plan_execute_withdrawal, plan_request_withdrawal, plan_return_lapsed, Executor};
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

#[derive(Accounts)]
#[instruction(arguments: RequestArguments)]
pub struct RequestLiquidityWithdrawal<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = share_mint @ ExchangeError::WrongMint,
        has_one = share_escrow @ ExchangeError::WrongVault,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
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
    /// Gives the shares, and gets them back if the request lapses.
    #[account(mut, token::mint = share_mint, token::token_program = token_program)]
    pub source: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Gets the tokens: the owner's associated account, which anybody can make again. Without one the owner alone would
    /// decide when the request can be executed.
    #[account(
        address = get_associated_token_address_with_program_id(
            owner.key,
            quote_mint.key,
            token_program.key
        ) @ ExchangeError::WrongDestination,
        token::mint = quote_mint,
        token::token_program = token_program
    )]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the exchange's share escrow, by address.
    #[account(mut)]
    pub share_escrow: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the exchange's share mint, by address.
    pub share_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
    pub system_program: Program<'info, System>,
}

pub fn request_liquidity_withdrawal(
    ctx: Context<RequestLiquidityWithdrawal>,
    arguments: RequestArguments,
) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange_key = accounts.exchange.key();
    let decimals = accounts.exchange.load()?.quote_decimals;
    {
        let pool = accounts.pool.load()?;
        let mut request = accounts.request.load_init()?;
        let owned = Atoms::new(accounts.source.amount);
        let plan = plan_request_withdrawal(&pool.state, arguments.amount, owned, arguments.minimum_output, clock)
            .map_err(refused)?;
        request.state = plan.request;
        request.exchange = exchange_key;
        request.owner = accounts.owner.key();
        request.destination = accounts.destination.key();
        request.origin = accounts.source.key();
        request.nonce = arguments.nonce;
        request.tip = arguments.tip;
        request.kind = RequestKind::Withdrawal as u8;
        request.bump = ctx.bumps.request;
        request.version = VERSION;
    }
    pay_tip(&accounts.system_program, &accounts.owner, accounts.request.as_ref(), arguments.tip)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        from: accounts.source.as_ref().as_ref(),
        to: &accounts.share_escrow,
        authority: &accounts.owner,
    }
    .by_user(arguments.amount.get(), decimals)?;
    let escrow = accounts.pool.load()?.state.escrow.get();
    emit!(LiquidityRequested {
        request: accounts.request.key(),
        owner: accounts.owner.key(),
        kind: RequestKind::Withdrawal as u8,
        amount: arguments.amount.get(),
        minimum_output: arguments.minimum_output.get(),
        tip: arguments.tip,
        escrow_before: escrow,
        escrow_after: escrow,
    });
    Ok(())
}

#[derive(Accounts)]
pub struct ExecuteLiquidityWithdrawal<'info> {
    /// Receives the request's rent and tip once nothing of it is left.
    #[account(mut)]
    pub executor: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = share_mint @ ExchangeError::WrongMint,
        has_one = share_escrow @ ExchangeError::WrongVault,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(
        mut,
        has_one = exchange @ ExchangeError::ExchangeMismatch,
        has_one = destination @ ExchangeError::WrongDestination
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// CHECK: named by the request; the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the exchange's share mint, by address.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// CHECK: the exchange's share escrow, by address.
    #[account(mut)]
    pub share_escrow: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Executes a withdrawal at fresh prices, as far as the pool has cash; while a market cannot be valued, only for the
/// request's owner. All markets of the exchange follow the named accounts in index order.
pub fn execute_liquidity_withdrawal<'info>(ctx: Context<'info, ExecuteLiquidityWithdrawal<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange = accounts.exchange.load()?;
    let Standing { status, resumed_at } = exchange.standing(clock.now);
    let markets = all_markets(ctx.remaining_accounts, &accounts.exchange.key(), exchange.market_count)?;
    let plan = {
        let mut request = accounts.request.load_mut()?;
        require_kind(&request, RequestKind::Withdrawal)?;
        let mut pool = accounts.pool.load_mut()?;
        let before = pool.state;
        let executor = if accounts.executor.key() == request.owner { Executor::Owner } else { Executor::Anybody };
        let plan =
            plan_execute_withdrawal(&before, &markets.states(), &request.state, executor, status, resumed_at, clock)
                .map_err(refused)?;
        pool.state = plan.pool;
        request.state.amount = Atoms::ZERO;
        if let Some(left) = plan.request_left {
            request.state = left;
        }
        emit!(LiquidityWithdrawn {
            request: accounts.request.key(),
            executor: accounts.executor.key(),
            burned: plan.burned.get(),
            paid: plan.paid.get(),
            left: request.state.amount.get(),
            pool_cash_before: before.cash.get(),
            pool_cash_after: plan.pool.cash.get(),
            shares_before: before.shares.get(),
            shares_after: plan.pool.shares.get(),
        });
        plan
    };
    let authority = accounts.exchange.as_ref();
    burn_shares(
        &exchange,
        &accounts.token_program,
        &accounts.share_mint,
        &accounts.share_escrow,
        authority,
        plan.burned.get(),
    )?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.destination,
        authority,
    }
    .by_exchange(&exchange, plan.paid.get())?;
    if plan.request_left.is_none() {
        accounts.request.close(accounts.executor.to_account_info())?;
    }
    Ok(())
}

#[derive(Accounts)]
pub struct ReturnLiquidityWithdrawal<'info> {
    /// Receives the request's rent and tip.
    #[account(mut)]
    pub caller: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = share_mint @ ExchangeError::WrongMint,
        has_one = share_escrow @ ExchangeError::WrongVault,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    pub pool: AccountLoader<'info, Pool>,
    #[account(
        mut,
        close = caller,
        has_one = exchange @ ExchangeError::ExchangeMismatch,
        has_one = origin @ ExchangeError::WrongDestination
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// CHECK: named by the request; the token program checks that it holds the share mint.
    #[account(mut)]
    pub origin: UncheckedAccount<'info>,
    /// CHECK: the exchange's share escrow, by address.
    #[account(mut)]
    pub share_escrow: UncheckedAccount<'info>,
    /// CHECK: the exchange's share mint, by address.
    pub share_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Returns the shares of a withdrawal that lapsed. Works in every status.
pub fn return_liquidity_withdrawal(ctx: Context<ReturnLiquidityWithdrawal>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let exchange = accounts.exchange.load()?;
    let request = *accounts.request.load()?;
    require_kind(&request, RequestKind::Withdrawal)?;
    plan_return_lapsed(&accounts.pool.load()?.state, &request.state, RequestKind::Withdrawal, clock)
        .map_err(refused)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        from: &accounts.share_escrow,
        to: &accounts.origin,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&exchange, request.state.amount.get())?;
    let escrow = accounts.pool.load()?.state.escrow.get();
    emit!(LiquidityReturned {
        request: accounts.request.key(),
        caller: accounts.caller.key(),
        kind: request.kind,
        amount: request.state.amount.get(),
        escrow_before: escrow,
        escrow_after: escrow,
    });
    Ok(())
}
