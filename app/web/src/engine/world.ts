// The engine kept as the chain is: what changed there is loaded again here, and whoever asks is told that there is news.
import { ACCOUNTS, type MarginAccount } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import { CLOCK, readClock } from '../chain/decoded';
import type { Directory } from '../chain/directory';
import { type AccountBytes, type ChainState, chainStore } from '../chain/store';
import type { Engine } from './module';
import { readReading } from './reading';

/** An account of the engine's own, for whoever has none: what orders would do with so much in it. */
export const VISITOR = 0;
export const VISITOR_BALANCE = 10_000n;

/** News is gathered for so long, so that a burst of it renders once. */
const GATHER_MILLISECONDS = 120;

const BALANCE_OFFSET = 104;
const VERSION_OFFSET = 1_971;

/** The bytes of a cross account with a balance and nothing else. */
function visitorBytes(balance: bigint): Uint8Array {
    const { discriminator, space } = ACCOUNTS.marginAccount;
    const bytes = new Uint8Array(space);
    bytes.set(discriminator);
    bytes[VERSION_OFFSET] = 1;
    new DataView(bytes.buffer).setBigUint64(BALANCE_OFFSET, balance, true);
    return bytes;
}

export interface OwnAccount {
    address: Address;
    orders: Address;
    data?: MarginAccount;
}

export class EngineWorld {
    readonly #engine: Engine;
    readonly #directory: Directory;
    readonly #numbers = new Map<Address, number>();
    readonly #loaded = new Map<Address, Uint8Array>();
    readonly #listeners = new Set<() => void>();
    #accounts: readonly OwnAccount[] = [];
    #timer: ReturnType<typeof setTimeout> | undefined;
    #version = 0;
    readonly #unsubscribe: () => void;

    constructor(engine: Engine, directory: Directory) {
        this.#engine = engine;
        this.#directory = directory;
        this.#sync(chainStore.getState());
        this.#unsubscribe = chainStore.subscribe(() => this.#schedule());
    }

    get engine(): Engine {
        return this.#engine;
    }

    /** Rises whenever answers may have changed. */
    get version(): number {
        return this.#version;
    }

    subscribe(listener: () => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /** Shows these accounts to the engine from now on. */
    follow(accounts: readonly OwnAccount[]): void {
        this.#accounts = accounts;
        this.#schedule();
    }

    /** Under which number the engine has an account; undefined while it has not. */
    numberOf(address: Address | null): number | undefined {
        return address === null ? VISITOR : this.#numbers.get(address);
    }

    stop(): void {
        clearTimeout(this.#timer);
        this.#unsubscribe();
    }

    #schedule(): void {
        this.#timer ??= setTimeout(() => {
            this.#timer = undefined;
            this.#sync(chainStore.getState());
        }, GATHER_MILLISECONDS);
    }

    /** Loads an account where its bytes are others than before. Whether it was loaded. */
    #load(accounts: ChainState['accounts'], address: Address, number: number): boolean {
        const bytes = accounts.get(address)?.bytes;
        if (!bytes || this.#loaded.get(address) === bytes) return false;
        if (!this.#engine.load(number, bytes)) return false;
        this.#loaded.set(address, bytes);
        return true;
    }

    #sync({ accounts }: ChainState): void {
        const clock = readClock(accounts.get(CLOCK));
        const exchange: AccountBytes | undefined = accounts.get(this.#directory.exchange);
        if (!clock || !exchange?.bytes) return;
        this.#engine.setClock(clock.now, clock.slot);
        if (this.#loaded.get(this.#directory.exchange) !== exchange.bytes) {
            // An exchange replaces everything, so everything is loaded again.
            this.#engine.reset();
            this.#engine.setClock(clock.now, clock.slot);
            this.#loaded.clear();
            this.#numbers.clear();
            this.#load(accounts, this.#directory.exchange, 0);
            const unit = 10n ** BigInt(this.#directory.quoteDecimals);
            this.#engine.load(VISITOR, visitorBytes(VISITOR_BALANCE * unit));
        }
        this.#load(accounts, this.#directory.pool, 0);
        for (const { index, address, oracle } of this.#directory.markets) {
            const renewed = this.#load(accounts, address, 0);
            const bytes = accounts.get(oracle)?.bytes ?? null;
            if (bytes === null || (!renewed && this.#loaded.get(oracle) === bytes)) continue;
            const reading = readReading(bytes);
            if (reading) this.#engine.takePrice(index, reading);
            this.#loaded.set(oracle, bytes);
        }
        for (const { address, orders } of this.#accounts) {
            const number = this.#numbers.get(address) ?? this.#numbers.size + 1;
            if (this.#load(accounts, address, number)) this.#numbers.set(address, number);
            if (this.#numbers.has(address)) this.#load(accounts, orders, number);
        }
        this.#version += 1;
        for (const listener of this.#listeners) listener();
    }
}
