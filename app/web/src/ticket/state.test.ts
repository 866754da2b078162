import { expect, test } from 'vitest';
import { changeTicket, EMPTY_TICKET, expiryTime } from './state';

test('a size in another unit is another amount, so it is typed anew', () => {
    const typed = changeTicket(EMPTY_TICKET, { size: '2.5' });
    expect(changeTicket(typed, { unit: 'usd' }).size).toBe('');
    expect(changeTicket(typed, { unit: 'base' }).size).toBe('2.5');
    expect(changeTicket(typed, { unit: 'percent', size: '50' }).size).toBe('50');
});

test('a sent order leaves side and kind, and nothing that could be sent twice', () => {
    const sent = changeTicket(
        { ...EMPTY_TICKET, kind: 'limit', side: 'short', size: '1', price: '140', stop: '150' },
        'sent',
    );
    expect(sent).toEqual({ ...EMPTY_TICKET, kind: 'limit', side: 'short' });
});

test('an expiry counts from the clock of the chain', () => {
    expect(expiryTime('never', 1_000n)).toBe(0n);
    expect(expiryTime('day', 1_000n)).toBe(87_400n);
});
