// One module of the engine, compiled to WebAssembly. Words go in and come out; what they mean stands in the generated description,
// and every number is computed by the engine.
import type { ReadonlyUint8Array } from '@solana/kit';
import { INPUT_WORDS, INTERFACE, QUESTIONS, type Questions, STATUSES, STRUCTS } from '../generated/engine.js';
import type { Reading } from './reading.js';

type StructName = keyof typeof STRUCTS;

/** The questions that the engine answers. */
export type QuestionName = keyof Questions;

type Exports = {
    readonly memory: { readonly buffer: ArrayBuffer };
    interface(): number;
    input_address(): number;
    output_address(): number;
    reset(): void;
    set_clock(now: bigint, slot: bigint): void;
    load(number: bigint, bytes: number): bigint;
    price(
        market: bigint,
        price: bigint,
        confidence: bigint,
        exponent: number,
        published: bigint,
        previous: bigint,
    ): bigint;
    ask(words: number): number;
    open(): bigint;
    join(number: bigint): bigint;
    act(words: number): bigint;
    store(number: bigint): bigint;
    store_market(market: bigint): bigint;
};

/** Why the engine gives no answer: a rule of the exchange, or something that is missing. */
export type Refused = {
    /** `Rule`, or what is missing or wrong. */
    readonly status: string;
    /** The rule's code in the engine; zero where it is no rule. */
    readonly code: number;
    /** Its numbers as unsigned words. */
    readonly numbers: readonly [bigint, bigint, bigint];
};

/** What comes of a question: the answer and what it lists, or the refusal. */
export type Answer<Name extends QuestionName> =
    | {
          readonly refused: undefined;
          readonly answer: Questions[Name]['answer'];
          readonly items: readonly Questions[Name]['answerItem'][];
      }
    | { readonly refused: Refused };

/** The engine's module cannot be used; the message says why. */
export class EngineError extends Error {
    override readonly name = 'EngineError';
}

const WORD = 8;
const ANSWERED = 0n;
const REFUSED = -1n;

/** A module's bytes. */
export type ModuleBytes = ArrayBuffer | ReadonlyUint8Array;

/** A module with what was loaded into it; what its functions do is told by the engine's of the same names. */
export class Module {
    private constructor(private readonly exports: Exports) {}

    /** Starts the module from its bytes. Throws `EngineError`. */
    static async start(module: ModuleBytes): Promise<Module> {
        let exports: Exports;
        try {
            const bytes = module instanceof ArrayBuffer ? module : Uint8Array.from(module);
            const { instance } = await WebAssembly.instantiate(bytes);
            exports = instance.exports as unknown as Exports;
        } catch (cause) {
            throw new EngineError('these bytes are not the module of the engine: hand in perp_wasm_core.wasm', {
                cause,
            });
        }
        const version = exports.interface?.();
        if (version !== INTERFACE) {
            const remedy = 'take module and client of the same build';
            throw new EngineError(
                `the module speaks version ${version} of its interface and this client ${INTERFACE}: ${remedy}`,
            );
        }
        return new Module(exports);
    }

    reset(): void {
        this.exports.reset();
    }

    setClock({ unixTimestamp, slot }: { readonly unixTimestamp: bigint; readonly slot: bigint }): void {
        this.exports.set_clock(unixTimestamp, slot);
    }

    load(bytes: ReadonlyUint8Array, number: bigint): Refused | undefined {
        if (bytes.length > INPUT_WORDS * WORD) {
            throw new EngineError(`${bytes.length} bytes are no account of the exchange`);
        }
        new Uint8Array(this.exports.memory.buffer, this.exports.input_address(), bytes.length).set(bytes);
        return this.exports.load(number, bytes.length) === REFUSED ? this.refusal() : undefined;
    }

    takePrice(market: number, reading: Reading): { readonly outcome: number } | { readonly refused: Refused } {
        const { price, confidence, exponent, published, previous } = reading;
        const outcome = this.exports.price(BigInt(market), price, confidence, exponent, published, previous);
        return outcome === REFUSED ? { refused: this.refusal() } : { outcome: Number(BigInt.asUintN(8, outcome)) };
    }

