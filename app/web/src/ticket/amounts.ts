// What a reader's own words come to, as the engine has it: a tolerance, a part of a size, steps between two prices.
import { PPM } from '@perp-swap/client';
import {
    type Answer,
    describeRefused,
    type QuestionName,
    type Questions,
    type Refused,
} from '@perp-swap/client/engine';
import { magnitude, negated } from '../format/units';
import type { Side } from './state';

/** Whatever answers questions: the page's engine, or one of its own. */
export interface Engine {
    ask<N extends QuestionName>(name: N, question: Questions[N]['question']): Answer<N>;
}

/** The engine has no such price or size. */
export class AmountError extends Error {
    override readonly name = 'AmountError';

    constructor(refused: Refused) {
        super(describeRefused(refused).message);
    }
}

/** A side as the engine's questions have it. */
export function sideWord(side: Side): bigint {
    return side === 'long' ? 0n : 1n;
}

/** The worst price that is so many ppm worse than `price`, for whoever buys or sells. Throws `AmountError`. */
export function worsened(engine: Engine, price: bigint, side: Side, ppm: bigint): bigint {
    const asked = engine.ask('worstPrice', { price, side: sideWord(side), tolerance: ppm });
    if (asked.refused) throw new AmountError(asked.refused);
    return asked.answer.price;
}

/** So many ppm of a size without a sign, cut to base units. Throws `AmountError`. */
export function partOf(engine: Engine, size: bigint, ppm: bigint): bigint {
    const asked = engine.ask('partOfSize', { size, part: ppm, whole: PPM });
    if (asked.refused) throw new AmountError(asked.refused);
    return asked.answer.size;
}

/** One of so many equal parts of a size without a sign, cut to base units. Throws `AmountError`. */
export function dividedBy(engine: Engine, size: bigint, parts: number): bigint {
    const asked = engine.ask('partOfSize', { size, part: 1n, whole: BigInt(parts) });
    if (asked.refused) throw new AmountError(asked.refused);
    return asked.answer.size;
}

/** Evenly spaced prices from one to another, both included. Throws `AmountError`. */
export function spaced(engine: Engine, first: bigint, last: bigint, steps: number): bigint[] {
    const asked = engine.ask('priceSteps', { first, last, steps: BigInt(steps) });
    if (asked.refused) throw new AmountError(asked.refused);
    return asked.items.map(({ price }) => price);
}

export function opposite(side: Side): Side {
    return side === 'long' ? 'short' : 'long';
}

/** A size with the sign of its side. */
export function signed(size: bigint, side: Side): bigint {
    return side === 'long' ? magnitude(size) : negated(magnitude(size));
}
