// The exchange that the page shows, for every component below.
import { CLOCK_ADDRESS, type Connection as NodeConnection } from '@perp-swap/client';
import type { Address, EncodedAccount } from '@solana/kit';
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from 'react';
import type { PriceHistory } from '../chart/history';
import type { EngineWorld } from '../engine/world';
import { readClock, readMarket } from './decoded';
import type { Deployment } from './deployment';
import type { Directory, MarketEntry } from './directory';
import type { Node } from './node';

export interface Connection extends Node {
    deployment: Deployment;
    directory: Directory;
    history: PriceHistory;
    world: EngineWorld;
}

const Context = createContext<Connection | null>(null);

export function ConnectionProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
    return <Context.Provider value={connection}>{children}</Context.Provider>;
}

export function useConnection(): Connection {
    const connection = useContext(Context);
    if (!connection) throw new Error('useConnection outside of ConnectionProvider');
    return connection;
}

type Accounts = ReadonlyMap<Address, EncodedAccount>;

/** What `select` finds in the accounts; it must give the same object while nothing has changed. */
export function useChain<T>(select: (accounts: Accounts) => T): T {
    const { store } = useConnection();
    const subscribe = useCallback((listener: () => void) => store.onChange(listener), [store]);
    return useSyncExternalStore(subscribe, () => select(store.all));
}

/** Whether the node answers, and since when it does not. */
export function useNode(): NodeConnection {
    const { store } = useConnection();
    const subscribe = useCallback((listener: () => void) => store.onChange(listener), [store]);
    return useSyncExternalStore(subscribe, () => store.connection);
}

export function useAccount(address: Address | null): EncodedAccount | undefined {
    return useChain((accounts) => (address === null ? undefined : accounts.get(address)));
}

const BEFORE_EVERYTHING = { slot: 0n, unixTimestamp: 0n };

/** The chain's clock, by which ages count. */
export function useClock(): { slot: bigint; now: bigint } {
    const { slot, unixTimestamp } = useChain((accounts) => readClock(accounts.get(CLOCK_ADDRESS))) ?? BEFORE_EVERYTHING;
    return { slot, now: unixTimestamp };
}

export function useMarket(entry: MarketEntry) {
    return useChain((accounts) => readMarket(accounts.get(entry.address)));
}
