// Accounts in words and decimal numbers, for whoever reads JSON. Numbers are texts: nothing rounds them.
import {
    ANY_PRICE_BUY,
    ANY_PRICE_SELL,
    formatAtoms,
    formatDecimal,
    formatPrice,
    formatSize,
    type Market,
    type Orders,
    OrderTrigger,
    RATE_BITS,
    type Snapshot,
    X40_BITS,
} from '@perp-swap/client';
import type { Account } from '@solana/kit';
import { symbolOf } from './world.js';

/** Unix seconds as a date, `null` for never. */
export function showTime(seconds: bigint): string | null {
    return seconds === 0n ? null : new Date(Number(seconds) * 1_000).toISOString();
}

/** A share in parts per million, in percent. */
export function showPercent(ppm: number): string {
    return formatDecimal({ mantissa: BigInt(ppm), scale: 4 });
}

const RATE_PLACES = 8;

/** A rate in 2^-60 per second, in percent an hour, cut off after eight decimals. */
export function showRate(rate: bigint): string {
    const percentAnHour = (rate * 3_600n * 100n * 10n ** BigInt(RATE_PLACES)) / (1n << BigInt(RATE_BITS));
    return formatDecimal({ mantissa: percentAnHour, scale: RATE_PLACES });
}

/** An exact amount in 2^-40 atoms in whole atoms, rounded up. */
export function wholeAtoms(x40: bigint): bigint {
    return -(-x40 >> BigInt(X40_BITS));
}

/** An exact amount in 2^-40 atoms, in whole atoms rounded up, as an amount of the quote token. */
export function showExact(x40: bigint, quoteDecimals: number): string {
    return formatAtoms(wholeAtoms(x40), quoteDecimals);
}

/** A market as it stands. */
export function showMarket(market: Account<Market>, world: Snapshot): Record<string, unknown> {
    const { state } = market.data;
    const { price, ledger, parameters } = state;
    const [long, short] = ledger.sides.map((side) => formatSize(side.openInterest, state));
    const now = world.clock.unixTimestamp;
    return {
        market: symbolOf(market),
        index: state.index,
        address: market.address,
        price: formatPrice(price.price, state),
        confidence: formatPrice(price.confidence, state),
        price_published: showTime(price.published),
        price_age_seconds: price.published === 0n ? null : (now - price.published).toString(),
        oracle_outage_reported: showTime(price.outageSince),
        open_interest: { long, short, cap_of_a_side: formatSize(parameters.openInterestCap, state) },
        funding_rate_percent_an_hour: showRate(ledger.fundingRate),
        who_pays_funding: ledger.fundingRate === 0n ? 'nobody' : ledger.fundingRate > 0n ? 'longs' : 'shorts',
        taker_fee_percent: showPercent(parameters.takerFee),
        taker_fee_percent_of_what_balances: showPercent(parameters.takerFeeRebalancing),
        base_margin_percent: showPercent(parameters.baseMargin),
        smallest_position: formatAtoms(parameters.minimumPosition, state.quoteDecimals),
        isolated_accounts_only: parameters.isolatedOnly === 1,
        reduce_only_until: showTime(state.reduceOnly.until > now ? state.reduceOnly.until : 0n),
        backing: formatAtoms(ledger.backing, state.quoteDecimals),
    };
}

const TRIGGERS: Record<OrderTrigger, string> = {
    [OrderTrigger.AtTime]: 'at a time',
    [OrderTrigger.AtOrAbove]: 'at or above',
    [OrderTrigger.AtOrBelow]: 'at or below',
};

/** Resting orders with their places. */
export function showOrders(orders: Orders['state'], world: Snapshot): Record<string, unknown>[] {
    return orders.orders.flatMap((order, place) => {
        if (order.number === 0n) {
            return [];
        }
        const market = world.markets[order.market];
        if (market === undefined) {
            return [];
        }
        const { state } = market.data;
        return [
            {
                place,
                number: order.number.toString(),
                market: symbolOf(market),
                size: formatSize(order.size, state),
                trigger: TRIGGERS[order.trigger as OrderTrigger] ?? order.trigger,
                trigger_price: order.triggerPrice === 0n ? null : formatPrice(order.triggerPrice, state),
                trailing_percent: order.trailing === 0 ? null : showPercent(order.trailing),
                acceptable_price: showBound(order.acceptablePrice, order.size, market),
                reduce_only: order.reduceOnly === 1,
                armed_fills_from: showTime(order.fillsFrom),
                active_from: showTime(order.activeFrom),
                expires: showTime(order.expires),
                slices_left: order.slices,
                group: order.group,
                lamports: order.lamports.toString(),
            },
        ];
    });
}

/** A worst price; `null` where any is accepted. */
function showBound(price: bigint, size: bigint, { data }: Account<Market>): string | null {
    const isAny = size > 0n ? price === ANY_PRICE_BUY : price === ANY_PRICE_SELL;
    return isAny ? null : formatPrice(price, data.state);
}
