import { useMemo, useState } from 'react';
import { Redirect } from 'wouter';
import { AccountPanel } from '../accounts/account-panel';
import { type OwnedAccount, useShownAccount } from '../accounts/owned';
import { Activity } from '../activity/activity';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { coordinate } from '../chart/candles';
import { ChartPanel } from '../chart/chart-panel';
import type { Level } from '../chart/price-chart';
import { usePositions } from '../engine/hooks';
import { MarketHeader } from '../markets/market-header';
import { EditOrderDialog } from '../orders/edit-order-dialog';
import { OrdersTable } from '../orders/orders-table';
import { kindOf, type Resting, useRestingOrders } from '../orders/resting';
import { PositionsTable } from '../positions/positions-table';
import { CascadeMap } from '../sizing/cascade';
import { LadderTable } from '../sizing/ladder-table';
import { Ticket } from '../ticket/ticket';
import { Tabs } from '../ui/tabs';

/** Places of a price that was dragged to. */
const DRAGGED_PLACES = 2;

type Dragged = { resting: Resting; price: string };

/** What matters to the account in this market, as lines of the chart. */
function useLevels(
    entry: MarketEntry,
    account: OwnedAccount | null,
    resting: readonly Resting[],
    onMove: (dragged: Dragged) => void,
) {
    const positions = usePositions(account?.address ?? null);
    const position = positions?.find(({ market }) => market === BigInt(entry.index));
    return useMemo(() => {
        const levels: Level[] = [];
        const at = (price: bigint) => coordinate(price, entry.scale);
        if (position && position.size !== 0n) {
            levels.push({ id: 'entry', title: 'Entry', price: at(position.entryPrice), color: 'accent' });
            if (position.liquidationPrice !== 0n) {
                levels.push({
                    id: 'liquidation',
                    title: 'Liquidation',
                    price: at(position.liquidationPrice),
                    color: 'warn',
                });
            }
        }
        for (const one of resting) {
            if (one.order.market !== entry.index || one.order.triggerPrice === 0n) continue;
            levels.push({
                id: `order-${one.place}`,
                title: `${kindOf(one.order)} ${one.order.size > 0n ? '▲' : '▼'}`,
                price: at(one.order.triggerPrice),
                color: one.order.size > 0n ? 'long' : 'short',
                onMove:
                    one.armed || one.asleep
                        ? undefined
                        : (price) => onMove({ resting: one, price: price.toFixed(DRAGGED_PLACES) }),
            });
        }
        return levels;
    }, [entry, position, resting, onMove]);
}

function Desk({ entry }: { entry: MarketEntry }) {
    const account = useShownAccount();
    const resting = useRestingOrders(account);
    const [dragged, setDragged] = useState<Dragged | null>(null);
    const levels = useLevels(entry, account, resting, setDragged);
    const open = account?.data.state.positions.filter(({ occupied }) => occupied === 1).length ?? 0;
    return (
        <div className="desk">
            <h1 className="sr-only">{entry.symbol}</h1>
            <MarketHeader entry={entry} />
            <ChartPanel entry={entry} levels={levels} />
            <div className="desk-side">
                <Ticket key={entry.symbol} entry={entry} />
                <AccountPanel />
            </div>
            <section className="panel desk-tables" aria-label="Positions, orders, activity">
                <Tabs
                    label="Positions, orders, activity"
                    tabs={[
                        { value: 'positions', label: 'Positions', count: open, content: <PositionsTable /> },
                        { value: 'orders', label: 'Orders', count: resting.length, content: <OrdersTable /> },
                        { value: 'ladder', label: 'Profit by price', content: <LadderTable entry={entry} /> },
                        { value: 'cascade', label: 'Cascade', content: <CascadeMap entry={entry} /> },
                        { value: 'activity', label: 'Activity', content: <Activity /> },
                    ]}
                />
            </section>
            {dragged && account && (
                <EditOrderDialog
                    account={account}
                    resting={dragged.resting}
                    price={dragged.price}
                    onClose={() => setDragged(null)}
                />
            )}
        </div>
    );
}

/** The desk: one market, its chart, the order ticket, and what the account holds. */
export function TradePage({ symbol }: { symbol: string }) {
    const { directory } = useConnection();
    const entry = directory.markets.find((market) => market.symbol === symbol);
    return entry ? <Desk entry={entry} /> : <Redirect to="/trade" replace />;
}
