// What goes wrong, in words that say what to do.
import type { Account } from '@solana/kit';
import { createSolanaRpc, generateKeyPairSigner } from '@solana/kit';
import { beforeAll, expect, test } from 'vitest';
import {
    ACCOUNTS,
    AccountError,
    ANY_PRICE_BUY,
    type Authority,
    deposit,
    type Market,
    parsePrice,
    planFresh,
    priceServer,
    readAccount,
    readExchange,
    ServerError,
    sendTransaction,
    settleFunding,
    tokensOf,
    trade,
    updatePrices,
    withdraw,
} from '../src/index.js';
import { FaucetError, setTokens } from '../src/local/index.js';
import {
    account,
    addresses,
    local,
    market,
    newTrader,
    prices,
    refusalOf,
    rpc,
    SOL,
    send,
    sendFresh,
    USDC,
} from './world.js';

let authority: Authority;
let wallet: Awaited<ReturnType<typeof newTrader>>['wallet'];
let sol: Account<Market>;

beforeAll(async () => {
    ({ wallet, authority } = await newTrader(1_000n));
    sol = await market(0);
});

const buy = async (size: bigint, acceptablePrice: bigint) => {
    const { state } = await account(authority);
    return sendFresh(wallet, [sol], async ([price]) => [
        await trade(addresses, authority, state, price ?? { market: 0 }, { size, acceptablePrice, reduceOnly: false }),
    ]);
};

test('a bound that is missed, and margin that is short, with the numbers', async () => {
    const bound = refusalOf(await buy(SOL, parsePrice('100', sol.data.state)));
    expect(bound.explanation).toMatchObject({ name: 'PriceBoundExceeded', code: 6048 });
    expect(bound.message).toBe(
        'PriceBoundExceeded (6048): The fill is worse than the acceptable price. ' +
            'Preview the trade again and widen the bound, or trade a smaller size.',
    );
    expect(bound.logs.length).toBeGreaterThan(0);
    // $1 000 carry 20 times as much at most: 142 SOL at $140.6.
    const margin = refusalOf(await buy(200n * SOL, ANY_PRICE_BUY));
    expect(margin.explanation?.name).toBe('InitialMargin');
    // By how much it was missed stands in the log.
    expect(margin.details.join(' ')).toMatch(/\d{4,}/);
});

test('an account that is not there is named', async () => {
    const stranger = await generateKeyPairSigner();
    const outcome = await send(wallet, [await settleFunding(addresses, stranger.address, 0)]);
    const { failure, message } = refusalOf(outcome);
    expect(failure).toMatchObject({ account: 'margin_account' });
    expect(message).toContain('The account is margin_account.');
});

test('what is not an account of the exchange is not read as one', async () => {
    await expect(readExchange(rpc, addresses.pool)).rejects.toThrow(AccountError);
    await expect(readExchange(rpc, addresses.quoteMint)).rejects.toThrow(/belongs to program/);
    const nothing = (await generateKeyPairSigner()).address;
    await expect(readAccount(rpc, ACCOUNTS.market, nothing)).rejects.toThrow(`there is no market at ${nothing}`);
});

test('a transaction that does not fit is not sent', async () => {
    const markets = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => ({ market: at, oracle: (await generateKeyPairSigner()).address })),
    );
    const outcome = await send(wallet, [await updatePrices(addresses, markets)]);
    expect(outcome).toMatchObject({ step: 'unsent' });
    expect('reason' in outcome && outcome.reason).toMatch(/too large \(\d+ bytes of 1232\)/);
});

test('a signature that is refused sends nothing', async () => {
    const refuses = { ...wallet, signTransactions: () => Promise.reject(new Error('the user says no')) };
    const source = await tokensOf(addresses, wallet.address);
    const owner = { signer: refuses, marginAccount: authority.marginAccount };
    const outcome = await sendTransaction(rpc, {
        payer: refuses,
        instructions: [deposit(addresses, owner, source, 1n)],
    });
    expect(outcome).toMatchObject({ step: 'unsent', reason: 'the user says no' });
});

test('a program other than the exchange refuses in its own words', async () => {
    const source = await tokensOf(addresses, wallet.address);
    // Nothing is left in the wallet: the token program has its own code for it.
    const { message, explanation } = refusalOf(await send(wallet, [deposit(addresses, authority, source, USDC)]));
    expect(explanation).toBeUndefined();
    expect(message).toBe('program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA failed with its error 1');
});

test('a refusal within a block is told as one', async () => {
    const { state } = await account(authority);
    const tokens = await tokensOf(addresses, wallet.address);
    const instructions = [await withdraw(addresses, authority, state, tokens, 2_000n * USDC)];
    const outcome = await sendTransaction(rpc, { payer: wallet, instructions }, { preflight: false });
    expect(outcome).toMatchObject({ step: 'refused', inBlock: true });
    expect(refusalOf(outcome).explanation?.name).toBe('InsufficientBalance');
});

test('a node and a price server that are not there are named', async () => {
    const nowhere = createSolanaRpc('http://127.0.0.1:1');
    const source = await tokensOf(addresses, wallet.address);
    const instructions = [deposit(addresses, authority, source, 1n)];
    expect(await sendTransaction(nowhere, { payer: wallet, instructions })).toMatchObject({ step: 'unsent' });
    const fresh = { payer: wallet, markets: [sol], use: async () => instructions };
    await expect(planFresh(rpc, priceServer('http://127.0.0.1:1/secret'), fresh)).rejects.toThrow(ServerError);
    await expect(priceServer('http://127.0.0.1:1/secret').latest([])).rejects.not.toThrow(/secret/);
    await expect(prices.latest(['00'.repeat(32)])).rejects.toThrow(/refused with status/);
    await expect(setTokens(local.prices_url, addresses, wallet.address, 1n)).rejects.toThrow(FaucetError);
});
