// The shown owner's requests to the pool that are not paid yet.
import { ACCOUNTS, findAccounts, RequestKind } from '@perp-swap/client';
import { useQuery } from '@tanstack/react-query';
import { ownedBy } from '../accounts/owned';
import { useConnection } from '../chain/context';
import { formatRatio } from '../format/decimal';
import { formatMoment } from '../format/time';
import { formatMoney } from '../format/units';
import { Short } from '../ui/signature';
import { Table } from '../ui/table';
import { ownerOf, useSession } from '../wallet/store';

export function Requests() {
    const { feed, directory } = useConnection();
    const owner = useSession(ownerOf);
    const { data } = useQuery({
        queryKey: ['requests', directory.exchange, owner],
        queryFn: () => findAccounts(feed.rpc, ACCOUNTS.liquidityRequest, ownedBy(directory.exchange, owner!)),
        enabled: owner !== null,
    });
    if (!data || data.length === 0) return null;
    const { quoteDecimals } = directory;
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Your requests</h2>
                <span className="muted">paid by anybody, once their boundary is closed</span>
            </div>
            <Table
                label="Your requests"
                rows={data}
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
                                : `${formatRatio(state.amount, 10n ** BigInt(quoteDecimals), { places: 2 })} shares`,
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
