// The engine's refusals in words, with their numbers.
import { type Explanation, explain } from '../errors.js';
import { RULES, STATUSES } from '../generated/engine.js';
import { LOADING } from './engine.js';
import type { Refused } from './module.js';

/** The program's codes begin here: a rule's code in the engine is so much less. */
const FIRST_CODE = 6_000;

/** A refusal in words. */
export type RefusedPreview = {
    readonly message: string;
    /** The exchange's rule with its remedy, where it was one: what the program would say. */
    readonly explanation: Explanation | undefined;
    /** By how much: each number with its name and unit. */
    readonly numbers: readonly { readonly name: string; readonly unit: string; readonly value: bigint }[];
};

/** What a refusal means. */
export function describeRefused({ status, code, numbers }: Refused): RefusedPreview {
    const explanation = status === 'Rule' ? explain(FIRST_CODE + code) : undefined;
    const named = status === 'Rule' ? (RULES.get(code)?.numbers ?? []) : [];
    const text =
        status === LOADING
            ? 'The engine that answers this is being loaded.'
            : ([...STATUSES.values()].find(({ name }) => name === status)?.text ?? status);
    return {
        message: explanation?.message ?? text,
        explanation,
        numbers: named.map(({ name, type }, place) => {
            const word = numbers[place] ?? 0n;
            const isSigned = type.startsWith('Signed') || type.startsWith('i');
            return { name, unit: type, value: isSigned ? BigInt.asIntN(64, word) : word };
        }),
    };
}
