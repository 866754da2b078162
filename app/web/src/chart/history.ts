// Index prices seen since the page was opened, by market: what the chart shows where the indexer is away, and beyond its end.
import type { AccountStore } from '@perp-swap/client';
import { readMarket } from '../chain/decoded';
import type { MarketEntry } from '../chain/directory';
import { unixSeconds } from '../format/time';

export interface PricePoint {
    /** Publish time, Unix seconds. */
    time: number;
    /** In 2^-40 atoms per base unit. */
    price: bigint;
}

/** An hour of prices a second. */
const CAPACITY = 3_600;

export class PriceHistory {
    readonly #points = new Map<string, PricePoint[]>();
    readonly #listeners = new Set<() => void>();
    readonly #stop: () => void;

    constructor(store: AccountStore, markets: readonly MarketEntry[]) {
        const take = () => {
            let news = false;
            for (const { address, symbol } of markets) {
                const price = readMarket(store.all.get(address))?.state.price;
                if (price && price.price > 0n)
                    news = this.#add(symbol, unixSeconds(price.published), price.price) || news;
            }
            if (news) for (const listener of this.#listeners) listener();
        };
        this.#stop = store.onChange(take);
        take();
    }

    of(symbol: string): readonly PricePoint[] {
        return this.#points.get(symbol) ?? [];
    }

    subscribe(listener: () => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    stop(): void {
        this.#stop();
    }

    #add(symbol: string, time: number, price: bigint): boolean {
        const points = this.#points.get(symbol) ?? [];
        this.#points.set(symbol, points);
        const last = points.at(-1);
        if (last && time <= last.time) return false;
        points.push({ time, price });
        if (points.length > CAPACITY) points.shift();
        return true;
    }
}
