// The engine in the browser and in Node: the exchange's own, in three modules. A page starts with the core, which answers what a trader
// sees at once; the others are loaded when something of theirs is asked. What is done to one of them is done to all.
import type { ReadonlyUint8Array } from '@solana/kit';
import { QUESTIONS, type Questions } from '../generated/engine.js';
import { type Answer, EngineError, Module, type ModuleBytes, type QuestionName, type Refused } from './module.js';
import type { Reading } from './reading.js';

/** What the core does not answer, `perp_wasm_rest.wasm`; and margin accounts on paper, `perp_wasm_paper.wasm`. */
export type OtherModule = Exclude<(typeof QUESTIONS)[QuestionName]['module'], 'core'>;

/** The bytes of a module, or what gives them once they are needed. */
export type ModuleSource = ModuleBytes | (() => Promise<ModuleBytes>);

/** The status of a question that waits for its module. */
export const LOADING = 'Loading';

/** After so many changes, which are kept for modules that come later, they are loaded even if nobody asks them. */
const MOST_CHANGES = 4_096;

type Change<Result> = (module: Module) => Result;

/** The engine with what was loaded into it. Its state is one: each thread of questions takes an engine of its own. */
export class Engine {
    private readonly others = new Map<OtherModule, Module>();
    private readonly coming = new Map<OtherModule, Promise<void>>();
    /** What was done to the core since it was reset, for modules that come later. */
    private changes: Change<unknown>[] = [];

    private constructor(
        private readonly core: Module,
        /** Where modules come from that are not there yet. */
        private readonly sources: Map<OtherModule, () => Promise<ModuleBytes>>,
    ) {}

    /**
     * Starts the engine from the bytes of `perp_wasm_core.wasm` and of the other modules; those that are given by a function come once they
     * are needed. What belongs to one that is not given is refused with `UnknownQuestion`. Throws `EngineError`.
     */
    static async start(core: ModuleBytes, others: Partial<Record<OtherModule, ModuleSource>> = {}): Promise<Engine> {
        const engine = new Engine(await Module.start(core), new Map());
        for (const [name, source] of Object.entries(others) as [OtherModule, ModuleSource][]) {
            if (typeof source === 'function') {
                engine.sources.set(name, source);
            } else {
                engine.others.set(name, await Module.start(source));
            }
        }
        return engine;
    }

    /** The same from URLs, all but the core once they are needed. Throws `EngineError`. */
    static async fetch(core: string | URL, others: Partial<Record<OtherModule, string | URL>> = {}): Promise<Engine> {
        const sources = Object.entries(others).map(([name, url]) => [name, () => fetched(url)]);
        return Engine.start(await fetched(core), Object.fromEntries(sources));
    }

    /** Whether this question is answered without loading anything. */
    has(name: QuestionName): boolean {
        const { module } = QUESTIONS[name];
        return module === 'core' || !this.sources.has(module);
    }

    /** Resolves once this question can be answered; loads what it takes. Throws `EngineError`. */
    async ready(name: QuestionName): Promise<void> {
        const { module } = QUESTIONS[name];
        if (module !== 'core') {
            await this.loadModule(module);
        }
    }

    /** Forgets everything that was loaded. */
    reset(): void {
        this.changes = [];
        for (const module of [this.core, ...this.others.values()]) {
            module.reset();
        }
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
        return this.loadAs(BigInt(number), bytes);
    }

    /** Takes an oracle's reading in, as an instruction that passes the oracle would. What became of it, or the refusal. */
    takePrice(market: number, reading: Reading): { readonly outcome: number } | { readonly refused: Refused } {
        return this.change((module) => module.takePrice(market, reading));
    }

