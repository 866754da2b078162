// The tools.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { formatAtoms, formatSize, parseAtoms } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import { z } from 'zod';
import type { Desk, Seat } from './desk.js';
import { RefusedError } from './engine.js';
import { explainText } from './explain.js';
import { LISTS, readHistory } from './history.js';
import { orderOf, RESTING, TRADE, termsOf } from './orders.js';
import { largestOrder, showAsker, showReceipt, tradeQuestion } from './questions.js';
import { showMarket, showOrders } from './show.js';
import { findMarket, type Node, NotFoundError, readWorld } from './world.js';

/** What the tools are made of. */
export type Parts = {
    readonly node: Node;
    readonly exchange: Address;
    readonly desk: Desk;
    readonly historyUrl: string | undefined;
    readonly version: string;
};

const READS = { readOnlyHint: true, openWorldHint: true } as const;
const ACTS = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true } as const;

const INSTRUCTIONS = `Perpetual swaps on Solana, against a pool, at the oracle's price. Numbers are decimal texts: amounts in the quote
token, sizes in whole units of the asset, positive to buy. Preview a trade before it, and give it an acceptable_price. What is refused has
changed nothing; explain_error says why and what to do. After the outcome "unknown" look the signature up before trying again.`;

/** The server with all its tools. */
export function createServer(parts: Parts): McpServer {
    const { node, exchange, desk } = parts;
    const mode = desk.mode === 'paper' ? 'Paper: nothing is signed.' : 'Live: the key of the account signs.';
    const server = new McpServer(
        { name: 'perp-swap', version: parts.version },
        { instructions: `${INSTRUCTIONS}\n${mode}` },
    );
    const answer = inTurn();
    const seat = async (): Promise<Seat> => {
        const found = await desk.seat();
        if (found === undefined) {
            throw new NotFoundError('the margin account is not open yet: deposit opens it');
        }
        return found;
    };

    server.registerTool(
        'markets',
        {
            description: 'Every market: price and its age, open interest, funding rate, fees, margin.',
            annotations: READS,
        },
        () =>
            answer(async () => {
                const world = await readWorld(node, exchange);
                return { markets: world.markets.map((market) => showMarket(market, world)) };
            }),
    );
    server.registerTool(
        'account',
        {
            description: 'The margin account: balance, health, positions and where they are liquidated.',
            annotations: READS,
        },
        () =>
            answer(async () => {
                const { world, sit } = await seat();
                return { mode: desk.mode, address: desk.address, ...asker(world, sit) };
            }),
    );
    server.registerTool(
        'health',
        {
            description: 'Equity and margin of the account, and what the limits leave to be ordered.',
            annotations: READS,
        },
        () =>
            answer(async () => {
                const { world, sit } = await seat();
                const { health, leverage, is_liquidatable, free_collateral, largest_withdrawal } = asker(world, sit);
                const left = desk.left();
                return {
                    ...(health as Record<string, unknown>),
                    leverage,
                    is_liquidatable,
                    free_collateral,
                    largest_withdrawal,
                    left_of_the_limit: left === undefined ? null : formatAtoms(left, world.exchange.data.quoteDecimals),
                };
            }),
    );
    server.registerTool(
        'preview_trade',
        {
            description:
                'What a market order would do now: fill, cost by its parts, health and liquidation price after it.',
            inputSchema: TRADE,
            annotations: READS,
        },
        (told) =>
            answer(async () => {
                const { world, sit } = await seat();
                const market = findMarket(world, told.market);
                const receipt = sit().ask('trade', tradeQuestion(market, orderOf(told, market)));
                return showReceipt(receipt.answer, market, world.markets);
            }),
    );
    server.registerTool(
        'largest_order',
        {
            description: 'The largest buy and sale that would be filled now.',
            inputSchema: { market: TRADE.market },
            annotations: READS,
        },
        (told) =>
            answer(async () => {
                const { world, sit } = await seat();
                const market = findMarket(world, told.market);
                const sitting = sit();
                const largest = (isBuy: boolean) => formatSize(largestOrder(sitting, market, isBuy), market.data.state);
                return { buy: largest(true), sale: largest(false) };
            }),
    );
    server.registerTool(
        'trade',
        {
            description: 'Sends a market order. Needs an acceptable_price: preview it first.',
            inputSchema: { ...TRADE, acceptable_price: TRADE.acceptable_price.unwrap() },
            annotations: ACTS,
        },
        (told) =>
            answer(async () => {
                const found = await seat();
                const market = findMarket(found.world, told.market);
                return desk.trade(found, market, orderOf(told, market));
            }),
    );
    server.registerTool('orders', { description: 'The resting orders, with their places.', annotations: READS }, () =>
        answer(async () => {
            const found = await seat();
            return { orders: found.orders === undefined ? [] : showOrders(found.orders, found.world) };
        }),
    );
    server.registerTool(
        'place_order',
        {
            description:
                'Places a resting order: a limit, stop, target, trailing stop, at the next price, or in slices.',
            inputSchema: RESTING,
            annotations: ACTS,
        },
        (told) =>
            answer(async () => {
                const found = await seat();
                const market = findMarket(found.world, told.market);
                return desk.place(found, market, [termsOf(told, market)]);
            }),
    );
    server.registerTool(
        'cancel_orders',
        {
            description: 'Cancels resting orders by their places.',
            inputSchema: { places: z.array(z.number().int().min(0).max(15)).min(1).max(16) },
            annotations: ACTS,
        },
        ({ places }) => answer(async () => desk.cancel(await seat(), places)),
    );
    server.registerTool(
        'deposit',
        {
            description: 'Puts collateral into the margin account, and opens it where it is not open yet.',
            inputSchema: { amount: z.string().describe('of the quote token, such as "250.5"') },
            annotations: ACTS,
        },
        ({ amount }) =>
            answer(async () =>
                desk.deposit(parseAtoms(amount, (await readWorld(node, exchange)).exchange.data.quoteDecimals)),
            ),
    );
    server.registerTool(
        'withdraw',
        {
            description: "Takes collateral out, to the owner's own token account.",
            inputSchema: { amount: z.string().describe('of the quote token, such as "250.5"') },
            annotations: ACTS,
        },
        ({ amount }) =>
            answer(async () => {
                const found = await seat();
                return desk.withdraw(found, parseAtoms(amount, found.world.exchange.data.quoteDecimals));
            }),
    );
    server.registerTool(
        'settle',
        {
            description: "Turns a position's profit or loss into cash.",
            inputSchema: { market: TRADE.market },
            annotations: ACTS,
        },
        (told) =>
            answer(async () => {
                const found = await seat();
                return desk.settle(found, findMarket(found.world, told.market));
            }),
    );
    server.registerTool(
        'pool',
        { description: 'The liquidity pool: cash, what is placed, shares, the last close.', annotations: READS },
        () =>
            answer(async () => {
                const { pool, exchange: root } = await readWorld(node, exchange);
                const { state } = pool.data;
                const shown = (atoms: bigint) => formatAtoms(atoms, root.data.quoteDecimals);
                return {
                    cash: shown(state.cash),
                    placed_in_markets: shown(state.placed),
                    shared_insurance: shown(state.insurance),
                    shares: shown(state.shares),
                    last_close: {
                        boundary: state.last.boundary.toString(),
                        value: shown(state.last.upper),
                        shares: shown(state.last.shares),
                    },
                };
            }),
    );
    server.registerTool(
        'history',
        {
            description: 'What happened to the account, newest first; of a paper account what was done on paper.',
            inputSchema: {
                list: z.enum(LISTS).default('fills'),
                limit: z.number().int().min(1).max(1_000).default(20),
            },
            annotations: READS,
        },
        ({ list, limit }) =>
            answer(async () => {
                const journal = desk.journal();
                if (journal !== undefined) {
                    return { journal: journal.slice(-limit).reverse() };
                }
                if (parts.historyUrl === undefined) {
                    throw new NotFoundError(
                        'no history was named: start the server with --history URL of a perp-indexer',
                    );
                }
                return (await readHistory(parts.historyUrl, list, desk.address, limit)) as Record<string, unknown>;
            }),
    );
    server.registerTool(
        'explain_error',
        {
            description: 'What an error of the exchange means and what to do about it.',
            inputSchema: { error: z.string().max(20_000).describe('its code, its name, or the log of a transaction') },
            annotations: { readOnlyHint: true, openWorldHint: false },
        },
        ({ error }) => answer(async () => ({ ...explainText(error) })),
    );
    return server;
}

function asker(world: Seat['world'], sit: Seat['sit']): Record<string, unknown> {
    return showAsker(sit(), world.markets, world.exchange.data.quoteDecimals);
}

/** Answers one question after the other: what a tool does is on what the one before it has left. */
function inTurn(): (ask: () => Promise<Record<string, unknown>>) => Promise<CallToolResult> {
    let last: Promise<unknown> = Promise.resolve();
    return (ask) => {
        const answered = last.then(() => answerTo(ask));
        last = answered;
        return answered;
    };
}

/** What a tool says: JSON, or an error that names the rule and what to do. */
async function answerTo(ask: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
    try {
        return content(await ask(), false);
    } catch (error) {
        if (error instanceof RefusedError) {
            const { message, explanation, numbers } = error.preview;
            const by = numbers.map(({ name, unit, value }) => `${name} ${value} (${unit})`);
            return content(
                { refused: explanation?.name ?? 'no answer', message, remedy: explanation?.remedy, numbers: by },
                true,
            );
        }
        return content({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }, true);
    }
}

function content(told: Record<string, unknown>, isError: boolean): CallToolResult {
    return { content: [{ type: 'text', text: JSON.stringify(told, null, 1) }], isError };
}
