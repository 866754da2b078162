// What a price account of Pyth's receiver says: `PriceUpdateV2`, whose layout docs/prices.md and perp-oracle describe.
import type { Reading } from './module';

const DISCRIMINATOR_BYTES = 8;
const AUTHORITY_BYTES = 32;
/** How many guardians have signed: one byte where all that are needed, two where fewer. */
const FULLY_VERIFIED = 1;
const FEED_BYTES = 32;
/** Price, confidence, exponent, two times. */
const MESSAGE_BYTES = 8 + 8 + 4 + 8 + 8;

/** The reading in an oracle account; null where it is none of a receiver's that is fully verified. */
export function readReading(bytes: Uint8Array | null | undefined): Reading | null {
    if (!bytes) return null;
    const level = DISCRIMINATOR_BYTES + AUTHORITY_BYTES;
    const start = level + 1 + FEED_BYTES;
    if (bytes[level] !== FULLY_VERIFIED || bytes.length < start + MESSAGE_BYTES) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, MESSAGE_BYTES);
    return {
        price: view.getBigInt64(0, true),
        confidence: view.getBigUint64(8, true),
        exponent: view.getInt32(16, true),
        published: view.getBigInt64(20, true),
        previous: view.getBigInt64(28, true),
    };
}
