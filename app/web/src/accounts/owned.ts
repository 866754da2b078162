// The margin accounts of whoever is shown, found by their owner, and what belongs to each.

import { type Holdings, type MarginAccount, ordersAddress, readHoldings, sharesOf, tokensOf } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import { useEffect, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { useChain, useConnection } from '../chain/context';
import { readMarginAccount } from '../chain/decoded';
import { onConfirmed } from '../transactions/send';
import { ownerOf, useSession } from '../wallet/store';

/** What is known of an owner's accounts. */
interface Owned {
    owner: Address | null;
    /** Margin account, and the account of its resting orders; null until the chain has answered. */
    accounts: readonly { address: Address; orders: Address }[] | null;
    /** Requests to the pool that were not paid when they were looked for. */
    requests: Holdings['requests'];
    /** The owner's token account, and that of his pool shares. */
    tokens: Address | null;
    shares: Address | null;
    /** Why the accounts could not be looked for the last time; null where they could. */
    trouble: string | null;
}

const NOBODY: Owned = { owner: null, accounts: null, requests: [], tokens: null, shares: null, trouble: null };
const owned = createStore<Owned>(() => NOBODY);

const AGAIN_MILLISECONDS = 20_000;

/** Follows the accounts of whoever is shown; once, at the top of the page. */
export function useFollowOwner(): void {
    const { rpc, store, directory, world } = useConnection();
    const owner = useSession(ownerOf);
    useEffect(() => {
        owned.setState({ ...NOBODY, owner });
        if (owner === null) return;
        let current = true;
        const look = async () => {
            const [tokens, shares] = await Promise.all([tokensOf(directory, owner), sharesOf(directory, owner)]);
            const { marginAccounts, requests } = await readHoldings(rpc, directory, owner);
            const accounts = await Promise.all(
                marginAccounts.map(async ({ address }) => ({ address, orders: await ordersAddress(address) })),
            );
            if (!current) return;
            const own = accounts.flatMap(({ address, orders }) => [address, orders]);
            const asked = requests.map(({ address }) => address);
            await store.watch([...directory.watched, owner, tokens, shares, ...own, ...asked]);
            if (!current) return;
            world.follow(accounts);
            owned.setState({ owner, accounts, requests, tokens, shares, trouble: null });
        };
        const again = () =>
            void look().catch((error: unknown) => {
                if (current) owned.setState({ trouble: error instanceof Error ? error.message : String(error) });
            });
        again();
        const timer = setInterval(again, AGAIN_MILLISECONDS);
        const forget = onConfirmed(again);
        return () => {
            current = false;
            clearInterval(timer);
            forget();
            world.follow([]);
        };
    }, [rpc, store, directory, world, owner]);
}

export interface OwnedAccount {
    address: Address;
    orders: Address;
    data: MarginAccount;
}

/** The accounts by number; null until the chain has answered. */
export function useOwnedAccounts(): readonly OwnedAccount[] | null {
    const found = useStore(owned, (state) => state.accounts);
    const decoded = useDecoded(found);
    return useMemo(() => {
        if (found === null) return null;
        return found
            .flatMap((one, at) => {
                const data = decoded[at];
                return data ? [{ ...one, data }] : [];
            })
            .sort((a, b) => a.data.subAccount - b.data.subAccount);
    }, [found, decoded]);
}

const NOTHING: readonly (MarginAccount | null)[] = [];

/** The accounts' contents in the same order; the same list while none of them has changed. */
function useDecoded(found: Owned['accounts']): readonly (MarginAccount | null)[] {
    const before = useRef(NOTHING);
    return useChain((accounts) => {
        const now = found?.map(({ address }) => readMarginAccount(accounts.get(address))) ?? NOTHING;
        const isSame = now.length === before.current.length && now.every((one, at) => one === before.current[at]);
        if (!isSame) before.current = now;
        return before.current;
    });
}

/** Why the owner's accounts could not be looked for. */
export function useOwnedTrouble(): string | null {
    return useStore(owned, (state) => state.trouble);
}

/** The owner's requests to the pool that are not paid yet. */
export function useRequests(): Holdings['requests'] {
    const found = useStore(owned, (state) => state.requests);
    const open = useChain((accounts) => found.filter(({ address }) => accounts.has(address)).length);
    // A request that was paid is gone from the chain before it is looked for again.
    const { store } = useConnection();
    // biome-ignore lint/correctness/useExhaustiveDependencies: the count stands for which are still there
    return useMemo(() => found.filter(({ address }) => store.all.has(address)), [found, open, store]);
}

/** The account that is shown; null where there is none. */
export function useShownAccount(): OwnedAccount | null {
    const accounts = useOwnedAccounts();
    const number = useSession((state) => state.subAccount);
    return accounts?.find(({ data }) => data.subAccount === number) ?? null;
}

/** Addresses of the owner's token accounts, for the quote token and for pool shares. */
export function useTokenAccounts(): { tokens: Address | null; shares: Address | null } {
    const tokens = useStore(owned, (state) => state.tokens);
    const shares = useStore(owned, (state) => state.shares);
    return { tokens, shares };
}
