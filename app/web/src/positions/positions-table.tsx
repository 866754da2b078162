// What the account holds, market by market, with what can be done about it.

import type { PositionView } from '@perp-swap/client/engine';
import { useState } from 'react';
import { type OwnedAccount, useShownAccount } from '../accounts/owned';
import { TransferDialog } from '../accounts/transfer-dialog';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { usePositions, useRedeemable } from '../engine/hooks';
import { formatMoney, formatPpm, formatPrice, formatSize, magnitude, negated } from '../format/units';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { redeemWish, settleFundingWish, settleWish, waiveWish } from '../transactions/wishes';
import { type Column, Table } from '../ui/table';
import { mayAct, useSession } from '../wallet/store';
import { CloseDialog } from './close-dialog';
import { ProtectDialog } from './protect-dialog';

export function Signed({ atoms, decimals }: { atoms: bigint; decimals: number }) {
    const text = formatMoney(atoms, decimals, { plus: true });
    const tone = text.startsWith('−') ? 'short' : text.startsWith('+') ? 'long' : 'muted';
    return <span className={tone}>{text}</span>;
}

interface ActionsProps {
    position: PositionView;
    entry: MarketEntry;
    account: OwnedAccount;
    onClose: () => void;
    onProtect: () => void;
    onAddMargin: () => void;
}

function Actions({ position, entry, account, onClose, onProtect, onAddMargin }: ActionsProps) {
    const { directory } = useConnection();
    const acts = useSession(mayAct);
    const busy = useBusy();
    const send = useSend();
    const off = !acts || busy;
    const small = 'button button-small';
    return (
        <div className="buttons">
            {position.size !== 0n && (
                <>
                    <button type="button" className={small} disabled={off} aria-haspopup="dialog" onClick={onClose}>
                        Close
                    </button>
                    <button type="button" className={small} disabled={off} aria-haspopup="dialog" onClick={onProtect}>
                        Protect
                    </button>
                    <button type="button" className={small} disabled={off} aria-haspopup="dialog" onClick={onAddMargin}>
                        Add margin
                    </button>
                    <button
                        type="button"
                        className={small}
                        disabled={off}
                        title="Profit counts for opening and withdrawing once it is cash"
                        onClick={() => void send(settleWish(directory, entry, account))}
                    >
                        Turn into cash
                    </button>
                </>
            )}
            {position.claim > position.claimUnfunded && (
                <button
                    type="button"
                    className={small}
                    disabled={off}
                    onClick={() => void send(redeemWish(directory, entry, account))}
                >
                    Redeem
                </button>
            )}
            {position.size === 0n && position.debt > 0n && (
                <button
                    type="button"
                    className={small}
                    disabled={off}
                    title="Pays the debt out of your balance"
                    onClick={() => void send(settleFundingWish(directory, entry, account))}
                >
                    Pay the debt
                </button>
            )}
            {position.size === 0n && position.claim > 0n && (
                <button
                    type="button"
                    className={small}
                    disabled={off}
                    onClick={() => void send(waiveWish(directory, entry, account))}
                >
                    Give up
                </button>
            )}
        </div>
    );
}

function Claim({ account, market, claim }: { account: OwnedAccount; market: MarketEntry; claim: bigint }) {
    const { quoteDecimals } = market.scale;
    const redeemed = useRedeemable(account.address, BigInt(market.index))?.redeemed ?? 0n;
    return (
        <p className="notice notice-warn">
            {market.symbol} owes you {formatMoney(claim, quoteDecimals)}: profit that it could not pay yet. It is paid
            pro rata as its backing recovers; {formatMoney(redeemed, quoteDecimals)} can be redeemed now.
        </p>
    );
}

/** Claims and debts in words: what each is, and what becomes of it. */
function Notes({
    account,
    positions,
    entryOf,
}: {
    account: OwnedAccount;
    positions: readonly PositionView[];
    entryOf: (market: bigint) => MarketEntry;
}) {
    const owed = positions.filter(({ claim }) => claim > 0n);
    const owing = positions.filter(({ debt }) => debt > 0n);
    if (owed.length + owing.length === 0) return null;
    return (
        <div className="panel-body rows">
            {owed.map(({ market, claim }) => (
                <Claim key={`claim-${market}`} account={account} market={entryOf(market)} claim={claim} />
            ))}
            {owing.map(({ market, debt }) => {
                const { symbol, scale } = entryOf(market);
                return (
                    <p key={`debt-${market}`} className="notice notice-bad">
                        You owe {symbol} {formatMoney(debt, scale.quoteDecimals)}: a loss beyond your cash. Until it is
                        paid you neither increase nor withdraw; a deposit and turning profit into cash pay it.
                    </p>
                );
            })}
        </div>
    );
}

