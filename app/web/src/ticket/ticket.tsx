// The order ticket: what to trade and how, what it would do, and one button.
import { anyPrice, formatSize as formatClientSize, ORDER_TIP_LAMPORTS, type OrderTerms } from '@perp-swap/client';
import type { PlacementView } from '@perp-swap/client/engine';
import { useReducer, useState } from 'react';
import { TransferDialog } from '../accounts/transfer-dialog';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { formatLamports, formatPrice, formatSize } from '../format/units';
import { WalletDialog } from '../shell/wallet-button';
import { SizingDialog } from '../sizing/sizing-dialog';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { placeWish, tradeWish } from '../transactions/wishes';
import { NumberField } from '../ui/field';
import { Segments } from '../ui/segments';
import { Row } from '../ui/stat';
import { mayAct, useSession } from '../wallet/store';
import { signed } from './amounts';
import { Receipt, Refused } from './receipt';
import {
    changeTicket,
    EMPTY_TICKET,
    type Expiry,
    type OrderKind,
    onlyReduces,
    type SizeUnit,
    type TicketState,
} from './state';
import { type TicketOrder, useOrder } from './use-order';

const KINDS: readonly [OrderKind, string][] = [
    ['market', 'Market'],
    ['limit', 'Limit'],
    ['stop', 'Stop'],
    ['target', 'Target'],
    ['trailing', 'Trailing stop'],
    ['ladder', 'Ladder of limits'],
    ['twap', 'In slices (TWAP)'],
    ['next', 'At the next price'],
];

const EXPIRIES: readonly [Expiry, string][] = [
    ['never', 'Until cancelled'],
    ['hour', 'An hour'],
    ['day', 'A day'],
    ['week', 'A week'],
];

const SHARES = ['25', '50', '75', '100'];

type Change = (change: Partial<TicketState>) => void;

interface PartProps {
    state: TicketState;
    change: Change;
    entry: MarketEntry;
    order: TicketOrder;
}

function SizeField({ state, change, entry, order }: PartProps) {
    const { largest, size, sizeProblem } = order;
    const [sizing, setSizing] = useState(false);
    const text = largest === null ? null : formatSize(largest, entry.scale);
    return (
        <>
            <NumberField
                label="Size"
                value={state.size}
                onChange={(value) => change({ size: value })}
                placeholder={
                    onlyReduces(state.kind) || (state.kind === 'stop' && state.reduceOnly) ? 'whole position' : '0.00'
                }
                problem={sizeProblem}
                unit={
                    <select
                        className="select"
                        aria-label="Unit of the size"
                        value={state.unit}
                        onChange={(event) => change({ unit: event.target.value as SizeUnit })}
                    >
                        <option value="base">{entry.base}</option>
                        <option value="usd">USDC</option>
                        <option value="percent">% of largest</option>
                    </select>
                }
                hint={
                    <span className="muted">
                        {text !== null && `Largest ${text} ${entry.base} · `}
                        <button type="button" className="link" aria-haspopup="dialog" onClick={() => setSizing(true)}>
                            How large?
                        </button>
                    </span>
                }
            />
            <div className="quick">
                {SHARES.map((share) => (
                    <button
                        key={share}
                        type="button"
                        className="button button-small"
                        disabled={largest === null}
                        onClick={() => change({ unit: 'percent', size: share })}
                    >
                        {share}%
                    </button>
                ))}
            </div>
            {sizing && (
                <SizingDialog
                    entry={entry}
                    side={state.side}
                    onUse={(found) => change({ unit: 'base', size: formatClientSize(found, entry.scale) })}
                    onClose={() => setSizing(false)}
                />
            )}
            {state.unit !== 'base' && size !== null && (
                <p className="muted">
                    = {formatSize(size, entry.scale)} {entry.base}
                </p>
            )}
        </>
    );
}

