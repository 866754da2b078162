// Who made most and who traded most, from the lifetime counters that the chain itself keeps for every margin account.

import type { Address } from '@solana/kit';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { Amount } from '../activity/activity';
import { dollarText } from '../format/text';
import { type LeaderRow, useIndexer } from '../indexer/api';
import { CsvLink, History } from '../indexer/state';
import { Segments } from '../ui/segments';
import { Short } from '../ui/signature';
import { Table } from '../ui/table';
import { session } from '../wallet/store';

const ORDERS = [
    { value: 'net', label: 'Net result' },
    { value: 'volume', label: 'Volume' },
    { value: 'trades', label: 'Trades' },
] as const;

type Order = (typeof ORDERS)[number]['value'];

export default function LeaderboardPage() {
    const [by, setBy] = useState<Order>('net');
    const [, navigate] = useLocation();
    const query = useIndexer<LeaderRow>('/v1/leaderboard', { by, limit: 100 });
    return (
        <div className="page">
            <header className="page-intro">
                <h1>Leaderboard</h1>
                <p>
                    Owners by what all their margin accounts have counted since they were opened: realized profit and
                    funding, less fees and penalties, and bounties. Open profit and loss is not in it.
                </p>
            </header>
            <section className="panel">
                <div className="panel-head">
                    <Segments label="Order" choices={ORDERS} value={by} onChange={setBy} />
                    <CsvLink path="/v1/leaderboard" parameters={{ by }} />
                </div>
                <History query={query} empty="Nobody has traded yet.">
                    {(rows) => (
                        <Table
                            label="Leaderboard"
                            rows={rows}
                            rowKey={(row) => row.owner}
                            columns={[
                                { label: '#', cell: (row) => row.rank },
                                { label: 'Owner', cell: (row) => <Short text={row.owner} label="owner" /> },
                                { label: 'Net', number: true, cell: (row) => <Amount text={row.net} /> },
                                { label: 'Realized', number: true, cell: (row) => <Amount text={row.realized} /> },
                                { label: 'Funding', number: true, cell: (row) => <Amount text={row.funding} /> },
                                { label: 'Fees', number: true, cell: (row) => dollarText(row.fees) },
                                { label: 'Penalties', number: true, cell: (row) => dollarText(row.penalties) },
                                { label: 'Volume', number: true, cell: (row) => dollarText(row.volume, 0) },
                                { label: 'Trades', number: true, cell: (row) => row.trades },
                                {
                                    label: '',
                                    cell: (row) => (
                                        <button
                                            type="button"
                                            className="button button-small"
                                            onClick={() => {
                                                session.setState({ watched: row.owner as Address, subAccount: 0 });
                                                navigate('/trade');
                                            }}
                                        >
                                            Watch
                                        </button>
                                    ),
                                },
                            ]}
                        />
                    )}
                </History>
            </section>
        </div>
    );
}
