// A server of Hermes' shape: signed prices of some feeds, the latest or those of a second, over HTTP.
import { getBase64Encoder } from '@solana/kit';
import { type PriceUpdate, parseUpdate, priceOf, UpdateError } from './update.js';

/** A price older than a few seconds is of no use, so neither is an answer that takes longer. */
const TIMEOUT_MILLISECONDS = 5_000;
/** A mainnet update of thirty feeds takes some 15 000 bytes. */
const LONGEST_ANSWER = 1 << 20;

/** A server did not hand out prices. It is named by scheme, host and port: the rest of its URL may hold a key. */
export class ServerError extends Error {
    override readonly name = 'ServerError';

    constructor(
        readonly kind: 'Unreachable' | 'Refused' | 'Malformed' | 'Update',
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options);
    }
}

/** A price server. */
export type PriceServer = {
    /** The latest prices of these feeds under one signature. Throws `ServerError`. */
    latest(feeds: readonly string[]): Promise<PriceUpdate>;
    /** The first prices of these feeds under one signature that were published in a second or after it, in Unix seconds. */
    at(feeds: readonly string[], second: bigint): Promise<PriceUpdate>;
};

/** The one at `url`, such as `https://host.example`. Nothing is sent yet. */
export function priceServer(url: string): PriceServer {
    const base = url.replace(/\/+$/, '');
    return {
        latest: (feeds) => ask(base, 'latest', feeds, (one, other) => (one > other ? -1 : 1)),
        at: (feeds, second) => ask(base, second.toString(), feeds, (one, other) => (one < other ? -1 : 1)),
    };
}

async function ask(
    base: string,
    when: string,
    feeds: readonly string[],
    prefer: (one: bigint, other: bigint) => number,
): Promise<PriceUpdate> {
    const server = originOf(base);
    const ids = feeds.map((feed) => `ids[]=${feed}`).join('&');
    const url = `${base}/v2/updates/price/${when}?${ids}&encoding=base64&parsed=false`;
    let response: Response;
    let body: string;
    try {
        response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
        body = await response.text();
    } catch (cause) {
        const reason = cause instanceof Error ? cause.name : 'no reason given';
        const remedy = 'check the URL and that it can be reached';
        throw new ServerError('Unreachable', `the price server at ${server} does not answer (${reason}): ${remedy}`);
    }
    if (!response.ok) {
        const said = `status ${response.status} (${body.slice(0, 200)})`;
        const remedy = 'check the feed ids, and that it has that second';
        throw new ServerError('Refused', `the price server at ${server} refused with ${said}: ${remedy}`);
    }
    const updates = read(server, body);
    const sorted = updates.sort((one, other) => prefer(one.signed.slot, other.signed.slot));
    return together(server, sorted, feeds);
}

function read(server: string, body: string): PriceUpdate[] {
    const malformed = (reason: string) =>
        new ServerError('Malformed', `${server} does not answer as a price server does (${reason}): check the URL`);
    if (body.length > LONGEST_ANSWER) {
        throw malformed(`${body.length} bytes`);
    }
    let texts: unknown;
    try {
        const { binary } = JSON.parse(body);
        if (binary.encoding !== 'base64') {
            throw new Error(`encoded as ${binary.encoding}`);
        }
        texts = binary.data;
    } catch (error) {
        throw malformed(error instanceof Error ? error.message : 'no JSON');
    }
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
        throw malformed('no list of updates');
    }
    return texts.map((text) => {
        let bytes: ReturnType<ReturnType<typeof getBase64Encoder>['encode']>;
        try {
            bytes = getBase64Encoder().encode(text);
        } catch {
            throw malformed('no base 64');
        }
        return orServerError(server, () => parseUpdate(bytes));
    });
}

/** The first update that has all these feeds. */
function together(server: string, updates: readonly PriceUpdate[], feeds: readonly string[]): PriceUpdate {
    const has = (update: PriceUpdate, feed: string) => update.prices.some((price) => price.feed === feed);
    const found = updates.find((update) => feeds.every((feed) => has(update, feed)));
    if (found !== undefined) {
        return found;
    }
    const [first = { prices: [] } as unknown as PriceUpdate] = updates;
    const missing = feeds.find((feed) => !has(first, feed)) ?? '0'.repeat(64);
    return orServerError(server, () => {
        priceOf(first, missing);
        return first;
    });
}

function orServerError<T>(server: string, work: () => T): T {
    try {
        return work();
    } catch (cause) {
        if (cause instanceof UpdateError) {
            throw new ServerError('Update', `the answer of ${server}: ${cause.message}`, { cause });
        }
        throw cause;
    }
}

function originOf(url: string): string {
    try {
        return new URL(url).origin;
    } catch {
        return 'an address that is no URL';
    }
}
