// A stored parameter as a person reads it, by the unit that its meaning names.
import { formatSpan } from '../format/time';
import {
    formatDailyAcceleration,
    formatHourlyRate,
    formatMoney,
    formatPpm,
    formatSize,
    type Scale,
} from '../format/units';

/** The parameter's value with its unit; the stored number itself where it has no other. */
export function parameterText(name: string, meaning: string, stored: bigint, scale: Scale, base: string): string {
    if (name === 'isolated_only') return stored === 0n ? 'no' : 'yes';
    if (meaning.includes('2^-60 per second²')) {
        return formatDailyAcceleration(stored);
    }
    if (meaning.includes('2^-60 per second')) return `${formatHourlyRate(stored).replace('+', '')} an hour`;
    if (meaning.includes('ppm · 2^-32')) return stored.toString();
    if (meaning.includes('in ppm per hour')) return `${formatPpm(stored, 4)} an hour`;
    if (meaning.includes('in ppm') || meaning.includes(' ppm')) return formatPpm(stored, 4);
    if (meaning.includes('in base units')) return `${formatSize(stored, scale)} ${base}`;
    if (meaning.includes('in atoms') || name === 'minimum_bounty') return formatMoney(stored, scale.quoteDecimals);
    if (
        meaning.includes('econds') ||
        meaning.includes('in time') ||
        meaning.includes('boundary at least') ||
        name.endsWith('seconds')
    ) {
        return formatSpan(stored);
    }
    return stored.toString();
}
