import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Agent, nextSlot } from './agent.js';

let agent: Agent;
const key = () => join(inject('keys'), 'bob.json');
const LIMITS = ['--max-trade', '2000', '--max-total', '3000'];

beforeAll(async () => {
    agent = await Agent.start('--live', '--keypair', key(), ...LIMITS);
});
afterAll(() => agent.end());

test('before the first deposit there is no account, and it says what opens one', async () => {
    expect(await agent.call('account')).toMatchObject({
        error: expect.stringContaining('deposit opens it'),
        isError: true,
    });
    expect(await agent.call('deposit', { amount: '1000' })).toMatchObject({ outcome: 'confirmed', isError: false });
    expect(await agent.call('account')).toMatchObject({ mode: 'live', balance: '1000', positions: [] });
});

test('a trade is signed, sent and confirmed, and counted against the limits', async () => {
    const order = { market: 'SOL-PERP', size: '10', acceptable_price: '200' };
    const preview = await agent.call('preview_trade', order);
    const traded = await agent.call('trade', order);
    expect(traded).toMatchObject({ outcome: 'confirmed', events: expect.arrayContaining(['Traded']), isError: false });
    const { positions } = await agent.call('account');
    expect(positions).toEqual([expect.objectContaining({ market: 'SOL-PERP', size: '10' })]);
    const { left_of_the_limit } = await agent.call('health');
    const notional = Number(preview.notional_at_the_index);
    expect(Number(left_of_the_limit)).toBeCloseTo(3_000 - notional, 0);
});

test('what is beyond a limit is not sent', async () => {
    // 20 SOL at about $141 are beyond 2000; 12 are not, but with the 10 before they are beyond 3000.
    const order = { market: 'SOL-PERP', acceptable_price: '200' };
    const large = await agent.call('trade', { ...order, size: '20' });
    expect(large).toMatchObject({ error: expect.stringContaining('--max-trade is 2000'), isError: true });
    const together = await agent.call('trade', { ...order, size: '12' });
    expect(together).toMatchObject({ error: expect.stringContaining('of --max-total 3000'), isError: true });
    const { positions } = await agent.call('account');
    expect(positions).toEqual([expect.objectContaining({ size: '10' })]);
});

test('orders are placed, seen and cancelled; a stop needs no limit', async () => {
    const stop = { market: 'SOL-PERP', kind: 'stop_loss', size: '-10', price: '100', acceptable_price: '80' };
    expect(await agent.call('place_order', stop)).toMatchObject({ outcome: 'confirmed', isError: false });
    const { orders } = await agent.call('orders');
    expect(orders).toEqual([
        expect.objectContaining({
            place: 0,
            market: 'SOL-PERP',
            size: '-10',
            trigger: 'at or below',
            trigger_price: '100',
            reduce_only: true,
        }),
    ]);
    const entry = { market: 'SOL-PERP', kind: 'limit', size: '14', price: '120' };
    expect(await agent.call('place_order', entry)).toMatchObject({
        error: expect.stringContaining('--max-total'),
        isError: true,
    });
    expect(await agent.call('cancel_orders', { places: [0] })).toMatchObject({ outcome: 'confirmed' });
    expect(await agent.call('orders')).toMatchObject({ orders: [] });
});

test('the way out is free, and what is left goes home', async () => {
    await nextSlot();
    const closed = await agent.call('trade', {
        market: 'SOL-PERP',
        size: '-10',
        acceptable_price: '50',
        reduce_only: true,
    });
    expect(closed).toMatchObject({ outcome: 'confirmed', isError: false });
    const { balance, positions } = await agent.call('account');
    expect(positions).toEqual([]);
    expect(await agent.call('withdraw', { amount: balance as string })).toMatchObject({ outcome: 'confirmed' });
    expect(await agent.call('account')).toMatchObject({ balance: '0' });
});

test('what the engine refuses is not sent, and the history wants to be named', async () => {
    const refused = await agent.call('withdraw', { amount: '1' });
    expect(refused).toMatchObject({ refused: 'InsufficientBalance', isError: true });
    expect(await agent.call('history')).toMatchObject({
        error: expect.stringContaining('--history URL'),
        isError: true,
    });
});

test('without its flags a live server does not start', () => {
    const server = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const local = join(inject('keys'), 'exchange.json');
    const { status, stderr, stdout } = spawnSync('node', [server, '--local', local, '--live', '--keypair', key()], {
        encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('--max-trade is missing');
});
