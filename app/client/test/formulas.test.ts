import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: a script without types
import { check } from '../scripts/formulas.mjs';

let folder: string;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'perp-formulas-'));
    const options = { target: 'es2022', lib: ['es2022'], strict: true, types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
});

afterEach(() => rmSync(folder, { recursive: true }));

function findings(source: string, allowed: object = {}): string[] {
    writeFileSync(join(folder, 'page.ts'), source);
    writeFileSync(join(folder, 'formulas.json'), JSON.stringify(allowed));
    return check(folder);
}

test.each([
    ['a notional', 'export const f = (size: bigint, price: bigint) => size * price;'],
    ['equity', 'export const f = (account: { balance: bigint; pnl: bigint }) => account.balance + account.pnl;'],
    [
        'a sum that grows',
        'export function f(all: bigint[]) { let sum = 0n; for (const one of all) sum += one; return sum; }',
    ],
    ['the other side', 'export const f = (size: bigint) => -size;'],
    ['a fraction', 'export const f = (equity: bigint) => (equity >> 2n);'],
    ['money that may be missing', 'export const f = (fee: bigint | undefined) => (fee ?? 0n) / 2n;'],
    ['money as a number', 'export const f = (equity: bigint) => Number(equity) * 0.05;'],
    ['money read from a text as a number', 'export const f = (text: string) => parseFloat(text) * 0.05;'],
    ['money made a number from a text', 'export const f = (text: string) => Number(text) * 0.05;'],
    ['money made a number by its sign', 'export const f = (text: string) => +text * 0.05;'],
    ['a literal that is computed', 'export const UNIT = 10n ** 6n;'],
    ['money of some type', 'export const f = <T extends bigint>(one: T, other: T) => one - other;'],
    [
        'money of a type of its own',
        'type Atoms = bigint & { of: "atoms" }; export const f = (a: Atoms, b: Atoms) => a - b;',
    ],
])('%s is found', (_, source) => {
    expect(findings(source)).toEqual([expect.stringMatching(/^page\.ts:1: a formula on money: /)]);
});

test.each([
    ['comparing', 'export const f = (one: bigint, other: bigint) => one > other && one !== -1n;'],
    ['counting', 'export const f = (place: number) => place + 1;'],
    ['joining texts', 'export const f = (amount: bigint) => amount + " USDC";'],
    ['turning a count into a bigint', 'export const f = (count: number) => BigInt(count);'],
])('%s is no formula', (_, source) => {
    expect(findings(source)).toEqual([]);
});

test('an exception is for its expression alone, and is needed', () => {
    const source = 'export const f = (a: bigint) => a * 2n;\nexport const g = (a: bigint) => a * 3n;';
    expect(findings(source, { 'page.ts': { 'a * 2n': 'why' } })).toEqual(['page.ts:2: a formula on money: a * 3n']);
    expect(findings(source, { 'page.ts': { '*': 'why' } })).toEqual([]);
    expect(findings('export {};', { 'page.ts': { 'a * 2n': 'why' } })).toEqual([
        'formulas.json allows a * 2n in page.ts, where nothing needs it',
    ]);
});

test('tests compute what they expect', () => {
    writeFileSync(join(folder, 'page.test.ts'), 'export const two = 1n + 1n;');
    expect(findings('export {};')).toEqual([]);
});

test('no formula stands in this package', () => {
    expect(check(new URL('..', import.meta.url).pathname.replace(/\/$/, ''))).toEqual([]);
});