function PriceFields({ state, change }: PartProps) {
    const field = (
        label: string,
        key: 'price' | 'priceTo' | 'otherPrice' | 'steps' | 'trailing' | 'slices' | 'secondsBetween',
        unit: string,
    ) => <NumberField label={label} value={state[key]} onChange={(value) => change({ [key]: value })} unit={unit} />;
    switch (state.kind) {
        case 'limit':
            return (
                <div className="two">
                    {field('Limit price', 'price', 'USDC')}
                    {field('Or a stop at', 'otherPrice', 'optional')}
                </div>
            );
        case 'stop':
        case 'target':
            return field(state.kind === 'stop' ? 'Stop price' : 'Target price', 'price', 'USDC');
        case 'trailing':
            return field('Distance from the best price', 'trailing', '%');
        case 'ladder':
            return (
                <>
                    <div className="two">
                        {field('From', 'price', 'USDC')}
                        {field('To', 'priceTo', 'USDC')}
                    </div>
                    {field('Steps', 'steps', 'limits')}
                </>
            );
        case 'twap':
            return (
                <div className="two">
                    {field('Slices', 'slices', 'fills')}
                    {field('Apart', 'secondsBetween', 'seconds')}
                </div>
            );
        default:
            return null;
    }
}

/** What is told of orders that wait: which ones, and what they hold. */
function Waiting({
    orders,
    placed,
    entry,
}: {
    orders: readonly OrderTerms[];
    placed: PlacementView | null;
    entry: MarketEntry;
}) {
    return (
        <section className="receipt" aria-label="Orders that would be placed">
            <dl className="rows">
                {orders.map((order, at) => (
                    <Row
                        key={`${order.triggerPrice}-${at.toString()}`}
                        label={`${order.size > 0n ? '▲ Buy' : '▼ Sell'} ${order.parent > 0 ? 'after the entry' : ''}`}
                    >
                        {order.triggerPrice > 0n
                            ? `at ${formatPrice(order.triggerPrice, entry.scale)}`
                            : 'when it is met'}
                        <span className="muted">
                            {' '}
                            worst{' '}
                            {order.acceptablePrice === anyPrice(order.size)
                                ? 'any'
                                : formatPrice(order.acceptablePrice, entry.scale)}
                        </span>
                    </Row>
                ))}
                {placed && (
                    <Row
                        label="Held for whoever fills them"
                        title={`At least ${ORDER_TIP_LAMPORTS} lamports a fill; what is not used comes home`}
                    >
                        {formatLamports(placed.paid)}
                    </Row>
                )}
            </dl>
        </section>
    );
}

interface Button {
    text: string;
    disabled: boolean;
    onClick: () => void;
}

/** Decides alone what the button says, whether it can be pressed, and what it does. */
function useButton(
    state: TicketState,
    entry: MarketEntry,
    order: TicketOrder,
    done: () => void,
    open: (dialog: 'wallet' | 'deposit') => void,
): Button {
    const { directory } = useConnection();
    const connected = useSession((session) => session.account !== null);
    const acts = useSession(mayAct);
    const busy = useBusy();
    const send = useSend();
    const { account, size, sizeProblem, answer, bound, terms, waits } = order;
    const stopped = (text: string): Button => ({ text, disabled: true, onClick: () => {} });
    const verb = state.side === 'long' ? 'Buy' : 'Sell';

    if (!connected) return { text: 'Connect a wallet to trade', disabled: false, onClick: () => open('wallet') };
    if (!acts) return stopped('Watching: connect this owner to trade');
    if (account === null) return { text: 'Deposit to begin', disabled: false, onClick: () => open('deposit') };
    if (busy) return stopped('A transaction is under way');
    if (sizeProblem !== null) return stopped('The size is no number');
    if (terms.problem !== null) return stopped(terms.problem);
    if (waits && order.placement?.refusal) return stopped('It would be refused');
    if (waits) {
        const count = terms.orders.length === 1 ? 'order' : `${terms.orders.length} orders`;
        const title = `Place ${count} in ${entry.symbol}`;
        return {
            text: title,
            disabled: false,
            onClick: () =>
                void send(placeWish(directory, entry, account, { cancel: [], orders: terms.orders }, title)).then(
                    (confirmed) => confirmed && done(),
                ),
        };
    }
    if (size === null || size === 0n) return stopped('Enter a size');
    if (answer === null) return stopped('Asking the engine…');
    if (answer.refusal !== null || bound === null) return stopped('It would be refused');
    const trade = { size: signed(size, state.side), acceptablePrice: bound, reduceOnly: state.reduceOnly };
    return {
        text: `${verb} ${formatSize(size, entry.scale)} ${entry.base}`,
        disabled: false,
        onClick: () =>
            void send(tradeWish(directory, entry, account, trade, terms.orders)).then(
                (confirmed) => confirmed && done(),
            ),
    };
}

