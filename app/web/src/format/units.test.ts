import { parsePrice, parseSize } from '@perp-swap/client';
import { expect, test } from 'vitest';
import { formatRatio } from './decimal';
import { decimalText, dollarText, isNegative } from './text';
import { formatSpan } from './time';
import {
    formatHourlyRate,
    formatMoney,
    formatMoneyShort,
    formatPpm,
    formatPrice,
    formatShare,
    formatSize,
    readTyped,
} from './units';

const SOL = { baseDecimals: 9, quoteDecimals: 6 };

test('a price of exactly $250 is 2^38, as docs/units.md says', () => {
    expect(formatPrice(1n << 38n, SOL)).toBe('250.000');
    expect(formatPrice(1n << 38n, SOL, 2)).toBe('250.00');
});

test('a price that was rounded down to the chain unit reads as it was written', () => {
    // ⌊140.615937 · 10^-3 · 2^40⌋ = 154 608 857 782
    const price = parsePrice('140.615937', SOL);
    expect(price).toBe(154_608_857_782n);
    expect(formatPrice(price, SOL, 6)).toBe('140.615937');
});

test('sizes keep at least two decimals and at most four', () => {
    expect(formatSize(parseSize('2', SOL), SOL)).toBe('2.00');
    expect(formatSize(1_234_567_890n, SOL)).toBe('1.2346');
    expect(formatSize(-1_500_000_000n, SOL, true)).toBe('−1.50');
    expect(formatSize(1_500_000_000n, SOL, true)).toBe('+1.50');
});

test('money has its sign before the dollar', () => {
    expect(formatMoney(-1_234_567_890n, 6)).toBe('−$1,234.57');
    expect(formatMoney(-4_999n, 6)).toBe('$0.00');
    expect(formatMoney(1_000_000n, 6, { plus: true })).toBe('+$1.00');
    expect(formatMoney(0n, 6, { plus: true })).toBe('$0.00');
    expect(formatMoneyShort(5_000_000_000_000n, 6)).toBe('$5.00M');
});

test('half a unit is rounded away from zero, and nothing becomes a negative zero', () => {
    expect(formatRatio(5n, 10n, { places: 0 })).toBe('1');
    expect(formatRatio(-5n, 10n, { places: 0 })).toBe('−1');
    expect(formatRatio(-4n, 10n, { places: 0 })).toBe('0');
});

test('shares, rates and parts per million are percent', () => {
    expect(formatPpm(400)).toBe('0.04%');
    expect(formatShare(1n, 3n)).toBe('33.3%');
    expect(formatShare(1n, 0n)).toBe('—');
    // 0.1 % an hour is ⌊2^60 / 3 600 000⌋ a second.
    expect(formatHourlyRate((1n << 60n) / 3_600_000n)).toBe('+0.1000%');
});

test('typed text is nothing, a number, or says what is wrong with it', () => {
    const parse = (text: string) => parseSize(text, SOL);
    expect(readTyped('', parse)).toEqual({ value: null, problem: null });
    expect(readTyped('1,000.5', parse).value).toBe(1_000_500_000_000n);
    expect(readTyped('.5', parse).value).toBe(500_000_000n);
    expect(readTyped('5.', parse).value).toBe(5_000_000_000n);
    expect(readTyped('1.2.3', parse).problem).toMatch(/not a decimal number/);
    expect(readTyped('0.0000000001', parse).problem).toMatch(/more than 9 decimals/);
});

test('text of the indexer is cut, never rounded, and never becomes a number', () => {
    expect(decimalText('1234567.123456789')).toBe('1,234,567.1234');
    expect(decimalText('-0.00001')).toBe('0');
    expect(dollarText('-12.5')).toBe('−$12.50');
    expect(dollarText('')).toBe('—');
    expect(isNegative('-0.0')).toBe(false);
    expect(decimalText('9007199254740993.000001', 6)).toBe('9,007,199,254,740,993.000001');
});

test('spans are in their two largest units', () => {
    expect(formatSpan(59n)).toBe('59 s');
    expect(formatSpan(125n)).toBe('2 min 5 s');
    expect(formatSpan(86_400n + 7_200n)).toBe('1 d 2 h');
    expect(formatSpan(-5n)).toBe('0 s');
});
