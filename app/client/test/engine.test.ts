// The wrapped module answers the vectors of the engine's crate as the engine does, through every name and type of its description.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
    describeRefused,
    Engine,
    EngineError,
    QUESTIONS,
    type QuestionName,
    STATUSES,
    STRUCTS,
} from '../src/engine/index.js';

type StructName = keyof typeof STRUCTS;
type Line = { clock?: string; load?: string; number?: number; price?: string; ask?: string; said?: string };

const CRATE = new URL('../../../crates/perp-wasm/', import.meta.url);
const WASM = process.env.PERP_ENGINE_WASM ?? new URL('../../../artifacts/perp_wasm.wasm', import.meta.url);
const words = (text: string) => text.split(' ').map(BigInt);
const signed = (word: bigint | undefined) => BigInt.asIntN(64, word ?? 0n);

/** A struct's words as the names and types of its description have them. */
function named(name: StructName, from: readonly bigint[]): Record<string, bigint> {
    const fields = STRUCTS[name].fields.map(([field, type, word]) => [
        field,
        (type as string) === 'i64' ? signed(from[word]) : (from[word] ?? 0n),
    ]);
    return Object.fromEntries(fields);
}

/** The words of a struct that was read. */
function spelled(name: StructName, value: Readonly<Record<string, unknown>>): bigint[] {
    return STRUCTS[name].fields.flatMap(([field, type]) => {
        const given = value[field];
        switch (type as string) {
            case 'u64':
            case 'i64':
                return [BigInt.asUintN(64, given as bigint)];
            case 'i128':
                return [BigInt.asUintN(64, given as bigint), BigInt.asUintN(64, (given as bigint) >> 64n)];
            default:
                return spelled(type as StructName, given as Record<string, unknown>);
        }
    });
}

const statusNumber = (name: string) => [...STATUSES].find(([, status]) => status.name === name)?.[0] ?? -1;

function answered(engine: Engine, asked: readonly bigint[]): string | undefined {
    const entry = Object.entries(QUESTIONS).find(([, { number }]) => BigInt(number) === asked[0]);
    if (entry === undefined) {
        return undefined;
    }
    const [name, { question, questionItems, answer, answerItems }] = entry;
    const rest = asked.slice(1);
    const head = STRUCTS[question].words;
    const items: unknown[] = [];
    if (questionItems !== null) {
        const size = STRUCTS[questionItems].words;
        for (let at = head; at < rest.length; at += size) {
            items.push(named(questionItems, rest.slice(at, at + size)));
        }
    }
    const said = engine.ask(name as QuestionName, named(question, rest) as never, items as never);
    if (said.refused !== undefined) {
        const { status, code, numbers } = said.refused;
        return [BigInt(statusNumber(status)), BigInt(code), ...numbers].join(' ');
    }
    const listed = said.items as unknown as readonly Record<string, unknown>[];
    return [
        0n,
        ...(answer === null ? [] : spelled(answer, said.answer as never)),
        ...(answerItems === null ? [] : listed.flatMap((item) => spelled(answerItems, item))),
    ].join(' ');
}

describe('the engine', () => {
    let engine: Engine;

    beforeAll(async () => {
        engine = await Engine.start(readFileSync(WASM));
    });

    test('answers every vector', () => {
        const lines: Line[] = JSON.parse(readFileSync(new URL('vectors.json', CRATE), 'utf8'));
        const asked = new Set<bigint>();
        for (const { clock, load, number = 0, price, ask, said } of lines) {
            if (clock !== undefined) {
                const [now, slot] = words(clock);
                engine.setClock({ unixTimestamp: signed(now), slot: slot ?? 0n });
            } else if (load !== undefined) {
                const refused = engine.load(new Uint8Array(BigUint64Array.from(words(load)).buffer), number);
                const [status, code] = said?.split(' ') ?? [];
                expect(refused === undefined ? '0 0' : `${statusNumber(refused.status)} ${refused.code}`).toBe(
                    `${status} ${code}`,
                );
            } else if (price !== undefined) {
                const [market, mantissa, confidence, exponent, published, previous] = words(price);
                const taken = engine.takePrice(Number(market), {
                    price: signed(mantissa),
                    confidence: confidence ?? 0n,
                    exponent: Number(signed(exponent)),
                    published: signed(published),
                    previous: signed(previous),
                });
                const [status, outcome] = said?.split(' ') ?? [];
                expect('outcome' in taken ? `0 ${taken.outcome}` : `${statusNumber(taken.refused.status)}`).toBe(
                    'outcome' in taken ? `${status} ${outcome}` : status,
                );
            } else if (ask !== undefined) {
                asked.add(words(ask)[0] ?? 0n);
                expect(answered(engine, words(ask)), ask).toBe(said);
            }
        }
        expect([...asked].length).toBe(Object.keys(QUESTIONS).length);
    });

    test('names what is not loaded, and takes no bytes that are no account', () => {
        engine.reset();
        const { refused } = engine.ask('market', { market: 0n });
        expect(refused?.status).toBe('NoExchange');
        expect(refused && describeRefused(refused)).toMatchObject({ explanation: undefined, numbers: [] });
        expect(engine.load(new Uint8Array(8))).toBeDefined();
        expect(() => engine.load(new Uint8Array(1 << 20))).toThrow(EngineError);
    });
});

test('bytes that are no module are refused', async () => {
    await expect(Engine.start(Uint8Array.of(0, 1, 2))).rejects.toThrow(EngineError);
    // An empty module: it has no interface.
    await expect(Engine.start(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))).rejects.toThrow(/interface/);
});

test('a refusal by a rule has the words of the program', () => {
    const described = describeRefused({ status: 'Rule', code: 60, numbers: [5n, 7n, 0n] });
    expect(described.explanation).toMatchObject({ code: 6060, name: 'InitialMargin' });
    expect(described.numbers.map(({ name, value }) => [name, value])).toEqual([
        ['equity', 5n],
        ['required', 7n],
    ]);
});
