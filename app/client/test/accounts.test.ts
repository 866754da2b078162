import { describe, expect, test } from 'vitest';
import { ACCOUNTS, AccountError, type AccountType, decodeAccount } from '../src/index.js';
import { encoded, fromHex, type Json, spelled, type Vectors, vectors } from './interface.js';

type Any = AccountType<{ version: number }>;

const { accounts, refusals } = vectors('accounts.json');
const typeOf = (label: string) => Object.values(ACCOUNTS).find((type) => type.label === label) as unknown as Any;

describe('accounts', () => {
    test.each(accounts as Vectors[])(
        'the bytes of a $type hold what the client in Rust finds in them',
        ({ type, data, fields }) => {
            const { discriminator: _, ...found } = decodeAccount(typeOf(type), encoded(SOMEWHERE, fromHex(data)))
                .data as Vectors;
            expect(spelled(found, fields)).toEqual(wide(fields));
        },
    );

    test.each(refusals as Vectors[])(
        '$what is refused in the words of the client in Rust',
        ({ type, address, owner, data, error }) => {
            const decode = () => decodeAccount(typeOf(type), encoded(address, fromHex(data), owner));
            expect(decode).toThrow(AccountError);
            expect(decode).toThrow(error);
        },
    );

    test('every type of account is among them', () => {
        const labels = accounts.map(({ type }: { type: string }) => type).sort();
        expect(
            Object.values(ACCOUNTS)
                .map(({ label }) => label)
                .sort(),
        ).toEqual(labels);
    });
});

const SOMEWHERE = '11111111111111111111111111111111';

/** Numbers of 128 bits as one: Rust keeps them as two words. */
function wide(json: Json): Json {
    if (Array.isArray(json)) {
        return json.map(wide);
    }
    if (json === null || typeof json !== 'object') {
        return json;
    }
    const isTwoWords = Object.keys(json).sort().join() === 'high,low';
    if (isTwoWords && typeof json.low === 'string' && typeof json.high === 'string') {
        return ((BigInt(json.high) << 64n) + BigInt(json.low)).toString();
    }
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, wide(value)]));
}
