// A refusal in words, with its numbers in units.
import { describeRefused, type Refused } from '@perp-swap/client/engine';
import { formatMoney, formatPrice, formatSize, type Scale } from '../format/units';

export interface Refusal {
    /** As in the interface file, such as `InitialMargin`; or why the engine was not asked. */
    rule: string;
    message: string;
    remedy: string;
    numbers: readonly { label: string; text: string }[];
}

function numberText(unit: string, value: bigint, scale: Scale): string {
    switch (unit) {
        case 'Atoms':
        case 'SignedAtoms':
            return formatMoney(value, scale.quoteDecimals);
        case 'Price':
            return formatPrice(value, scale);
        case 'Size':
            return formatSize(value, scale);
        default:
            return value.toString();
    }
}

/** The refusal of a preview, for a market's reader. */
export function describe(refused: Refused, scale: Scale): Refusal {
    const { message, explanation, numbers } = describeRefused(refused);
    return {
        rule: explanation?.name ?? refused.status,
        message,
        remedy: explanation?.remedy ?? '',
        numbers: numbers.map(({ name, unit, value }) => ({
            label: name.replaceAll('_', ' '),
            text: numberText(unit, value, scale),
        })),
    };
}

/** The rule that the engine names by its code, in one sentence. */
export function ruleText(code: bigint): string {
    return describeRefused({ status: 'Rule', code: Number(code), numbers: [0n, 0n, 0n] }).message;
}
