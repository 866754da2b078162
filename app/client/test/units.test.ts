import { describe, expect, test } from 'vitest';
import {
    ConversionError,
    formatAtoms,
    formatPrice,
    formatSize,
    parseAtoms,
    parsePrice,
    parseSignedSize,
    parseSize,
} from '../src/index.js';
import { cases, type Vectors } from './interface.js';

function told(parse: () => bigint) {
    try {
        return { value: parse().toString() };
    } catch (error) {
        if (error instanceof ConversionError) {
            return { error: error.message };
        }
        throw error;
    }
}

describe.each(cases('units.json'))('with $baseDecimals and $quoteDecimals decimals', (market) => {
    test.each(market.texts as Vectors[])(
        '$text is read as the client in Rust reads it',
        ({ text, atoms, signedSize, size, price }) => {
            expect(told(() => parseAtoms(text, market.quoteDecimals))).toEqual(atoms);
            expect(told(() => parseSignedSize(text, market))).toEqual(signedSize);
            expect(told(() => parseSize(text, market))).toEqual(size);
            expect(told(() => parsePrice(text, market))).toEqual(price);
        },
    );

    test('numbers are shown as the client in Rust shows them', () => {
        const { prices, sizes, atoms, quoteDecimals } = market;
        for (const [price, text] of prices) {
            expect(formatPrice(BigInt(price), market)).toBe(text);
        }
        for (const [size, text] of sizes) {
            expect(formatSize(BigInt(size), market)).toBe(text);
        }
        for (const [amount, text] of atoms) {
            expect(formatAtoms(BigInt(amount), quoteDecimals)).toBe(text);
        }
    });
});