    /** Asks a question, which changes nothing. One whose module is not there yet is refused with `LOADING` until it is. */
    ask<Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items: readonly Questions[Name]['questionItem'][] = [],
    ): Answer<Name> {
        if (!this.has(name)) {
            // Whoever asks again tries again; whoever has to know why it does not come awaits `ready`.
            this.ready(name).catch(() => undefined);
            return { refused: { status: LOADING, code: 0, numbers: [0n, 0n, 0n] } };
        }
        const { module } = QUESTIONS[name];
        const asked = module === 'core' ? undefined : this.others.get(module);
        return (asked ?? this.core).ask(name, question, items);
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
     * there. The refusal where that cannot be. This and the following take the module for accounts on paper, and throw `EngineError`
     * without it.
     */
    join(number = 0): Refused | undefined {
        const account = BigInt(number);
        const refused = this.paper().join(account);
        const held = this.core.ask('positions', { account }, []);
        return (
            refused ?? this.spread(account, held.refused === undefined ? held.items.map(({ market }) => market) : [])
        );
    }

    /** Opens a margin account without anything in it. The refusal where there is no exchange. */
    open(): Refused | undefined {
        const opened = this.paper().open();
        return 'refused' in opened ? opened.refused : this.spread(opened.number, []);
    }

    /**
     * Does what a question asks about, in the engine alone: a trade, deposit, withdrawal, settlement, redemption or waiver. Later questions
     * see it done. The refusal where it is not done; then nothing has changed.
     */
    act<Name extends QuestionName>(name: Name, question: Questions[Name]['question']): Refused | undefined {
        const refused = this.paper().act(name, question);
        const { account = 0n, market } = question as { readonly account?: bigint; readonly market?: bigint };
        return refused ?? this.spread(account, market === undefined ? [] : [market]);
    }

    /** The margin account of this number as it would lie on chain, nobody's. Throws `EngineError` where there is none. */
    store(number = 0): Uint8Array {
        return this.paper().store(BigInt(number));
    }

    private paper(): Module {
        const paper = this.others.get('paper');
        if (paper === undefined) {
            throw new EngineError(
                'accounts on paper take the bytes of perp_wasm_paper.wasm: start the engine with them',
            );
        }
        return paper;
    }

    /** Lets every module see what was done on paper: to a margin account, and to these markets. */
    private spread(account: bigint, markets: readonly bigint[]): undefined {
        this.loadAs(account, this.paper().store(account));
        for (const market of markets) {
            this.loadAs(0n, this.paper().storeMarket(market));
        }
    }

    private loadAs(number: bigint, bytes: ReadonlyUint8Array): Refused | undefined {
        const account = this.sources.size === 0 ? bytes : bytes.slice();
        return this.change((module) => module.load(account, number));
    }

    /** What the core says of it; the others, which say the same, are told now or later. */
    private change<Result>(change: Change<Result>): Result {
        for (const module of this.others.values()) {
            change(module);
        }
        if (this.sources.size > 0) {
            this.changes.push(change);
            if (this.changes.length % MOST_CHANGES === 0) {
                Promise.all([...this.sources.keys()].map((name) => this.loadModule(name))).catch(() => undefined);
            }
        }
        return change(this.core);
    }

    private loadModule(name: OtherModule): Promise<void> {
        const coming = this.coming.get(name) ?? this.startModule(name).finally(() => this.coming.delete(name));
        this.coming.set(name, coming);
        return coming;
    }

    /** Does to a module what was done to the core. */
    private async startModule(name: OtherModule): Promise<void> {
        const source = this.sources.get(name);
        if (source === undefined) {
            return;
        }
        const module = await Module.start(await source());
        for (const change of this.changes) {
            change(module);
        }
        this.others.set(name, module);
        this.sources.delete(name);
        if (this.sources.size === 0) {
            this.changes = [];
        }
    }
}

async function fetched(url: string | URL): Promise<ArrayBuffer> {
    const response = await fetch(url);
    if (!response.ok) {
        throw new EngineError(`the module of the engine cannot be fetched from ${url} (${response.status})`);
    }
    return response.arrayBuffer();
}
