// The cascade map: what a move of the price would liquidate, over every margin account of the exchange.
import { ACCOUNTS, findAccounts, snapshotFrom } from '@perp-swap/client';
import { type CascadeView, loadSnapshot } from '@perp-swap/client/engine';
import { useQuery } from '@tanstack/react-query';
import { type Connection, useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { itemsOf } from '../engine/hooks';
import { startEngine } from '../engine/world';
import { formatPpm, formatPrice, formatSize } from '../format/units';
import { Meter } from '../ui/stat';
import { Table } from '../ui/table';

const EXCHANGE_OFFSET = 8n;
const AGAIN_MILLISECONDS = 15_000;

/** Every account in an engine of its own, asked once. */
async function cascade({ rpc, store, directory }: Connection, entry: MarketEntry): Promise<readonly CascadeView[]> {
    const filters = [{ offset: EXCHANGE_OFFSET, address: directory.exchange }];
    const [engine, snapshot, found] = await Promise.all([
        startEngine(),
        snapshotFrom(store.all, directory.exchange),
        findAccounts(rpc, ACCOUNTS.marginAccount, filters),
    ]);
    loadSnapshot(
        engine,
        snapshot,
        found.map((account) => ({ account })),
    );
    return itemsOf(engine.ask('cascade', { market: BigInt(entry.index) }));
}

export function CascadeMap({ entry }: { entry: MarketEntry }) {
    const connection = useConnection();
    const { data, error } = useQuery({
        queryKey: ['cascade', entry.address],
        queryFn: () => cascade(connection, entry),
        refetchInterval: AGAIN_MILLISECONDS,
    });
    if (error) return <p className="empty">The accounts cannot be read: {error.message}</p>;
    if (!data) return <p className="empty">Reading every account…</p>;
    const interests = data.flatMap(({ longInterest, shortInterest }) => [longInterest, shortInterest]);
    const most = interests.reduce((largest, interest) => (interest > largest ? interest : largest), 0n);
    return (
        <Table
            label={`Cascade of ${entry.symbol}`}
            rows={data}
            rowKey={({ change }) => change.toString()}
            columns={[
                {
                    label: 'Move',
                    number: true,
                    cell: ({ change }) => `${change > 0n ? '+' : ''}${formatPpm(change, 0)}`,
                },
                { label: 'Price', number: true, cell: ({ price }) => formatPrice(price, entry.scale) },
                { label: 'Accounts', number: true, cell: ({ accounts }) => accounts.toString() },
                {
                    label: 'Longs liquidated',
                    number: true,
                    cell: ({ longInterest }) => `${formatSize(longInterest, entry.scale)} ${entry.base}`,
                },
                {
                    label: 'Shorts liquidated',
                    number: true,
                    cell: ({ shortInterest }) => `${formatSize(shortInterest, entry.scale)} ${entry.base}`,
                },
                {
                    label: 'Of the most',
                    cell: ({ longInterest, shortInterest }) => (
                        <>
                            <Meter part={longInterest} whole={most} color="var(--long)" />
                            <Meter part={shortInterest} whole={most} color="var(--short)" />
                        </>
                    ),
                },
            ]}
        />
    );
}
