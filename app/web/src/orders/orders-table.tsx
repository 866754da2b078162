import { anyPrice, MAX_SIZE, OrderTrigger } from '@perp-swap/client';
import { useState } from 'react';
import { useShownAccount } from '../accounts/owned';
import { useClock, useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { formatMoment, formatSpanTo } from '../format/time';
import { formatPpm, formatPrice, formatSize, magnitude } from '../format/units';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { placeWish } from '../transactions/wishes';
import { Table } from '../ui/table';
import { mayAct, useSession } from '../wallet/store';
import { EditOrderDialog } from './edit-order-dialog';
import { kindOf, type Resting, useRestingOrders } from './resting';

function waitsFor({ order, asleep, armed }: Resting, entry: MarketEntry, now: bigint): string {
    if (asleep) return 'its entry to be filled';
    if (armed)
        return order.fillsFrom > now ? `its price, in ${formatSpanTo(order.fillsFrom, now)}` : 'whoever fills it';
    if (order.trigger === OrderTrigger.AtTime) {
        return order.activeFrom > now ? `its time, in ${formatSpanTo(order.activeFrom, now)}` : 'whoever arms it';
    }
    const side = order.trigger === OrderTrigger.AtOrAbove ? '≥' : '≤';
    if (order.trailing > 0) {
        const best = order.best === 0n ? 'not seen yet' : formatPrice(order.best, entry.scale);
        return `${formatPpm(order.trailing)} from the best, ${best}`;
    }
    return `index ${side} ${formatPrice(order.triggerPrice, entry.scale)}`;
}

function State({ asleep, armed }: Resting) {
    if (armed) return <span className="badge badge-accent">armed</span>;
    return asleep ? <span className="badge">asleep</span> : <span className="badge">waiting</span>;
}

export function OrdersTable() {
    const { directory } = useConnection();
    const account = useShownAccount();
    const resting = useRestingOrders(account);
    const { now } = useClock();
    const acts = useSession(mayAct);
    const busy = useBusy();
    const send = useSend();
    const [editing, setEditing] = useState<Resting | null>(null);
    if (!account || resting.length === 0) {
        return <p className="empty">No order waits. Limits, stops and targets are placed in the order ticket.</p>;
    }
    const entryOf = (market: number) =>
        directory.markets.find(({ index }) => index === market) ?? directory.markets[0]!;
    const cancel = (orders: Resting[], title: string) => {
        // What sleeps goes with its parent, so only what is awake is named.
        const places = orders.filter(
            ({ asleep, order }) => !asleep || !orders.some(({ place }) => place === order.parent - 1),
        );
        const market = entryOf(orders[0]!.order.market);
        const placement = { cancel: places.map(({ place }) => place), orders: [] };
        void send(placeWish(directory, market, account, placement, title));
    };
    const cancellable = resting.filter(({ armed }) => !armed);
    return (
        <>
            <Table
                label="Resting orders"
                rows={resting}
                rowKey={({ place }) => place}
                columns={[
                    { label: 'Market', cell: ({ order }) => entryOf(order.market).symbol },
                    {
                        label: 'Order',
                        cell: ({ order }) => (
                            <>
                                <span className={order.size > 0n ? 'long' : 'short'}>
                                    {order.size > 0n ? '▲ Buy' : '▼ Sell'}
                                </span>{' '}
                                {kindOf(order)}
                                {order.group !== 0 && <span className="sub">one of group {order.group}</span>}
                            </>
                        ),
                    },
                    {
                        label: 'Size',
                        number: true,
                        cell: ({ order }) => {
                            const size = magnitude(order.size);
                            // More than a position can be stands for all of it.
                            if (order.reduceOnly && size > MAX_SIZE) return 'whole position';
                            return formatSize(size, entryOf(order.market).scale);
                        },
                    },
                    {
                        label: 'Waits for',
                        cell: (one) => (
                            <>
                                {waitsFor(one, entryOf(one.order.market), now)}
                                <span className="sub">
                                    <State {...one} />
                                </span>
                            </>
                        ),
                    },
                    {
                        label: 'Worst price',
                        number: true,
                        cell: ({ order }) =>
                            order.acceptablePrice === anyPrice(order.size)
                                ? 'any'
                                : formatPrice(order.acceptablePrice, entryOf(order.market).scale),
                    },
                    {
                        label: 'Expires',
                        cell: ({ order }) => (order.expires === 0n ? 'never' : formatMoment(order.expires)),
                    },
                    {
                        label: '',
                        wide: true,
                        cell: (one) => (
                            <div className="buttons">
                                {one.order.triggerPrice > 0n && (
                                    <button
                                        type="button"
                                        className="button button-small"
                                        aria-haspopup="dialog"
                                        disabled={!acts || busy || one.armed}
                                        onClick={() => setEditing(one)}
                                    >
                                        Edit
                                    </button>
                                )}
                                <button
                                    type="button"
                                    className="button button-small"
                                    disabled={!acts || busy || one.armed}
                                    title={
                                        one.armed ? 'An armed order is filled or falls back within seconds' : undefined
                                    }
                                    onClick={() => cancel([one], `Cancel order ${one.order.number}`)}
                                >
                                    Cancel
                                </button>
                            </div>
                        ),
                    },
                ]}
            />
            {acts && cancellable.length > 1 && (
                <div className="panel-body">
                    <button
                        type="button"
                        className="button button-small"
                        disabled={busy}
                        onClick={() => cancel(cancellable, `Cancel all ${cancellable.length} orders`)}
                    >
                        Cancel all {cancellable.length}
                    </button>
                </div>
            )}
            {editing && <EditOrderDialog account={account} resting={editing} onClose={() => setEditing(null)} />}
        </>
    );
}
