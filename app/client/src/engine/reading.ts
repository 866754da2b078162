// What a price account of Pyth's receiver says, as the engine takes it.
import { containsBytes, type EncodedAccount } from '@solana/kit';
import type { OracleBinding } from '../generated/types/index.js';
import { feedOf } from '../prices/destination.js';
import { RECEIVERS } from '../prices/receiver.js';
import type { SignedPrice } from '../prices/update.js';

/** An oracle's reading: the asset is worth `(price ± confidence) · 10^exponent`. Times are Unix seconds. */
export type Reading = {
    readonly price: bigint;
    readonly confidence: bigint;
    readonly exponent: number;
    readonly published: bigint;
    /** When the price before was published. */
    readonly previous: bigint;
};

// The first eight bytes of the SHA-256 hash of `account:PriceUpdateV2`.
const PRICE_UPDATE = Uint8Array.of(0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd);
const LENGTH = 134;
// Discriminator and authority; then how many guardians have signed, one byte where all that are needed have.
const LEVEL = 40;
const FULLY_VERIFIED = 1;
const FEED = LEVEL + 1;
const MESSAGE = FEED + 32;

/**
 * The reading in a market's price account; `undefined` where the market would refuse it: another program, address, feed or layout, or
 * fewer guardians than are needed.
 */
export function readReading(binding: OracleBinding, account: EncodedAccount): Reading | undefined {
    const { data, programAddress } = account;
    const isReceivers =
        programAddress === binding.program && RECEIVERS.some(({ program }) => program === programAddress);
    const isPrice = data.length === LENGTH && containsBytes(data, PRICE_UPDATE, 0) && data[LEVEL] === FULLY_VERIFIED;
    if (!isReceivers || !isPrice || feedOf({ feedId: data.slice(FEED, MESSAGE) }) !== feedOf(binding)) {
        return undefined;
    }
    const view = new DataView(Uint8Array.from(data.slice(MESSAGE)).buffer);
    return {
        price: view.getBigInt64(0, true),
        confidence: view.getBigUint64(8, true),
        exponent: view.getInt32(16, true),
        published: view.getBigInt64(20, true),
        previous: view.getBigInt64(28, true),
    };
}

/** The reading that a price will be once it is posted: to preview with what will be there, not with what is. */
export function readingOf({ price, confidence, exponent, publishTime, previousPublishTime }: SignedPrice): Reading {
    return { price, confidence, exponent, published: publishTime, previous: previousPublishTime };
}
