// Decimal numbers as people write them, and the integers of the program. Everything is exact: what a unit cannot hold is refused,
// never rounded, save for prices, which the program itself rounds down by less than 2^-40 atom per base unit. Equal to `convert`
// of the Rust crate perp-exchange; money is never a JavaScript number.
import { MAX_ATOMS, MAX_PRICE, MAX_SIZE, X40_BITS } from './generated/constants.js';

/** Decimals at which a price is shown. Those of Pyth's feeds. */
export const PRICE_PLACES = 8;

const MAX_DIGITS = 30;
const MAX_MANTISSA = 9_223_372_036_854_775_807n;
const MAX_ORACLE_PLACES = 18;
const X40 = 1n << BigInt(X40_BITS);

/** Why a text is not the number asked for. */
export type ConversionFault =
    | { readonly kind: 'NotADecimal' }
    | { readonly kind: 'TooManyDecimals'; readonly allowed: number }
    | { readonly kind: 'OutOfRange'; readonly expected: string };

/** A text is not the number asked for. */
export class ConversionError extends Error {
    override readonly name = 'ConversionError';

    constructor(
        readonly input: string,
        readonly fault: ConversionFault,
    ) {
        super(text(input, fault));
    }
}

function text(input: string, fault: ConversionFault): string {
    switch (fault.kind) {
        case 'NotADecimal':
            return `"${input}" is not a decimal number: expected digits with at most one point, such as 140.25`;
        case 'TooManyDecimals':
            return `"${input}" has more than ${fault.allowed} decimals, the smallest unit here`;
        case 'OutOfRange':
            return `"${input}" is out of range: expected ${fault.expected}`;
    }
}

/** A decimal number, exactly as it was written: `mantissa / 10^scale`. */
export type Decimal = { readonly mantissa: bigint; readonly scale: number };

/** Reads digits with at most one point and an optional minus. Throws `ConversionError`. */
export function parseDecimal(input: string): Decimal {
    const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(input);
    if (match === null || input.endsWith('\n')) {
        throw new ConversionError(input, { kind: 'NotADecimal' });
    }
    const [, sign, whole = '', fraction = ''] = match;
    const digits = whole + fraction;
    if (digits.length > MAX_DIGITS) {
        throw new ConversionError(input, { kind: 'OutOfRange', expected: 'at most 30 digits' });
    }
    const magnitude = BigInt(digits);
    return { mantissa: sign === '-' ? -magnitude : magnitude, scale: fraction.length };
}

/** The shortest text of `mantissa / 10^scale`: `-1.5`, `100`. */
export function formatDecimal({ mantissa, scale }: Decimal): string {
    const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
    return `${mantissa < 0n ? '-' : ''}${whole}${fraction === '' ? '' : '.'}${fraction}`;
}

/** `input` in units of `10^-places`. */
function units(input: string, places: number): bigint {
    const { mantissa, scale } = parseDecimal(input);
    if (places >= scale) {
        return mantissa * 10n ** BigInt(places - scale);
    }
    const power = 10n ** BigInt(scale - places);
    if (mantissa % power !== 0n) {
        throw new ConversionError(input, { kind: 'TooManyDecimals', allowed: places });
    }
    return mantissa / power;
}

function outOfRange(input: string, expected: string): never {
    throw new ConversionError(input, { kind: 'OutOfRange', expected });
}

/** An amount of the quote token, such as "1250.5" USDC, in atoms. Throws `ConversionError`. */
export function parseAtoms(input: string, quoteDecimals: number): bigint {
    const expected = 'an amount from 0 to 2^62 atoms';
    const atoms = units(input, quoteDecimals);
    return atoms >= 0n && atoms <= MAX_ATOMS ? atoms : outOfRange(input, expected);
}

/** Atoms, signed or not, as an amount of the quote token. */
export function formatAtoms(atoms: bigint, quoteDecimals: number): string {
    return formatDecimal({ mantissa: atoms, scale: quoteDecimals });
}

/** The decimals of a market's two assets; the `state` of a market has both. */
export type MarketDecimals = { readonly baseDecimals: number; readonly quoteDecimals: number };

/** A signed size such as "-1.5" SOL, in base units. Throws `ConversionError`. */
export function parseSignedSize(input: string, { baseDecimals }: MarketDecimals): bigint {
    const expected = 'a size of at most 2^57 base units';
    const size = units(input, baseDecimals);
    return size >= -MAX_SIZE && size <= MAX_SIZE ? size : outOfRange(input, expected);
}

/** A size without a sign, such as "1.5" SOL, in base units. Throws `ConversionError`. */
export function parseSize(input: string, decimals: MarketDecimals): bigint {
    const size = parseSignedSize(input, decimals);
    return size >= 0n ? size : outOfRange(input, 'a size without a sign');
}

/** A size, signed or not, in whole units of base. */
export function formatSize(size: bigint, { baseDecimals }: MarketDecimals): string {
    return formatDecimal({ mantissa: size, scale: baseDecimals });
}

/**
 * A price such as "140.25", in quote per whole unit of base, in 2^-40 atoms per base unit: what the market would cache if its
 * oracle printed it. Throws `ConversionError`.
 */
export function parsePrice(input: string, { baseDecimals, quoteDecimals }: MarketDecimals): bigint {
    const expected = 'a price above 0 that is at most 2^10 atoms per base unit';
    const { mantissa, scale } = parseDecimal(input);
    if (mantissa <= 0n || mantissa > MAX_MANTISSA || scale > MAX_ORACLE_PLACES) {
        return outOfRange(input, expected);
    }
    const shift = quoteDecimals - baseDecimals - scale;
    const scaled = mantissa * X40;
    const price = shift >= 0 ? scaled * 10n ** BigInt(shift) : scaled / 10n ** BigInt(-shift);
    return price > 0n && price <= MAX_PRICE ? price : outOfRange(input, expected);
}

/** A price in quote per whole unit of base, rounded to the nearest of `PRICE_PLACES` decimals. */
export function formatPrice(price: bigint, { baseDecimals, quoteDecimals }: MarketDecimals): string {
    const shift = PRICE_PLACES + baseDecimals - quoteDecimals;
    const [times, divisor] = shift >= 0 ? [price * 10n ** BigInt(shift), X40] : [price, X40 * 10n ** BigInt(-shift)];
    return formatDecimal({ mantissa: (times + divisor / 2n) / divisor, scale: PRICE_PLACES });
}
