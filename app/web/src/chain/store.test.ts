import type { Address } from '@solana/kit';
import { beforeEach, expect, test } from 'vitest';
import { chainStore, takeAccounts } from './store';

const A = 'A' as Address;
const account = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), owner: A, lamports: 1n });

beforeEach(() => chainStore.setState({ accounts: new Map(), heardAt: null, failure: 'gone' }));

test('an account with the same bytes keeps its identity, so nothing renders', () => {
    takeAccounts([[A, account(1, 2)]]);
    const before = chainStore.getState().accounts;
    takeAccounts([[A, account(1, 2)]]);
    expect(chainStore.getState().accounts).toBe(before);
    takeAccounts([[A, account(1, 3)]]);
    expect(chainStore.getState().accounts.get(A)?.bytes).toEqual(Uint8Array.of(1, 3));
});

test('every answer says that the chain was heard of', () => {
    takeAccounts([]);
    const { heardAt, failure } = chainStore.getState();
    expect(heardAt).not.toBeNull();
    expect(failure).toBeNull();
});

test('an account that is gone is told from one that was never asked for', () => {
    takeAccounts([[A, { bytes: null, owner: null, lamports: 0n }]]);
    expect(chainStore.getState().accounts.get(A)?.bytes).toBeNull();
    expect(chainStore.getState().accounts.get('B' as Address)).toBeUndefined();
});
