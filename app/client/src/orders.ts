// Kinds of resting orders as terms to be placed: what each kind is made of stands in docs/instructions/orders/place_orders.md.
import { ANY_PRICE_BUY, ANY_PRICE_SELL, ORDER_TIP_LAMPORTS, SLICE_SECONDS } from './generated/constants.js';
import { type OrderTerms, OrderTrigger } from './generated/types/index.js';

/** What every kind has. Sizes are signed base units, positive buys; prices in 2^-40 atoms per base unit; times Unix seconds. */
export type CommonTerms = {
    readonly size: bigint;
    /** From when on it may be met; at once where it is none. */
    readonly activeFrom?: bigint;
    /** After this it is no longer armed; never where it is none. */
    readonly expires?: bigint;
    /** Lamports for whoever fills it, for each fill; the least there may be where it is none. */
    readonly tip?: bigint;
};

/** The acceptable price that accepts any, for an order of this size. */
export function anyPrice(size: bigint): bigint {
    return size > 0n ? ANY_PRICE_BUY : ANY_PRICE_SELL;
}

function terms(common: CommonTerms, more: Pick<OrderTerms, 'acceptablePrice'> & Partial<OrderTerms>): OrderTerms {
    const { size, activeFrom = 0n, expires = 0n, tip = ORDER_TIP_LAMPORTS } = common;
    const slices = more.slices ?? 1;
    return {
        size,
        trigger: OrderTrigger.AtTime,
        triggerPrice: 0n,
        trailing: 0,
        reduceOnly: false,
        activeFrom,
        expires,
        secondsBetween: 0,
        group: 0,
        parent: 0,
        ...more,
        slices,
        lamports: tip * BigInt(slices),
    };
}

/** Where a buy waits for a lower price, and a sale for a higher one. */
const better = (size: bigint) => (size > 0n ? OrderTrigger.AtOrBelow : OrderTrigger.AtOrAbove);
/** Where a buy waits for a higher price, and a sale for a lower one. */
const worse = (size: bigint) => (size > 0n ? OrderTrigger.AtOrAbove : OrderTrigger.AtOrBelow);

/** Fills at its price or better. */
export function limitOrder(
    common: CommonTerms & { readonly price: bigint; readonly reduceOnly?: boolean },
): OrderTerms {
    const { size, price, reduceOnly = false } = common;
    return terms(common, { trigger: better(size), triggerPrice: price, acceptablePrice: price, reduceOnly });
}

/** An order by price with its bound: the worst average price it accepts, or `anyPrice`. */
export type TriggeredTerms = CommonTerms & { readonly triggerPrice: bigint; readonly acceptablePrice: bigint };

/** Enters once the price has gone against it as far as its trigger: a buy above, a sale below. */
export function stopEntry(common: TriggeredTerms): OrderTerms {
    const { size, triggerPrice, acceptablePrice } = common;
    return terms(common, { trigger: worse(size), triggerPrice, acceptablePrice });
}

/** Closes where a position has lost: `size` is against the position, the largest number for all of it. */
export function stopLoss(common: TriggeredTerms): OrderTerms {
    return { ...stopEntry(common), reduceOnly: true };
}

/** Closes where a position has gained: `size` is against the position, the largest number for all of it. */
export function takeProfit(common: TriggeredTerms): OrderTerms {
    const { size, triggerPrice, acceptablePrice } = common;
    return terms(common, { trigger: better(size), triggerPrice, acceptablePrice, reduceOnly: true });
}

/** A stop-loss whose trigger follows the best price at a distance, in parts per million of that price. */
export function trailingStop(
    common: CommonTerms & { readonly trailing: number; readonly acceptablePrice: bigint },
): OrderTerms {
    const { size, trailing, acceptablePrice } = common;
    return terms(common, { trigger: worse(size), trailing, acceptablePrice, reduceOnly: true });
}

/** Fills at the first price of a moment a few seconds ahead that nobody knows yet. */
export function nextPriceOrder(
    common: CommonTerms & { readonly acceptablePrice: bigint; readonly reduceOnly?: boolean },
): OrderTerms {
    const { acceptablePrice, reduceOnly = false } = common;
    return terms(common, { acceptablePrice, reduceOnly });
}

/** Fills `size` again and again (TWAP): `slices` times, at least `SLICE_SECONDS` apart. */
export function slicedOrder(
    common: CommonTerms & {
        readonly slices: number;
        readonly secondsBetween?: number;
        readonly acceptablePrice: bigint;
        readonly reduceOnly?: boolean;
    },
): OrderTerms {
    const { slices, acceptablePrice, reduceOnly = false, secondsBetween = SLICE_SECONDS } = common;
    return terms(common, { acceptablePrice, reduceOnly, slices, secondsBetween: slices > 1 ? secondsBetween : 0 });
}

/** Orders of which a fill cancels the others. `group` is 1 to 255, and no other of the account's. */
export function oneCancelsOther(group: number, orders: readonly OrderTerms[]): OrderTerms[] {
    return orders.map((order) => ({ ...order, group }));
}

/**
 * An entry and what sleeps until it has filled, for one call of `placeOrders` that places nothing before them. What only reduces is of
 * the position that the entry leaves; a stop and a target cancel each other.
 */
export function bracket(entry: OrderTerms, exits: readonly OrderTerms[], group: number): OrderTerms[] {
    const parent = 1;
    return [{ ...entry, group: 0 }, ...exits.map((exit) => ({ ...exit, reduceOnly: true, group, parent }))];
}

/** Several limits of one call. */
export function ladder(steps: readonly (CommonTerms & { readonly price: bigint })[]): OrderTerms[] {
    return steps.map((step) => limitOrder(step));
}
