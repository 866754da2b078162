// What is typed in the ticket, as a market order or as terms of resting orders.
import {
    anyPrice,
    bracket,
    ladder,
    limitOrder,
    nextPriceOrder,
    type OrderTerms,
    oneCancelsOther,
    PPM,
    parsePrice,
    SLICE_SECONDS,
    slicedOrder,
    stopEntry,
    stopLoss,
    takeProfit,
    trailingStop,
} from '@perp-swap/client';
import type { PlacedOrder } from '@perp-swap/client/engine';
import { magnitude, readTyped, type Scale, type Typed } from '../format/units';
import { AmountError, dividedBy, type Engine, opposite, signed, spaced, worsened } from './amounts';
import { parseCount, parsePercent } from './percent';
import { expiryTime, type Side, type TicketState } from './state';

/** How far beyond its trigger a stop may be filled where nothing else is typed: it shall rather fill than save a little. */
export const STOP_TOLERANCE = 50_000n;
/** A reduce-only order of this size reduces all there is. */
export const WHOLE = 9_223_372_036_854_775_807n;

/** Everything that the terms depend on besides what is typed. */
export interface Circumstances {
    engine: Engine;
    scale: Scale;
    indexPrice: bigint;
    now: bigint;
    tolerance: bigint;
    /** A group number that no resting order has. */
    group: number;
}

export type Terms = { problem: string; orders: null } | { problem: null; orders: OrderTerms[] };

/** The terms, or what is wrong with a number in them. */
function checked(terms: () => Terms): Terms {
    try {
        return terms();
    } catch (error) {
        if (error instanceof AmountError) return { problem: error.message, orders: null };
        throw error;
    }
}

function price(text: string, scale: Scale): Typed {
    return readTyped(text, (plain) => parsePrice(plain, scale));
}

/** The lowest number that no group of resting orders has. */
export function freeGroup(groups: readonly number[]): number {
    let group = 1;
    while (groups.includes(group)) group += 1;
    return group;
}

/** The terms as the engine takes them. */
export function placedOrder(terms: OrderTerms): PlacedOrder {
    return {
        ...terms,
        trigger: BigInt(terms.trigger),
        trailing: BigInt(terms.trailing),
        reduceOnly: terms.reduceOnly ? 1n : 0n,
        slices: BigInt(terms.slices),
        secondsBetween: BigInt(terms.secondsBetween),
        group: BigInt(terms.group),
        parent: BigInt(terms.parent),
    };
}

/** A stop and a target for all of a position of this side; of one group, so that a fill of one cancels the other. */
export function protection(state: TicketState, side: Side, circumstances: Circumstances): Terms {
    return checked(() => exitTerms(state, side, circumstances));
}

function exitTerms(state: TicketState, side: Side, { engine, scale, tolerance, group }: Circumstances): Terms {
    const against = opposite(side);
    const size = signed(WHOLE, against);
    const stop = price(state.stop, scale);
    const target = price(state.target, scale);
    const problem = stop.problem ?? target.problem;
    if (problem !== null) return { problem, orders: null };
    const exits = [
        stop.value === null
            ? null
            : stopLoss({
                  size,
                  triggerPrice: stop.value,
                  acceptablePrice: worsened(engine, stop.value, against, STOP_TOLERANCE),
              }),
        target.value === null
            ? null
            : takeProfit({
                  size,
                  triggerPrice: target.value,
                  acceptablePrice: worsened(engine, target.value, against, tolerance),
              }),
    ].filter((order) => order !== null);
    return { problem: null, orders: exits.length === 2 ? oneCancelsOther(group, exits) : exits };
}

const asks = (what: string): Terms => ({ problem: `Enter ${what}.`, orders: null });
const gives = (orders: OrderTerms[]): Terms => ({ problem: null, orders });

/** The resting orders that the ticket asks for; `size` is without a sign, null where none is typed. */
export function restingTerms(state: TicketState, size: bigint | null, circumstances: Circumstances): Terms {
    return checked(() => orderTerms(state, size, circumstances));
}

