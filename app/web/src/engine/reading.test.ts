import { expect, test } from 'vitest';
import { readReading } from './reading';

/** A price account with a fully verified price: tag, authority, level, feed, message. */
function account(level: number): Uint8Array {
    const bytes = new Uint8Array(134);
    bytes[40] = level;
    const view = new DataView(bytes.buffer, 73);
    view.setBigInt64(0, 14_061_593_700n, true);
    view.setBigUint64(8, 7_030_797n, true);
    view.setInt32(16, -8, true);
    view.setBigInt64(20, 1_700_000_001n, true);
    view.setBigInt64(28, 1_700_000_000n, true);
    return bytes;
}

test('a fully verified price is read to the last digit', () => {
    expect(readReading(account(1))).toEqual({
        price: 14_061_593_700n,
        confidence: 7_030_797n,
        exponent: -8,
        published: 1_700_000_001n,
        previous: 1_700_000_000n,
    });
});

test('a price that fewer guardians signed, or bytes that end too early, are no reading', () => {
    expect(readReading(account(0))).toBeNull();
    expect(readReading(account(1).subarray(0, 100))).toBeNull();
    expect(readReading(null)).toBeNull();
});
