//! On-chain perpetual swap exchange: margin accounts and markets as PDAs, Pyth prices, funding, permissionless
//! liquidation. Every formula stands in `perp-engine`; this program checks accounts, plans with the engine, applies the
//! plan and emits an event.

#![deny(clippy::arithmetic_side_effects)]
// Anchor's macros expand to code these lints object to.
#![allow(unexpected_cfgs, clippy::diverging_sub_expression)]

pub mod context;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod oracle;
pub mod state;
pub mod token;

#[cfg(target_arch = "bpf")]
extern crate sbf_builtins as _;

use anchor_lang::prelude::*;
use instructions::*;
use perp_engine::units::{Atoms, Base, Price, Size};

declare_id!("Perp111111111111111111111111111111111111111");

#[program]
pub mod perp_swap {
    use super::*;

    pub fn create_exchange(ctx: Context<CreateExchange>, arguments: CreateExchangeArguments) -> Result<()> {
        instructions::create_exchange(ctx, arguments)
    }

    pub fn create_market(ctx: Context<CreateMarket>, arguments: CreateMarketArguments) -> Result<()> {
        instructions::create_market(ctx, arguments)
    }

    pub fn propose_admin(ctx: Context<Administer>, successor: Pubkey) -> Result<()> {
        instructions::propose_admin(ctx, successor)
    }

    pub fn accept_admin(ctx: Context<Administer>) -> Result<()> {
        instructions::accept_admin(ctx)
    }

    pub fn set_roles(ctx: Context<Administer>, risk_admin: Pubkey, guardian: Pubkey) -> Result<()> {
        instructions::set_roles(ctx, risk_admin, guardian)
    }

    pub fn set_exchange_status(ctx: Context<Administer>, status: u8) -> Result<()> {
        instructions::set_exchange_status(ctx, status)
    }

    pub fn set_market_status(ctx: Context<AdministerMarket>, status: u8) -> Result<()> {
        instructions::set_market_status(ctx, status)
    }

    pub fn set_backing_target(ctx: Context<AdministerMarket>, target: Atoms) -> Result<()> {
        instructions::set_backing_target(ctx, target)
    }

    pub fn withdraw_protocol_fees(ctx: Context<WithdrawProtocolFees>) -> Result<()> {
        instructions::withdraw_protocol_fees(ctx)
    }

    pub fn open_account(ctx: Context<OpenAccount>, arguments: OpenAccountArguments) -> Result<()> {
        instructions::open_account(ctx, arguments)
    }

    pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
        instructions::close_account(ctx)
    }

    pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
        instructions::set_delegate(ctx, delegate)
    }

    pub fn deposit(ctx: Context<Deposit>, amount: Atoms) -> Result<()> {
        instructions::deposit(ctx, amount)
    }

    pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: Atoms) -> Result<()> {
        instructions::withdraw(ctx, amount)
    }

    pub fn update_price(ctx: Context<UpdatePrice>) -> Result<()> {
        instructions::update_price(ctx)
    }

    pub fn mark_dark(ctx: Context<MarkDark>) -> Result<()> {
        instructions::mark_dark(ctx)
    }

    pub fn trade<'info>(
        ctx: Context<'info, Trade<'info>>,
        size: Base,
        price_bound: Price,
        reduce_only: bool,
    ) -> Result<()> {
        instructions::trade(ctx, size, price_bound, reduce_only)
    }

    pub fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
        instructions::update_funding(ctx)
    }

    pub fn settle_funding(ctx: Context<SettleFunding>) -> Result<()> {
        instructions::settle_funding(ctx)
    }

    pub fn settle_pnl(ctx: Context<SettlePnl>) -> Result<()> {
        instructions::settle_pnl(ctx)
    }

    pub fn fund_claims(ctx: Context<FundClaims>) -> Result<()> {
        instructions::fund_claims(ctx)
    }

    pub fn redeem_claim(ctx: Context<RedeemClaim>) -> Result<()> {
        instructions::redeem_claim(ctx)
    }

    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>, max_size: Size, min_bounty: Atoms) -> Result<()> {
        instructions::liquidate(ctx, max_size, min_bounty)
    }

    pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
        instructions::resolve_bankruptcy(ctx)
    }

    pub fn request_liquidity_deposit(ctx: Context<RequestLiquidityDeposit>, arguments: RequestArguments) -> Result<()> {
        instructions::request_liquidity_deposit(ctx, arguments)
    }

    pub fn execute_liquidity_deposit<'info>(ctx: Context<'info, ExecuteLiquidityDeposit<'info>>) -> Result<()> {
        instructions::execute_liquidity_deposit(ctx)
    }

    pub fn return_liquidity_deposit(ctx: Context<ReturnLiquidityDeposit>) -> Result<()> {
        instructions::return_liquidity_deposit(ctx)
    }

    pub fn request_liquidity_withdrawal(
        ctx: Context<RequestLiquidityWithdrawal>,
        arguments: RequestArguments,
    ) -> Result<()> {
        instructions::request_liquidity_withdrawal(ctx, arguments)
    }

    pub fn execute_liquidity_withdrawal<'info>(ctx: Context<'info, ExecuteLiquidityWithdrawal<'info>>) -> Result<()> {
        instructions::execute_liquidity_withdrawal(ctx)
    }

    pub fn return_liquidity_withdrawal(ctx: Context<ReturnLiquidityWithdrawal>) -> Result<()> {
        instructions::return_liquidity_withdrawal(ctx)
    }

    pub fn allocate_backing(ctx: Context<AllocateBacking>) -> Result<()> {
        instructions::allocate_backing(ctx)
    }

    pub fn fund_insurance(ctx: Context<FundInsurance>, amount: Atoms) -> Result<()> {
        instructions::fund_insurance(ctx, amount)
    }
}
