// A trader's life, from nothing to nothing.
import type { Account, KeyPairSigner } from '@solana/kit';
import { fetchEncodedAccount } from '@solana/kit';
import { beforeAll, expect, test } from 'vitest';
import {
    ANY_PRICE_SELL,
    type Authority,
    closeAccount,
    deposit,
    type Market,
    marginAccountAddress,
    openAccount,
    type Progress,
    parsePrice,
    parseSignedSize,
    readHoldings,
    setDelegate,
    settleFunding,
    settlePnl,
    tokensOf,
    trade,
    transferMargin,
    updatePrices,
    withdraw,
} from '../src/index.js';
import {
    account,
    addresses,
    eventOf,
    events,
    market,
    newWallet,
    nextSlot,
    rpc,
    SOL,
    send,
    sendFresh,
    USDC,
} from './world.js';

let alice: KeyPairSigner;
let authority: Authority;
let sol: Account<Market>;

beforeAll(async () => {
    alice = await newWallet(10_000n);
    authority = { signer: alice, marginAccount: await marginAccountAddress(addresses, alice.address, 0) };
    sol = await market(0);
});

test('the first deposit opens the account in the same transaction, and every step is told', async () => {
    const steps: Progress['step'][] = [];
    const source = await tokensOf(addresses, alice.address);
    const instructions = [
        await openAccount(addresses, alice, alice, 0),
        deposit(addresses, authority, source, 5_000n * USDC),
    ];
    const outcome = await send(alice, instructions, ({ step }) => steps.push(step));
    expect(steps).toEqual(['built', 'signed', 'sent', 'confirmed']);
    expect(eventOf(outcome, 'AccountOpened').account).toBe(authority.marginAccount);
    expect(eventOf(outcome, 'Deposited')).toMatchObject({ amount: 5_000n * USDC, balanceAfter: 5_000n * USDC });
});

test('a trade brings its own price along', async () => {
    const size = parseSignedSize('10', sol.data.state);
    const bound = parsePrice('145', sol.data.state);
    const { state } = await account(authority);
    const outcome = await sendFresh(alice, [sol], async ([price]) => [
        await trade(addresses, authority, state, price ?? { market: 0 }, {
            size,
            acceptablePrice: bound,
            reduceOnly: false,
        }),
    ]);
    const traded = eventOf(outcome, 'Traded');
    expect(traded).toMatchObject({ owner: alice.address, marketIndex: 0, sizeBefore: 0n, sizeAfter: 10n * SOL });
    const position = (await account(authority)).state.positions.find(({ occupied }) => occupied === 1);
    expect(position?.size).toBe(10n * SOL);
});

test('anybody settles funding and profit', async () => {
    const outcome = await sendFresh(alice, [sol], async ([price]) => [
        await settlePnl(addresses, authority.marginAccount, price ?? { market: 0 }),
        await settleFunding(addresses, authority.marginAccount, 0),
    ]);
    expect(events(outcome).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['ProfitSettled', 'FundingSettled']),
    );
});

test('margin moves to another account of the owner in one transaction', async () => {
    const other = await marginAccountAddress(addresses, alice.address, 1);
    const { state } = await account(authority);
    const outcome = await sendFresh(alice, [sol], async (prices) => [
        await updatePrices(addresses, prices),
        await openAccount(addresses, alice, alice, 1, 1),
        ...(await transferMargin(addresses, authority, state, other, 100n * USDC)),
    ]);
    expect(eventOf(outcome, 'Withdrawn').amount).toBe(100n * USDC);
    expect(eventOf(outcome, 'Deposited')).toMatchObject({ account: other, balanceAfter: 100n * USDC });
    const holdings = await readHoldings(rpc, addresses, alice.address);
    expect(holdings.marginAccounts.map(({ data }) => [data.subAccount, data.state.kind])).toEqual([
        [0, 0],
        [1, 1],
    ]);
});

test('a delegate trades and cannot withdraw', async () => {
    const bob = await newWallet(0n);
    events(await send(alice, [setDelegate(authority, bob.address)]));
    await nextSlot();
    const asBob = { signer: bob, marginAccount: authority.marginAccount };
    const { state } = await account(authority);
    const order = { size: -10n * SOL, acceptablePrice: ANY_PRICE_SELL, reduceOnly: true };
    const outcome = await sendFresh(bob, [sol], async ([price]) => [
        await trade(addresses, asBob, state, price ?? { market: 0 }, order),
    ]);
    expect(eventOf(outcome, 'Traded').sizeAfter).toBe(0n);
    const refused = await send(bob, [
        await withdraw(
            addresses,
            asBob,
            (await account(authority)).state,
            await tokensOf(addresses, alice.address),
            1n,
        ),
    ]);
    expect(refused).toMatchObject({
        step: 'refused',
        inBlock: false,
        refusal: { explanation: { name: 'NotTheOwner' } },
    });
    events(await send(alice, [setDelegate(authority)]));
});

test('everything is withdrawn and the accounts closed', async () => {
    const wallet = await tokensOf(addresses, alice.address);
    const { marginAccounts } = await readHoldings(rpc, addresses, alice.address);
    for (const { address, data } of marginAccounts) {
        const own = { signer: alice, marginAccount: address };
        events(
            await send(alice, [
                await withdraw(addresses, own, data.state, wallet, data.state.balance),
                closeAccount(own),
            ]),
        );
        expect((await fetchEncodedAccount(rpc, address)).exists).toBe(false);
    }
    const left = await readHoldings(rpc, addresses, alice.address);
    expect(left.marginAccounts).toEqual([]);
    // Two trades of 10 SOL at about $140.6 cost their fees, 0.06 % of $1 406 together, and the spread twice.
    expect(left.tokens).toBeLessThan(10_000n * USDC);
    expect(left.tokens).toBeGreaterThan(9_960n * USDC);
});
