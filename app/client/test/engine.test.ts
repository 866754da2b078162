// The wrapped module answers the vectors of the engine's crate as the engine does, through every name and type of its description.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import {
    describeRefused,
    Engine,
    EngineError,
    LOADING,
    QUESTIONS,
    type QuestionName,
    type Refused,
    STATUSES,
    STRUCTS,
} from '../src/engine/index.js';
import { ACCOUNTS } from '../src/index.js';

type StructName = keyof typeof STRUCTS;
type Line = { clock?: string; load?: string; number?: number; price?: string; ask?: string; said?: string };

const CRATE = new URL('../../../crates/perp-wasm/', import.meta.url);
const MODULES = process.env.PERP_ENGINE ?? fileURLToPath(new URL('../../../artifacts', import.meta.url));
const module = (name: string) => readFileSync(join(MODULES, `perp_wasm_${name}.wasm`));
const [CORE, REST, PAPER] = [module('core'), module('rest'), module('paper')];
const VECTORS: Line[] = JSON.parse(readFileSync(new URL('vectors.json', CRATE), 'utf8'));
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

async function answered(engine: Engine, asked: readonly bigint[]): Promise<string | undefined> {
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
    const said = await engine.answer(name as QuestionName, named(question, rest) as never, items as never);
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

describe.each([
    { from: 'all modules', start: () => Engine.start(CORE, { rest: REST, paper: PAPER }) },
    {
        from: 'the core, and the others later',
        start: () => Engine.start(CORE, { rest: async () => REST, paper: async () => PAPER }),
    },
])('the engine from $from', ({ start }) => {
    let engine: Engine;

    beforeAll(async () => {
        engine = await start();
    });

    test('answers every vector', async () => {
        const asked = new Set<bigint>();
        for (const { clock, load, number = 0, price, ask, said } of VECTORS) {
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
                expect(await answered(engine, words(ask)), ask).toBe(said);
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

describe('the core', () => {
    const LADDER = { account: 0n, market: 0n };
    /** Where the first question of the vectors stands. */
    const FIRST = VECTORS.findIndex(({ ask }) => ask !== undefined);
    const MARGIN_ACCOUNT = new TextDecoder('latin1').decode(ACCOUNTS.marginAccount.discriminator);

    function isNext({ load }: Line): boolean {
        const bytes = new Uint8Array(BigUint64Array.from(words(load ?? '0')).buffer, 0, 8);
        return new TextDecoder('latin1').decode(bytes) === MARGIN_ACCOUNT;
    }

    function value<Value>(
        asked: { readonly refused: undefined; readonly answer: Value } | { readonly refused: Refused },
    ): Value {
        if (asked.refused !== undefined) {
            throw new Error(describeRefused(asked.refused).message);
        }
        return asked.answer;
    }

    /** Loads what stands in the vectors up to their first question. */
    function loadFirst(engine: Engine): void {
        for (const { clock, load, number } of VECTORS.slice(0, FIRST)) {
            if (clock !== undefined) {
                const [now, slot] = words(clock);
                engine.setClock({ unixTimestamp: signed(now), slot: slot ?? 0n });
            } else if (load !== undefined) {
                engine.load(new Uint8Array(BigUint64Array.from(words(load)).buffer), number);
            }
        }
    }

    test('is joined by the rest once something of it is asked, which knows what was done before', async () => {
        let loads = 0;
        const engine = await Engine.start(CORE, {
            rest: async () => {
                loads += 1;
                return REST;
            },
        });
        const whole = await Engine.start(CORE, { rest: REST, paper: PAPER });
        loadFirst(engine);
        loadFirst(whole);
        expect(engine.ask('account', { account: 0n })).toEqual(whole.ask('account', { account: 0n }));
        expect([engine.has('account'), engine.has('ladder'), loads]).toEqual([true, false, 0]);

        const { refused } = engine.ask('ladder', LADDER);
        expect(refused?.status).toBe(LOADING);
        expect(refused && describeRefused(refused).message).toMatch(/being loaded/);
        await Promise.all([engine.ready('ladder'), engine.answer('cascade', { market: 0n })]);
        expect([engine.has('ladder'), loads]).toEqual([true, 1]);
        expect(engine.ask('ladder', LADDER).refused).toBeUndefined();
        expect(engine.ask('ladder', LADDER)).toEqual(whole.ask('ladder', LADDER));
        expect(engine.ask('account', { account: 0n })).toEqual(whole.ask('account', { account: 0n }));
        engine.reset();
        expect(engine.ask('ladder', LADDER).refused?.status).toBe('NoExchange');
    });

    test('goes on where the rest cannot be had, and tries again', async () => {
        let tries = 0;
        const engine = await Engine.start(CORE, {
            rest: async () => {
                tries += 1;
                if (tries === 1) {
                    throw new EngineError('offline');
                }
                return REST;
            },
        });
        loadFirst(engine);
        await expect(engine.answer('ladder', LADDER)).rejects.toThrow('offline');
        expect(engine.ask('account', { account: 0n }).refused).toBeUndefined();
        expect((await engine.answer('ladder', LADDER)).refused).toBeUndefined();
    });

    test('alone refuses what it does not answer, and has no account on paper', async () => {
        const engine = await Engine.start(CORE);
        expect((await engine.answer('ladder', LADDER)).refused?.status).toBe('UnknownQuestion');
        expect(() => engine.open()).toThrow(/perp_wasm_paper\.wasm/);
    });

    test('and the rest, now or later, see what was done on paper', async () => {
        const engine = await Engine.start(CORE, { rest: async () => REST, paper: PAPER });
        loadFirst(engine);
        const before = value(engine.ask('market', { market: 0n }));
        expect(engine.open()).toBeUndefined();
        // The first number that no margin account of the vectors has.
        const account = BigInt(VECTORS.slice(0, FIRST).filter(isNext).length);
        expect(value(engine.ask('account', { account }))).toMatchObject({ balance: 0n, positions: 0n });
        expect(engine.act('deposit', { account, amount: 1_000_000_000n })).toBeUndefined();
        const trade = { account, market: 0n, size: 1_000_000_000n, acceptablePrice: 2n ** 64n - 1n, reduceOnly: 0n };
        const receipt = value(engine.ask('trade', trade));
        expect(engine.act('trade', trade)).toBeUndefined();

        // The core, paper and the rest, which is loaded only now, agree with what was said beforehand.
        const stands = value(engine.ask('account', { account }));
        expect(stands.health).toEqual(receipt.after.health);
        expect(value(engine.ask('settlePnl', { account, market: 0n })).before.health).toEqual(receipt.after.health);
        const { items } = { items: [], ...(await engine.answer('ladder', { account, market: 0n }, [{ change: 0n }])) };
        expect(items).toMatchObject([
            { equity: stands.health.equity, maintenanceMargin: stands.health.maintenanceMargin },
        ]);
        const after = value(engine.ask('market', { market: 0n }));
        expect(after.longInterest - before.longInterest).toBe(1_000_000_000n);

        // Taken on elsewhere, it is what it was.
        const elsewhere = await Engine.start(CORE, { paper: PAPER });
        loadFirst(elsewhere);
        elsewhere.load(engine.store(Number(account)), Number(account));
        expect(elsewhere.join(Number(account))).toBeUndefined();
        expect(value(elsewhere.ask('market', { market: 0n })).longInterest).toBe(after.longInterest);
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
