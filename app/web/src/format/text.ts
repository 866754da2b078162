// Decimal text from the indexer for display: never a number, so that nothing rounds it.

/** Decimal text with separators of thousands and at most so many decimals, cut and not rounded, and at least so many. */
export function decimalText(text: string, places = 4, atLeast = 0): string {
    const negative = text.startsWith('-');
    const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
    const kept = fraction.slice(0, places).replace(/0+$/, '').padEnd(atLeast, '0');
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
    const body = kept === '' ? grouped : `${grouped}.${kept}`;
    return negative && /[1-9]/.test(body) ? `−${body}` : body;
}

/** The same in dollars. */
export function dollarText(text: string, places = 2): string {
    if (text === '') return '—';
    const body = decimalText(text, places, Math.min(places, 2));
    return body.startsWith('−') ? `−$${body.slice(1)}` : `$${body}`;
}

/** Whether decimal text is below zero. */
export function isNegative(text: string): boolean {
    return text.startsWith('-') && /[1-9]/.test(text);
}

/** A small whole number of a form, such as a market's index or a count; never money. */
export function smallNumber(text: string): number {
    return Number(text);
}
