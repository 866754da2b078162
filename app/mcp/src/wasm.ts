// The engine, compiled to WebAssembly.
import { readFile } from 'node:fs/promises';
import type { Snapshot } from '@perp-swap/client';
import type { ReadonlyUint8Array } from '@solana/kit';
import { type Answer, type Asker, type Engine, RefusedError, type Sitting } from './engine.js';
import { readingsOf } from './readings.js';
import { type Abi, AbiError, Codec, type Words } from './words.js';

/** What the module exports. */
type Exports = {
    readonly memory: WebAssembly.Memory;
    readonly interface: () => number;
    readonly input_address: () => number;
    readonly output_address: () => number;
    readonly reset: () => void;
    readonly set_clock: (now: bigint, slot: bigint) => void;
    readonly load: (number: bigint, bytes: number) => bigint;
    readonly open: () => bigint;
    readonly join: (number: bigint) => bigint;
    readonly price: (
        market: bigint,
        price: bigint,
        confidence: bigint,
        exponent: number,
        published: bigint,
        previous: bigint,
    ) => bigint;
    readonly ask: (words: number) => number;
    readonly act: (words: number) => bigint;
    readonly store: (number: bigint) => bigint;
};

const ANSWERED = 0n;
const RULE = 1n;
const REFUSED = 2n ** 64n - 1n;

/** The account that asks is the only one that is loaded. */
const ASKER = 0n;

/** The engine in these files. Throws `AbiError` where they do not belong together. */
export async function loadEngine(module: URL, description: URL): Promise<Engine> {
    const abi: Abi = JSON.parse(await readFile(description, 'utf8'));
    const { instance } = await WebAssembly.instantiate(await readFile(module), {});
    const exports = instance.exports as unknown as Exports;
    if (exports.interface() !== abi.interface) {
        throw new AbiError(
            `${module.pathname} has interface ${exports.interface()}, and ${description.pathname} describes ${abi.interface}`,
        );
    }
    const loaded = new Loaded(exports, new Codec(abi));
    return { sit: (world, asker) => loaded.sit(world, asker) };
}

/** The one instance: one exchange at a time. */
class Loaded {
    private sittings = 0;

    constructor(
        private readonly exports: Exports,
        private readonly codec: Codec,
    ) {}

    sit(world: Snapshot, asker: Asker): Sitting {
        this.sittings += 1;
        const sitting = this.sittings;
        const { exports } = this;
        exports.reset();
        exports.set_clock(world.clock.unixTimestamp, world.clock.slot);
        for (const { address } of [world.exchange, world.pool, ...world.markets]) {
            this.load(world.encoded.get(address)?.data ?? missing(address));
        }
        if (asker.account === undefined) {
            this.done(exports.open());
        } else {
            this.load(asker.account);
            if (asker.orders !== undefined) {
                this.load(asker.orders);
            }
            if (asker.isOnPaper) {
                this.done(exports.join(ASKER));
            }
        }
        for (const { market, price, confidence, exponent, published, previous } of readingsOf(world)) {
            this.done(exports.price(BigInt(market), price, confidence, exponent, published, previous));
        }
        const mine = <T>(what: () => T): T => {
            if (sitting !== this.sittings) {
                throw new AbiError('the engine has been asked about another exchange since');
            }
            return what();
        };
        return {
            ask: (question, asked, items = []) => mine(() => this.ask(question, asked, items)),
            act: (question, asked, items = []) =>
                mine(() => void this.done(exports.act(this.write(question, asked, items)))),
            account: () => mine(() => this.output(Number(this.done(exports.store(ASKER)))).slice()),
        };
    }

    private ask(question: string, asked: Words, items: readonly Words[]): Answer {
        const length = this.exports.ask(this.write(question, asked, items));
        const output = this.output(length * 8);
        const words = new DataView(output.buffer, output.byteOffset, output.byteLength);
        this.check(words);
        return this.codec.decode(question, new DataView(output.buffer, output.byteOffset + 8, output.byteLength - 8));
    }

    private write(question: string, asked: Words, items: readonly Words[]): number {
        const words = this.codec.encode(question, asked, items);
        if (words.length > this.codec.abi.input_words) {
            throw new AbiError(
                `${question} is of ${words.length} words, and the engine takes ${this.codec.abi.input_words}`,
            );
        }
        new BigUint64Array(this.exports.memory.buffer, this.exports.input_address(), words.length).set(words);
        return words.length;
    }

    private load(bytes: ReadonlyUint8Array): void {
        new Uint8Array(this.exports.memory.buffer, this.exports.input_address(), bytes.length).set(bytes);
        this.done(this.exports.load(ASKER, bytes.length));
    }

    /** What a call returned that may be refused. */
    private done(returned: bigint): bigint {
        if (BigInt.asUintN(64, returned) === REFUSED) {
            const output = this.output(5 * 8);
            this.check(new DataView(output.buffer, output.byteOffset, output.byteLength));
        }
        return returned;
    }

    private output(bytes: number): Uint8Array {
        return new Uint8Array(this.exports.memory.buffer, this.exports.output_address(), bytes);
    }

    /** Throws what the first words of an answer refuse. */
    private check(words: DataView): void {
        const status = words.getBigUint64(0, true);
        if (status === ANSWERED) {
            return;
        }
        const code = words.getBigUint64(8, true);
        const numbers = [16, 24, 32].map((at) => words.getBigUint64(at, true));
        const { rules, statuses } = this.codec.abi;
        if (status === RULE) {
            const named = rules.find((rule) => BigInt(rule.code) === code)?.numbers ?? [];
            const shown = named.map(({ name, type }, place) => {
                const number = numbers[place] ?? 0n;
                return `${name} ${type.startsWith('Signed') || type === 'i64' ? BigInt.asIntN(64, number) : number}`;
            });
            throw new RefusedError({ code: Number(code), details: shown.join(', ') });
        }
        const found = statuses.find(({ number }) => BigInt(number) === status);
        throw new RefusedError({
            code: undefined,
            details: `${found?.name ?? status}: ${found?.text ?? ''} ${numbers.join(', ')}`,
        });
    }
}

function missing(address: string): never {
    throw new AbiError(`${address} was not read`);
}
