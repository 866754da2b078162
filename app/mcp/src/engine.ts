// What the engine is asked: an exchange as it stands, and one margin account in it.
import type { Snapshot } from '@perp-swap/client';
import type { ReadonlyUint8Array } from '@solana/kit';
import type { Words } from './words.js';

/** A rule that refuses, or why there is no answer. */
export type Refused = {
    /** The rule's code; `undefined` where it is not a rule of the exchange that refuses. */
    readonly code: number | undefined;
    /** The rule's numbers by name, or the reason in words. */
    readonly details: string;
};

/** The engine refuses what was asked for. */
export class RefusedError extends Error {
    override readonly name = 'RefusedError';

    constructor(readonly refused: Refused) {
        super(refused.details);
    }
}

/** An answer, and the items behind it. */
export type Answer = { readonly answer: Words; readonly items: readonly Words[] };

/** A margin account in these bytes; one on paper is in no sum of the chain's. None of these holds nothing. */
export type Asker = {
    readonly account: ReadonlyUint8Array | undefined;
    readonly orders?: ReadonlyUint8Array | undefined;
    readonly isOnPaper: boolean;
};

/**
 * An exchange at a moment, with one margin account, whose number in questions is zero. It answers until the engine is asked about
 * another one.
 */
export type Sitting = {
    /** Answers a question of the engine's interface. Throws `RefusedError`. */
    readonly ask: (question: string, asked: Words, items?: readonly Words[]) => Answer;
    /** Does what a question asks about, on this exchange alone. Throws `RefusedError`; then nothing has changed. */
    readonly act: (question: string, asked: Words, items?: readonly Words[]) => void;
    /** The margin account as it would lie on chain. */
    readonly account: () => ReadonlyUint8Array;
};

/** The engine that the program runs. */
export type Engine = {
    /** The exchange with the prices that lie on chain, and an account that asks. */
    readonly sit: (world: Snapshot, asker: Asker) => Sitting;
};
