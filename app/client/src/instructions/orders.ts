// Resting orders: their account, placed, armed, filled, swept.
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import { type ExchangeAddresses, eventAuthority, marketAddress, ordersAddress } from '../addresses.js';
import {
    getArmOrderIfDueInstruction,
    getArmOrderInstruction,
    getCloseOrdersInstruction,
    getExecuteOrderIfDueInstruction,
    getExecuteOrderInstruction,
    getOpenOrdersInstruction,
    getPlaceOrdersInstruction,
    getSweepOrderInstruction,
} from '../generated/instructions/index.js';
import type { MarginAccountState, OrderTerms, RestingOrder } from '../generated/types/index.js';
import { type Authority, marketsOf, readOnly, type TargetMarket, withAccounts, withMarkets } from './common.js';

/** A margin account whose orders an instruction is about. */
export type OrdersOf = {
    /** Its owner, to whom lamports of orders go home. */
    readonly owner: Address;
    /** Its address. */
    readonly marginAccount: Address;
    /** Its state, for the markets of its positions. */
    readonly account: MarginAccountState;
    /** Its orders, for the markets that those which are armed may enter: what is needed to fill one. */
    readonly orders?: readonly RestingOrder[];
};

/** Opens the account of a margin account's resting orders; `payer` pays its rent. */
export async function openOrders({ signer, marginAccount }: Authority, payer: TransactionSigner): Promise<Instruction> {
    return getOpenOrdersInstruction({
        owner: signer,
        payer,
        marginAccount,
        orders: await ordersAddress(marginAccount),
    });
}

/**
 * Cancels the orders at these places and places new ones in the target's market. `trader` is the owner or the delegate, and pays
 * what the new orders hold.
 */
export async function placeOrders(
    addresses: ExchangeAddresses,
    trader: TransactionSigner,
    of: OrdersOf,
    target: TargetMarket,
    cancel: readonly number[],
    orders: readonly OrderTerms[],
): Promise<Instruction> {
    const instruction = getPlaceOrdersInstruction({
        trader,
        owner: of.owner,
        exchange: addresses.exchange,
        marginAccount: of.marginAccount,
        orders: await ordersAddress(of.marginAccount),
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
        cancel: Uint8Array.from(cancel),
        ordersArg: [...orders],
    });
    return withMarkets(addresses, instruction, of.account, target.market);
}

async function armInput(addresses: ExchangeAddresses, of: OrdersOf, target: TargetMarket, slot: number) {
    return {
        exchange: addresses.exchange,
        marginAccount: of.marginAccount,
        orders: await ordersAddress(of.marginAccount),
        market: await marketAddress(addresses, target.market),
        oracle: target.oracle,
        slot,
    };
}

/**
 * Arms the order at this place, or moves the trigger of one that trails, for anybody. The target is the order's market, with any
 * account of its oracle program that holds the reading by which it is met; with none for an order by time.
 */
export async function armOrder(
    addresses: ExchangeAddresses,
    of: OrdersOf,
    target: TargetMarket,
    slot: number,
): Promise<Instruction> {
    const instruction = getArmOrderInstruction(await armInput(addresses, of, target, slot));
    return withMarkets(addresses, instruction, of.account, target.market);
}

/** The same where it is due, for a transaction of several: where a rule refuses it, nothing happens. */
export async function armOrderIfDue(
    addresses: ExchangeAddresses,
    of: OrdersOf,
    target: TargetMarket,
    slot: number,
): Promise<Instruction> {
    const instruction = getArmOrderIfDueInstruction(await armInput(addresses, of, target, slot));
    return withMarkets(addresses, instruction, of.account, target.market);
}

/** An armed order, and the account that holds the reading at which it fills. */
export type Fill = {
    readonly market: number;
    /** Any account of the market's oracle program that holds the reading at which the order fills. */
    readonly oracle: Address;
    /** The order's place. */
    readonly slot: number;
};

async function executeInput(addresses: ExchangeAddresses, caller: TransactionSigner, of: OrdersOf, fill: Fill) {
    return {
        caller,
        owner: of.owner,
        exchange: addresses.exchange,
        marginAccount: of.marginAccount,
        orders: await ordersAddress(of.marginAccount),
        market: await marketAddress(addresses, fill.market),
        oracle: fill.oracle,
        eventAuthority: await eventAuthority(),
        slot: fill.slot,
    };
}

// The markets of the account's positions, and those that its armed orders may have entered by then.
async function withMarketsToFill(
    addresses: ExchangeAddresses,
    instruction: Instruction,
    of: OrdersOf,
    except: number,
): Promise<Instruction> {
    const mayEnter = (order: RestingOrder) => order.slices > 0 && order.fillsFrom !== 0n && order.reduceOnly === 0;
    const entered = (of.orders ?? []).filter(mayEnter).map((order) => order.market);
    const named = [...new Set([...marketsOf(of.account, except), ...entered])].filter((market) => market !== except);
    const markets = await Promise.all(named.map((market) => marketAddress(addresses, market)));
    return withAccounts(instruction, markets.map(readOnly));
}

/** Fills an armed order, for anybody. The order pays `caller`. */
export async function executeOrder(
    addresses: ExchangeAddresses,
    caller: TransactionSigner,
    of: OrdersOf,
    fill: Fill,
): Promise<Instruction> {
    const instruction = getExecuteOrderInstruction(await executeInput(addresses, caller, of, fill));
    return withMarketsToFill(addresses, instruction, of, fill.market);
}

/** The same where it is due, for a transaction of several: where a rule refuses it, nothing happens. */
export async function executeOrderIfDue(
    addresses: ExchangeAddresses,
    caller: TransactionSigner,
    of: OrdersOf,
    fill: Fill,
): Promise<Instruction> {
    const instruction = getExecuteOrderIfDueInstruction(await executeInput(addresses, caller, of, fill));
    return withMarketsToFill(addresses, instruction, of, fill.market);
}

/** Takes the dead order at this place out, for anybody. `ended` is its market where it is dead because that has ended. */
export async function sweepOrder(
    addresses: ExchangeAddresses,
    owner: Address,
    marginAccount: Address,
    slot: number,
    ended?: number,
): Promise<Instruction> {
    return getSweepOrderInstruction({
        owner,
        marginAccount,
        orders: await ordersAddress(marginAccount),
        market: ended === undefined ? undefined : await marketAddress(addresses, ended),
        slot,
    });
}

/** Closes the account of a margin account's resting orders, in which none is left; its rent returns to the owner. */
export async function closeOrders({ signer, marginAccount }: Authority): Promise<Instruction> {
    return getCloseOrdersInstruction({ owner: signer, marginAccount, orders: await ordersAddress(marginAccount) });
}
