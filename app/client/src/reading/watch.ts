// An exchange and what an owner has on it, kept up to date.
import type { Address } from '@solana/kit';
import { readExchange, readMarkets } from './account.js';
import { type Holdings, type OwnerRpc, readHoldings } from './owner.js';
import { type Snapshot, snapshotAddresses, snapshotFrom } from './snapshot.js';
import { AccountStore, type Connection, type StoreOptions, type StoreSubscriptions } from './store.js';

/** What is known of an exchange, and how fresh it is. */
export type View = {
    readonly snapshot: Snapshot;
    /** `undefined` while nobody is watched. */
    readonly holdings: Holdings | undefined;
    readonly connection: Connection;
};

/** An exchange that is watched. */
export type ExchangeWatch = {
    /** What is known now. */
    current(): View;
    /** Hears of every change; the function that is returned ends it. */
    onChange(listener: (view: View) => void): () => void;
    /** Watches another owner, or nobody. */
    setOwner(owner: Address | undefined): Promise<void>;
    /** Asks for everything now: after a transaction of one's own. */
    refetch(): Promise<void>;
    close(): void;
};

/** Watches the exchange at an address. Throws `AccountError` where something else is there. */
export async function watchExchange(
    rpc: OwnerRpc,
    subscriptions: StoreSubscriptions | undefined,
    exchange: Address,
    options: StoreOptions & { readonly owner?: Address } = {},
): Promise<ExchangeWatch> {
    const store = new AccountStore(rpc, subscriptions, options);
    const account = await readExchange(rpc, exchange);
    const watched = await snapshotAddresses(account, await readMarkets(rpc, account));
    await store.watch(watched);
    let snapshot = await snapshotFrom(store.all, exchange);
    let owner = options.owner;
    let holdings: Holdings | undefined;
    const listeners = new Set<(view: View) => void>();
    const current = (): View => ({ snapshot, holdings, connection: store.connection });
    const tell = () => {
        for (const listener of listeners) {
            listener(current());
        }
    };

    /** The owner's accounts come and go, so they are looked for anew whenever something is asked. */
    const readOwner = async () => {
        const asked = owner;
        const found = asked === undefined ? undefined : await readHoldings(rpc, snapshot.addresses, asked);
        // Another owner may have been set meanwhile.
        if (asked === owner) {
            holdings = found;
            const own = [...(found?.marginAccounts ?? []), ...(found?.orders.values() ?? [])];
            await store.watch([...watched, ...own.map(({ address }) => address)]);
        }
    };

    let isReading = false;
    store.onChange(async (changed) => {
        snapshot = await snapshotFrom(store.all, exchange).catch(() => snapshot);
        // A look at everything tells of no change too; a push of an owner's account brings all of his along.
        const isOwners = [...changed].some((address) => !watched.includes(address));
        if (owner !== undefined && !isReading && (isOwners || changed.size !== 1)) {
            isReading = true;
            await readOwner().catch(() => undefined);
            isReading = false;
        }
        tell();
    });
    await readOwner();

    return {
        current,
        onChange: (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        setOwner: async (other) => {
            owner = other;
            await readOwner();
            tell();
        },
        refetch: async () => {
            await store.refetch();
            snapshot = await snapshotFrom(store.all, exchange);
            await readOwner();
            tell();
        },
        close: () => {
            listeners.clear();
            store.close();
        },
    };
}
