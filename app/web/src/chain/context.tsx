// The exchange that the page shows, for every component below.
import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { PriceHistory } from '../chart/history';
import type { EngineWorld } from '../engine/world';
import { CLOCK, readClock, readMarket } from './decoded';
import type { Deployment } from './deployment';
import type { Directory, MarketEntry } from './directory';
import type { AccountFeed } from './feed';
import { type AccountBytes, type ChainState, chainStore } from './store';

export interface Connection {
    deployment: Deployment;
    feed: AccountFeed;
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

export function useChain<T>(select: (state: ChainState) => T): T {
    return useStore(chainStore, select);
}

export function useAccountBytes(address: string | null): AccountBytes | undefined {
    return useChain((state) => (address === null ? undefined : state.accounts.get(address as never)));
}

export function useClock() {
    return useChain(useShallow((state) => readClock(state.accounts.get(CLOCK)) ?? { slot: 0n, now: 0n }));
}

export function useMarket(entry: MarketEntry) {
    return useChain((state) => readMarket(state.accounts.get(entry.address)));
}
