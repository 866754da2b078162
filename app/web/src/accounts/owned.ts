// The margin accounts of whoever is shown, found by their owner, and what belongs to each.

import type { MarginAccount } from '@perp-swap/client';
import { ACCOUNTS, findAccounts, marginAccountAddress, ordersAddress, sharesOf, tokensOf } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { createStore } from 'zustand/vanilla';
import { type Connection, useChain, useConnection } from '../chain/context';
import { readMarginAccount } from '../chain/decoded';
import { onConfirmed } from '../transactions/send';
import { ownerOf, useSession } from '../wallet/store';

/** What is known of an owner's accounts. */
interface Owned {
    owner: Address | null;
    /** Margin account, and the account of its resting orders; null until the chain has answered. */
    accounts: readonly { address: Address; orders: Address }[] | null;
    /** The owner's token account, and that of his pool shares. */
    tokens: Address | null;
    shares: Address | null;
}

const NOBODY: Owned = { owner: null, accounts: null, tokens: null, shares: null };
const owned = createStore<Owned>(() => NOBODY);

const AGAIN_MILLISECONDS = 20_000;
/** Numbers that are tried where a node does not search accounts. */
const TRIED = 16;
const EXCHANGE_OFFSET = 8n;
const OWNER_OFFSET = 40n;

/** What finds an owner's accounts on an exchange: both begin at the same place in every kind that has an owner. */
export function ownedBy(exchange: Address, owner: Address) {
    return [
        { offset: EXCHANGE_OFFSET, address: exchange },
        { offset: OWNER_OFFSET, address: owner },
    ];
}

async function find({ feed, directory }: Connection, owner: Address): Promise<Address[]> {
    try {
        const found = await findAccounts(feed.rpc, ACCOUNTS.marginAccount, ownedBy(directory.exchange, owner));
        return found.map(({ address }) => address);
    } catch {
        const numbers = Array.from({ length: TRIED }, (_, number) => number);
        const addresses = await Promise.all(numbers.map((number) => marginAccountAddress(directory, owner, number)));
        const answers = await feed.fetch(addresses);
        return addresses.filter((_, index) => answers[index]?.bytes);
    }
}

/** Follows the accounts of whoever is shown; once, at the top of the page. */
export function useFollowOwner(): void {
    const connection = useConnection();
    const owner = useSession(ownerOf);
    useEffect(() => {
        owned.setState({ ...NOBODY, owner });
        if (owner === null) return;
        let current = true;
        let unwatch = () => {};
        const look = async () => {
            const { directory, feed } = connection;
            const [tokens, shares] = await Promise.all([tokensOf(directory, owner), sharesOf(directory, owner)]);
            const addresses = await find(connection, owner);
            const accounts = await Promise.all(
                addresses.map(async (address) => ({ address, orders: await ordersAddress(address) })),
            );
            if (!current) return;
            const all = [owner, tokens, shares, ...accounts.flatMap(({ address, orders }) => [address, orders])];
            const before = unwatch;
            unwatch = feed.watch(all);
            before();
            connection.world.follow(accounts);
            owned.setState({ owner, accounts, tokens, shares });
        };
        const again = () => void look().catch(() => undefined);
        again();
        const timer = setInterval(again, AGAIN_MILLISECONDS);
        const forget = onConfirmed(again);
        return () => {
            current = false;
            clearInterval(timer);
            forget();
            unwatch();
        };
    }, [connection, owner]);
}

export interface OwnedAccount {
    address: Address;
    orders: Address;
    data: MarginAccount;
}

const NOTHING: readonly (MarginAccount | null)[] = [];

/** The accounts by number; null until the chain has answered. */
export function useOwnedAccounts(): readonly OwnedAccount[] | null {
    const found = useStore(owned, (state) => state.accounts);
    const decoded = useChain(
        useShallow((state) => found?.map(({ address }) => readMarginAccount(state.accounts.get(address))) ?? NOTHING),
    );
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
