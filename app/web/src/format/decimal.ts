// Chain integers as text for display. Only scales are applied here; whatever is computed comes from the engine.

const GROUP = /\B(?=(\d{3})+(?!\d))/g;

export interface DecimalFormat {
    /** Digits after the point; what lies beyond is rounded half away from zero. */
    places: number;
    /** Writes a plus before positive numbers. */
    plus?: boolean;
    /** Leaves zeros at the end away, down to so many places. */
    atLeast?: number;
}

/** `numerator / denominator` as decimal text. */
export function formatRatio(numerator: bigint, denominator: bigint, format: DecimalFormat): string {
    const negative = numerator < 0n !== denominator < 0n && numerator !== 0n;
    const above = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(format.places);
    const below = denominator < 0n ? -denominator : denominator;
    const rounded = (2n * above + below) / (2n * below);
    const digits = rounded.toString().padStart(format.places + 1, '0');
    const whole = digits.slice(0, digits.length - format.places).replace(GROUP, ',');
    let fraction = digits.slice(digits.length - format.places);
    if (format.atLeast !== undefined) {
        const kept = Math.max(fraction.replace(/0+$/, '').length, format.atLeast);
        fraction = fraction.slice(0, kept);
    }
    const sign = rounded === 0n ? '' : negative ? '−' : format.plus ? '+' : '';
    return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** An integer of 10^-`decimals` as decimal text. */
export function formatUnits(amount: bigint, decimals: number, format: DecimalFormat): string {
    return formatRatio(amount, 10n ** BigInt(decimals), format);
}
