// Resting orders of the shown account, as they lie on chain.
import { type Orders, OrderTrigger, type RestingOrder } from '@perp-swap/client';
import { useMemo } from 'react';
import type { OwnedAccount } from '../accounts/owned';
import { useChain } from '../chain/context';
import { readOrders } from '../chain/decoded';

export interface Resting {
    /** Its place among the account's sixteen. */
    place: number;
    order: RestingOrder;
    /** Whether it sleeps until its parent is filled. */
    asleep: boolean;
    armed: boolean;
}

function restingOf(orders: Orders | null): Resting[] {
    return (orders?.state.orders ?? []).flatMap((order, place) =>
        order.slices === 0 ? [] : [{ place, order, asleep: order.parent !== 0, armed: order.fillsFrom !== 0n }],
    );
}

export function useRestingOrders(account: OwnedAccount | null): Resting[] {
    const orders = useChain((accounts) => (account ? readOrders(accounts.get(account.orders)) : null));
    return useMemo(() => restingOf(orders), [orders]);
}

/** What an order is called, by what it waits for. */
export function kindOf({
    trigger,
    trailing,
    reduceOnly,
    slices,
    secondsBetween,
    size,
    triggerPrice,
    acceptablePrice,
}: RestingOrder): string {
    if (trigger === OrderTrigger.AtTime)
        return slices > 1 || secondsBetween > 0 ? `In slices, ${slices} left` : 'Next price';
    if (trailing > 0) return 'Trailing stop';
    const worse = size > 0n === (trigger === OrderTrigger.AtOrAbove);
    if (!worse && triggerPrice === acceptablePrice) return 'Limit';
    if (worse) return reduceOnly ? 'Stop' : 'Stop entry';
    return reduceOnly ? 'Target' : 'Entry at a price';
}
