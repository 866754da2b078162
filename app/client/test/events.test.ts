import { expect, test } from 'vitest';
import { decodeEvent, type ExchangeEvent, eventsInTransaction, gapText, type InnerInstruction } from '../src/index.js';
import { cases, fromHex, spelled } from './interface.js';

test.each(cases('events.json'))('$name is decoded as the client in Rust decodes it', ({ name, fields, data }) => {
    const event = decodeEvent(fromHex(data));
    expect(event?.name).toBe(name);
    expect(spelled(event?.data, fields)).toEqual(fields);
});

test.each(cases('events.json'))('$name that is a byte short is none', ({ data }) => {
    expect(decodeEvent(fromHex(data.slice(0, -2)))).toBeUndefined();
});

type Told = { name: string; fields: never };

test.each(cases('event_logs.json'))('$what: the events of the client in Rust', ({ logs, inner, seen, gap }) => {
    const instructions: InnerInstruction[] = inner.map(([programAddress, data]: [never, string]) => ({
        programAddress,
        data: fromHex(data),
    }));
    const found = eventsInTransaction(logs, instructions);
    const told = found.seen.map((event: ExchangeEvent, place: number) => ({
        name: event.name,
        fields: spelled(event.data, (seen as Told[])[place]?.fields ?? null),
    }));
    expect(told).toEqual(seen);
    expect(found.gap === undefined ? null : gapText(found.gap)).toBe(gap);
});
