import { parseDecimal } from '@perp-swap/client';

/** Percent as typed, in ppm; beyond four decimals it is cut. */
export function parsePercent(text: string): bigint {
    const { mantissa, scale } = parseDecimal(text);
    return (mantissa * 10_000n) / 10n ** BigInt(scale);
}
