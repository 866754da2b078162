// The engine's module: words in, words out. What they mean stands in generated.ts; every number is computed by perp-exchange.
import { INTERFACE, QUESTIONS, type Questions, STATUSES, STRUCTS } from './generated';

type StructName = keyof typeof STRUCTS;
export type QuestionName = keyof Questions;

interface Exports {
    memory: WebAssembly.Memory;
    interface: () => number;
    input_address: () => number;
    output_address: () => number;
    reset: () => void;
    set_clock: (now: bigint, slot: bigint) => void;
    load: (number: bigint, bytes: number) => bigint;
    price: (
        market: bigint,
        price: bigint,
        confidence: bigint,
        exponent: number,
        published: bigint,
        previous: bigint,
    ) => bigint;
    ask: (words: number) => number;
}

/** Why the engine gives no answer: a rule of the exchange, or something that is missing. */
export interface Refused {
    status: string;
    /** The rule's code; zero where it is no rule. */
    code: number;
    /** Its numbers as words, unsigned. */
    numbers: readonly [bigint, bigint, bigint];
}

export type Asked<Answer, Item> = { refused: null; answer: Answer; items: Item[] } | { refused: Refused };

/** What comes of a question. */
export type AskedOf<N extends QuestionName> = Asked<Questions[N]['answer'], Questions[N]['answerItem']>;

/** An oracle's reading. */
export interface Reading {
    price: bigint;
    confidence: bigint;
    exponent: number;
    published: bigint;
    previous: bigint;
}

const WORD = 8;
const ANSWERED = 0n;

function writeStruct(view: DataView, at: number, name: StructName, value: Readonly<Record<string, bigint>>): number {
    const { words, fields } = STRUCTS[name];
    for (const [field, type, word] of fields) {
        const given = value[field] ?? 0n;
        if (type === 'i64') view.setBigInt64(at + word * WORD, given, true);
        else view.setBigUint64(at + word * WORD, given, true);
    }
    return at + words * WORD;
}

function readStruct(view: DataView, at: number, name: StructName): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    for (const [field, type, word] of STRUCTS[name].fields) {
        const place = at + word * WORD;
        if (type === 'u64') read[field] = view.getBigUint64(place, true);
        else if (type === 'i64') read[field] = view.getBigInt64(place, true);
        else if (type === 'i128') {
            read[field] = (view.getBigInt64(place + WORD, true) << 64n) + view.getBigUint64(place, true);
        } else read[field] = readStruct(view, place, type as StructName);
    }
    return read;
}

export class Engine {
    readonly #exports: Exports;

    private constructor(exports: Exports) {
        this.#exports = exports;
    }

    /**
     * Starts the engine.
     *
     * @throws where the module speaks another version of the interface than this page.
     */
    static async start(module: BufferSource): Promise<Engine> {
        const { instance } = await WebAssembly.instantiate(module);
        const exports = instance.exports as unknown as Exports;
        const version = exports.interface();
        if (version !== INTERFACE) {
            throw new Error(
                `The engine speaks version ${version} of its interface and this page ${INTERFACE}: build the page anew.`,
            );
        }
        return new Engine(exports);
    }

    /** Forgets everything that was loaded. */
    reset(): void {
        this.#exports.reset();
    }

    setClock(now: bigint, slot: bigint): void {
        this.#exports.set_clock(now, slot);
    }

    /** Loads an account as it lies on chain; a margin account and its orders under a number. Whether it was taken. */
    load(number: number, bytes: Uint8Array): boolean {
        new Uint8Array(this.#exports.memory.buffer, this.#exports.input_address(), bytes.length).set(bytes);
        return this.#exports.load(BigInt(number), bytes.length) === 0n;
    }

    /** Takes an oracle's reading in, as an instruction that passes the oracle would. */
    takePrice(market: number, { price, confidence, exponent, published, previous }: Reading): void {
        this.#exports.price(BigInt(market), price, confidence, exponent, published, previous);
    }

    ask<N extends QuestionName>(
        name: N,
        question: Questions[N]['question'],
        items: readonly Questions[N]['questionItem'][] = [],
    ): AskedOf<N> {
        const { number, question: struct, questionItems, answer, answerItems } = QUESTIONS[name];
        const from = this.#exports.input_address();
        const input = new DataView(this.#exports.memory.buffer);
        input.setBigUint64(from, BigInt(number), true);
        let at = writeStruct(input, from + WORD, struct, question as never);
        if (questionItems !== null) for (const item of items) at = writeStruct(input, at, questionItems, item as never);
        const words = this.#exports.ask((at - from) / WORD);

        // Asking may have made the memory grow, and the old view of it is gone.
        const output = new DataView(this.#exports.memory.buffer, this.#exports.output_address(), words * WORD);
        const status = output.getBigUint64(0, true);
        if (status !== ANSWERED) {
            const word = (place: number) => output.getBigUint64(place * WORD, true);
            const named = STATUSES.get(Number(status))?.name ?? `status ${status}`;
            return { refused: { status: named, code: Number(word(1)), numbers: [word(2), word(3), word(4)] } };
        }
        let place = WORD;
        const head = answer === null ? null : readStruct(output, place, answer);
        if (answer !== null) place += STRUCTS[answer].words * WORD;
        const listed: unknown[] = [];
        if (answerItems !== null) {
            const size = STRUCTS[answerItems].words * WORD;
            for (; place < words * WORD; place += size) listed.push(readStruct(output, place, answerItems));
        }
        return { refused: null, answer: head as never, items: listed as never };
    }
}
