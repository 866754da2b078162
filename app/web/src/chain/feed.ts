// Keeps the watched accounts current: a poll every second, and pushes between polls. Pushes can get lost and come late, so
// the poll is what counts; a push only makes it sooner.
import {
    type Address,
    type Base64EncodedDataResponse,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
    getBase64Encoder,
    type Rpc,
    type RpcSubscriptions,
    type SolanaRpcApi,
    type SolanaRpcSubscriptionsApi,
} from '@solana/kit';
import { CLOCK } from './decoded';
import type { Deployment } from './deployment';
import { type AccountBytes, chainStore, takeAccounts } from './store';

const POLL_MILLISECONDS = 1_000;
/** Longest answer the page waits for; a node that is slower counts as gone. */
const ANSWER_MILLISECONDS = 8_000;
/** What `getMultipleAccounts` takes at once. */
const BATCH = 100;

interface RawAccount {
    data: Base64EncodedDataResponse;
    owner: Address;
    lamports: bigint;
}

function held(account: RawAccount | null): AccountBytes {
    if (account === null) return { bytes: null, owner: null, lamports: 0n };
    const bytes = getBase64Encoder().encode(account.data[0]) as Uint8Array;
    return { bytes, owner: account.owner, lamports: account.lamports };
}

export class AccountFeed {
    readonly rpc: Rpc<SolanaRpcApi>;
    readonly #subscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
    readonly #watched = new Map<Address, { watchers: number; stop: AbortController }>();
    #timer: ReturnType<typeof setTimeout> | undefined;
    #stopped = false;

    constructor(deployment: Deployment) {
        this.rpc = createSolanaRpc(deployment.rpcUrl);
        this.#subscriptions = createSolanaRpcSubscriptions(deployment.websocketUrl);
    }

    /** Watches accounts from now on; returns what ends it. An account is watched once, however many ask. */
    watch(addresses: Address[]): () => void {
        let fresh = false;
        for (const address of addresses) {
            const known = this.#watched.get(address);
            if (known) {
                known.watchers += 1;
                continue;
            }
            const stop = new AbortController();
            this.#watched.set(address, { watchers: 1, stop });
            // The clock moves with every slot; once a poll is often enough.
            if (address !== CLOCK) void this.#listen(address, stop.signal);
            fresh = true;
        }
        if (fresh) void this.refresh();
        return () => {
            for (const address of addresses) {
                const known = this.#watched.get(address);
                if (!known) continue;
                known.watchers -= 1;
                if (known.watchers === 0) {
                    known.stop.abort();
                    this.#watched.delete(address);
                }
            }
        };
    }

    /** Asks for everything watched now, and goes on with the rhythm from here. */
    async refresh(): Promise<void> {
        clearTimeout(this.#timer);
        if (this.#stopped) return;
        const addresses = [...this.#watched.keys()];
        try {
            for (let from = 0; from < addresses.length; from += BATCH) {
                await this.fetch(addresses.slice(from, from + BATCH));
            }
        } catch (error) {
            chainStore.setState({ failure: error instanceof Error ? error.message : String(error) });
        }
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.refresh(), POLL_MILLISECONDS);
    }

    /** Fetches accounts once and takes them into the store. */
    async fetch(addresses: Address[]): Promise<AccountBytes[]> {
        const { value } = await this.rpc
            .getMultipleAccounts(addresses, { encoding: 'base64', commitment: 'confirmed' })
            .send({ abortSignal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
        const answers = value.map((account) => held(account as RawAccount | null));
        takeAccounts(answers.map((account, at) => [addresses[at]!, account]));
        return answers;
    }

    stop(): void {
        this.#stopped = true;
        clearTimeout(this.#timer);
        for (const { stop } of this.#watched.values()) stop.abort();
        this.#watched.clear();
    }

    async #listen(address: Address, abortSignal: AbortSignal): Promise<void> {
        try {
            const notifications = await this.#subscriptions
                .accountNotifications(address, { encoding: 'base64', commitment: 'confirmed' })
                .subscribe({ abortSignal });
            for await (const { value } of notifications) takeAccounts([[address, held(value as RawAccount)]]);
        } catch {
            // Without pushes the poll tells everything a little later, and whether the node answers at all.
        }
    }
}
