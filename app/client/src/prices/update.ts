// What a price server hands out: prices under a root that guardians have signed. Every branch is followed to the root before
// anything is sent; the signatures are checked by the chain.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { getBase16Decoder, type ReadonlyUint8Array } from '@solana/kit';
import { Fields } from './wire.js';

const UPDATE_MAGIC = 'PNAU';
const ROOT_MAGIC = 'AUWV';
const MAJOR_VERSION = 1;
const WORMHOLE_MERKLE = 0;
const VAA_VERSION = 1;
const SIGNATURE_LENGTH = 66;
const PRICE_MESSAGE = 0;
const PRICE_MESSAGE_LENGTH = 85;
const NODE_LENGTH = 20;
// Leaves and nodes are hashed with different first bytes, so that none passes for the other.
const LEAF = 0;
const NODE = 1;

/** Bytes are no update, or not the one that was asked for; the message says what to do. */
export class UpdateError extends Error {
    override readonly name = 'UpdateError';
}

/** What guardians have signed, as far as posting needs it. */
export type SignedMessage = {
    /** The set of guardians that signed, which must be in force when the message is posted. */
    readonly guardianSet: number;
    /** How many of them signed. More than two thirds make it fully verified. */
    readonly signatures: number;
    /** Pyth's slot in which these prices were made. */
    readonly slot: bigint;
    /** Root of the tree of prices. */
    readonly root: ReadonlyUint8Array;
};

/** A feed's price with what proves it. The asset is worth `(price ± confidence) · 10^exponent`. */
export type SignedPrice = {
    /** Pyth's number of the feed, 64 hexadecimal digits. */
    readonly feed: string;
    readonly price: bigint;
    /** Half the width of the interval around it. */
    readonly confidence: bigint;
    readonly exponent: number;
    /** Unix seconds. */
    readonly publishTime: bigint;
    /** Unix seconds of the price before. */
    readonly previousPublishTime: bigint;
    /** The bytes in the tree that say all this. */
    readonly message: ReadonlyUint8Array;
    /** The way from there to the root. */
    readonly proof: readonly ReadonlyUint8Array[];
};

/** Prices under one root, with the message that the guardians signed about it. */
export type PriceUpdate = {
    /** The signed message's bytes. */
    readonly vaa: ReadonlyUint8Array;
    /** What it says. */
    readonly signed: SignedMessage;
    /** In the order of the answer. */
    readonly prices: readonly SignedPrice[];
};

/** Reads an update, and follows every proof to the signed root. Throws `UpdateError`. */
export function parseUpdate(bytes: ReadonlyUint8Array): PriceUpdate {
    const fields = new Fields(bytes);
    fields.expect(UPDATE_MAGIC, 'magic', 'update');
    version('update', fields.u8('version'), MAJOR_VERSION);
    // Minor versions only add to what may be passed over here.
    fields.u8('minor version');
    fields.bytes(fields.u8('length of the header'), 'header');
    kind('update', fields.u8('kind of proof'), WORMHOLE_MERKLE);
    const vaa = fields.bytes(fields.u16('length of the VAA'), 'VAA');
    const signed = parseMessage(vaa);
    const prices = Array.from({ length: fields.u8('number of prices') }, () => parsePriceMessage(fields, signed.root));
    if (fields.left > 0) {
        throw new UpdateError(`${fields.left} bytes follow the update: fetch it again`);
    }
    return { vaa, signed, prices };
}

function version(of: string, found: number, known: number): void {
    if (found !== known) {
        throw new UpdateError(`the ${of} is of version ${found}, which this program does not know: use a newer one`);
    }
}

function kind(of: string, found: number, known: number): void {
    if (found !== known) {
        const remedy = 'ask for the latest price updates';
        throw new UpdateError(`the ${of} is of kind ${found}, which carries no such price: ${remedy}`);
    }
}

