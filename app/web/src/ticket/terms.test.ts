import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANY_PRICE_SELL, formatPrice, OrderTrigger, parsePrice } from '@perp-swap/client';
import { Engine } from '@perp-swap/client/engine';
import { expect, test } from 'vitest';
import { parseCount, parsePercent } from './percent';
import { EMPTY_TICKET } from './state';
import { type Circumstances, protection, restingTerms, WHOLE } from './terms';

const scale = { baseDecimals: 9, quoteDecimals: 6 };
const dollars = (text: string) => parsePrice(text, scale);
const SOL = 1_000_000_000n;
// The page's own engine: what it says of tolerances, parts and steps is tested where it is written.
const engine = await Engine.start(readFileSync(join(__dirname, '../../../../artifacts/perp_wasm_core.wasm')));
const circumstances: Circumstances = {
    engine,
    scale,
    indexPrice: dollars('140'),
    now: 1_000n,
    tolerance: 5_000n,
    group: 3,
};

function orders(change: Partial<typeof EMPTY_TICKET>, size: bigint | null = 2n * SOL) {
    const terms = restingTerms({ ...EMPTY_TICKET, ...change }, size, circumstances);
    if (terms.orders === null) throw new Error(terms.problem);
    return terms.orders;
}

function problem(change: Partial<typeof EMPTY_TICKET>, size: bigint | null = 2n * SOL) {
    return restingTerms({ ...EMPTY_TICKET, ...change }, size, circumstances).problem;
}

test('a limit buys at its price or lower and never above', () => {
    const [limit, ...others] = orders({ kind: 'limit', price: '135', expiry: 'day' });
    expect(others).toEqual([]);
    expect(limit).toMatchObject({
        size: 2n * SOL,
        trigger: OrderTrigger.AtOrBelow,
        triggerPrice: dollars('135'),
        acceptablePrice: dollars('135'),
        reduceOnly: false,
        expires: 87_400n,
    });
});

test('an entry takes its stop and target along: they wake with it and cancel each other', () => {
    const [entry, stop, target] = orders({ kind: 'limit', price: '135', stop: '130', target: '150' });
    expect(entry).toMatchObject({ group: 0, parent: 0 });
    expect(stop).toMatchObject({
        size: -WHOLE,
        trigger: OrderTrigger.AtOrBelow,
        triggerPrice: dollars('130'),
        reduceOnly: true,
        group: 3,
        parent: 1,
    });
    expect(target).toMatchObject({
        trigger: OrderTrigger.AtOrAbove,
        triggerPrice: dollars('150'),
        group: 3,
        parent: 1,
    });
});

test('a limit or a stop: whichever fills first cancels the other', () => {
    const both = orders({ kind: 'limit', price: '135', otherPrice: '145' });
    expect(both.map(({ group, trigger }) => [group, trigger])).toEqual([
        [3, OrderTrigger.AtOrBelow],
        [3, OrderTrigger.AtOrAbove],
    ]);
});

test('a trailing stop without a size is of all of the position, at any price', () => {
    const [trailing] = orders({ kind: 'trailing', side: 'short', trailing: '2.5' }, null);
    expect(trailing).toMatchObject({
        size: -WHOLE,
        trailing: 25_000,
        acceptablePrice: ANY_PRICE_SELL,
        reduceOnly: true,
    });
});

test('a stop that only reduces is of all of the position where no size is typed', () => {
    const [stop] = orders({ kind: 'stop', side: 'short', price: '130', reduceOnly: true }, null);
    expect(stop).toMatchObject({ size: -WHOLE, triggerPrice: dollars('130'), reduceOnly: true });
    // One that enters has to say of how much.
    expect(problem({ kind: 'stop', price: '150' }, null)).toBe('Enter a size.');
});

test('counts and percents are read whole, or not at all', () => {
    expect([parseCount('12'), parseCount('0'), parseCount('1.5'), parseCount('99999')]).toEqual([12, null, null, null]);
    // 2.5 % are 25 000 ppm, and there is nothing smaller than a ppm.
    expect(parsePercent('2.5')).toBe(25_000n);
    expect(() => parsePercent('0.00001')).toThrow(/more than 4 decimals/);
});

test('a ladder spreads its size over evenly spaced limits', () => {
    const steps = orders({ kind: 'ladder', price: '130', priceTo: '138', steps: '5' }, 10n * SOL);
    expect(steps.map(({ size }) => size)).toEqual(Array(5).fill(2n * SOL));
    const middle = steps[2]!.triggerPrice;
    // Halfway between 130 and 138 is 134, but for the rounding of both ends.
    expect(middle - dollars('134')).toBeGreaterThanOrEqual(-1n);
    expect(middle - dollars('134')).toBeLessThanOrEqual(1n);
});

test('a stop and a target may be filled a little worse than at their prices, and at a price that no market has are refused', () => {
    const { orders: exits } = protection({ ...EMPTY_TICKET, stop: '100', target: '200' }, 'long', circumstances);
    // A stop 5 % below, a target 0.5 % below: it is sold at 95 and at 199 at worst.
    expect(exits?.map(({ acceptablePrice }) => formatPrice(acceptablePrice, scale))).toEqual(['95', '199']);
    // 2^50 in 2^-40 atoms per base unit are $1 024 000 a SOL.
    expect(problem({ kind: 'stop', price: '1020000' })).toMatch(/price/i);
});

test('slices share the size and hold lamports for each fill', () => {
    const [twap] = orders({ kind: 'twap', slices: '4', secondsBetween: '120' }, 8n * SOL);
    expect(twap).toMatchObject({ size: 2n * SOL, slices: 4, secondsBetween: 120, trigger: OrderTrigger.AtTime });
    expect(twap!.lamports).toBe(160_000n);
});

test('what is missing or impossible is said before anything is sent', () => {
    expect(problem({ kind: 'limit' })).toBe('Enter a price.');
    expect(problem({ kind: 'limit', price: '135' }, null)).toBe('Enter a size.');
    expect(problem({ kind: 'ladder', price: '1' })).toBe('Enter where the ladder ends.');
    expect(problem({ kind: 'twap', slices: '1' })).toBe('Enter 2 to 1,000 slices.');
    expect(problem({ kind: 'twap', secondsBetween: '5' })).toBe('Enter 60 to 9,999 seconds between slices.');
    expect(problem({ kind: 'trailing', trailing: '100' }, null)).toMatch(/distance in percent/);
    expect(problem({ kind: 'limit', price: 'abc' })).toMatch(/not a decimal number/);
});

test('protection of a market order is placed against its side, in one group', () => {
    const { orders: exits } = protection({ ...EMPTY_TICKET, stop: '150', target: '120' }, 'short', circumstances);
    expect(exits).toMatchObject([
        { size: WHOLE, trigger: OrderTrigger.AtOrAbove, reduceOnly: true, group: 3 },
        { size: WHOLE, trigger: OrderTrigger.AtOrBelow, reduceOnly: true, group: 3 },
    ]);
    expect(protection(EMPTY_TICKET, 'long', circumstances).orders).toEqual([]);
});
