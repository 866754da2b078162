// The engine in the browser and in Node: the exchange's own. A program takes the whole of it; a page starts with the core, which is
// smaller and answers what a trader sees at once, and the whole takes its place when something else is asked.
import type { ReadonlyUint8Array } from '@solana/kit';
import { QUESTIONS, type Questions } from '../generated/engine.js';
import { type Answer, EngineError, Module, type ModuleBytes, type QuestionName, type Refused } from './module.js';
import type { Reading } from './reading.js';

/** Gives the bytes of the whole engine, `perp_wasm.wasm`, once they are needed. */
export type WholeEngine = () => Promise<ModuleBytes>;

/** The status of a question that waits for the whole engine. */
export const LOADING = 'Loading';

/** After so many changes, which are kept for it until then, the whole engine is loaded even if nobody asks it. */
const MOST_CHANGES = 4_096;

type Change<Result> = (module: Module) => Result;

/** The engine with what was loaded into it. Its state is one: each thread of questions takes an engine of its own. */
export class Engine {
    /** What was done to the core since it was reset, for the whole engine that comes later. */
    private changes: Change<unknown>[] = [];
    private coming: Promise<void> | undefined;

    private constructor(
        private module: Module,
        /** Where the whole engine comes from; undefined once it is there, or where it never comes. */
        private whole: WholeEngine | undefined,
    ) {}

    /**
     * Starts the engine from a module's bytes: `perp_wasm.wasm`, which is the whole of it, or `perp_wasm_core.wasm` and where the whole comes
     * from. Without that the core refuses with `UnknownQuestion` what it does not answer. Throws `EngineError`.
     */
    static async start(module: ModuleBytes, whole?: WholeEngine): Promise<Engine> {
        return new Engine(await Module.start(module), whole);
    }

    /** The same from URLs. Throws `EngineError`. */
    static async fetch(module: string | URL, whole?: string | URL): Promise<Engine> {
        return Engine.start(await fetched(module), whole === undefined ? undefined : () => fetched(whole));
    }

    /** Whether this question is answered without loading anything. */
    has(name: QuestionName): boolean {
        return QUESTIONS[name].core || this.whole === undefined;
    }

    /** Resolves once this question can be answered; loads what it takes. Throws `EngineError`. */
    async ready(name: QuestionName): Promise<void> {
        if (!this.has(name)) {
            await this.loadWhole();
        }
    }

    /** Forgets everything that was loaded. */
    reset(): void {
        this.changes = [];
        this.module.reset();
    }

    /** The chain's clock: before the exchange is loaded, and whenever it moves. */
    setClock({ unixTimestamp, slot }: { readonly unixTimestamp: bigint; readonly slot: bigint }): void {
        this.change((module) => module.setClock({ unixTimestamp, slot }));
    }

    /**
     * Loads an account's bytes as they lie on chain; who owns it is the caller's to check. `number` is that of a margin account, from
     * zero up without gaps, and of the margin account whose orders are loaded. The refusal where it is not taken.
     */
    load(bytes: ReadonlyUint8Array, number = 0): Refused | undefined {
        const account = this.whole === undefined ? bytes : bytes.slice();
        return this.change((module) => module.load(account, number));
    }

    /** Takes an oracle's reading in, as an instruction that passes the oracle would. What became of it, or the refusal. */
    takePrice(market: number, reading: Reading): { readonly outcome: number } | { readonly refused: Refused } {
        return this.change((module) => module.takePrice(market, reading));
    }

    /** Asks a question, which changes nothing. One that the core does not answer is refused with `LOADING` until the whole engine is there. */
    ask<Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items: readonly Questions[Name]['questionItem'][] = [],
    ): Answer<Name> {
        if (!this.has(name)) {
            // Whoever asks again tries again; whoever has to know why it does not come awaits `ready`.
            this.loadWhole().catch(() => undefined);
            return { refused: { status: LOADING, code: 0, numbers: [0n, 0n, 0n] } };
        }
        return this.module.ask(name, question, items);
    }

    /** Asks a question once it can be answered. Throws `EngineError`. */
    async answer<Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items: readonly Questions[Name]['questionItem'][] = [],
    ): Promise<Answer<Name>> {
        await this.ready(name);
        return this.ask(name, question, items);
    }

    /**
     * Makes the loaded margin account of this number, which is not on chain, part of what its markets sum up, as if it had always been
     * there. The refusal where that cannot be. This and the following take the whole engine.
     */
    join(number = 0): Refused | undefined {
        return this.paper().join(number);
    }

    /** Opens a margin account without anything in it. The refusal where there is no exchange. */
    open(): Refused | undefined {
        return this.paper().open();
    }

    /**
     * Does what a question asks about, in the engine alone: a trade, deposit, withdrawal, settlement, redemption or waiver. Later questions
     * see it done. The refusal where it is not done; then nothing has changed.
     */
    act<Name extends QuestionName>(name: Name, question: Questions[Name]['question']): Refused | undefined {
        return this.paper().act(name, question);
    }

    /** The margin account of this number as it would lie on chain, nobody's. Throws `EngineError` where there is none. */
    store(number = 0): Uint8Array {
        return this.paper().store(number);
    }

    /** The module where it is the whole engine: the core has no account on paper. */
    private paper(): Module {
        if (!this.module.isWhole) {
            throw new EngineError('accounts on paper take the whole engine: start it from perp_wasm.wasm');
        }
        return this.module;
    }

    private change<Result>(change: Change<Result>): Result {
        const result = change(this.module);
        if (this.whole !== undefined) {
            this.changes.push(change);
            if (this.changes.length % MOST_CHANGES === 0) {
                this.loadWhole().catch(() => undefined);
            }
        }
        return result;
    }

    private loadWhole(): Promise<void> {
        this.coming ??= this.startWhole().finally(() => {
            this.coming = undefined;
        });
        return this.coming;
    }

    /** Does to the whole engine what was done to the core, and goes on with that. */
    private async startWhole(): Promise<void> {
        if (this.whole === undefined) {
            return;
        }
        const module = await Module.start(await this.whole());
        for (const change of this.changes) {
            change(module);
        }
        this.module = module;
        this.whole = undefined;
        this.changes = [];
    }
}

async function fetched(url: string | URL): Promise<ArrayBuffer> {
    const response = await fetch(url);
    if (!response.ok) {
        throw new EngineError(`the module of the engine cannot be fetched from ${url} (${response.status})`);
    }
    return response.arrayBuffer();
}