function parseMessage(vaa: ReadonlyUint8Array): SignedMessage {
    const fields = new Fields(vaa);
    version('VAA', fields.u8('VAA version'), VAA_VERSION);
    const guardianSet = fields.u32('guardian set');
    const signatures = fields.u8('number of signatures');
    fields.bytes(signatures * SIGNATURE_LENGTH, 'signatures');
    fields.u32('VAA time');
    fields.u32('nonce');
    fields.u16('emitter chain');
    fields.bytes(32, 'emitter');
    fields.u64('sequence');
    fields.u8('consistency level');
    fields.expect(ROOT_MAGIC, 'payload magic', 'signed payload');
    kind('signed payload', fields.u8('payload kind'), WORMHOLE_MERKLE);
    const slot = fields.u64('slot');
    fields.u32('ring size');
    return { guardianSet, signatures, slot, root: fields.bytes(NODE_LENGTH, 'root') };
}

function parsePriceMessage(fields: Fields, root: ReadonlyUint8Array): SignedPrice {
    const message = fields.bytes(fields.u16('length of a price'), 'price');
    const nodes = fields.u8('length of a proof');
    const proof = Array.from({ length: nodes }, () => fields.bytes(NODE_LENGTH, 'proof'));
    const inner = new Fields(message);
    kind('message', inner.u8('kind of price'), PRICE_MESSAGE);
    if (message.length < PRICE_MESSAGE_LENGTH) {
        throw new UpdateError('the update ends within its price: fetch it again');
    }
    // Moving averages follow, and later versions may add to them.
    const price: SignedPrice = {
        feed: getBase16Decoder().decode(inner.bytes(32, 'feed id')),
        price: inner.i64('price'),
        confidence: inner.u64('confidence'),
        exponent: inner.i32('exponent'),
        publishTime: inner.i64('publish time'),
        previousPublishTime: inner.i64('previous publish time'),
        message,
        proof,
    };
    if (compare(rootAbove(message, proof), root) !== 0) {
        const remedy = 'fetch the update again';
        throw new UpdateError(`the proof of feed ${price.feed} does not lead to the signed root: ${remedy}`);
    }
    return price;
}

/** The root above a leaf that holds `message`, with its neighbors on the way up in `proof`. */
function rootAbove(message: ReadonlyUint8Array, proof: readonly ReadonlyUint8Array[]): ReadonlyUint8Array {
    return proof.reduce(
        (node, neighbor) => hash(NODE, ...(compare(node, neighbor) <= 0 ? [node, neighbor] : [neighbor, node])),
        hash(LEAF, message),
    );
}

function hash(first: number, ...parts: ReadonlyUint8Array[]): ReadonlyUint8Array {
    return keccak_256(Uint8Array.of(first, ...parts.flatMap((part) => [...part]))).slice(0, NODE_LENGTH);
}

function compare(one: ReadonlyUint8Array, other: ReadonlyUint8Array): number {
    const at = one.findIndex((byte, place) => byte !== other[place]);
    return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

/** The price of a feed. Throws `UpdateError` where the update has none. */
export function priceOf({ prices }: PriceUpdate, feed: string): SignedPrice {
    const found = prices.find((price) => price.feed === feed);
    if (found === undefined) {
        throw new UpdateError(`the update has no price of feed ${feed}: ask for it, and check its id`);
    }
    return found;
}

/**
 * The one second in which all these feeds were published, in Unix seconds; zero where there are none. Legs of an account whose prices
 * are of one second count at those prices. Throws `UpdateError` where they are of several.
 */
export function secondOf(update: PriceUpdate, feeds: readonly string[]): bigint {
    const prices = feeds.map((feed) => priceOf(update, feed));
    const [newest = 0n] = prices.map(({ publishTime }) => publishTime).sort((one, other) => (one > other ? -1 : 1));
    const older = prices.find(({ publishTime }) => publishTime !== newest);
    if (older !== undefined) {
        const behind = `${newest - older.publishTime} s before the others`;
        const remedy = 'fetch the update again, or leave that feed out';
        throw new UpdateError(`feed ${older.feed} was published ${behind}: ${remedy}`);
    }
    return newest;
}
