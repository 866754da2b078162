// The stories' own oracle: says a price of every market each second, moves it, or falls silent. It writes the price accounts as only
// a local validator allows; the validator's own driver is told to rest.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from './world.ts';

/** A world in which the story says the prices: the validator's own driver speaks once a minute, and is overwritten at once. */
export const OWN_ORACLE = { prices: ['--tick', '60', '--price', 'SOL=140'], ownOracle: true };

/** Seconds between two prices: young enough to trade at, and long enough that an armed order is filled at its only one. */
const PERIOD = 3n;

/** Between two looks at what lies in the price accounts. */
const LOOK_MILLISECONDS = 150;

const CLOCK = 'SysvarC1ock11111111111111111111111111111111';
/** Where a price account's message begins: tag, authority, one byte of verification, feed. */
const MESSAGE = 8 + 32 + 1 + 32;

interface Feed {
    account: string;
    data: Buffer;
    owner: string;
    lamports: number;
}

export class Oracle {
    readonly #feeds = new Map<string, Feed>();
    readonly #silent = new Set<string>();
    /** Markets whose price was changed: it is said at once. */
    readonly #moved = new Set<string>();
    #running = true;
    #loop: Promise<void> = Promise.resolve();

    private constructor(private readonly exchange: Exchange) {}

    /** Takes over from what the driver has said last. */
    static async start(exchange: Exchange): Promise<Oracle> {
        const oracle = new Oracle(exchange);
        for (const { symbol, oracle: account } of exchange.markets) {
            const { value } = await oracle.#call('getAccountInfo', [account, { encoding: 'base64' }]);
            const data = Buffer.from(value.data[0], 'base64');
            oracle.#feeds.set(symbol, { account, data, owner: value.owner, lamports: value.lamports });
        }
        oracle.#loop = oracle.#run();
        return oracle;
    }

    /** Says another price of a market from now on, in dollars such as "135.5". */
    set(symbol: string, dollars: string): void {
        const { data } = this.#feed(symbol);
        const exponent = data.readInt32LE(MESSAGE + 16);
        const [whole = '0', fraction = ''] = dollars.split('.');
        const digits = whole + fraction.padEnd(-exponent, '0').slice(0, -exponent);
        data.writeBigInt64LE(BigInt(digits), MESSAGE);
        // A confidence of 0.05 %, as the driver has it.
        data.writeBigUInt64LE(BigInt(digits) / 2_000n, MESSAGE + 8);
        this.#moved.add(symbol);
    }

    /** Says how uncertain the price is, in ppm of it. */
    widen(symbol: string, ppm: bigint): void {
        const { data } = this.#feed(symbol);
        data.writeBigUInt64LE((data.readBigInt64LE(MESSAGE) * ppm) / 1_000_000n, MESSAGE + 8);
    }

    /** Says nothing of a market any more, or speaks again. */
    silence(symbol: string, silent: boolean): void {
        if (silent) this.#silent.add(symbol);
        else this.#silent.delete(symbol);
    }

    /** The chain's time, in Unix seconds. */
    async now(): Promise<number> {
        const { value } = await this.#call('getAccountInfo', [CLOCK, { encoding: 'base64' }]);
        return Number(Buffer.from(value.data[0], 'base64').readBigInt64LE(32));
    }

    /** Lets the chain's time pass at once, up to this second. */
    async passTo(time: number): Promise<void> {
        await this.#call('surfnet_timeTravel', [{ absoluteTimestamp: time * 1_000 }]);
    }

    async end(): Promise<void> {
        this.#running = false;
        await this.#loop;
    }

    #feed(symbol: string): Feed {
        const feed = this.#feeds.get(symbol);
        if (!feed) throw new Error(`there is no market ${symbol}`);
        return feed;
    }

    async #run(): Promise<void> {
        while (this.#running) {
            await this.#say().catch(() => undefined);
            await sleep(LOOK_MILLISECONDS);
        }
    }

    async #say(): Promise<void> {
        const feeds = [...this.#feeds];
        const addresses = [CLOCK, ...feeds.map(([, { account }]) => account)];
        const { value } = await this.#call('getMultipleAccounts', [addresses, { encoding: 'base64' }]);
        const [clock, ...held] = value.map((found: { data: [string] }) => Buffer.from(found.data[0], 'base64'));
        const now = clock.readBigInt64LE(32);
        for (const [at, [symbol, { account, data, owner, lamports }]] of feeds.entries()) {
            const published = data.readBigInt64LE(MESSAGE + 20);
            // The driver has spoken in between: what it said is taken back, and said anew in the next second.
            const isOthers = held[at].readBigInt64LE(MESSAGE + 20) > published;
            if (this.#silent.has(symbol) && !isOthers) continue;
            if (isOthers) this.#moved.add(symbol);
            else if (now < published + PERIOD && !this.#moved.has(symbol)) continue;
            else if (now <= published) continue;
            else this.#moved.delete(symbol);
            if (!this.#silent.has(symbol)) {
                data.writeBigInt64LE(published, MESSAGE + 28);
                data.writeBigInt64LE(now, MESSAGE + 20);
            }
            await this.#call('surfnet_setAccount', [account, { data: data.toString('hex'), owner, lamports }]);
        }
    }

    // biome-ignore lint/suspicious/noExplicitAny: what a node answers is what the caller asked for
    async #call(method: string, params: unknown[]): Promise<any> {
        const response = await fetch(this.exchange.rpc_url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        });
        const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
        if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
        return answer.result;
    }
}
