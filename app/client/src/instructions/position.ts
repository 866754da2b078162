// Positions: traded, settled, liquidated.
import type { Address, Instruction } from '@solana/kit';
import { type ExchangeAddresses, eventAuthority, marketAddress } from '../addresses.js';
import {
    getLiquidateIfDueInstruction,
    getLiquidateInstruction,
    getRedeemClaimInstruction,
    getResolveBankruptcyInstruction,
    getSettleFundingInstruction,
    getSettlePnlInstruction,
    getTradeInstruction,
    getWaiveClaimInstruction,
} from '../generated/instructions/index.js';
import type { MarginAccountState } from '../generated/types/index.js';
import { type Authority, type TargetMarket, withMarkets } from './common.js';

/** A market order. */
export type Order = {
    /** Signed base units; positive buys. */
    readonly size: bigint;
    /** Worst average price, in 2^-40 atoms per base unit; `ANY_PRICE_BUY` or `ANY_PRICE_SELL` for any. Zero is refused. */
    readonly acceptablePrice: bigint;
    readonly reduceOnly: boolean;
};

/** What a liquidator does at most, and for what at least. */
export type LiquidationOrder = {
    /** Base units. */
    readonly maxSize: bigint;
    /** Atoms. */
    readonly minBounty: bigint;
};

/** One market order. `account` is the state of the trader's margin account. */
export async function trade(
    addresses: ExchangeAddresses,
    trader: Authority,
    account: MarginAccountState,
    target: TargetMarket,
    order: Order,
): Promise<Instruction> {
    const instruction = getTradeInstruction({
        trader: trader.signer,
        exchange: addresses.exchange,
        marginAccount: trader.marginAccount,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
        ...order,
    });
    return withMarkets(addresses, instruction, account, target.market);
}

/** Settles the funding of a position, for anybody. */
export async function settleFunding(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    market: number,
): Promise<Instruction> {
    const { exchange } = addresses;
    return getSettleFundingInstruction({ exchange, marginAccount, market: await marketAddress(addresses, market) });
}

/**
 * Turns a position's unrealized profit or loss into cash, for anybody. `rewarded` is another margin account, which receives what
 * the queue pays for it just before a boundary.
 */
export async function settlePnl(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    target: TargetMarket,
    rewarded?: Address,
): Promise<Instruction> {
    return getSettlePnlInstruction({
        exchange: addresses.exchange,
        marginAccount,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
        pool: rewarded === undefined ? undefined : addresses.pool,
        rewardedAccount: rewarded,
    });
}

/** Pays an account what is funded of its claim, for anybody. */
export async function redeemClaim(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    market: number,
): Promise<Instruction> {
    const { exchange } = addresses;
    return getRedeemClaimInstruction({ exchange, marginAccount, market: await marketAddress(addresses, market) });
}

/** Gives up the owner's claim on a market. */
export async function waiveClaim(
    addresses: ExchangeAddresses,
    { signer, marginAccount }: Authority,
    market: number,
): Promise<Instruction> {
    const { exchange } = addresses;
    return getWaiveClaimInstruction({
        owner: signer,
        exchange,
        marginAccount,
        market: await marketAddress(addresses, market),
    });
}

async function liquidationInput(
    addresses: ExchangeAddresses,
    liquidator: Authority,
    marginAccount: Address,
    target: TargetMarket,
    order: LiquidationOrder,
) {
    return {
        liquidator: liquidator.signer,
        exchange: addresses.exchange,
        liquidatorAccount: liquidator.marginAccount,
        marginAccount,
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
        eventAuthority: await eventAuthority(),
        ...order,
    };
}

/**
 * Closes part or all of an under-margined position, settles the profit of one whose account is healthy only by what markets have
 * not paid yet, or closes one in a market that has ended; the bounty is credited to the liquidator's margin account. `account` is
 * the state of `marginAccount`, the account that is liquidated.
 */
export async function liquidate(
    addresses: ExchangeAddresses,
    liquidator: Authority,
    marginAccount: Address,
    account: MarginAccountState,
    target: TargetMarket,
    order: LiquidationOrder,
): Promise<Instruction> {
    const input = await liquidationInput(addresses, liquidator, marginAccount, target, order);
    return withMarkets(addresses, getLiquidateInstruction(input), account, target.market);
}

/** The same where it is due, for a transaction of several: where a rule refuses it, nothing happens. */
export async function liquidateIfDue(
    addresses: ExchangeAddresses,
    liquidator: Authority,
    marginAccount: Address,
    account: MarginAccountState,
    target: TargetMarket,
    order: LiquidationOrder,
): Promise<Instruction> {
    const input = await liquidationInput(addresses, liquidator, marginAccount, target, order);
    return withMarkets(addresses, getLiquidateIfDueInstruction(input), account, target.market);
}

/** Settles what a bankrupt account owes `market`. Its other markets are read, for its claims on them. */
export async function resolveBankruptcy(
    addresses: ExchangeAddresses,
    marginAccount: Address,
    account: MarginAccountState,
    market: number,
): Promise<Instruction> {
    const instruction = getResolveBankruptcyInstruction({
        exchange: addresses.exchange,
        pool: addresses.pool,
        marginAccount,
        market: await marketAddress(addresses, market),
        eventAuthority: await eventAuthority(),
    });
    return withMarkets(addresses, instruction, account, market);
}
