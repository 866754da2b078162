import { readFileSync } from 'node:fs';
import { PERP_SWAP_PROGRAM_ADDRESS } from '@perp-swap/client';
import { expect, test } from 'vitest';
import { explainText } from '../src/explain.js';

const catalogue: { code: number; name: string; message: string; remedy: string }[] = JSON.parse(
    readFileSync(new URL('../../../idl/errors.json', import.meta.url), 'utf8'),
);

test('every error of the catalogue is explained by its code and by its name', () => {
    expect(catalogue.length).toBeGreaterThan(50);
    for (const rule of catalogue) {
        for (const text of [`${rule.code}`, `0x${rule.code.toString(16)}`, rule.name, rule.name.toLowerCase()]) {
            expect(explainText(text)).toEqual(rule);
        }
    }
});

test('a log is explained by the program that failed', () => {
    const log = [
        `Program ${PERP_SWAP_PROGRAM_ADDRESS} invoke [1]`,
        'Program log: Instruction: Trade',
        `Program ${PERP_SWAP_PROGRAM_ADDRESS} failed: custom program error: 0x1785`,
    ].join('\n');
    // 0x1785 = 6021
    expect(explainText(log)).toEqual({ message: expect.stringContaining('PriceStale (6021)') });
});

test('what is no error says what would be one', () => {
    expect(() => explainText('my order failed')).toThrow('expected a code such as 6060');
});
