// Events of the program, found in a transaction's logs and inner instructions. Most are logged; those of liquidations, bankruptcies
// and orders that fill are instructions of the program to itself, which nobody can push out of a log that nodes cut off.
import { type Address, containsBytes, getBase64Encoder, isAddress, type ReadonlyUint8Array } from '@solana/kit';
import { EVENTS, type ExchangeEvent } from './generated/events.js';
import { PERP_SWAP_PROGRAM_ADDRESS } from './generated/programs/index.js';

export type { ExchangeEvent } from './generated/events.js';

/** First bytes of an instruction that carries an event. */
const EVENT_TAG = Uint8Array.of(0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d);

/** Why the logs do not tell all events. */
export type Gap =
    | { readonly kind: 'Truncated' }
    /** The line of the logs, counted from 1. */
    | { readonly kind: 'Unknown'; readonly line: number }
    /** Which of the transaction's inner instructions, counted from 1. */
    | { readonly kind: 'UnknownInstruction'; readonly number: number };

/** The gap as a sentence. */
export function gapText(gap: Gap): string {
    const version = "an event of the program is not of this client's version";
    switch (gap.kind) {
        case 'Truncated':
            return 'the node cut the logs off, so events may be missing: the sequence numbers of the next ones say how many';
        case 'Unknown':
            return `${version} (line ${gap.line} of the logs): update the client`;
        case 'UnknownInstruction':
            return `${version} (inner instruction ${gap.number}): update the client`;
    }
}

/** What was seen, and the first thing that kept other events from being read. */
export type Events = { readonly seen: ExchangeEvent[]; readonly gap?: Gap };

/** An instruction that a program called: which program, and the data it was called with. */
export type InnerInstruction = { readonly programAddress: Address; readonly data: ReadonlyUint8Array };

/** The event in bytes that were logged; `undefined` where they are none that this client knows. */
export function decodeEvent(data: ReadonlyUint8Array): ExchangeEvent | undefined {
    const found = EVENTS.find(({ discriminator }) => containsBytes(data, Uint8Array.from(discriminator), 0));
    if (found === undefined) {
        return undefined;
    }
    try {
        const event = found.decoder().decode(data, found.discriminator.length);
        return { name: found.name, data: event } as ExchangeEvent;
    } catch {
        return undefined;
    }
}

/** The event in an instruction that the program sent to itself; `undefined` for any other, and for an unknown event. */
export function eventInInstruction({ programAddress, data }: InnerInstruction): ExchangeEvent | undefined {
    return carriesEvent({ programAddress, data }) ? decodeEvent(data.slice(EVENT_TAG.length)) : undefined;
}

function carriesEvent({ programAddress, data }: InnerInstruction): boolean {
    const isLongEnough = data.length >= EVENT_TAG.length;
    return programAddress === PERP_SWAP_PROGRAM_ADDRESS && isLongEnough && containsBytes(data, EVENT_TAG, 0);
}

/**
 * Every event of a transaction, in order: those the program logged, and those in inner instructions. What other programs logged is
 * not looked at, whatever it looks like. Cut-off logs hide no event of an inner instruction.
 */
export function eventsInTransaction(logs: readonly string[], inner: readonly InnerInstruction[] = []): Events {
    let gap: Gap | undefined;
    const sent: ExchangeEvent[] = [];
    for (const [place, instruction] of inner.entries()) {
        const event = eventInInstruction(instruction);
        if (event !== undefined) {
            sent.push(event);
        } else if (carriesEvent(instruction)) {
            gap ??= { kind: 'UnknownInstruction', number: place + 1 };
        }
    }
    const running: Address[] = [];
    const seen: ExchangeEvent[] = [];
    for (const [place, line] of logs.entries()) {
        if (line === 'Log truncated') {
            gap ??= { kind: 'Truncated' };
            break;
        }
        if (!line.startsWith('Program ')) {
            continue;
        }
        const rest = line.slice('Program '.length);
        if (rest.startsWith('data: ')) {
            if (running.at(-1) === PERP_SWAP_PROGRAM_ADDRESS) {
                const event = decodeLogged(rest.slice('data: '.length));
                if (event === undefined) {
                    gap ??= { kind: 'Unknown', line: place + 1 };
                } else {
                    seen.push(event);
                }
            }
            continue;
        }
        const [program = '', what = ''] = [rest.slice(0, rest.indexOf(' ')), rest.slice(rest.indexOf(' ') + 1)];
        if (!rest.includes(' ') || !isAddress(program)) {
            continue;
        }
        const word = what.split(/[ :]/, 1)[0];
        if (word === 'invoke') {
            // The program calls itself for an event and for nothing else.
            if (program === PERP_SWAP_PROGRAM_ADDRESS && running.at(-1) === program) {
                seen.push(...sent.splice(0, 1));
            }
            running.push(program);
        } else if (word === 'success' || word === 'failed') {
            running.pop();
        }
    }
    seen.push(...sent);
    return gap === undefined ? { seen } : { seen, gap };
}

function decodeLogged(text: string): ExchangeEvent | undefined {
    try {
        return decodeEvent(getBase64Encoder().encode(text));
    } catch {
        return undefined;
    }
}
