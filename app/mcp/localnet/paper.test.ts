import { join } from 'node:path';
import { readSnapshot } from '@perp-swap/client';
import { createSolanaRpc } from '@solana/kit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Agent, folder, nextSlot, type Said } from './agent.js';

const file = join(folder(), 'paper.json');
let agent: Agent;

beforeAll(async () => {
    agent = await Agent.start('--paper', file, '--balance', '500');
});
afterAll(() => agent.end());

type Position = { market: string; size: string; liquidation_price: string | null };
const positions = (account: Said) => account.positions as Position[];

/** What the chain's SOL-PERP counts. */
async function onChain() {
    const { rpc_url, exchange } = inject('local');
    const { markets } = await readSnapshot(createSolanaRpc(rpc_url), exchange);
    return markets[0]?.data.state.ledger.counters.trades;
}

test('tools that act say so, and those that read do not', async () => {
    const tools = await agent.tools();
    const acting = tools.filter(({ reads }) => !reads).map(({ name }) => name);
    expect(acting.sort()).toEqual(['cancel_orders', 'deposit', 'place_order', 'settle', 'trade', 'withdraw']);
    expect(tools.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
            'markets',
            'account',
            'health',
            'preview_trade',
            'orders',
            'pool',
            'history',
            'explain_error',
        ]),
    );
});

test('a new account has what it begins with, and the markets are those of the chain', async () => {
    expect(await agent.call('account')).toMatchObject({
        mode: 'paper',
        balance: '500',
        positions: [],
        isError: false,
    });
    const { markets } = await agent.call('markets');
    expect(markets).toEqual([
        expect.objectContaining({ market: 'SOL-PERP', taker_fee_percent: '0.04', base_margin_percent: '5' }),
        expect.objectContaining({ market: 'BTC-PERP', base_margin_percent: '4' }),
    ]);
    expect(await agent.call('pool')).toMatchObject({ shared_insurance: expect.any(String), isError: false });
});

test('a trade on paper does what its preview said, and the chain knows nothing of it', async () => {
    const before = await onChain();
    const order = { market: 'SOL-PERP', size: '10' };
    const preview = await agent.call('preview_trade', order);
    const { position } = preview.after as { position: Position };
    expect(position).toMatchObject({ market: 'SOL-PERP', size: '10' });
    expect(Number(position.liquidation_price)).toBeGreaterThan(0);

    const traded = await agent.call('trade', { ...order, acceptable_price: '1000' });
    expect(traded).toMatchObject({ outcome: 'done on paper', size: '10', isError: false });
    const [held] = positions(await agent.call('account'));
    expect(held).toMatchObject({ market: 'SOL-PERP', size: '10' });
    expect(await agent.call('history')).toMatchObject({
        journal: [expect.objectContaining({ tool: 'trade', size: '10' })],
    });
    expect(await onChain()).toBe(before);
});

test('the account is the same after the server was started anew', async () => {
    await agent.end();
    agent = await Agent.start('--paper', file);
    expect(positions(await agent.call('account'))).toEqual([expect.objectContaining({ size: '10' })]);
});

test('closing leaves the balance less what both trades cost', async () => {
    await nextSlot();
    const closed = await agent.call('trade', { market: '0', size: '-10', acceptable_price: '1', reduce_only: true });
    expect(closed).toMatchObject({ size: '-10', isError: false });
    const account = await agent.call('account');
    expect(positions(account)).toEqual([]);
    // 10 SOL at about $141: fees of at most 4 bp twice, and spreads of some 9 bp twice, with prices that do not move: $4 at most.
    const balance = Number(account.balance);
    expect(balance).toBeGreaterThan(496);
    expect(balance).toBeLessThan(500);
    // What is free can be taken out, and no more.
    expect(await agent.call('withdraw', { amount: '10000' })).toMatchObject({
        refused: 'InsufficientBalance',
        isError: true,
    });
    expect(await agent.call('withdraw', { amount: '400' })).toMatchObject({
        outcome: 'done on paper',
        isError: false,
    });
});

test.each([
    [
        'more than the margin allows',
        'trade',
        { market: 'SOL-PERP', size: '1000', acceptable_price: '1000' },
        'InitialMargin',
    ],
    [
        'a price that is out of reach',
        'trade',
        { market: 'SOL-PERP', size: '1', acceptable_price: '1' },
        'PriceBoundExceeded',
    ],
    [
        'a position that is too small',
        'trade',
        { market: 'SOL-PERP', size: '0.1', acceptable_price: '1000' },
        'BelowMinimumPosition',
    ],
    ['to reduce nothing', 'preview_trade', { market: 'BTC-PERP', size: '-1', reduce_only: true }, 'ReduceOnlyViolated'],
])('%s is refused by the name of the rule, with a remedy', async (_, tool, told, rule) => {
    const refused = await agent.call(tool, told);
    expect(refused).toMatchObject({ refused: rule, remedy: expect.any(String), isError: true });
});

test.each([
    [
        'a market that there is not',
        'preview_trade',
        { market: 'DOGE', size: '1' },
        'expected one of SOL-PERP (0), BTC-PERP (1)',
    ],
    ['more decimals than there are', 'preview_trade', { market: '0', size: '0.0000000001' }, 'more than 9 decimals'],
    [
        'an order that waits',
        'place_order',
        { market: '0', kind: 'limit', size: '1', price: '100' },
        'a paper account keeps none',
    ],
    ['a stop without its price', 'place_order', { market: '0', kind: 'stop_loss', size: '-1' }, 'price is missing'],
])('%s is answered in words', async (_, tool, told, words) => {
    expect(await agent.call(tool, told)).toMatchObject({ error: expect.stringContaining(words), isError: true });
});

test('a trade without a bound is none', async () => {
    const refused = await agent.call('trade', { market: 'SOL-PERP', size: '1' });
    expect(refused.isError).toBe(true);
    expect(refused.text).toContain('acceptable_price');
});

test('a file of something else is named, and left as it is', async () => {
    const other = join(inject('keys'), 'alice.json');
    await expect(Agent.start('--paper', other)).rejects.toThrow();
});

test('what is asked at the same time is done one after the other', async () => {
    const before = Number((await agent.call('account')).balance);
    await Promise.all(['1', '2', '3'].map((amount) => agent.call('deposit', { amount })));
    expect(Number((await agent.call('account')).balance)).toBeCloseTo(before + 6, 6);
    const { journal } = await agent.call('history', { limit: 3 });
    expect(journal).toEqual(['3', '2', '1'].map((amount) => expect.objectContaining({ tool: 'deposit', amount })));
});
