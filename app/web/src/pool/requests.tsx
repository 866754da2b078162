// The shown owner's requests to the pool that are not paid yet.
import { RequestKind } from '@perp-swap/client';
import { useRequests } from '../accounts/owned';
import { useConnection } from '../chain/context';
import { formatMoment } from '../format/time';
import { formatMoney, formatShares } from '../format/units';
import { Short } from '../ui/signature';
import { Table } from '../ui/table';

export function Requests() {
    const { directory } = useConnection();
    const requests = useRequests();
    if (requests.length === 0) return null;
    const { quoteDecimals } = directory;
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Your requests</h2>
                <span className="muted">paid by anybody, once their boundary is closed</span>
            </div>
            <Table
                label="Your requests"
                rows={requests}
                rowKey={({ address }) => address}
                columns={[
                    {
                        label: 'Way',
                        cell: ({ data: { kind } }) => (kind === RequestKind.Deposit ? 'Enter' : 'Leave'),
                    },
                    {
                        label: 'Amount',
                        number: true,
                        cell: ({ data: { kind, state } }) =>
                            kind === RequestKind.Deposit
                                ? formatMoney(state.amount, quoteDecimals)
                                : `${formatShares(state.amount, quoteDecimals)} shares`,
                    },
                    {
                        label: 'Belongs to the boundary from',
                        cell: ({ data: { state } }) => formatMoment(state.belongsFrom),
                    },
                    { label: 'Request', cell: ({ address }) => <Short text={address} label="request" /> },
                ]}
            />
        </section>
    );
}
