import { parseAtoms } from '@perp-swap/client';
import { smallNumber } from '../format/text';

/** A percent has as many ppm as four decimals tell apart. */
const PLACES = 4;

/** Percent as typed, in ppm. Throws `ConversionError`, also for more than four decimals. */
export function parsePercent(text: string): bigint {
    return parseAtoms(text, PLACES);
}

/** A count as typed, such as "5"; null where it is none of one to four digits. */
export function parseCount(text: string): number | null {
    return /^[1-9]\d{0,3}$/.test(text.trim()) ? smallNumber(text) : null;
}
