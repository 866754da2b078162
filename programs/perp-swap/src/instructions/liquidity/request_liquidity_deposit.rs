use super::pay_tip;
use crate::access::{check_custody, check_pool, check_share_mint};
use crate::context::clock;
use crate::errors::refused;
use crate::events::{log, LiquidityRequested};
use crate::state::{Exchange, LiquidityRequest, Pool, VERSION};
use crate::token::{check_associated, Transfer};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;
use perp_engine::operations::liquidity::plan_request_deposit;
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

/// Accounts of `request_liquidity_deposit`.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct RequestLiquidityDeposit<'info> {
    /// Who deposits; pays for the request and the tip.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The new request.
    #[account(
        init,
        payer = owner,
        space = LiquidityRequest::SPACE,
        seeds = [LiquidityRequest::SEED, exchange.key().as_ref(), owner.key().as_ref(), &nonce.to_le_bytes()],
        bump
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// Token account that pays.
    /// CHECK: the token program checks mint, balance and that the owner may spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The owner's associated token account for shares, which receives them: anybody can create it again, or the owner
    /// alone would decide when the request can be executed.
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// The exchange's share mint.
    /// CHECK: its address is the exchange's.
    pub share_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl RequestLiquidityDeposit<'_> {
    /// # Errors
    /// Those of [`check_custody`] and [`check_associated`],
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`WrongShareMint`](crate::errors::ExchangeError::WrongShareMint).
    pub fn validate(&self) -> Result<()> {
        let Self {
            owner,
            exchange,
            pool,
            request: _,
            source: _,
            destination,
            vault,
            quote_mint,
            share_mint,
            token_program,
            system_program: _,
        } = self;
        let exchange = exchange.load()?;
        check_pool(&exchange, pool.as_ref().key)?;
        check_custody(&exchange, vault.key, quote_mint.key, token_program.key)?;
        check_share_mint(&exchange, share_mint.key)?;
        // An associated account holds the mint it is derived from.
        check_associated(&destination.key(), owner.key, share_mint.key, token_program.key)
    }
}

/// Escrows tokens that are to enter the pool.
pub fn request_liquidity_deposit(
    ctx: Context<RequestLiquidityDeposit>,
    nonce: u64,
    amount: u64,
    minimum_output: u64,
    tip: u64,
) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let mut pool = accounts.pool.load_mut()?;
    let escrow_before = pool.state.escrow;

    let plan =
        plan_request_deposit(&pool.state, Atoms::new(amount), Atoms::new(minimum_output), clock).map_err(refused)?;
    pool.state = plan.pool;
    *accounts.request.load_init()? = LiquidityRequest {
        exchange: accounts.exchange.key(),
        owner: accounts.owner.key(),
        destination: accounts.destination.key(),
        state: plan.request,
        nonce,
        tip,
        kind: RequestKind::Deposit as u8,
        bump: ctx.bumps.request,
        version: VERSION,
        padding: [0; 5],
        reserved: [0; 4],
    };

    log(&LiquidityRequested {
        exchange: accounts.exchange.key(),
        time: clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: accounts.owner.key(),
        kind: RequestKind::Deposit,
        amount,
        minimum_output,
        tip,
        escrow_before: escrow_before.get(),
        escrow_after: pool.state.escrow.get(),
    })?;
    pay_tip(&accounts.system_program, &accounts.owner, accounts.request.as_ref(), tip)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.owner,
    }
    .by_user(plan.request.amount, accounts.exchange.load()?.quote_decimals)
}
