// What a reader's own words come to before the engine is asked: a tolerance, a part, steps between two prices. None of it is a rule of
// the exchange, and each result is shown, or refused, by the engine.
import { PPM } from '@perp-swap/client';
import { magnitude, negated } from '../format/units';
import type { Side } from './state';

/** The worst price that is so many ppm worse than `price`, for whoever buys or sells. */
export function worsened(price: bigint, side: Side, ppm: bigint): bigint {
    return side === 'long' ? (price * (PPM + ppm)) / PPM : (price * (PPM - ppm)) / PPM;
}

/** So many ppm of a size, cut to base units. */
export function partOf(size: bigint, ppm: bigint): bigint {
    return (size * ppm) / PPM;
}

/** One of so many equal parts of a size, cut to base units. */
export function dividedBy(size: bigint, parts: number): bigint {
    return size / BigInt(parts);
}

/** Evenly spaced prices from one to another, both included. */
export function spaced(from: bigint, to: bigint, steps: number): bigint[] {
    return Array.from({ length: steps }, (_, at) => from + ((to - from) * BigInt(at)) / BigInt(steps - 1));
}

export function opposite(side: Side): Side {
    return side === 'long' ? 'short' : 'long';
}

/** A size with the sign of its side. */
export function signed(size: bigint, side: Side): bigint {
    return side === 'long' ? magnitude(size) : negated(magnitude(size));
}
