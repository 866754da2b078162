import { describe, expect, test } from 'vitest';
import {
    deriveExchangeAddresses,
    epochAddress,
    eventAuthority,
    exchangeAddress,
    marginAccountAddress,
    marketAddress,
    NameError,
    ordersAddress,
    padded,
    requestAddress,
    sharesOf,
    tokensOf,
    unpadded,
} from '../src/index.js';
import { type Vectors, vectors } from './interface.js';

const { exchanges, eventAuthority: authority } = vectors('addresses.json');

describe('addresses', () => {
    test.each(exchanges as Vectors[])('of the exchange $name are those of the client in Rust', async (expected) => {
        const exchange = await exchangeAddress(expected.creator, expected.name);
        expect(exchange).toBe(expected.exchange);
        const addresses = await deriveExchangeAddresses(exchange, expected.quoteMint, expected.tokenProgram);
        const { pool, vault, shareMint, shareEscrow } = expected;
        expect(addresses).toMatchObject({ pool, vault, shareMint, shareEscrow });
        for (const [index, market] of expected.markets) {
            expect(await marketAddress(addresses, index)).toBe(market);
        }
        const account = await marginAccountAddress(addresses, expected.owner, 258);
        expect(account).toBe(expected.marginAccount258);
        expect(await ordersAddress(account)).toBe(expected.orders);
        for (const [nonce, request] of expected.requests) {
            expect(await requestAddress(addresses, expected.owner, BigInt(nonce))).toBe(request);
        }
        for (const [boundary, epoch] of expected.epochs) {
            expect(await epochAddress(addresses, BigInt(boundary))).toBe(epoch);
        }
        expect(await tokensOf(addresses, expected.owner)).toBe(expected.tokens);
        expect(await sharesOf(addresses, expected.owner)).toBe(expected.shares);
    });

    test('the event authority is that of the client in Rust', async () => {
        expect(await eventAuthority()).toBe(authority);
    });
});

describe('names', () => {
    test('come back as they were written', () => {
        expect(unpadded(padded('SOL-PERP', 16))).toBe('SOL-PERP');
        expect(unpadded(padded('full', 4))).toBe('full');
    });

    test.each(['', 'five!', 'a\0b'])('that would not come back are refused: %j', (text) => {
        expect(() => padded(text, 4)).toThrow(NameError);
    });
});