export function Ticket({ entry }: { entry: MarketEntry }) {
    const [state, change] = useReducer(changeTicket, EMPTY_TICKET);
    const order = useOrder(state, entry);
    const [dialog, setDialog] = useState<'wallet' | 'deposit' | null>(null);
    const button = useButton(state, entry, order, () => change('sent'), setDialog);
    const { answer, bound, largest, placement, terms, waits } = order;
    const part = { state, change, entry, order };
    const protects = !state.reduceOnly && (state.kind === 'market' || state.kind === 'limit' || state.kind === 'stop');
    const mend =
        largest !== null && largest > 0n
            ? {
                  label: `Use the largest: ${formatSize(largest, entry.scale)} ${entry.base}`,
                  onClick: () => change({ unit: 'percent', size: '100' }),
              }
            : null;
    return (
        <section className="panel" aria-label="Order ticket">
            <form
                className="ticket"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (!button.disabled) button.onClick();
                }}
            >
                <Segments
                    label="Side"
                    choices={[
                        { value: 'long', label: '▲ Long', className: 'segment-long' },
                        { value: 'short', label: '▼ Short', className: 'segment-short' },
                    ]}
                    value={state.side}
                    onChange={(side) => change({ side })}
                />
                <div className="field">
                    <label htmlFor="order-kind">Order</label>
                    <select
                        id="order-kind"
                        className="select"
                        value={state.kind}
                        onChange={(event) => change({ kind: event.target.value as OrderKind })}
                    >
                        {KINDS.map(([value, label]) => (
                            <option key={value} value={value}>
                                {label}
                            </option>
                        ))}
                    </select>
                </div>
                <PriceFields {...part} />
                <SizeField {...part} />
                {protects && (
                    <div className="two">
                        <NumberField
                            label="Stop"
                            value={state.stop}
                            onChange={(stop) => change({ stop })}
                            unit="optional"
                        />
                        <NumberField
                            label="Target"
                            value={state.target}
                            onChange={(target) => change({ target })}
                            unit="optional"
                        />
                    </div>
                )}
                {!onlyReduces(state.kind) && (
                    <label className="check">
                        <input
                            type="checkbox"
                            checked={state.reduceOnly}
                            onChange={(event) => change({ reduceOnly: event.target.checked })}
                        />
                        Reduce only
                    </label>
                )}
                <details className="disclosure">
                    <summary>Worst price{waits ? ', expiry' : ''}</summary>
                    <div className="rows">
                        <NumberField
                            label="Worst average price"
                            value={state.bound}
                            onChange={(value) => change({ bound: value })}
                            unit="USDC"
                            placeholder={bound === null ? 'follows the preview' : formatPrice(bound, entry.scale)}
                        />
                        {waits && (
                            <div className="field">
                                <label htmlFor="order-expiry">Expires after</label>
                                <select
                                    id="order-expiry"
                                    className="select"
                                    value={state.expiry}
                                    onChange={(event) => change({ expiry: event.target.value as Expiry })}
                                >
                                    {EXPIRIES.map(([value, label]) => (
                                        <option key={value} value={value}>
                                            {label}
                                        </option>
                                    ))}
                                </select>
                            </div>
                        )}
                    </div>
                </details>
                <button
                    type="submit"
                    className={`button button-wide ${state.side === 'long' ? 'button-long' : 'button-short'}`}
                    disabled={button.disabled}
                >
                    {button.text}
                </button>
                {waits && placement?.refusal && <Refused refusal={placement.refusal} mend={null} />}
                {waits && terms.orders !== null && (
                    <Waiting orders={terms.orders} placed={placement?.view ?? null} entry={entry} />
                )}
                {!waits && answer !== null && order.account === null && (
                    <p className="muted">What it would do to an account with $10,000 in it.</p>
                )}
                {!waits && answer !== null && answer.refusal !== null && (
                    <Refused refusal={answer.refusal} mend={mend} />
                )}
                {!waits && answer !== null && answer.receipt !== null && (
                    <Receipt
                        receipt={answer.receipt}
                        entry={entry}
                        bound={bound !== null && <Row label="Never worse than">{formatPrice(bound, entry.scale)}</Row>}
                    />
                )}
            </form>
            {dialog === 'wallet' && <WalletDialog onClose={() => setDialog(null)} />}
            {dialog === 'deposit' && <TransferDialog kind="deposit" onClose={() => setDialog(null)} />}
        </section>
    );
}
