use super::{instruction, read_only, TargetMarket, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_accounts::LiquidityRequest;
use perp_engine::units::Atoms;
use perp_swap::accounts::{
    AllocateBacking, ExecuteLiquidityDeposit, ExecuteLiquidityWithdrawal, RefundLiquidityDeposit,
    RefundLiquidityWithdrawal, RequestLiquidityDeposit, RequestLiquidityWithdrawal,
};
use perp_swap::instruction as data;

/// A request to put liquidity in or take it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Any number the owner has no open request with; part of the request's address.
    pub nonce: u64,
    /// Tokens to deposit, or shares to withdraw.
    pub amount: Atoms,
    /// Fewest shares, or tokens, that must come out for the whole amount; at least 1.
    pub minimum_output: Atoms,
    /// Lamports for whoever executes the request, on top of its rent.
    pub tip: u64,
}

/// Escrows tokens of `source` that will buy shares for the owner's associated account.
pub fn request_liquidity_deposit(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    request: &NewRequest,
) -> Instruction {
    let accounts = RequestLiquidityDeposit {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, request.nonce),
        source,
        destination: addresses.shares_of(&owner),
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    let NewRequest { nonce, amount, minimum_output, tip } = *request;
    let (amount, minimum_output) = (amount.get(), minimum_output.get());
    instruction(accounts, data::RequestLiquidityDeposit { nonce, amount, minimum_output, tip }, NO_OTHERS)
}

/// Escrows shares of `source` that will be sold for tokens to the owner's associated account.
pub fn request_liquidity_withdrawal(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    request: &NewRequest,
) -> Instruction {
    let accounts = RequestLiquidityWithdrawal {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, request.nonce),
        source,
        destination: addresses.tokens_of(&owner),
        share_escrow: addresses.share_escrow,
        quote_mint: addresses.quote_mint,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    let NewRequest { nonce, amount, minimum_output, tip } = *request;
    let (amount, minimum_output) = (amount.get(), minimum_output.get());
    instruction(accounts, data::RequestLiquidityWithdrawal { nonce, amount, minimum_output, tip }, NO_OTHERS)
}

/// Executes a deposit. `market_count` is the exchange's: all its markets are handed in, their prices updated before.
pub fn execute_liquidity_deposit(
    addresses: &Addresses,
    executor: Pubkey,
    request: &LiquidityRequest,
    market_count: u16,
) -> Instruction {
    let accounts = ExecuteLiquidityDeposit {
        executor,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        destination: request.destination,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::ExecuteLiquidityDeposit {}, all_markets(addresses, market_count))
}

/// Executes a withdrawal. `market_count` is the exchange's: all its markets are handed in, their prices updated before.
pub fn execute_liquidity_withdrawal(
    addresses: &Addresses,
    executor: Pubkey,
    request: &LiquidityRequest,
    market_count: u16,
) -> Instruction {
    let accounts = ExecuteLiquidityWithdrawal {
        executor,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        destination: request.destination,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        share_mint: addresses.share_mint,
        share_escrow: addresses.share_escrow,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::ExecuteLiquidityWithdrawal {}, all_markets(addresses, market_count))
}

/// Refunds the tokens of a deposit that expired to its owner's associated account.
pub fn refund_liquidity_deposit(addresses: &Addresses, caller: Pubkey, request: &LiquidityRequest) -> Instruction {
    let accounts = RefundLiquidityDeposit {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        destination: addresses.tokens_of(&request.owner),
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::RefundLiquidityDeposit {}, NO_OTHERS)
}

/// Refunds the shares of a withdrawal that expired to its owner's associated account.
pub fn refund_liquidity_withdrawal(addresses: &Addresses, caller: Pubkey, request: &LiquidityRequest) -> Instruction {
    let accounts = RefundLiquidityWithdrawal {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        destination: addresses.shares_of(&request.owner),
        share_escrow: addresses.share_escrow,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::RefundLiquidityWithdrawal {}, NO_OTHERS)
}

/// Moves cash between the pool and a market's backing toward the market's target.
pub fn allocate_backing(addresses: &Addresses, target: TargetMarket) -> Instruction {
    let accounts = AllocateBacking {
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: addresses.market(target.market),
        oracle: target.oracle,
    };
    instruction(accounts, data::AllocateBacking {}, NO_OTHERS)
}

fn all_markets(addresses: &Addresses, count: u16) -> impl Iterator<Item = AccountMeta> + '_ {
    (0..count).map(|index| read_only(addresses.market(index)))
}
