import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../src/config.js';

const folder = mkdtempSync(join(tmpdir(), 'perp-mcp-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EXCHANGE = 'HGV65u5yvFbsQwcEY9UrXKigi3BEVoFQN4LPS2baxLDv';
const WHERE = ['--url', 'http://127.0.0.1:8899', '--exchange', EXCHANGE];
const LIVE = [...WHERE, '--live', '--keypair', 'key.json', '--max-trade', '1000', '--max-total', '5000.5'];

test('nothing is signed unless it is asked for', () => {
    const { mode, subAccount, pricesUrl } = parseConfig(WHERE);
    expect(mode).toEqual({ kind: 'paper', file: 'perp-paper.json', balance: '10000' });
    expect([subAccount, pricesUrl]).toEqual([0, undefined]);
});

test('a live server has a key and both limits', () => {
    const limits = { perTrade: '1000', inTotal: '5000.5' };
    expect(parseConfig(LIVE).mode).toEqual({ kind: 'live', keypair: 'key.json', limits });
    for (const flag of ['--keypair', '--max-trade', '--max-total']) {
        const place = LIVE.indexOf(flag);
        const without = LIVE.filter((_, at) => at !== place && at !== place + 1);
        expect(() => parseConfig(without)).toThrow(`${flag} is missing`);
    }
});

test('a local validator says where everything is', () => {
    const file = join(folder, 'exchange.json');
    writeFileSync(
        file,
        JSON.stringify({ rpc_url: 'http://127.0.0.1:1', prices_url: 'http://127.0.0.1:2', exchange: EXCHANGE }),
    );
    const { rpcUrl, pricesUrl, exchange } = parseConfig(['--local', file]);
    expect([rpcUrl, pricesUrl, exchange]).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2', EXCHANGE]);
    expect(() => parseConfig(['--local', file, ...WHERE])).toThrow('give one of both');
});

test.each([
    ['a flag that there is not', [...WHERE, '--leverage', '9'], '--leverage'],
    ['no exchange', ['--url', 'http://127.0.0.1:1'], '--exchange is missing'],
    ['no address', ['--url', 'http://127.0.0.1:1', '--exchange', 'SOL'], '--exchange SOL is no address'],
    ['no URL', ['--url', '127.0.0.1:8899', '--exchange', EXCHANGE], '--url is no URL'],
    ['no file', ['--local', '/nowhere/exchange.json'], '--local /nowhere/exchange.json cannot be read'],
    ['a key on paper', [...WHERE, '--keypair', 'key.json'], '--keypair signs nothing without --live'],
    ['a limit on paper', [...WHERE, '--max-trade', '1'], '--max-trade signs nothing without --live'],
    ['paper beside a key', [...LIVE, '--paper', 'paper.json'], '--paper is for the paper account'],
    ['an amount of nothing', [...WHERE, '--balance', '0'], '--balance "0" is no amount'],
    ['an amount in words', [...WHERE, '--balance', '1e4'], '--balance "1e4" is no amount'],
    ['a sub-account beyond two bytes', [...WHERE, '--sub-account', '65536'], '--sub-account "65536"'],
])('%s names itself and what would be right', (_, args, message) => {
    expect(() => parseConfig(args)).toThrow(message);
});
