// The exchange's units as a person reads them: docs/units.md has the scales.
import { type DecimalProblem, formatRatio, formatUnits, parseUnits } from './decimal';

/** Decimals of a market's asset and of the quote token. */
export interface Scale {
    baseDecimals: number;
    quoteDecimals: number;
}

const X40 = 1n << 40n;
const SECOND_X60 = 1n << 60n;

/** So many places that a price shows six digits or two places, whichever is more. */
function pricePlaces(price: bigint, scale: Scale): number {
    const dollars = (price * 10n ** BigInt(scale.baseDecimals)) / (X40 * 10n ** BigInt(scale.quoteDecimals));
    const whole = dollars === 0n ? 0 : dollars.toString().length;
    return Math.min(8, Math.max(2, 6 - whole));
}

/** A price in 2^-40 atoms per base unit, in quote tokens per whole asset. */
export function formatPrice(price: bigint, scale: Scale, places = pricePlaces(price, scale)): string {
    const above = price * 10n ** BigInt(scale.baseDecimals);
    return formatRatio(above, X40 * 10n ** BigInt(scale.quoteDecimals), { places });
}

/** A typed price, rounded down to the chain's unit; a text that is none says why. */
export function parsePrice(text: string, scale: Scale): bigint | DecimalProblem {
    const typed = parseUnits(text, 12);
    if (typeof typed === 'string') return typed;
    return (typed * 10n ** BigInt(scale.quoteDecimals) * X40) / 10n ** BigInt(scale.baseDecimals + 12);
}

/** A size in base units; signed sizes keep their sign. */
export function formatSize(size: bigint, scale: Scale, plus = false): string {
    return formatUnits(size, scale.baseDecimals, { places: Math.min(scale.baseDecimals, 4), atLeast: 2, plus });
}

export function parseSize(text: string, scale: Scale): bigint | DecimalProblem {
    return parseUnits(text, scale.baseDecimals);
}

/** Atoms of the quote token in dollars. */
export function formatMoney(atoms: bigint, quoteDecimals: number, options: { plus?: boolean; places?: number } = {}): string {
    const text = formatUnits(atoms < 0n ? -atoms : atoms, quoteDecimals, { places: options.places ?? 2 });
    const sign = atoms < 0n ? '−' : options.plus && atoms > 0n ? '+' : '';
    return `${sign}$${text}`;
}

/** Large amounts in thousands, millions and billions. */
export function formatMoneyShort(atoms: bigint, quoteDecimals: number): string {
    const unit = 10n ** BigInt(quoteDecimals);
    const size = atoms < 0n ? -atoms : atoms;
    const sign = atoms < 0n ? '−' : '';
    for (const [scale, letter] of [
        [1_000_000_000n, 'B'],
        [1_000_000n, 'M'],
        [1_000n, 'K'],
    ] as const) {
        if (size >= unit * scale) return `${sign}$${formatRatio(size, unit * scale, { places: 2 })}${letter}`;
    }
    return formatMoney(atoms, quoteDecimals);
}

/** Parts per million in percent. */
export function formatPpm(ppm: bigint | number, places = 2): string {
    return `${formatRatio(BigInt(ppm), 10_000n, { places, atLeast: 0 })}%`;
}

/** A rate per second in 2^-60, in percent an hour. */
export function formatHourlyRate(rate: bigint): string {
    return `${formatRatio(rate * 3_600n * 100n, SECOND_X60, { places: 4, plus: true })}%`;
}

/** A part of a whole in percent; a dash where there is no whole. */
export function formatShare(part: bigint, whole: bigint, places = 1): string {
    return whole === 0n ? '—' : `${formatRatio(part * 100n, whole, { places })}%`;
}
