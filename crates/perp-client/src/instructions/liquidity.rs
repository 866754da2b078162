use super::tokens::{create_share_account, create_token_account};
use super::{instruction, TargetMarket, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_accounts::{EpochRecord, LiquidityRequest};
use perp_engine::state::{PriceLimit, RequestKind};
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::accounts::{
    AllocateBacking, CloseEpoch, PayLiquidityRequest, RequestLiquidityDeposit, RequestLiquidityWithdrawal, ValueMarket,
};
use perp_swap::instruction as data;

/// A request to put liquidity in or take it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Any number the owner has no open request with; part of the request's address.
    pub nonce: u64,
    /// Tokens to deposit, or shares to withdraw.
    pub amount: Atoms,
    /// How far the share price may have moved against it.
    pub limit: PriceLimit,
}

/// Escrows tokens of `source` that will buy shares for the owner's associated account.
pub fn request_liquidity_deposit(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    request: &NewRequest,
) -> Instruction {
    let NewRequest { nonce, amount, limit } = *request;
    let accounts = RequestLiquidityDeposit {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, nonce),
        source,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    instruction(accounts, data::RequestLiquidityDeposit { nonce, amount: amount.get(), limit: limit as u8 }, NO_OTHERS)
}

/// Escrows shares of `source` that will be sold for tokens to the owner's associated account.
pub fn request_liquidity_withdrawal(
    addresses: &Addresses,
    owner: Pubkey,
    source: Pubkey,
    request: &NewRequest,
) -> Instruction {
    let NewRequest { nonce, amount, limit } = *request;
    let accounts = RequestLiquidityWithdrawal {
        owner,
        exchange: addresses.exchange,
        pool: addresses.pool,
        request: addresses.request(&owner, nonce),
        source,
        share_escrow: addresses.share_escrow,
        share_mint: addresses.share_mint,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    let data = data::RequestLiquidityWithdrawal { nonce, amount: amount.get(), limit: limit as u8 };
    instruction(accounts, data, NO_OTHERS)
}

/// Values a market as it stood at the boundary that the exchange waits for. The target's oracle is any account of the market's oracle
/// program that holds the boundary's reading; none where none is needed.
pub fn value_market(addresses: &Addresses, caller: Pubkey, target: TargetMarket) -> Instruction {
    let accounts = ValueMarket {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: addresses.market(target.market),
        oracle: target.oracle,
    };
    instruction(accounts, data::ValueMarket {}, NO_OTHERS)
}

/// Serves the requests of `boundary`, which is the one that the exchange waits for.
pub fn close_epoch(addresses: &Addresses, closer: Pubkey, boundary: Timestamp) -> Instruction {
    let accounts = CloseEpoch {
        closer,
        exchange: addresses.exchange,
        pool: addresses.pool,
        record: addresses.epoch(boundary),
        share_mint: addresses.share_mint,
        share_escrow: addresses.share_escrow,
        token_program: addresses.token_program,
        system_program: system_program::ID,
    };
    instruction(accounts, data::CloseEpoch { boundary: boundary.get() }, NO_OTHERS)
}

/// Pays a request of a closed epoch: where it was accepted in what it asked for, else what it brought.
pub fn pay_liquidity_request(
    addresses: &Addresses,
    caller: Pubkey,
    request: &LiquidityRequest,
    record: &EpochRecord,
) -> Instruction {
    let closed = &record.state;
    let (destination, source, mint) = if pays_shares(request, record) {
        (addresses.shares_of(&request.owner), addresses.share_escrow, addresses.share_mint)
    } else {
        (addresses.tokens_of(&request.owner), addresses.vault, addresses.quote_mint)
    };
    let accounts = PayLiquidityRequest {
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        record: addresses.epoch(closed.boundary),
        request: addresses.request(&request.owner, request.nonce),
        owner: request.owner,
        destination,
        source,
        mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::PayLiquidityRequest {}, NO_OTHERS)
}

/// Makes the token account that a request of a closed epoch is paid into, where there is none. `payer` pays its rent.
pub fn create_destination(
    addresses: &Addresses,
    payer: Pubkey,
    request: &LiquidityRequest,
    record: &EpochRecord,
) -> Instruction {
    if pays_shares(request, record) {
        create_share_account(addresses, payer, request.owner)
    } else {
        create_token_account(addresses, payer, request.owner)
    }
}

/// Whether a request is paid in shares: an accepted deposit, or a withdrawal that was not.
fn pays_shares(request: &LiquidityRequest, record: &EpochRecord) -> bool {
    let (closed, limit) = (&record.state, request.state.price_limit());
    if request.kind == RequestKind::Deposit as u8 {
        closed.deposits_accepted.contains(limit)
    } else {
        !closed.withdrawals_accepted.contains(limit)
    }
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
