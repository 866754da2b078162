import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { classOf, codeIn, EXCHANGE_RULES, explain, failureInLogs, failureText } from '../src/index.js';
import { describeRefusal } from '../src/transactions/index.js';
import { cases, vectors } from './interface.js';

const rules = JSON.parse(readFileSync(new URL('../../../idl/errors.json', import.meta.url), 'utf8'));
const { rules: framework, classes } = vectors('framework.json');

test.each([...rules, ...framework])('$code is explained: $name', (rule) => {
    expect(explain(rule.code)).toEqual(rule);
});

test('every rule of the exchange has a class', () => {
    const named = classes.map(({ name }: { name: string }) => name).sort();
    expect([...EXCHANGE_RULES.values()].map(({ name }) => name).sort()).toEqual(named);
});

test.each(cases('refusals.json'))('$what: the refusal of the client in Rust', ({ logs, failure }) => {
    const found = failureInLogs(logs);
    if (failure === null) {
        expect(found).toBeUndefined();
        return;
    }
    const { program, reason, account, text } = failure;
    expect(found).toEqual(account === null ? { program, reason } : { program, reason, account });
    expect(found && failureText(found)).toBe(text);
    expect((found && classOf(found)) ?? null).toBe(failure.class);
    expect(describeRefusal(logs, 'of the runtime').message).toBe(text);
});

test('without a program that failed the runtime has its word', () => {
    const refusal = describeRefusal([], { InsufficientFundsForRent: { account_index: 1n } });
    expect(refusal.message).toBe('{"InsufficientFundsForRent":{"account_index":"1"}}');
    expect([refusal.explanation, refusal.class, refusal.failure]).toEqual([undefined, undefined, undefined]);
});

test('a code is found in words', () => {
    expect(codeIn('custom program error: 0x1771')).toBe(6001);
    expect(codeIn('custom program error: 0x1ffffffff')).toBeUndefined();
    expect(codeIn('custom program error: 0xg')).toBeUndefined();
});