/** Shown where there is a claim or a debt at all. */
const claimOrDebt = (quoteDecimals: number): Column<PositionView> => ({
    label: 'Claim, debt',
    number: true,
    cell: ({ claim, debt }) =>
        claim > 0n
            ? `claim ${formatMoney(claim, quoteDecimals)}`
            : debt > 0n
              ? `debt ${formatMoney(debt, quoteDecimals)}`
              : '—',
});

export function PositionsTable() {
    const { directory } = useConnection();
    const account = useShownAccount();
    const positions = usePositions(account?.address ?? null);
    const [closing, setClosing] = useState<PositionView | null>(null);
    const [protecting, setProtecting] = useState<PositionView | null>(null);
    const [adding, setAdding] = useState(false);
    if (!account) {
        return (
            <p className="empty">
                No account is shown. Connect a wallet, or watch any address: nothing needs a signature.
            </p>
        );
    }
    if (positions === null || positions.length === 0) {
        return <p className="empty">{positions ? 'No position is open.' : 'Asking the engine…'}</p>;
    }
    const entryOf = (market: bigint) =>
        directory.markets.find(({ index }) => BigInt(index) === market) ?? directory.markets[0]!;
    const { quoteDecimals } = directory;
    const isOwing = positions.some(({ claim, debt }) => claim > 0n || debt > 0n);
    return (
        <>
            <Table
                label="Positions"
                rows={positions}
                rowKey={({ market }) => market.toString()}
                columns={[
                    {
                        label: 'Market',
                        cell: ({ market, size }) => (
                            <>
                                <strong>{entryOf(market).symbol}</strong>
                                <span className={`sub ${size > 0n ? 'long' : size < 0n ? 'short' : ''}`}>
                                    {size > 0n ? '▲ Long' : size < 0n ? '▼ Short' : 'Closed'}
                                </span>
                            </>
                        ),
                    },
                    {
                        label: 'Size',
                        number: true,
                        cell: ({ market, size, notional }) => (
                            <>
                                {formatSize(size, entryOf(market).scale)} {entryOf(market).base}
                                <span className="sub">{formatMoney(notional, quoteDecimals)}</span>
                            </>
                        ),
                    },
                    {
                        label: 'Entry',
                        number: true,
                        cell: ({ market, size, entryPrice }) =>
                            size === 0n ? '—' : formatPrice(entryPrice, entryOf(market).scale),
                    },
                    {
                        label: 'Profit and loss',
                        number: true,
                        cell: ({ profit, maintenanceMargin }) => (
                            <>
                                <Signed atoms={profit} decimals={quoteDecimals} />
                                <span className="sub">margin {formatMoney(maintenanceMargin, quoteDecimals)}</span>
                            </>
                        ),
                    },
                    {
                        label: 'Funding',
                        number: true,
                        cell: ({ funding, fundingOwed }) => (
                            <>
                                <Signed atoms={funding} decimals={quoteDecimals} />
                                <span className="sub">
                                    {formatMoney(negated(fundingOwed), quoteDecimals, { plus: true })} unsettled
                                </span>
                            </>
                        ),
                    },
                    {
                        label: 'Liquidated at',
                        number: true,
                        cell: ({ market, liquidationPrice, distance }) =>
                            liquidationPrice === 0n ? (
                                'none'
                            ) : (
                                <>
                                    {formatPrice(liquidationPrice, entryOf(market).scale)}
                                    <span className="sub">{formatPpm(magnitude(distance), 1)} away</span>
                                </>
                            ),
                    },
                    ...(isOwing ? [claimOrDebt(quoteDecimals)] : []),
                    {
                        label: '',
                        wide: true,
                        cell: (position) => (
                            <Actions
                                position={position}
                                entry={entryOf(position.market)}
                                account={account}
                                onClose={() => setClosing(position)}
                                onProtect={() => setProtecting(position)}
                                onAddMargin={() => setAdding(true)}
                            />
                        ),
                    },
                ]}
            />
            <Notes account={account} positions={positions} entryOf={entryOf} />
            {closing && (
                <CloseDialog
                    position={closing}
                    entry={entryOf(closing.market)}
                    account={account}
                    onClose={() => setClosing(null)}
                />
            )}
            {protecting && (
                <ProtectDialog
                    position={protecting}
                    entry={entryOf(protecting.market)}
                    account={account}
                    onClose={() => setProtecting(null)}
                />
            )}
            {adding && <TransferDialog kind="deposit" onClose={() => setAdding(false)} />}
        </>
    );
}
