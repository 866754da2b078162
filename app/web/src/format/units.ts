// The exchange's units as a person reads them: docs/units.md has the scales.
import { ConversionError, PPM } from '@perp-swap/client';
import { formatRatio, formatUnits } from './decimal';

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

/** A size in base units; signed sizes keep their sign. */
export function formatSize(size: bigint, scale: Scale, plus = false): string {
    return formatUnits(size, scale.baseDecimals, { places: Math.min(scale.baseDecimals, 4), atLeast: 2, plus });
}

/** What a typed text came to: nothing yet, a number, or what is wrong with it. */
export type Typed = { value: bigint; problem: null } | { value: null; problem: string | null };

/** Reads what was typed with one of the client's parsers; separators of thousands are passed over. */
export function readTyped(text: string, parse: (text: string) => bigint): Typed {
    const plain = text.replaceAll(',', '').replaceAll(' ', '');
    if (plain === '') return { value: null, problem: null };
    // A number that is still being typed may begin or end with its point.
    const whole = plain.startsWith('.') ? `0${plain}` : plain.endsWith('.') ? plain.slice(0, -1) : plain;
    try {
        return { value: parse(whole), problem: null };
    } catch (error) {
        if (error instanceof ConversionError) return { value: null, problem: error.message };
        throw error;
    }
}

/** A number without its sign. */
export function magnitude(value: bigint): bigint {
    return value < 0n ? -value : value;
}

/** The same number with the other sign: what one side pays the other receives. */
export function negated(value: bigint): bigint {
    return -value;
}

/** The exact amount of 2^-40 atoms that whole atoms are, as costs and notionals are told. */
export function exactly(atoms: bigint): bigint {
    return atoms * X40;
}

/** Atoms of the quote token in dollars. */
export function formatMoney(
    atoms: bigint,
    quoteDecimals: number,
    options: { plus?: boolean; places?: number } = {},
): string {
    const text = formatUnits(atoms < 0n ? -atoms : atoms, quoteDecimals, { places: options.places ?? 2 });
    // What rounds to nothing has no sign.
    const isNothing = !/[1-9]/.test(text);
    const sign = isNothing ? '' : atoms < 0n ? '−' : options.plus ? '+' : '';
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

/** An exact amount of 2^-40 atoms in dollars. */
export function formatExact(
    amount: bigint,
    quoteDecimals: number,
    options: { plus?: boolean; places?: number } = {},
): string {
    return formatMoney(amount / X40, quoteDecimals, options);
}

/** The same in thousands, millions and billions. */
export function formatExactShort(amount: bigint, quoteDecimals: number): string {
    return formatMoneyShort(amount / X40, quoteDecimals);
}

/** Shares of the pool, which have the decimals of the quote token. */
export function formatShares(shares: bigint, quoteDecimals: number): string {
    return formatUnits(shares, quoteDecimals, { places: 2 });
}

/** The value of a share, for a value and the shares it is divided among; a dash where there are none. */
export function formatSharePrice(value: bigint, shares: bigint): string {
    return shares === 0n ? '—' : `$${formatRatio(value, shares, { places: 6 })}`;
}

/** The price at which a size came to an exact notional, on average. */
export function formatAverage(notional: bigint, size: bigint, scale: Scale): string {
    return size === 0n ? '—' : formatPrice(magnitude(notional / size), scale);
}

/** Decimal text that can be typed again: every decimal, no separators. */
export function typable(amount: bigint, decimals: number): string {
    return formatUnits(amount, decimals, { places: decimals, atLeast: 0 }).replaceAll(',', '');
}

/** Parts per million in percent. */
export function formatPpm(ppm: bigint | number, places = 2): string {
    return `${formatRatio(BigInt(ppm), 10_000n, { places, atLeast: 0 })}%`;
}

/** A rate per second in 2^-60, in percent an hour. */
export function formatHourlyRate(rate: bigint): string {
    return `${formatRatio(rate * 3_600n * 100n, SECOND_X60, { places: 4, plus: true })}%`;
}

/** A part of a whole in basis points; a dash where there is no whole. */
export function formatBasisPoints(part: bigint, whole: bigint): string {
    return whole === 0n ? '—' : `${formatRatio(part * 10_000n, whole, { places: 2 })} bp`;
}

/** Parts per million as a multiple: 1 400 000 is 1.40x. */
export function formatTimes(ppm: bigint): string {
    return `${formatRatio(ppm, PPM, { places: 2 })}x`;
}

/** A rate per second² in 2^-60, in percent a day per day. */
export function formatDailyAcceleration(rate: bigint): string {
    return `${formatRatio(rate * 86_400n * 86_400n * 100n, SECOND_X60, { places: 2 })}% a day per day`;
}

/** Lamports in SOL. */
export function formatLamports(lamports: bigint): string {
    return `${formatUnits(lamports, 9, { places: 6, atLeast: 2 })} SOL`;
}

/** A part of a whole in parts per million, rounded down. */
export function ppmOf(part: bigint, whole: bigint): bigint {
    return whole === 0n ? 0n : (part * PPM) / whole;
}

/** A part of a whole for a drawing, from 0 to 1. */
export function fraction(part: bigint, whole: bigint): number {
    if (whole <= 0n || part <= 0n) return 0;
    return part >= whole ? 1 : Number((part * 1_000n) / whole) / 1_000;
}

/** A part of a whole in percent; a dash where there is no whole. */
export function formatShare(part: bigint, whole: bigint, places = 1): string {
    return whole === 0n ? '—' : `${formatRatio(part * 100n, whole, { places })}%`;
}
