use super::{instruction, read_only, Touched, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_swap::accounts::{
    AllocateBacking, ExecuteLiquidityDeposit, ExecuteLiquidityWithdrawal, RequestLiquidityDeposit,
    RequestLiquidityWithdrawal, ReturnLiquidityDeposit, ReturnLiquidityWithdrawal,
};
use perp_swap::instruction as data;
use perp_swap::instructions::RequestArguments;
use perp_swap::state::LiquidityRequest;

/// Escrows tokens of `source` that will buy shares for `destination`.
pub fn request_liquidity_deposit(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    destination: Pubkey,
    arguments: RequestArguments,
) -> Instruction {
    let accounts = RequestLiquidityDeposit {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, arguments.nonce),
        source,
        destination,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    instruction(accounts, data::RequestLiquidityDeposit { arguments }, NO_OTHERS)
}

/// Escrows shares of `source` that will be sold for tokens to `destination`.
pub fn request_liquidity_withdrawal(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    destination: Pubkey,
    arguments: RequestArguments,
) -> Instruction {
    let accounts = RequestLiquidityWithdrawal {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, arguments.nonce),
        source,
        destination,
        share_escrow: addresses.share_escrow,
        quote_mint: addresses.quote_mint,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    instruction(accounts, data::RequestLiquidityWithdrawal { arguments }, NO_OTHERS)
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

/// Returns the tokens of a deposit that lapsed.
pub fn return_liquidity_deposit(addresses: &Addresses, caller: Pubkey, request: &LiquidityRequest) -> Instruction {
    let accounts = ReturnLiquidityDeposit {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        origin: request.origin,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::ReturnLiquidityDeposit {}, NO_OTHERS)
}

/// Returns the shares of a withdrawal that lapsed.
pub fn return_liquidity_withdrawal(addresses: &Addresses, caller: Pubkey, request: &LiquidityRequest) -> Instruction {
    let accounts = ReturnLiquidityWithdrawal {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&request.owner, request.nonce),
        origin: request.origin,
        share_escrow: addresses.share_escrow,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::ReturnLiquidityWithdrawal {}, NO_OTHERS)
}

/// Moves cash between the pool and a market's backing toward the market's target.
pub fn allocate_backing(addresses: &Addresses, touched: Touched) -> Instruction {
    let accounts = AllocateBacking {
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: addresses.market(touched.market),
        oracle: touched.oracle,
    };
    instruction(accounts, data::AllocateBacking {}, NO_OTHERS)
}

fn all_markets(addresses: &Addresses, count: u16) -> impl Iterator<Item = AccountMeta> + '_ {
    (0..count).map(|index| read_only(addresses.market(index)))
}
