// Orders as tools are told of them, and as the client builds them.
import {
    anyPrice,
    limitOrder,
    type Market,
    nextPriceOrder,
    type Order,
    type OrderTerms,
    parsePrice,
    parseSignedSize,
    slicedOrder,
    stopEntry,
    stopLoss,
    takeProfit,
    trailingStop,
} from '@perp-swap/client';
import type { Account } from '@solana/kit';
import { z } from 'zod';

/** What tools say of an order. */
export class OrderError extends Error {
    override readonly name = 'OrderError';
}

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'a decimal number such as "1.5"');

/** A market order. */
export const TRADE = {
    market: z.string().describe('symbol such as SOL-PERP, or index'),
    size: decimal.describe('in whole units of the asset, positive to buy, negative to sell, such as "-1.5"'),
    acceptable_price: decimal
        .optional()
        .describe(
            'worst average price, in the quote token per unit of the asset; a trade needs it, a preview does not',
        ),
    reduce_only: z.boolean().default(false).describe('only shrink the position'),
};

const TRADE_SHAPE = z.object(TRADE);

/** The order; at any price where none is given. Throws `ConversionError`. */
export function orderOf(
    { size, acceptable_price, reduce_only }: z.infer<typeof TRADE_SHAPE>,
    market: Account<Market>,
): Order {
    const { state } = market.data;
    const signed = parseSignedSize(size, state);
    const acceptablePrice = acceptable_price === undefined ? anyPrice(signed) : parsePrice(acceptable_price, state);
    return { size: signed, acceptablePrice, reduceOnly: reduce_only };
}

/** Kinds of resting orders. */
export const KINDS = [
    'limit',
    'stop_entry',
    'stop_loss',
    'take_profit',
    'trailing_stop',
    'next_price',
    'sliced',
] as const;

/** A resting order. */
export const RESTING = {
    market: z.string().describe('symbol such as SOL-PERP, or index'),
    kind: z.enum(KINDS),
    size: decimal.describe('of one fill, positive buys; a stop, target or trailing stop is against the position'),
    price: decimal.optional().describe('of a limit; the trigger of a stop or target'),
    acceptable_price: decimal.optional().describe('worst average price; needed but for a limit, whose price it is'),
    trailing_ppm: z
        .number()
        .int()
        .min(1)
        .max(999_999)
        .optional()
        .describe('distance of a trailing stop, in millionths'),
    slices: z.number().int().min(2).max(1_000).optional().describe('fills of a sliced order'),
    seconds_between: z.number().int().min(60).optional().describe('of a sliced order'),
    reduce_only: z.boolean().default(false).describe('stops, targets and trailing stops always are'),
    expires: z.number().int().positive().optional().describe('Unix time in seconds'),
    group: z.number().int().min(1).max(255).optional().describe('a fill cancels the other orders of the same number'),
};

const RESTING_SHAPE = z.object(RESTING);

/** The terms of a resting order. Throws `OrderError`, `ConversionError`. */
export function termsOf(told: z.infer<typeof RESTING_SHAPE>, market: Account<Market>): OrderTerms {
    const { state } = market.data;
    const price = (text: string | undefined, what: string) => {
        if (text === undefined) {
            throw new OrderError(`${what} is missing: a ${told.kind} order needs it`);
        }
        return parsePrice(text, state);
    };
    const common = {
        size: parseSignedSize(told.size, state),
        ...(told.expires === undefined ? {} : { expires: BigInt(told.expires) }),
    };
    const reduceOnly = told.reduce_only;
    const bound = () => price(told.acceptable_price, 'acceptable_price');
    const triggered = () => ({ ...common, triggerPrice: price(told.price, 'price'), acceptablePrice: bound() });
    const terms = (): OrderTerms => {
        switch (told.kind) {
            case 'limit':
                return limitOrder({ ...common, price: price(told.price, 'price'), reduceOnly });
            case 'stop_entry':
                return stopEntry(triggered());
            case 'stop_loss':
                return stopLoss(triggered());
            case 'take_profit':
                return takeProfit(triggered());
            case 'trailing_stop':
                return trailingStop({
                    ...common,
                    trailing: needed(told.trailing_ppm, 'trailing_ppm'),
                    acceptablePrice: bound(),
                });
            case 'next_price':
                return nextPriceOrder({ ...common, acceptablePrice: bound(), reduceOnly });
            case 'sliced': {
                const slices = needed(told.slices, 'slices');
                const every = told.seconds_between === undefined ? {} : { secondsBetween: told.seconds_between };
                return slicedOrder({ ...common, slices, ...every, acceptablePrice: bound(), reduceOnly });
            }
        }
    };
    return { ...terms(), group: told.group ?? 0 };
}

function needed(value: number | undefined, what: string): number {
    if (value === undefined) {
        throw new OrderError(`${what} is missing: this kind of order needs it`);
    }
    return value;
}
