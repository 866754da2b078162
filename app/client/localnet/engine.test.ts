// The engine in this process says beforehand what the program does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Account } from '@solana/kit';
import { expect, test } from 'vitest';
import { describeRefused, Engine, loadSnapshot, readReading } from '../src/engine/index.js';
import { ACCOUNTS, ANY_PRICE_BUY, type Market, readAccount, tokensOf, trade, withdraw } from '../src/index.js';
import {
    account,
    addresses,
    eventOf,
    newTrader,
    refusalOf,
    rpc,
    SOL,
    send,
    sendFresh,
    snapshot,
    USDC,
} from './world.js';

const MODULES = process.env.PERP_ENGINE ?? fileURLToPath(new URL('../../../artifacts', import.meta.url));
const module = (name: string) => readFileSync(join(MODULES, `perp_wasm_${name}.wasm`));
const engine = await Engine.start(module('core'), { rest: module('rest'), paper: module('paper') });

/** What a test's account is called in the engine, after everything was read anew. */
async function loaded(marginAccount: Parameters<typeof readAccount>[2]): Promise<bigint> {
    const number = loadSnapshot(engine, await snapshot(), [
        { account: await readAccount(rpc, ACCOUNTS.marginAccount, marginAccount) },
    ]).get(marginAccount);
    return number ?? -1n;
}

test('what an account holds is what the chain says', async () => {
    const { authority } = await newTrader(1_000n);
    const view = engine.ask('account', { account: await loaded(authority.marginAccount) });
    expect(view.refused).toBeUndefined();
    const answer = 'answer' in view ? view.answer : undefined;
    expect(answer).toMatchObject({ balance: 1_000n * USDC, largestWithdrawal: 1_000n * USDC, positions: 0n });
});

test('markets have the price of their accounts', async () => {
    const now = await snapshot();
    loadSnapshot(engine, now);
    for (const { data } of now.markets as Account<Market>[]) {
        const oracle = now.encoded.get(data.oracle.account);
        const reading = oracle && readReading(data.oracle, oracle);
        const view = engine.ask('market', { market: BigInt(data.state.index) });
        expect('answer' in view && view.answer.published).toBe(reading?.published);
        const { baseDecimals, quoteDecimals } = data.state;
        expect('answer' in view && view.answer).toMatchObject({
            baseDecimals: BigInt(baseDecimals),
            quoteDecimals: BigInt(quoteDecimals),
        });
    }
});

test('an order is previewed, filled and shown as it was previewed', async () => {
    const { wallet, authority } = await newTrader(2_000n);
    const order = { size: 5n * SOL, acceptablePrice: ANY_PRICE_BUY, reduceOnly: false };
    const number = await loaded(authority.marginAccount);
    const question = { account: number, market: 0n, ...order, reduceOnly: 0n };
    const preview = engine.ask('trade', question);
    expect(preview.refused).toBeUndefined();
    const receipt = 'answer' in preview ? preview.answer : undefined;

    const [sol] = (await snapshot()).markets as [Account<Market>];
    const { state } = await account(authority);
    const outcome = await sendFresh(wallet, [sol], async ([price]) => [
        await trade(addresses, authority, state, price ?? { market: 0 }, order),
    ]);
    const traded = eventOf(outcome, 'Traded');
    // The price stands still, so what does not depend on its age is the same to the last digit.
    expect(traded.fee).toBe(receipt?.fee);
    expect(traded.sizeAfter).toBe(receipt?.opened);
    expect(traded.state.indexPrice).toBe(receipt?.indexPrice);

    const positions = engine.ask('positions', { account: await loaded(authority.marginAccount) });
    expect('items' in positions && positions.items).toMatchObject([{ market: 0n, size: 5n * SOL }]);
});

test('what the program refuses the engine has refused, by the same rule and with the numbers', async () => {
    const { wallet, authority } = await newTrader(500n);
    const number = await loaded(authority.marginAccount);
    const amount = 501n * USDC;
    const { refused } = engine.ask('withdraw', { account: number, amount });
    const described = refused && describeRefused(refused);
    expect(described?.explanation?.name).toBe('InsufficientBalance');
    expect(described?.numbers.map(({ value }) => value)).toContain(500n * USDC);

    const { state } = await account(authority);
    const instruction = await withdraw(addresses, authority, state, await tokensOf(addresses, wallet.address), amount);
    const { explanation } = refusalOf(await send(wallet, [instruction]));
    expect(explanation).toEqual(described?.explanation);
});
