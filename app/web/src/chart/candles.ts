// Candles of the index. Coordinates of a drawing are floating-point numbers; nothing is computed from them.
import type { Scale } from '../format/units';
import type { PricePoint } from './history';

export interface Candle {
    time: number;
    open: number;
    high: number;
    low: number;
    close: number;
}

/** A price as a coordinate of the chart, in quote tokens per whole asset. */
export function coordinate(price: bigint, scale: Scale): number {
    return (Number(price) / 2 ** 40) * 10 ** (scale.baseDecimals - scale.quoteDecimals);
}

/** The indexer's decimal text of a price as a coordinate of the chart. */
export function coordinateOf(price: string): number {
    return Number(price);
}

/** Prices gathered into candles of `width` seconds. */
export function candlesOf(points: readonly PricePoint[], width: number, scale: Scale): Candle[] {
    const candles: Candle[] = [];
    for (const { time, price } of points) {
        const start = time - (time % width);
        const value = coordinate(price, scale);
        const last = candles.at(-1);
        if (last && last.time === start) {
            last.high = Math.max(last.high, value);
            last.low = Math.min(last.low, value);
            last.close = value;
        } else {
            const open = last?.close ?? value;
            candles.push({ time: start, open, high: Math.max(open, value), low: Math.min(open, value), close: value });
        }
    }
    return candles;
}

/** History from the indexer, continued by what the page has seen itself. */
export function joinCandles(history: readonly Candle[], live: readonly Candle[]): Candle[] {
    const joined = [...history];
    for (const candle of live) {
        const last = joined.at(-1);
        if (!last || candle.time > last.time) joined.push({ ...candle });
        else if (candle.time === last.time) {
            joined[joined.length - 1] = {
                ...last,
                high: Math.max(last.high, candle.high),
                low: Math.min(last.low, candle.low),
                close: candle.close,
            };
        }
    }
    return joined;
}