function orderTerms(state: TicketState, size: bigint | null, circumstances: Circumstances): Terms {
    const { kind, side, reduceOnly } = state;
    const { engine, scale, tolerance, now, group, indexPrice } = circumstances;
    const expires = expiryTime(state.expiry, now);
    const typedBound = price(state.bound, scale);
    if (typedBound.problem !== null) return { problem: typedBound.problem, orders: null };
    const bound = (from: bigint, ppm: bigint) => typedBound.value ?? worsened(engine, from, side, ppm);

    if (kind === 'trailing') {
        const trailing = readTyped(state.trailing, parsePercent);
        if (trailing.value === null || trailing.value <= 0n || trailing.value >= PPM)
            return asks('a distance in percent, such as 2');
        const whole = signed(size ?? WHOLE, side);
        const acceptablePrice = typedBound.value ?? anyPrice(whole);
        return gives([trailingStop({ size: whole, trailing: Number(trailing.value), acceptablePrice, expires })]);
    }
    const isOfWhole = kind === 'target' || (kind === 'stop' && reduceOnly);
    if (size === null && !isOfWhole) return asks('a size');
    const amount = signed(size ?? WHOLE, side);

    if (kind === 'next')
        return gives([
            nextPriceOrder({ size: amount, acceptablePrice: bound(indexPrice, tolerance), reduceOnly, expires }),
        ]);
    if (kind === 'twap') {
        const slices = parseCount(state.slices);
        const between = parseCount(state.secondsBetween);
        if (slices === null || slices < 2 || slices > 1_000) return asks('2 to 1,000 slices');
        if (between === null || between < SLICE_SECONDS)
            return asks(`${SLICE_SECONDS} to 9,999 seconds between slices`);
        return gives([
            slicedOrder({
                size: signed(dividedBy(engine, magnitude(amount), slices), side),
                slices,
                secondsBetween: between,
                acceptablePrice: bound(indexPrice, STOP_TOLERANCE),
                reduceOnly,
                expires,
            }),
        ]);
    }

    const trigger = price(state.price, scale);
    if (trigger.problem !== null) return { problem: trigger.problem, orders: null };
    if (trigger.value === null) return asks('a price');

    switch (kind) {
        case 'limit': {
            const entry = limitOrder({ size: amount, price: trigger.value, reduceOnly, expires });
            const other = price(state.otherPrice, scale);
            if (other.problem !== null) return { problem: other.problem, orders: null };
            if (other.value !== null) {
                const acceptablePrice = worsened(engine, other.value, side, STOP_TOLERANCE);
                const stop = { size: amount, triggerPrice: other.value, acceptablePrice, expires };
                return gives(oneCancelsOther(group, [entry, reduceOnly ? stopLoss(stop) : stopEntry(stop)]));
            }
            return protectedEntry(state, entry, circumstances);
        }
        case 'stop': {
            const terms = {
                size: amount,
                triggerPrice: trigger.value,
                acceptablePrice: bound(trigger.value, STOP_TOLERANCE),
                expires,
            };
            return reduceOnly ? gives([stopLoss(terms)]) : protectedEntry(state, stopEntry(terms), circumstances);
        }
        case 'target':
            return gives([
                takeProfit({
                    size: amount,
                    triggerPrice: trigger.value,
                    acceptablePrice: bound(trigger.value, tolerance),
                    expires,
                }),
            ]);
        case 'ladder': {
            const last = price(state.priceTo, scale);
            const steps = parseCount(state.steps);
            if (last.problem !== null) return { problem: last.problem, orders: null };
            if (last.value === null) return asks('where the ladder ends');
            if (steps === null || steps < 2 || steps > 16) return asks('2 to 16 steps');
            const size = signed(dividedBy(engine, magnitude(amount), steps), side);
            const prices = spaced(engine, trigger.value, last.value, steps);
            return gives(ladder(prices.map((price) => ({ size, price, expires }))));
        }
        default:
            return asks('another kind of order');
    }
}

/** An entry with the stop and the target that wake once it is filled. */
function protectedEntry(state: TicketState, entry: OrderTerms, circumstances: Circumstances): Terms {
    if (state.reduceOnly) return gives([entry]);
    const exits = protection(state, state.side, circumstances);
    if (exits.problem !== null || exits.orders.length === 0) return exits.problem === null ? gives([entry]) : exits;
    return gives(bracket(entry, exits.orders, circumstances.group));
}
