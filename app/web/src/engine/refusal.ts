// A refusal in words, with its numbers in units.
import { EXCHANGE_RULES } from '@perp-swap/client';
import { formatMoney, formatPrice, formatSize, type Scale } from '../format/units';
import { RULES, STATUSES } from './generated';
import type { Refused } from './module';

/** Codes of the program's errors begin here. */
const FIRST_CODE = 6_000;

export interface Refusal {
    /** As in the interface file, such as `InitialMargin`; or why the engine was not asked. */
    rule: string;
    message: string;
    remedy: string;
    numbers: readonly { label: string; text: string }[];
}

function numberText(type: string, word: bigint, scale: Scale): string {
    switch (type) {
        case 'Atoms':
            return formatMoney(word, scale.quoteDecimals);
        case 'SignedAtoms':
            return formatMoney(BigInt.asIntN(64, word), scale.quoteDecimals);
        case 'Price':
            return formatPrice(word, scale);
        case 'Size':
            return formatSize(word, scale);
        default:
            return word.toString();
    }
}

/** The rule of this code, in one sentence. */
export function ruleText(code: bigint): string {
    const rule = EXCHANGE_RULES.get(FIRST_CODE + Number(code));
    return rule ? rule.message : `Rule ${code}.`;
}

export function describeRefused({ status, code, numbers }: Refused, scale: Scale): Refusal {
    if (status !== 'Rule') {
        const text = [...STATUSES.values()].find(({ name }) => name === status)?.text ?? status;
        return { rule: status, message: text, remedy: '', numbers: [] };
    }
    const rule = EXCHANGE_RULES.get(FIRST_CODE + code);
    const fields = RULES.get(code)?.numbers ?? [];
    return {
        rule: rule?.name ?? `${code}`,
        message: rule?.message ?? `Rule ${code} refuses it.`,
        remedy: rule?.remedy ?? '',
        numbers: fields.map(({ name, type }, at) => ({
            label: name.replaceAll('_', ' '),
            text: numberText(type, numbers[at] ?? 0n, scale),
        })),
    };
}