    ask<Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items: readonly Questions[Name]['questionItem'][],
    ): Answer<Name> {
        const { answer, answerItems } = QUESTIONS[name];
        const words = this.exports.ask(this.write(name, question, items));
        // Asking may have made the memory grow, and the old view of it is gone.
        const output = new DataView(this.exports.memory.buffer, this.exports.output_address(), words * WORD);
        if (output.getBigUint64(0, true) !== ANSWERED) {
            return { refused: this.refusal() };
        }
        const head = answer === null ? null : readStruct(output, WORD, answer);
        const listed: unknown[] = [];
        if (answerItems !== null) {
            const first = WORD + (answer === null ? 0 : wordsOf(answer) * WORD);
            for (let place = first; place < words * WORD; place += wordsOf(answerItems) * WORD) {
                listed.push(readStruct(output, place, answerItems));
            }
        }
        return { refused: undefined, answer: head as never, items: listed as never };
    }

    join(number: bigint): Refused | undefined {
        return this.exports.join(number) === REFUSED ? this.refusal() : undefined;
    }

    open(): { readonly number: bigint } | { readonly refused: Refused } {
        const number = this.exports.open();
        return number === REFUSED ? { refused: this.refusal() } : { number };
    }

    act<Name extends QuestionName>(name: Name, question: Questions[Name]['question']): Refused | undefined {
        return this.exports.act(this.write(name, question, [])) === REFUSED ? this.refusal() : undefined;
    }

    store(number: bigint): Uint8Array {
        return this.stored(`margin account ${number}`, this.exports.store(number));
    }

    storeMarket(market: bigint): Uint8Array {
        return this.stored(`market ${market}`, this.exports.store_market(market));
    }

    /** An account in the output buffer. */
    private stored(what: string, bytes: bigint): Uint8Array {
        if (bytes === REFUSED) {
            throw new EngineError(`the engine has no ${what}: ${this.refusal().status}`);
        }
        const { buffer } = this.exports.memory;
        return new Uint8Array(buffer, this.exports.output_address(), Number(BigInt.asUintN(32, bytes))).slice();
    }

    /** Writes a question into the input buffer, and gives the words that it takes. */
    private write<Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items: readonly Questions[Name]['questionItem'][],
    ): number {
        const { number, question: struct, questionItems } = QUESTIONS[name];
        const size = 1 + STRUCTS[struct].words + (questionItems === null ? 0 : items.length * wordsOf(questionItems));
        if (size > INPUT_WORDS) {
            throw new EngineError(`the question takes ${size} words of ${INPUT_WORDS}: ask about less at once`);
        }
        const from = this.exports.input_address();
        const input = new DataView(this.exports.memory.buffer);
        input.setBigUint64(from, BigInt(number), true);
        let at = writeStruct(input, from + WORD, struct, question as never);
        if (questionItems !== null) {
            for (const item of items) {
                at = writeStruct(input, at, questionItems, item as never);
            }
        }
        return (at - from) / WORD;
    }

    /** The refusal in the output buffer. */
    private refusal(): Refused {
        const output = new DataView(this.exports.memory.buffer, this.exports.output_address(), 5 * WORD);
        const word = (place: number) => output.getBigUint64(place * WORD, true);
        const status = output.getUint32(0, true);
        return {
            status: STATUSES.get(status)?.name ?? `status ${status}`,
            code: output.getUint32(WORD, true),
            numbers: [word(2), word(3), word(4)],
        };
    }
}

function wordsOf(name: string): number {
    return STRUCTS[name as StructName].words;
}

function writeStruct(view: DataView, at: number, name: StructName, value: Readonly<Record<string, bigint>>): number {
    const { words, fields } = STRUCTS[name];
    for (const [field, type, word] of fields) {
        const given = value[field] ?? 0n;
        if (type === 'i64') {
            view.setBigInt64(at + word * WORD, given, true);
        } else {
            view.setBigUint64(at + word * WORD, given, true);
        }
    }
    return at + words * WORD;
}

function readStruct(view: DataView, at: number, name: StructName): Record<string, unknown> {
    const entries = STRUCTS[name].fields.map(([field, type, word]) => {
        const place = at + word * WORD;
        switch (type as string) {
            case 'u64':
                return [field, view.getBigUint64(place, true)];
            case 'i64':
                return [field, view.getBigInt64(place, true)];
            case 'i128':
                return [field, (view.getBigInt64(place + WORD, true) << 64n) + view.getBigUint64(place, true)];
            default:
                return [field, readStruct(view, place, type as StructName)];
        }
    });
    return Object.fromEntries(entries);
}
