// The engine with an exchange as it stands, and one margin account that asks.
import { readFile } from 'node:fs/promises';
import type { MarginAccount, Orders, Snapshot } from '@perp-swap/client';
import {
    type Answer,
    describeRefused,
    Engine,
    loadSnapshot,
    type QuestionName,
    type Questions,
    type Refused,
    type RefusedPreview,
} from '@perp-swap/client/engine';
import type { Account } from '@solana/kit';

/** The engine refuses what was asked for. */
export class RefusedError extends Error {
    override readonly name = 'RefusedError';
    readonly preview: RefusedPreview;

    constructor(refused: Refused) {
        const preview = describeRefused(refused);
        super(preview.message);
        this.preview = preview;
    }
}

/** What the engine says where it does not refuse. */
export type Answered<Name extends QuestionName> = Extract<Answer<Name>, { readonly refused: undefined }>;

/** The account that asks: one on chain with its resting orders, one on paper, or a new one on paper that holds nothing. */
export type Asker =
    | {
          readonly kind: 'on chain';
          readonly account: Account<MarginAccount>;
          readonly orders: Account<Orders> | undefined;
      }
    | { readonly kind: 'on paper'; readonly account: Account<MarginAccount> }
    | { readonly kind: 'new' };

/**
 * An exchange at a moment, with the prices that lie on chain and one margin account, whose number in questions is zero. It answers until
 * the engine is given another one.
 */
export type Sitting = {
    /** Answers a question. Throws `RefusedError`. */
    readonly ask: <Name extends QuestionName>(
        name: Name,
        question: Questions[Name]['question'],
        items?: readonly Questions[Name]['questionItem'][],
    ) => Answered<Name>;
    /** Does what a question asks about, in the engine alone. Throws `RefusedError`; then nothing has changed. */
    readonly act: <Name extends QuestionName>(name: Name, question: Questions[Name]['question']) => void;
    /** The margin account as it would lie on chain. */
    readonly account: () => Uint8Array;
};

/** The engine's modules, which come with the client. */
export async function startEngine(): Promise<Engine> {
    const bytes = (name: string) => readFile(new URL(import.meta.resolve(`@perp-swap/client/perp_wasm_${name}.wasm`)));
    const [core, rest, paper] = await Promise.all([bytes('core'), bytes('rest'), bytes('paper')]);
    return Engine.start(core, { rest, paper });
}

/** Loads an exchange and an account into the engine, in place of what was there. Throws `EngineError`, `RefusedError`. */
export function sit(engine: Engine, world: Snapshot, asker: Asker): Sitting {
    const orders = asker.kind === 'on chain' ? asker.orders : undefined;
    loadSnapshot(engine, world, asker.kind === 'new' ? [] : [{ account: asker.account, orders }]);
    if (asker.kind === 'new') {
        taken(engine.open());
    } else if (asker.kind === 'on paper') {
        taken(engine.join());
    }
    return {
        ask(name, question, items = []) {
            const answer = engine.ask(name, question, items);
            if (answer.refused !== undefined) {
                throw new RefusedError(answer.refused);
            }
            return answer as Answered<typeof name>;
        },
        act: (name, question) => taken(engine.act(name, question)),
        account: () => engine.store(),
    };
}

function taken(refused: Refused | undefined): void {
    if (refused !== undefined) {
        throw new RefusedError(refused);
    }
}
