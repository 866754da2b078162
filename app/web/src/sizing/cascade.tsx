// The cascade map: what a move of the price would liquidate, over every margin account of the exchange.
import { ACCOUNTS, findAccounts, readEncoded } from '@perp-swap/client';
import { useQuery } from '@tanstack/react-query';
import type { Connection } from '../chain/context';
import { useConnection } from '../chain/context';
import { CLOCK, readClock } from '../chain/decoded';
import type { MarketEntry } from '../chain/directory';
import { chainStore } from '../chain/store';
import type { CascadeView } from '../engine/generated';
import { startEngine } from '../engine/start';
import { formatPpm, formatPrice, formatSize } from '../format/units';
import { Meter } from '../ui/stat';
import { Table } from '../ui/table';

const EXCHANGE_OFFSET = 8n;
const AGAIN_MILLISECONDS = 15_000;

/** Every account in an engine of its own, asked once. */
async function cascade({ feed, directory }: Connection, entry: MarketEntry): Promise<CascadeView[]> {
    const filters = [{ offset: EXCHANGE_OFFSET, address: directory.exchange }];
    const [engine, found] = await Promise.all([startEngine(), findAccounts(feed.rpc, ACCOUNTS.marginAccount, filters)]);
    const { accounts } = chainStore.getState();
    const clock = readClock(accounts.get(CLOCK));
    if (clock) engine.setClock(clock.now, clock.slot);
    for (const address of [directory.exchange, directory.pool, ...directory.markets.map((market) => market.address)]) {
        const bytes = accounts.get(address)?.bytes;
        if (bytes) engine.load(0, bytes);
    }
    const encoded = await readEncoded(
        feed.rpc,
        found.map(({ address }) => address),
    );
    let number = 0;
    for (const { data } of encoded.values()) {
        engine.load(number, Uint8Array.from(data));
        number += 1;
    }
    const asked = engine.ask('cascade', { market: BigInt(entry.index) });
    return asked.refused === null ? asked.items : [];
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
    const total = data.reduce((most, { longInterest, shortInterest }) => {
        const sum = longInterest + shortInterest;
        return sum > most ? sum : most;
    }, 0n);
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
                        <Meter part={longInterest + shortInterest} whole={total} color="var(--short)" />
                    ),
                },
            ]}
        />
    );
}
