// What happened to the shown owner's accounts: fills, liquidations, and cash that moved, each with its signature.
import { useState } from 'react';
import { decimalText, dollarText, isNegative } from '../format/text';
import { formatMoment } from '../format/time';
import { type FillRow, type LiquidationRow, type TransferRow, useIndexer } from '../indexer/api';
import { CsvLink, History } from '../indexer/state';
import { Segments } from '../ui/segments';
import { Short } from '../ui/signature';
import { Table } from '../ui/table';
import { ownerOf, useSession } from '../wallet/store';

const LIMIT = 50;

const KINDS = [
    { value: 'fills', label: 'Fills' },
    { value: 'transfers', label: 'Cash' },
    { value: 'liquidations', label: 'Liquidations' },
] as const;

type Kind = (typeof KINDS)[number]['value'];

/** Gains and losses by sign and color. */
export function Amount({ text }: { text: string }) {
    const negative = isNegative(text);
    const zero = !/[1-9]/.test(text);
    return (
        <span className={zero ? 'muted' : negative ? 'short' : 'long'}>
            {zero || negative ? '' : '+'}
            {dollarText(text)}
        </span>
    );
}

function Side({ size }: { size: string }) {
    const sells = isNegative(size);
    return <span className={`badge ${sells ? 'badge-short' : 'badge-long'}`}>{sells ? '▼ Sold' : '▲ Bought'}</span>;
}

function Fills({ owner }: { owner: string }) {
    const query = useIndexer<FillRow>('/v1/fills', { owner, limit: LIMIT });
    return (
        <History query={query} empty="Nothing was filled yet.">
            {(rows) => (
                <Table
                    label="Fills"
                    rows={rows}
                    rowKey={(row, at) => `${row.signature}-${at}`}
                    columns={[
                        { label: 'Time', cell: (row) => formatMoment(row.time) },
                        { label: 'Market', cell: (row) => row.market },
                        { label: 'Side', cell: (row) => <Side size={row.size} /> },
                        { label: 'Size', number: true, cell: (row) => decimalText(row.size.replace('-', '')) },
                        { label: 'Index', number: true, cell: (row) => decimalText(row.index_price) },
                        {
                            label: 'Spread, impact',
                            number: true,
                            cell: (row) => `${dollarText(row.spread, 4)}, ${dollarText(row.impact, 4)}`,
                        },
                        { label: 'Fee', number: true, cell: (row) => dollarText(row.fee, 4) },
                        { label: 'Realized', number: true, cell: (row) => <Amount text={row.realized} /> },
                        { label: 'Funding', number: true, cell: (row) => <Amount text={row.funding} /> },
                        { label: 'By', cell: (row) => (row.order === null ? 'market order' : `order ${row.order}`) },
                        { label: 'Signature', cell: (row) => <Short text={row.signature} label="signature" /> },
                    ]}
                />
            )}
        </History>
    );
}

function Transfers({ owner }: { owner: string }) {
    const query = useIndexer<TransferRow>('/v1/transfers', { owner, limit: LIMIT });
    return (
        <History query={query} empty="No cash moved yet.">
            {(rows) => (
                <Table
                    label="Cash"
                    rows={rows}
                    rowKey={(row, at) => `${row.signature}-${at}`}
                    columns={[
                        { label: 'Time', cell: (row) => formatMoment(row.time) },
                        { label: 'What', cell: (row) => row.kind.replaceAll('_', ' ') },
                        { label: 'Market', cell: (row) => row.market ?? '—' },
                        { label: 'Amount', number: true, cell: (row) => <Amount text={row.amount} /> },
                        { label: 'Balance after', number: true, cell: (row) => dollarText(row.balance_after) },
                        { label: 'Signature', cell: (row) => <Short text={row.signature} label="signature" /> },
                    ]}
                />
            )}
        </History>
    );
}

export function Liquidations({ owner }: { owner?: string }) {
    const query = useIndexer<LiquidationRow>('/v1/liquidations', { owner, limit: LIMIT });
    return (
        <History query={query} empty={owner ? 'Nothing was liquidated.' : 'Nobody was liquidated yet.'}>
            {(rows) => (
                <Table
                    label="Liquidations"
                    rows={rows}
                    rowKey={(row, at) => `${row.signature}-${at}`}
                    columns={[
                        { label: 'Time', cell: (row) => formatMoment(row.time) },
                        { label: 'Market', cell: (row) => row.market },
                        { label: 'Owner', cell: (row) => <Short text={row.owner} label="owner" /> },
                        { label: 'Why', cell: (row) => row.reason.replaceAll('_', ' ') },
                        { label: 'Closed', number: true, cell: (row) => decimalText(row.closed.replace('-', '')) },
                        { label: 'Index', number: true, cell: (row) => decimalText(row.index_price) },
                        { label: 'Equity before', number: true, cell: (row) => dollarText(row.equity_before) },
                        { label: 'Maintenance', number: true, cell: (row) => dollarText(row.maintenance_before) },
                        { label: 'Penalty', number: true, cell: (row) => dollarText(row.penalty) },
                        { label: 'Bounty', number: true, cell: (row) => dollarText(row.bounty) },
                        { label: 'Signature', cell: (row) => <Short text={row.signature} label="signature" /> },
                    ]}
                />
            )}
        </History>
    );
}

export function Activity() {
    const owner = useSession(ownerOf);
    const [kind, setKind] = useState<Kind>('fills');
    if (owner === null)
        return <p className="empty">Connect a wallet or watch an address to see what happened to it.</p>;
    return (
        <>
            <div className="chart-bar">
                <Segments label="What is listed" choices={KINDS} value={kind} onChange={setKind} />
                <CsvLink path={`/v1/${kind}`} parameters={{ owner }} />
            </div>
            {kind === 'fills' && <Fills owner={owner} />}
            {kind === 'transfers' && <Transfers owner={owner} />}
            {kind === 'liquidations' && <Liquidations owner={owner} />}
        </>
    );
}
