import { expect, test } from 'vitest';
import { candlesOf, coordinate, joinCandles } from './candles';

const SOL = { baseDecimals: 9, quoteDecimals: 6 };
test('prices of one span are one candle, which opens where the last closed', () => {
    // $250 is 2^38: twice and half of it are exact as well.
    const points = [
        { time: 100, price: 1n << 38n },
        { time: 103, price: 1n << 39n },
        { time: 105, price: 1n << 37n },
    ];
    expect(candlesOf(points, 5, SOL)).toEqual([
        { time: 100, open: 250, high: 500, low: 250, close: 500 },
        { time: 105, open: 500, high: 500, low: 125, close: 125 },
    ]);
});

test('what the page has seen continues what the indexer knows', () => {
    const history = [{ time: 60, open: 1, high: 3, low: 1, close: 2 }];
    const live = [
        { time: 0, open: 9, high: 9, low: 9, close: 9 },
        { time: 60, open: 2, high: 5, low: 2, close: 4 },
        { time: 120, open: 4, high: 4, low: 4, close: 4 },
    ];
    expect(joinCandles(history, live)).toEqual([
        { time: 60, open: 1, high: 5, low: 1, close: 4 },
        { time: 120, open: 4, high: 4, low: 4, close: 4 },
    ]);
});

test('a price lies where it reads', () => {
    expect(coordinate(1n << 38n, SOL)).toBe(250);
});
