import { expect, test } from 'vitest';
import {
    ANY_PRICE_BUY,
    ANY_PRICE_SELL,
    anyPrice,
    bracket,
    ladder,
    limitOrder,
    nextPriceOrder,
    type OrderTerms,
    OrderTrigger,
    oneCancelsOther,
    slicedOrder,
    stopEntry,
    stopLoss,
    takeProfit,
    trailingStop,
} from '../src/index.js';

const PLAIN: OrderTerms = {
    size: 5n,
    trigger: OrderTrigger.AtTime,
    triggerPrice: 0n,
    trailing: 0,
    acceptablePrice: 100n,
    reduceOnly: false,
    activeFrom: 0n,
    expires: 0n,
    slices: 1,
    secondsBetween: 0,
    group: 0,
    parent: 0,
    lamports: 40_000n,
};

test('a buy with a limit waits below, a sale above', () => {
    const limited = { ...PLAIN, triggerPrice: 100n };
    expect(limitOrder({ size: 5n, price: 100n })).toEqual({ ...limited, trigger: OrderTrigger.AtOrBelow });
    expect(limitOrder({ size: -5n, price: 100n })).toEqual({ ...limited, size: -5n, trigger: OrderTrigger.AtOrAbove });
});

test('a stop of a long sells below, its target above, of a short the other way round', () => {
    const exit = { triggerPrice: 90n, acceptablePrice: 100n };
    const triggers = [stopLoss, takeProfit].flatMap((kind) =>
        [-5n, 5n].map((size) => {
            const terms = kind({ size, ...exit });
            expect(terms).toMatchObject({ size, triggerPrice: 90n, acceptablePrice: 100n, reduceOnly: true });
            return terms.trigger;
        }),
    );
    const { AtOrAbove, AtOrBelow } = OrderTrigger;
    expect(triggers).toEqual([AtOrBelow, AtOrAbove, AtOrAbove, AtOrBelow]);
});

test('a stop that enters buys above and adds', () => {
    const terms = stopEntry({ size: 5n, triggerPrice: 110n, acceptablePrice: 120n });
    expect(terms).toMatchObject({ trigger: OrderTrigger.AtOrAbove, reduceOnly: false });
});

test('a trailing stop has a distance in place of a trigger', () => {
    const terms = trailingStop({ size: -5n, trailing: 20_000, acceptablePrice: 1n });
    expect(terms).toMatchObject({
        trigger: OrderTrigger.AtOrBelow,
        triggerPrice: 0n,
        trailing: 20_000,
        reduceOnly: true,
    });
});

test('an order at the next price is one by time', () => {
    expect(nextPriceOrder({ size: 5n, acceptablePrice: 100n })).toEqual(PLAIN);
});

test('slices hold lamports for each fill', () => {
    const terms = slicedOrder({ size: 5n, slices: 24, secondsBetween: 3_600, acceptablePrice: 100n, tip: 50_000n });
    // 24 · 50 000
    expect(terms).toEqual({ ...PLAIN, slices: 24, secondsBetween: 3_600, lamports: 1_200_000n });
    // One slice has nothing between.
    expect(slicedOrder({ size: 5n, slices: 1, acceptablePrice: 100n })).toEqual(PLAIN);
    expect(slicedOrder({ size: 5n, slices: 2, acceptablePrice: 100n }).secondsBetween).toBe(60);
});

test('exits sleep for their entry and cancel each other', () => {
    const stop = stopLoss({ size: -5n, triggerPrice: 90n, acceptablePrice: 1n });
    const target = takeProfit({ size: -5n, triggerPrice: 130n, acceptablePrice: 120n });
    const [entry, ...exits] = bracket(limitOrder({ size: 5n, price: 100n }), [stop, target], 3);
    expect(entry).toMatchObject({ group: 0, parent: 0 });
    expect(exits.map(({ group, parent, reduceOnly }) => [group, parent, reduceOnly])).toEqual([
        [3, 1, true],
        [3, 1, true],
    ]);
    expect(oneCancelsOther(4, [stop, target]).map(({ group, parent }) => [group, parent])).toEqual([
        [4, 0],
        [4, 0],
    ]);
});

test('a ladder is a limit for each step', () => {
    const steps = ladder([
        { size: 5n, price: 100n },
        { size: 6n, price: 90n, expires: 9n },
    ]);
    expect(steps.map(({ size, triggerPrice, expires }) => [size, triggerPrice, expires])).toEqual([
        [5n, 100n, 0n],
        [6n, 90n, 9n],
    ]);
});

test('any price is the highest for a buy and the lowest for a sale', () => {
    expect([anyPrice(1n), anyPrice(-1n)]).toEqual([ANY_PRICE_BUY, ANY_PRICE_SELL]);
});
