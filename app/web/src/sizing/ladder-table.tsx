// What a move of the price would make of the account, step by step.

import type { RungView } from '@perp-swap/client/engine';
import { useShownAccount } from '../accounts/owned';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { itemsOf, useAsked, useNumber } from '../engine/hooks';
import { formatMoney, formatPpm, formatPrice, formatShare } from '../format/units';
import { Signed } from '../positions/positions-table';
import { Table } from '../ui/table';

function State({ equity, maintenanceMargin }: RungView) {
    if (equity < maintenanceMargin) return <span className="badge badge-short">liquidated</span>;
    return (
        <span className="badge">
            {maintenanceMargin === 0n ? 'no margin' : formatShare(equity, maintenanceMargin, 0)}
        </span>
    );
}

export function LadderTable({ entry }: { entry: MarketEntry }) {
    const { quoteDecimals } = useConnection().directory;
    const account = useShownAccount();
    const number = useNumber(account?.address ?? null);
    const asked = useAsked(
        'ladder',
        account === null || number === null ? null : { account: number, market: BigInt(entry.index) },
        [],
    );
    const rungs = itemsOf(asked);
    if (!account || rungs.length === 0) {
        return (
            <p className="empty">
                With a position, this shows what every move of {entry.base} would make of the account.
            </p>
        );
    }
    return (
        <Table
            label="Profit by price"
            rows={rungs}
            rowKey={({ change }) => change.toString()}
            columns={[
                {
                    label: 'Move',
                    number: true,
                    cell: ({ change }) => `${change > 0n ? '+' : ''}${formatPpm(change, 0)}`,
                },
                { label: 'Price', number: true, cell: ({ price }) => formatPrice(price, entry.scale) },
                {
                    label: 'Profit',
                    number: true,
                    cell: ({ profit }) => <Signed atoms={profit} decimals={quoteDecimals} />,
                },
                { label: 'Equity', number: true, cell: ({ equity }) => formatMoney(equity, quoteDecimals) },
                {
                    label: 'Maintenance',
                    number: true,
                    cell: ({ maintenanceMargin }) => formatMoney(maintenanceMargin, quoteDecimals),
                },
                { label: 'Health', cell: (rung) => <State {...rung} /> },
            ]}
        />
    );
}
