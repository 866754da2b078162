// What is kept up to date, by pushes, by asking, and by both.
import { generateKeyPairSigner } from '@solana/kit';
import { afterEach, expect, test } from 'vitest';
import { AccountError, deposit, type ExchangeWatch, openOrders, tokensOf, watchExchange } from '../src/index.js';
import { setTokens } from '../src/local/index.js';
import { addresses, events, local, newTrader, rpc, send, subscriptions, USDC, until } from './world.js';

/** Longer than a test. */
const NEVER = 3_600_000;

let watch: ExchangeWatch | undefined;
afterEach(() => watch?.close());

const balance = () => watch?.current().holdings?.marginAccounts[0]?.data.state.balance;

async function trader() {
    const { wallet, authority } = await newTrader(100n);
    await setTokens(local.rpc_url, addresses, wallet.address, 50n * USDC);
    const source = await tokensOf(addresses, wallet.address);
    const pay = async (amount: bigint) => events(await send(wallet, [deposit(addresses, authority, source, amount)]));
    return { wallet, authority, pay };
}

test('asking alone is enough, where pushes get lost', async () => {
    const { wallet, pay } = await trader();
    watch = await watchExchange(rpc, undefined, local.exchange, { owner: wallet.address, pollMilliseconds: 300 });
    expect(balance()).toBe(100n * USDC);
    await pay(7n * USDC);
    await until('the deposit is seen', async () => balance() === 107n * USDC || undefined);
});

test('pushes alone bring an account along', async () => {
    const { wallet, pay } = await trader();
    watch = await watchExchange(rpc, subscriptions, local.exchange, {
        owner: wallet.address,
        pollMilliseconds: NEVER,
    });
    // A push may get lost: one of these arrives.
    await until('a deposit is seen', async () => {
        await pay(1n * USDC);
        return (balance() ?? 0n) > 100n * USDC || undefined;
    });
    expect(watch.current().connection.trouble).toBeUndefined();
});

test('accounts come into being under the eyes of their owner', async () => {
    const { wallet, authority, pay } = await trader();
    watch = await watchExchange(rpc, subscriptions, local.exchange, { pollMilliseconds: NEVER });
    expect(watch.current().holdings).toBeUndefined();
    await watch.setOwner(wallet.address);
    expect(balance()).toBe(100n * USDC);
    expect(watch.current().holdings?.orders.size).toBe(0);
    events(await send(wallet, [await openOrders(authority, wallet)]));
    await pay(1n * USDC);
    // After a transaction of one's own everything is asked for, whatever has been pushed.
    await watch.refetch();
    expect(balance()).toBe(101n * USDC);
    expect([...(watch.current().holdings?.orders.keys() ?? [])]).toEqual([authority.marginAccount]);
    await watch.setOwner(undefined);
    expect(watch.current().holdings).toBeUndefined();
});

test('listeners hear of changes until they stop', async () => {
    const { wallet, pay } = await trader();
    watch = await watchExchange(rpc, undefined, local.exchange, { owner: wallet.address, pollMilliseconds: 300 });
    let heard = 0;
    const stop = watch.onChange(() => {
        heard += 1;
    });
    await pay(1n * USDC);
    await until('something is heard', async () => heard > 0 || undefined);
    stop();
    const count = heard;
    await until('more is seen', async () => balance() === 101n * USDC || undefined);
    await pay(1n * USDC);
    await until('more is seen', async () => balance() === 102n * USDC || undefined);
    expect(heard).toBe(count);
});

test('nothing is watched where there is no exchange', async () => {
    const nobody = (await generateKeyPairSigner()).address;
    await expect(watchExchange(rpc, undefined, nobody)).rejects.toThrow(AccountError);
});
