// What tools ask the engine, in its words, and what they make of its answers.
import {
    formatAtoms,
    formatDecimal,
    formatPrice,
    formatSize,
    type Market,
    type Order,
    type OrderTerms,
} from '@perp-swap/client';
import type { Account } from '@solana/kit';
import type { Sitting } from './engine.js';
import { showExact } from './show.js';
import type { Words } from './words.js';
import { symbolOf } from './world.js';

/** The account that asks. */
const ME = { account: 0n };

/** A number of an answer. */
export function number(words: Words, field: string): bigint {
    const found = words[field];
    if (typeof found !== 'bigint') {
        throw new Error(`the engine's answer has no number "${field}"`);
    }
    return found;
}

/** A struct of an answer. */
export function struct(words: Words, field: string): Words {
    const found = words[field];
    if (typeof found !== 'object') {
        throw new Error(`the engine's answer has no struct "${field}"`);
    }
    return found;
}

function marketNumber({ data }: Account<Market>): bigint {
    return BigInt(data.state.index);
}

/** A market order as a question. */
export function tradeQuestion(market: Account<Market>, { size, acceptablePrice, reduceOnly }: Order): Words {
    return {
        ...ME,
        market: marketNumber(market),
        size,
        acceptable_price: acceptablePrice,
        reduce_only: reduceOnly ? 1n : 0n,
    };
}

/** Collateral as a question. */
export function transferQuestion(amount: bigint): Words {
    return { ...ME, amount };
}

/** A position as a question. */
export function positionQuestion(market: Account<Market>): Words {
    return { ...ME, market: marketNumber(market) };
}

/** Orders to be placed, and places to be cancelled, as a question and its items. */
export function placementQuestion(
    market: Account<Market>,
    cancel: readonly number[],
    orders: readonly OrderTerms[],
): readonly [Words, readonly Words[]] {
    const bits = cancel.reduce((all, place) => all | (1n << BigInt(place)), 0n);
    const items = orders.map((order) => ({
        size: order.size,
        trigger: BigInt(order.trigger),
        trigger_price: order.triggerPrice,
        trailing: BigInt(order.trailing),
        acceptable_price: order.acceptablePrice,
        reduce_only: order.reduceOnly ? 1n : 0n,
        active_from: order.activeFrom,
        expires: order.expires,
        slices: BigInt(order.slices),
        seconds_between: BigInt(order.secondsBetween),
        group: BigInt(order.group),
        parent: BigInt(order.parent),
        lamports: order.lamports,
    }));
    return [{ ...ME, market: marketNumber(market), cancel: bits }, items];
}

/** The largest market order that would be filled, signed; zero where none would be. */
export function largestOrder(sitting: Sitting, market: Account<Market>, isBuy: boolean): bigint {
    const { answer } = sitting.ask('largest_order', { ...positionQuestion(market), side: isBuy ? 0n : 1n });
    return number(answer, 'size');
}

/** Equity and what is demanded of it. */
export function showHealth(health: Words, quoteDecimals: number): Record<string, string> {
    const shown = (field: string) => formatAtoms(number(health, field), quoteDecimals);
    return {
        equity: shown('equity'),
        maintenance_margin: shown('maintenance_margin'),
        equity_for_opening: shown('adverse_equity'),
        initial_margin: shown('initial_margin'),
    };
}

const MILLION = 6;
const UNBOUNDED = 2n ** 64n - 1n;

function showLeverage(ppm: bigint): string | null {
    return ppm === UNBOUNDED ? null : formatDecimal({ mantissa: ppm, scale: MILLION });
}

/** The account: cash, health, leverage, and every position with where it is liquidated. */
export function showAsker(
    sitting: Sitting,
    markets: readonly Account<Market>[],
    quoteDecimals: number,
): Record<string, unknown> {
    const { answer } = sitting.ask('account', ME);
    const { items } = sitting.ask('positions', ME);
    const shown = (field: string) => formatAtoms(number(answer, field), quoteDecimals);
    return {
        balance: shown('balance'),
        health: showHealth(struct(answer, 'health'), quoteDecimals),
        leverage: showLeverage(number(answer, 'leverage')),
        is_liquidatable: number(answer, 'is_liquidatable') === 1n,
        free_collateral: shown('free_collateral'),
        largest_withdrawal: shown('largest_withdrawal'),
        positions: items.map((position) => showPosition(position, markets)),
    };
}

/** A position; `null` without one. */
export function showPosition(position: Words, markets: readonly Account<Market>[]): Record<string, unknown> | null {
    const market = markets[Number(number(position, 'market'))];
    if (market === undefined || number(position, 'opened_at') === 0n) {
        return null;
    }
    const { state } = market.data;
    const atoms = (field: string) => formatAtoms(number(position, field), state.quoteDecimals);
    const price = (field: string) => {
        const found = number(position, field);
        return found === 0n ? null : formatPrice(found, state);
    };
    return {
        market: symbolOf(market),
        size: formatSize(number(position, 'size'), state),
        entry_price: price('entry_price'),
        price: price('price'),
        notional: atoms('notional'),
        unrealized_profit: atoms('profit'),
        funding_owed: atoms('funding_owed'),
        liquidation_price: price('liquidation_price'),
        claim: atoms('claim'),
        debt: atoms('debt'),
        realized: atoms('realized'),
        fees: atoms('fees'),
    };
}

/** What a market order comes to. */
export function showReceipt(
    receipt: Words,
    market: Account<Market>,
    markets: readonly Account<Market>[],
): Record<string, unknown> {
    const { state } = market.data;
    const exact = (field: string) => showExact(number(receipt, field), state.quoteDecimals);
    const atoms = (field: string) => formatAtoms(number(receipt, field), state.quoteDecimals);
    const after = struct(receipt, 'after');
    return {
        size: formatSize(number(receipt, 'size'), state),
        index_price: formatPrice(number(receipt, 'index_price'), state),
        average_price: formatPrice(number(receipt, 'average_price'), state),
        notional_at_the_index: exact('index_notional'),
        spread: exact('spread'),
        impact: exact('impact'),
        fee: atoms('fee'),
        cost: atoms('cost'),
        realized: atoms('realized'),
        after: {
            balance: formatAtoms(number(after, 'balance'), state.quoteDecimals),
            health: showHealth(struct(after, 'health'), state.quoteDecimals),
            leverage: showLeverage(number(after, 'leverage')),
            position: showPosition(struct(after, 'position'), markets),
        },
    };
}
