// The pool: requests to enter and leave, boundaries, payments, backing.
import type { Account, Address, Instruction, TransactionSigner } from '@solana/kit';
import {
    type ExchangeAddresses,
    epochAddress,
    marketAddress,
    requestAddress,
    sharesOf,
    tokensOf,
} from '../addresses.js';
import type { EpochRecord, LiquidityRequest } from '../generated/accounts/index.js';
import {
    getAllocateBackingInstruction,
    getCloseEpochInstruction,
    getPayLiquidityRequestInstruction,
    getRequestLiquidityDepositInstruction,
    getRequestLiquidityWithdrawalInstruction,
    getValueMarketInstruction,
} from '../generated/instructions/index.js';
import { type PriceLimit, RequestKind } from '../generated/types/index.js';
import type { TargetMarket } from './common.js';
import { createShareAccount, createTokenAccount } from './tokens.js';

/** A request to put liquidity in or take it out. It cannot be called back. */
export type NewRequest = {
    /** Any number the owner has no open request with; part of the request's address. */
    readonly nonce: bigint;
    /** Tokens to deposit in atoms, or shares to withdraw. */
    readonly amount: bigint;
    /** How far the share price may have moved against it. */
    readonly limit: PriceLimit;
};

/** Escrows tokens of `source` that will buy shares for the owner's associated account. */
export async function requestLiquidityDeposit(
    addresses: ExchangeAddresses,
    owner: TransactionSigner,
    source: Address,
    request: NewRequest,
): Promise<Instruction> {
    const { exchange, pool, vault, quoteMint, tokenProgram } = addresses;
    return getRequestLiquidityDepositInstruction({
        owner,
        exchange,
        pool,
        request: await requestAddress(addresses, owner.address, request.nonce),
        source,
        vault,
        quoteMint,
        tokenProgram,
        ...request,
    });
}

/** Escrows shares of `source` that will be sold for tokens to the owner's associated account. */
export async function requestLiquidityWithdrawal(
    addresses: ExchangeAddresses,
    owner: TransactionSigner,
    source: Address,
    request: NewRequest,
): Promise<Instruction> {
    const { exchange, pool, shareEscrow, shareMint, tokenProgram } = addresses;
    return getRequestLiquidityWithdrawalInstruction({
        owner,
        exchange,
        pool,
        request: await requestAddress(addresses, owner.address, request.nonce),
        source,
        shareEscrow,
        shareMint,
        tokenProgram,
        ...request,
    });
}

/**
 * Values a market as it stood at the boundary that the exchange waits for. The target's oracle is any account of the market's
 * oracle program that holds the boundary's reading; none where none is needed.
 */
export async function valueMarket(
    addresses: ExchangeAddresses,
    caller: TransactionSigner,
    target: TargetMarket,
): Promise<Instruction> {
    return getValueMarketInstruction({
        caller,
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
    });
}

/** Serves the requests of `boundary`, in Unix seconds, which is the one that the exchange waits for. */
export async function closeEpoch(
    addresses: ExchangeAddresses,
    closer: TransactionSigner,
    boundary: bigint,
): Promise<Instruction> {
    const { exchange, pool, shareMint, shareEscrow, tokenProgram } = addresses;
    return getCloseEpochInstruction({
        closer,
        exchange,
        pool,
        record: await epochAddress(addresses, boundary),
        shareMint,
        shareEscrow,
        tokenProgram,
        boundary,
    });
}

/** The record of the closed epoch that a request belongs to; `undefined` while its boundary is not closed. */
export function recordOf(
    request: LiquidityRequest,
    records: readonly Account<EpochRecord>[],
): Account<EpochRecord> | undefined {
    const { belongsFrom } = request.state;
    return records.find(({ data }) => data.state.previous < belongsFrom && belongsFrom <= data.state.boundary);
}

/** Whether a request is paid in shares: an accepted deposit, or a withdrawal that was not. */
function paysShares(request: LiquidityRequest, record: EpochRecord): boolean {
    const { depositsAccepted, withdrawalsAccepted } = record.state;
    const accepts = (accepted: number) => (accepted & (1 << request.state.limit)) !== 0;
    return request.kind === RequestKind.Deposit ? accepts(depositsAccepted) : !accepts(withdrawalsAccepted);
}

/** Pays a request of a closed epoch: where it was accepted in what it asked for, else what it brought. */
export async function payLiquidityRequest(
    addresses: ExchangeAddresses,
    caller: TransactionSigner,
    request: LiquidityRequest,
    record: EpochRecord,
): Promise<Instruction> {
    const { exchange, pool, tokenProgram } = addresses;
    const { owner, nonce } = request;
    const paid = paysShares(request, record)
        ? { destination: await sharesOf(addresses, owner), source: addresses.shareEscrow, mint: addresses.shareMint }
        : { destination: await tokensOf(addresses, owner), source: addresses.vault, mint: addresses.quoteMint };
    return getPayLiquidityRequestInstruction({
        caller,
        exchange,
        pool,
        record: await epochAddress(addresses, record.state.boundary),
        request: await requestAddress(addresses, owner, nonce),
        owner,
        ...paid,
        tokenProgram,
    });
}

/** Makes the token account that a request of a closed epoch is paid into, where there is none. `payer` pays its rent. */
export function createDestination(
    addresses: ExchangeAddresses,
    payer: TransactionSigner,
    request: LiquidityRequest,
    record: EpochRecord,
): Promise<Instruction> {
    const create = paysShares(request, record) ? createShareAccount : createTokenAccount;
    return create(addresses, payer, request.owner);
}

/** Moves cash between the pool and a market's backing toward the market's target. */
export async function allocateBacking(addresses: ExchangeAddresses, target: TargetMarket): Promise<Instruction> {
    return getAllocateBackingInstruction({
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
    });
}
