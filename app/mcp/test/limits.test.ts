import { expect, test } from 'vitest';
import { LimitError, Limits } from '../src/limits.js';

const limits = () => new Limits(1_000n, 2_500n, (atoms) => `${atoms} atoms`);

test('an order beyond the limit of one is refused, and nothing is spent', () => {
    const spent = limits();
    expect(() => spent.take([1_001n])).toThrow(
        new LimitError('the order is of 1001 atoms, and --max-trade is 1000 atoms: order less'),
    );
    expect(spent.left).toBe(2_500n);
});

test('orders together are bounded, and what did not take place is given back', () => {
    const spent = limits();
    spent.take([1_000n]);
    spent.take([700n, 700n]);
    // 2500 - 1000 - 1400
    expect(spent.left).toBe(100n);
    expect(() => spent.take([101n])).toThrow('of --max-total 2500 atoms 100 atoms is left');
    spent.giveBack([700n, 700n]);
    expect(spent.left).toBe(1_500n);
    // What only reduces is not counted.
    spent.take([]);
    expect(spent.left).toBe(1_500n);
});

test('slices count one by one and together', () => {
    const spent = limits();
    expect(() => spent.take([900n, 900n, 900n])).toThrow('2700 atoms would be ordered');
    expect(spent.left).toBe(2_500n);
});
