// Accounts kept up to date: pushed by the node, and asked for again every few seconds, because pushes get lost and a node may name
// the same slot for different states.
import {
    type AccountNotificationsApi,
    type Address,
    type EncodedAccount,
    getBase64Encoder,
    type RpcSubscriptions,
} from '@solana/kit';
import { type AccountRpc, COMMITMENT, readEncoded } from './account.js';

/** Subscriptions that a store takes. */
export type StoreSubscriptions = RpcSubscriptions<AccountNotificationsApi>;

/** How a store keeps up. */
export type StoreOptions = {
    /** Milliseconds between two looks at everything. */
    readonly pollMilliseconds?: number;
    /** Milliseconds before a subscription that broke off is taken again. */
    readonly retryMilliseconds?: number;
};

/** How the store is doing. */
export type Connection = {
    /** When the node was last heard of, in milliseconds of the machine's clock; `undefined` before the first answer. */
    readonly heardAt: number | undefined;
    /** Why the last question was not answered; `undefined` where it was. */
    readonly trouble: string | undefined;
};

const POLL = 3_000;
const RETRY = 1_000;

/** Accounts of a node by address. */
export class AccountStore {
    private readonly accounts = new Map<Address, EncodedAccount>();
    private readonly pushes = new Map<Address, number>();
    private readonly subscribed = new Map<Address, AbortController>();
    private readonly listeners = new Set<(changed: ReadonlySet<Address>) => void>();
    private state: Connection = { heardAt: undefined, trouble: undefined };
    private timer: ReturnType<typeof setInterval> | undefined;
    private count = 0;

    constructor(
        private readonly rpc: AccountRpc,
        private readonly subscriptions: StoreSubscriptions | undefined,
        private readonly options: StoreOptions = {},
    ) {}

    /** Everything that is known; addresses at which there is nothing are not in it. */
    get all(): ReadonlyMap<Address, EncodedAccount> {
        return this.accounts;
    }

    get connection(): Connection {
        return this.state;
    }

    /** Keeps exactly these accounts up to date from now on; resolves once all have been read. */
    async watch(addresses: Iterable<Address>): Promise<void> {
        const wanted = new Set(addresses);
        for (const [address, subscription] of this.subscribed) {
            if (!wanted.has(address)) {
                subscription.abort();
                this.subscribed.delete(address);
                this.accounts.delete(address);
            }
        }
        const added = [...wanted].filter((address) => !this.subscribed.has(address));
        for (const address of added) {
            const controller = new AbortController();
            this.subscribed.set(address, controller);
            void this.follow(address, controller.signal);
        }
        this.timer ??= setInterval(() => void this.refetch(), this.options.pollMilliseconds ?? POLL);
        await this.refetch(added);
    }

    /** Hears of accounts that have changed; the function that is returned ends it. */
    onChange(listener: (changed: ReadonlySet<Address>) => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Asks for these accounts now, or for all: after a transaction of one's own, whatever pushes say. */
    async refetch(addresses: readonly Address[] = [...this.subscribed.keys()]): Promise<void> {
        const began = this.count;
        let found: Map<Address, EncodedAccount>;
        try {
            found = await readEncoded(this.rpc, addresses);
        } catch (error) {
            this.state = { ...this.state, trouble: error instanceof Error ? error.message : String(error) };
            this.tell(new Set());
            return;
        }
        this.state = { heardAt: Date.now(), trouble: undefined };
        // What was pushed after the question may be newer than the answer; the next look tells.
        const answered = addresses.filter(
            (address) => this.subscribed.has(address) && (this.pushes.get(address) ?? 0) <= began,
        );
        this.tell(new Set(answered.filter((address) => this.put(address, found.get(address)))));
    }

    /** Ends everything. */
    close(): void {
        clearInterval(this.timer);
        this.timer = undefined;
        for (const subscription of this.subscribed.values()) {
            subscription.abort();
        }
        this.subscribed.clear();
        this.listeners.clear();
    }

    private put(address: Address, account: EncodedAccount | undefined): boolean {
        const before = this.accounts.get(address);
        if (account === undefined) {
            return this.accounts.delete(address);
        }
        if (before !== undefined && isSame(before, account)) {
            return false;
        }
        this.accounts.set(address, account);
        return true;
    }

    private tell(changed: ReadonlySet<Address>): void {
        for (const listener of this.listeners) {
            listener(changed);
        }
    }

    private async follow(address: Address, abortSignal: AbortSignal): Promise<void> {
        while (this.subscriptions !== undefined && !abortSignal.aborted) {
            try {
                const config = { commitment: COMMITMENT, encoding: 'base64' as const };
                const pushed = await this.subscriptions
                    .accountNotifications(address, config)
                    .subscribe({ abortSignal });
                for await (const { value } of pushed) {
                    this.push(address, {
                        address,
                        data: getBase64Encoder().encode(value.data[0]),
                        executable: value.executable,
                        lamports: value.lamports,
                        programAddress: value.owner,
                        space: value.space,
                    });
                }
            } catch {
                // Polling goes on meanwhile.
            }
            await new Promise((resolve) => setTimeout(resolve, this.options.retryMilliseconds ?? RETRY));
        }
    }

    /** Takes what the node has pushed, whatever slot it names. */
    private push(address: Address, account: EncodedAccount): void {
        if (!this.subscribed.has(address)) {
            return;
        }
        this.count += 1;
        this.pushes.set(address, this.count);
        this.state = { heardAt: Date.now(), trouble: undefined };
        const isGone = account.lamports === 0n;
        if (this.put(address, isGone ? undefined : account)) {
            this.tell(new Set([address]));
        }
    }
}

function isSame(one: EncodedAccount, other: EncodedAccount): boolean {
    return (
        one.lamports === other.lamports &&
        one.programAddress === other.programAddress &&
        one.data.length === other.data.length &&
        one.data.every((byte, place) => byte === other.data[place])
    );
}
