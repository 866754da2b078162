import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Agent, folder } from './agent.js';

let indexer: ChildProcess;
let agent: Agent;

/** A port that nobody listens on. */
function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const server = createServer();
        server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
        });
    });
}

beforeAll(async () => {
    const program = process.env.PERP_INDEXER;
    if (program === undefined) {
        throw new Error(
            'PERP_INDEXER is not set: run `cargo build -p perp-indexer` and name target/debug/perp-indexer',
        );
    }
    const { rpc_url, exchange } = inject('local');
    const listen = `127.0.0.1:${await freePort()}`;
    const database = `sqlite:${join(folder(), 'history.db')}`;
    const flags = ['--rpc-url', rpc_url, '--exchange', exchange, '--database', database, '--listen', listen];
    indexer = spawn(program, [...flags, '--interval', '200'], { stdio: 'ignore' });
    const key = join(inject('keys'), 'carol.json');
    const limits = ['--max-trade', '1000', '--max-total', '1000'];
    agent = await Agent.start('--live', '--keypair', key, ...limits, '--history', `http://${listen}`);
});
afterAll(async () => {
    await agent.end();
    indexer.kill();
});

test('what was traded is found in the history', async () => {
    expect(await agent.call('deposit', { amount: '300' })).toMatchObject({ outcome: 'confirmed' });
    const order = { market: 'SOL-PERP', size: '2', acceptable_price: '200' };
    const { signature } = await agent.call('trade', order);
    await expect
        .poll(() => agent.call('history', { list: 'fills' }), { timeout: 60_000, interval: 1_000 })
        .toMatchObject({
            data: [expect.objectContaining({ signature, size: '2', market: 'SOL-PERP' })],
            isError: false,
        });
    const transfers = await agent.call('history', { list: 'transfers', limit: 5 });
    expect(transfers).toMatchObject({ data: [expect.objectContaining({ amount: '300' })] });
});
