// A provider's request: made, seen, and not to be called back.
import { expect, test } from 'vitest';
import {
    createShareAccount,
    findEpochRecords,
    PriceLimit,
    RequestKind,
    readHoldings,
    requestAddress,
    requestLiquidityDeposit,
    requestLiquidityWithdrawal,
    sharesOf,
    tokensOf,
} from '../src/index.js';
import { addresses, eventOf, newWallet, refusalOf, rpc, send, USDC } from './world.js';

test('tokens are put in escrow, and wait for a boundary', async () => {
    const provider = await newWallet(1_000n);
    const source = await tokensOf(addresses, provider.address);
    const request = { nonce: 7n, amount: 400n * USDC, limit: PriceLimit.OnePercent };
    const outcome = await send(provider, [
        await createShareAccount(addresses, provider, provider.address),
        await requestLiquidityDeposit(addresses, provider, source, request),
    ]);
    expect(eventOf(outcome, 'LiquidityRequested')).toMatchObject({ owner: provider.address, amount: 400n * USDC });

    const { requests, tokens, shares } = await readHoldings(rpc, addresses, provider.address);
    expect([tokens, shares]).toEqual([600n * USDC, 0n]);
    expect(requests.map(({ address }) => address)).toEqual([await requestAddress(addresses, provider.address, 7n)]);
    expect(requests[0]?.data).toMatchObject({ nonce: 7n, kind: RequestKind.Deposit });
    expect(requests[0]?.data.state).toMatchObject({ amount: 400n * USDC, limit: PriceLimit.OnePercent });
    // Nothing is paid before its boundary.
    expect(await findEpochRecords(rpc, addresses)).toEqual([]);
});

test('a request below the minimum, and shares that nobody has, are refused', async () => {
    const provider = await newWallet(100n);
    const source = await tokensOf(addresses, provider.address);
    const small = { nonce: 0n, amount: 9n * USDC, limit: PriceLimit.None };
    const refused = refusalOf(
        await send(provider, [await requestLiquidityDeposit(addresses, provider, source, small)]),
    );
    expect(refused.explanation?.name).toBe('RequestTooSmall');
    const shares = await sharesOf(addresses, provider.address);
    const withdrawal = { nonce: 0n, amount: 10n * USDC, limit: PriceLimit.None };
    const missing = refusalOf(
        await send(provider, [await requestLiquidityWithdrawal(addresses, provider, shares, withdrawal)]),
    );
    // There is no account of shares to take them from.
    expect(missing.failure).toMatchObject({ account: 'source' });
    expect(missing.message).toContain('Create the account first');
});
