// The engine kept as the chain is: when something changed there it is loaded here again, and whoever asks is told that there is news.
import {
    ACCOUNTS,
    type AccountStore,
    decodeAccount,
    type MarginAccount,
    parseAtoms,
    snapshotFrom,
    VERSION,
} from '@perp-swap/client';
import {
    type Answer,
    Engine,
    type LoadedAccount,
    loadSnapshot,
    type QuestionName,
    type Questions,
} from '@perp-swap/client/engine';
import type { Account, Address } from '@solana/kit';
import core from '../../../../artifacts/perp_wasm_core.wasm?url';
import rest from '../../../../artifacts/perp_wasm_rest.wasm?url';
import type { Directory } from '../chain/directory';

/** Fetches the engine's core and starts it; the rest is fetched once something is asked that the core does not answer. */
export function startEngine(): Promise<Engine> {
    return Engine.fetch(new URL(core, location.href), { rest: new URL(rest, location.href) });
}

/** What the engine's visitor has in his account, in dollars: what orders would do for whoever has no account yet. */
const VISITOR_DOLLARS = '10000';

/** News is gathered for so long, so that a burst of it renders once. */
const GATHER_MILLISECONDS = 120;

/** Nobody's account, with a balance and nothing else, at the exchange's own address. */
function visitor({ exchange, quoteDecimals }: Directory): Account<MarginAccount> {
    const { decoder, space } = ACCOUNTS.marginAccount;
    const empty = decoder.decode(new Uint8Array(space));
    const state = { ...empty.state, balance: parseAtoms(VISITOR_DOLLARS, quoteDecimals) };
    return { address: exchange, data: { ...empty, version: VERSION, state } } as Account<MarginAccount>;
}

export interface OwnAddresses {
    address: Address;
    orders: Address;
}

export class EngineWorld {
    readonly #engine: Engine;
    readonly #store: AccountStore;
    readonly #directory: Directory;
    readonly #visitor: Account<MarginAccount>;
    readonly #listeners = new Set<() => void>();
    readonly #unsubscribe: () => void;
    #accounts: readonly OwnAddresses[] = [];
    #numbers: ReadonlyMap<Address, bigint> = new Map();
    #timer: ReturnType<typeof setTimeout> | undefined;
    #version = 0;

    private constructor(engine: Engine, store: AccountStore, directory: Directory) {
        this.#engine = engine;
        this.#store = store;
        this.#directory = directory;
        this.#visitor = visitor(directory);
        this.#unsubscribe = store.onChange(() => this.#schedule());
    }

    /** The world as the store has it now, and from now on. Throws `AccountError` and `EngineError`. */
    static async open(engine: Engine, store: AccountStore, directory: Directory): Promise<EngineWorld> {
        const world = new EngineWorld(engine, store, directory);
        await world.#load();
        return world;
    }

    /** Rises whenever answers may have changed. */
    get version(): number {
        return this.#version;
    }

    /** Asks the engine; where it has to load more of itself for that, there is news once it has. */
    ask<N extends QuestionName>(
        name: N,
        question: Questions[N]['question'],
        items?: readonly Questions[N]['questionItem'][],
    ): Answer<N> {
        if (!this.#engine.has(name)) {
            // Where it does not come, the next question tries again.
            this.#engine.ready(name).then(
                () => this.#tell(),
                () => undefined,
            );
        }
        return this.#engine.ask(name, question, items);
    }

    subscribe(listener: () => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /** Shows these accounts to the engine from now on. */
    follow(accounts: readonly OwnAddresses[]): void {
        this.#accounts = accounts;
        this.#schedule();
    }

    /** Under which number the engine has an account, or its visitor where it is nobody's; undefined while it has not. */
    numberOf(address: Address | null): bigint | undefined {
        return this.#numbers.get(address ?? this.#directory.exchange);
    }

    stop(): void {
        clearTimeout(this.#timer);
        this.#unsubscribe();
    }

    #schedule(): void {
        this.#timer ??= setTimeout(() => {
            this.#timer = undefined;
            // What cannot be read now is shown as it was; the page says how old that is.
            void this.#load().catch(() => undefined);
        }, GATHER_MILLISECONDS);
    }

    async #load(): Promise<void> {
        const snapshot = await snapshotFrom(this.#store.all, this.#directory.exchange);
        const own = this.#accounts.flatMap(({ address, orders }) => this.#read(address, orders));
        this.#numbers = loadSnapshot(this.#engine, snapshot, [{ account: this.#visitor }, ...own]);
        this.#tell();
    }

    #tell(): void {
        this.#version += 1;
        for (const listener of this.#listeners) listener();
    }

    #read(address: Address, ordersAddress: Address): LoadedAccount[] {
        const account = this.#store.all.get(address);
        const orders = this.#store.all.get(ordersAddress);
        if (!account) return [];
        return [
            {
                account: decodeAccount(ACCOUNTS.marginAccount, account),
                orders: orders && decodeAccount(ACCOUNTS.orders, orders),
            },
        ];
    }
}
