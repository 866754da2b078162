// What tools ask the engine, and what they tell of its answers.
import {
    formatAtoms,
    formatDecimal,
    formatPrice,
    formatSize,
    type Market,
    type Order,
    type OrderTerms,
} from '@perp-swap/client';
import type { HealthView, PlacedOrder, PositionView, Questions, TradeReceipt } from '@perp-swap/client/engine';
import type { Account } from '@solana/kit';
import type { Sitting } from './engine.js';
import { showExact } from './show.js';
import { symbolOf } from './world.js';

/** The account that asks. */
const ME = { account: 0n };

function marketNumber({ data }: Account<Market>): bigint {
    return BigInt(data.state.index);
}

/** A market order as a question. */
export function tradeQuestion(market: Account<Market>, order: Order): Questions['trade']['question'] {
    const { size, acceptablePrice, reduceOnly } = order;
    return { ...ME, market: marketNumber(market), size, acceptablePrice, reduceOnly: reduceOnly ? 1n : 0n };
}

/** Collateral as a question. */
export function transferQuestion(amount: bigint): Questions['deposit']['question'] {
    return { ...ME, amount };
}

/** A position as a question. */
export function positionQuestion(market: Account<Market>): Questions['settlePnl']['question'] {
    return { ...ME, market: marketNumber(market) };
}

/** Orders to be placed, as a question and its items. */
export function placementQuestion(
    market: Account<Market>,
    orders: readonly OrderTerms[],
): readonly [Questions['placeOrders']['question'], PlacedOrder[]] {
    const placed = orders.map((order) => ({
        ...order,
        trigger: BigInt(order.trigger),
        trailing: BigInt(order.trailing),
        reduceOnly: order.reduceOnly ? 1n : 0n,
        slices: BigInt(order.slices),
        secondsBetween: BigInt(order.secondsBetween),
        group: BigInt(order.group),
        parent: BigInt(order.parent),
    }));
    return [{ ...ME, market: marketNumber(market), cancel: 0n }, placed];
}

/** The largest market order that would be filled, signed; zero where none would be. */
export function largestOrder(sitting: Sitting, market: Account<Market>, isBuy: boolean): bigint {
    return sitting.ask('largestOrder', { ...positionQuestion(market), side: isBuy ? 0n : 1n }).answer.size;
}

/** Equity and what is demanded of it. */
export function showHealth(health: HealthView, quoteDecimals: number): Record<string, string> {
    const shown = (atoms: bigint) => formatAtoms(atoms, quoteDecimals);
    return {
        equity: shown(health.equity),
        maintenance_margin: shown(health.maintenanceMargin),
        equity_for_opening: shown(health.adverseEquity),
        initial_margin: shown(health.initialMargin),
    };
}

const MILLION = 6;
const UNBOUNDED = 0xffff_ffff_ffff_ffffn;

/** A leverage in parts per million as a multiple; `null` where there is no equity. */
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
    const shown = (atoms: bigint) => formatAtoms(atoms, quoteDecimals);
    return {
        balance: shown(answer.balance),
        health: showHealth(answer.health, quoteDecimals),
        leverage: showLeverage(answer.leverage),
        is_liquidatable: answer.isLiquidatable === 1n,
        free_collateral: shown(answer.freeCollateral),
        largest_withdrawal: shown(answer.largestWithdrawal),
        positions: items.map((position) => showPosition(position, markets)),
    };
}

/** A position; `null` without one. */
export function showPosition(
    position: PositionView,
    markets: readonly Account<Market>[],
): Record<string, unknown> | null {
    const market = markets.find((one) => marketNumber(one) === position.market);
    if (market === undefined || position.openedAt === 0n) {
        return null;
    }
    const { state } = market.data;
    const atoms = (amount: bigint) => formatAtoms(amount, state.quoteDecimals);
    const price = (found: bigint) => (found === 0n ? null : formatPrice(found, state));
    return {
        market: symbolOf(market),
        size: formatSize(position.size, state),
        entry_price: price(position.entryPrice),
        price: price(position.price),
        notional: atoms(position.notional),
        unrealized_profit: atoms(position.profit),
        funding_owed: atoms(position.fundingOwed),
        liquidation_price: price(position.liquidationPrice),
        claim: atoms(position.claim),
        debt: atoms(position.debt),
        realized: atoms(position.realized),
        fees: atoms(position.fees),
    };
}

/** What a market order comes to. */
export function showReceipt(
    receipt: TradeReceipt,
    market: Account<Market>,
    markets: readonly Account<Market>[],
): Record<string, unknown> {
    const { state } = market.data;
    const exact = (x40: bigint) => showExact(x40, state.quoteDecimals);
    const atoms = (amount: bigint) => formatAtoms(amount, state.quoteDecimals);
    const { after } = receipt;
    return {
        size: formatSize(receipt.size, state),
        index_price: formatPrice(receipt.indexPrice, state),
        average_price: formatPrice(receipt.averagePrice, state),
        notional_at_the_index: exact(receipt.indexNotional),
        spread: exact(receipt.spread),
        impact: exact(receipt.impact),
        fee: atoms(receipt.fee),
        cost: atoms(receipt.cost),
        realized: atoms(receipt.realized),
        after: {
            balance: atoms(after.balance),
            health: showHealth(after.health, state.quoteDecimals),
            leverage: showLeverage(after.leverage),
            position: showPosition(after.position, markets),
        },
    };
}
