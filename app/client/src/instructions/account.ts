// Margin accounts: opened, filled, emptied, lent to a delegate, closed.
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import { type ExchangeAddresses, marginAccountAddress, NO_ADDRESS, tokensOf } from '../addresses.js';
import {
    getCloseAccountInstruction,
    getDepositInstruction,
    getOpenAccountInstruction,
    getSetDelegateInstruction,
    getWithdrawInstruction,
} from '../generated/instructions/index.js';
import type { MarginAccountState } from '../generated/types/index.js';
import { type Authority, hasOpenPosition, withMarkets } from './common.js';

/** Opens the owner's margin account of this number, isolated where a market is named. */
export async function openAccount(
    addresses: ExchangeAddresses,
    owner: TransactionSigner,
    payer: TransactionSigner,
    subAccount: number,
    isolatedMarket?: number,
): Promise<Instruction> {
    return getOpenAccountInstruction({
        owner,
        payer,
        exchange: addresses.exchange,
        marginAccount: await marginAccountAddress(addresses, owner.address, subAccount),
        subAccount,
        isolatedMarket: isolatedMarket ?? null,
    });
}

/** Closes an empty account; its rent returns to the owner. */
export function closeAccount({ signer, marginAccount }: Authority): Instruction {
    return getCloseAccountInstruction({ owner: signer, marginAccount });
}

/** Names who may trade for the account; no delegate where none is given. */
export function setDelegate({ signer, marginAccount }: Authority, delegate: Address = NO_ADDRESS): Instruction {
    return getSetDelegateInstruction({ owner: signer, marginAccount, delegate });
}

/** Adds collateral from the token account `source`. */
export function deposit(
    addresses: ExchangeAddresses,
    { signer, marginAccount }: Authority,
    source: Address,
    amount: bigint,
): Instruction {
    const { exchange, vault, quoteMint, tokenProgram } = addresses;
    return getDepositInstruction({
        owner: signer,
        exchange,
        marginAccount,
        source,
        vault,
        quoteMint,
        tokenProgram,
        amount,
    });
}

/**
 * Takes collateral out to the token account `destination`. Markets are handed in only where `account`, the margin account's state,
 * has open positions: without them no price is needed.
 */
export async function withdraw(
    addresses: ExchangeAddresses,
    { signer, marginAccount }: Authority,
    account: MarginAccountState,
    destination: Address,
    amount: bigint,
): Promise<Instruction> {
    const { exchange, vault, quoteMint, tokenProgram } = addresses;
    const instruction = getWithdrawInstruction({
        owner: signer,
        exchange,
        marginAccount,
        vault,
        destination,
        quoteMint,
        tokenProgram,
        amount,
    });
    return hasOpenPosition(account) ? withMarkets(addresses, instruction, account) : instruction;
}

/**
 * Moves margin from one account of the owner's to another: out to his token account and in again, to be sent in one transaction.
 * The program has no instruction of its own for it.
 */
export async function transferMargin(
    addresses: ExchangeAddresses,
    from: Authority,
    fromState: MarginAccountState,
    to: Address,
    amount: bigint,
): Promise<Instruction[]> {
    const wallet = await tokensOf(addresses, from.signer.address);
    return [
        await withdraw(addresses, from, fromState, wallet, amount),
        deposit(addresses, { signer: from.signer, marginAccount: to }, wallet, amount),
    ];
}
