// The pool: what a share is worth, where it is placed, what it is exposed to, who waits, and how to enter and leave.
import { PriceLimit, parseAtoms } from '@perp-swap/client';
import { useState } from 'react';
import { useTokenAccounts } from '../accounts/owned';
import { useAccountBytes, useClock, useConnection } from '../chain/context';
import { readPool, readTokenBalance } from '../chain/decoded';
import { usePoolView } from '../engine/hooks';
import { formatRatio } from '../format/decimal';
import { decimalText, dollarText } from '../format/text';
import { formatMoment, formatSpan } from '../format/time';
import { formatMoney, formatMoneyShort, formatPpm, formatShare, formatSize, readTyped } from '../format/units';
import { type EpochRow, useIndexer } from '../indexer/api';
import { CsvLink, History } from '../indexer/state';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { enterPoolWish, leavePoolWish } from '../transactions/wishes';
import { NumberField } from '../ui/field';
import { Segments } from '../ui/segments';
import { Short } from '../ui/signature';
import { Meter, Row } from '../ui/stat';
import { Table } from '../ui/table';
import { mayAct, useSession } from '../wallet/store';
import { Requests } from './requests';

const LIMITS = [
    { value: PriceLimit.None, label: 'Any price' },
    { value: PriceLimit.OnePercent, label: 'Within 1 %' },
    { value: PriceLimit.TwoPercent, label: 'Within 2 %' },
    { value: PriceLimit.FivePercent, label: 'Within 5 %' },
    { value: PriceLimit.TenPercent, label: 'Within 10 %' },
] as const;

const WAYS = [
    { value: 'enter', label: 'Enter' },
    { value: 'leave', label: 'Leave' },
] as const;

const X40 = 1n << 40n;

/** A share's price: value per share, as decimal text. */
function sharePrice(value: bigint, shares: bigint): string {
    return shares === 0n ? '—' : `$${formatRatio(value, shares, { places: 6 })}`;
}

function RequestForm() {
    const { directory } = useConnection();
    const pool = readPool(useAccountBytes(directory.pool));
    const { tokens, shares } = useTokenAccounts();
    const held = { enter: readTokenBalance(useAccountBytes(tokens)), leave: readTokenBalance(useAccountBytes(shares)) };
    const [way, setWay] = useState<'enter' | 'leave'>('enter');
    const [text, setText] = useState('');
    const [limit, setLimit] = useState<PriceLimit>(PriceLimit.OnePercent);
    const acts = useSession(mayAct);
    const busy = useBusy();
    const send = useSend();
    if (!pool) return null;
    const { quoteDecimals } = directory;
    const { minimumRequest, depositNotice, withdrawalNotice, queueFee } = pool.state.parameters;
    const typed = readTyped(text, (plain) => parseAtoms(plain, quoteDecimals));
    const problem =
        typed.problem ??
        (typed.value === null
            ? null
            : typed.value > held[way]
              ? `More than you hold, ${decimalText(formatRatio(held[way], 10n ** BigInt(quoteDecimals), { places: 2 }))}.`
              : typed.value < minimumRequest
                ? `At least ${formatMoney(minimumRequest, quoteDecimals)}.`
                : null);
    const ready = acts && !busy && typed.value !== null && problem === null;
    const unit = way === 'enter' ? 'USDC' : 'shares';
    return (
        <form
            className="panel-body rows"
            onSubmit={(event) => {
                event.preventDefault();
                if (!ready || typed.value === null) return;
                const wish =
                    way === 'enter'
                        ? enterPoolWish(directory, typed.value, limit)
                        : leavePoolWish(directory, typed.value, limit);
                void send(wish).then((done) => done && setText(''));
            }}
        >
            <Segments label="Enter or leave" choices={WAYS} value={way} onChange={setWay} />
            <NumberField
                label={way === 'enter' ? 'Tokens' : 'Shares'}
                value={text}
                onChange={setText}
                unit={unit}
                problem={problem}
                placeholder="0.00"
                hint={
                    <button
                        type="button"
                        className="button button-small button-quiet"
                        onClick={() =>
                            setText(
                                formatRatio(held[way], 10n ** BigInt(quoteDecimals), {
                                    places: quoteDecimals,
                                    atLeast: 0,
                                }).replaceAll(',', ''),
                            )
                        }
                    >
                        You hold {formatRatio(held[way], 10n ** BigInt(quoteDecimals), { places: 2 })}
                    </button>
                }
            />
            <div className="field">
                <label htmlFor="price-limit">Come back where a share&apos;s price has moved against you</label>
                <select
                    id="price-limit"
                    className="select"
                    value={limit}
                    onChange={(event) => setLimit(Number(event.target.value))}
                >
                    {LIMITS.map(({ value, label }) => (
                        <option key={value} value={value}>
                            {label}
                        </option>
                    ))}
                </select>
            </div>
            <dl className="rows">
                <Row label="Served at the first boundary after">
                    {formatSpan(way === 'enter' ? depositNotice : withdrawalNotice)}
                </Row>
                <Row label="Fee of the queue">{formatPpm(queueFee)}</Row>
            </dl>
            <p className="muted">A request takes its {unit} at once and cannot be called back.</p>
            <button type="submit" className="button button-primary button-wide" disabled={!ready}>
                {acts
                    ? way === 'enter'
                        ? 'Request to enter'
                        : 'Request to leave'
                    : 'Connect a wallet to enter or leave'}
            </button>
        </form>
    );
}

function Placement() {
    const { directory } = useConnection();
    const rows = usePoolView()?.markets ?? [];
    const { quoteDecimals } = directory;
    const entryOf = (market: bigint) => directory.markets.find(({ index }) => BigInt(index) === market)!;
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Where it is placed, and what it is exposed to</h2>
            </div>
            <Table
                label="Placement"
                rows={rows}
                rowKey={({ market }) => market.toString()}
                columns={[
                    { label: 'Market', cell: ({ market }) => entryOf(market).symbol },
                    { label: 'Placed', number: true, cell: ({ placed }) => formatMoney(placed, quoteDecimals) },
                    { label: 'Backing', number: true, cell: ({ backing }) => formatMoney(backing, quoteDecimals) },
                    {
                        label: 'Delta',
                        number: true,
                        cell: ({ market, delta, deltaNotional }) => (
                            <>
                                {formatSize(delta, entryOf(market).scale, true)} {entryOf(market).base}
                                <span className="sub">{formatMoney(deltaNotional, quoteDecimals, { plus: true })}</span>
                            </>
                        ),
                    },
                    {
                        label: 'Stress loss',
                        number: true,
                        cell: ({ stressLoss }) => formatMoney(stressLoss, quoteDecimals),
                    },
                    { label: 'To leavers', number: true, cell: ({ lower }) => formatMoney(lower, quoteDecimals) },
                    { label: 'To entrants', number: true, cell: ({ upper }) => formatMoney(upper, quoteDecimals) },
                    {
                        label: 'Earned',
                        number: true,
                        cell: ({ earned }) => formatMoney(earned / X40, quoteDecimals, { plus: true }),
                    },
                ]}
            />
        </section>
    );
}

function Epochs() {
    const query = useIndexer<EpochRow>('/v1/pool/epochs', { limit: 50 });
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Closed epochs</h2>
                <CsvLink path="/v1/pool/epochs" parameters={{}} />
            </div>
            <History query={query} empty="No boundary was closed yet.">
                {(rows) => (
                    <Table
                        label="Closed epochs"
                        rows={rows}
                        rowKey={({ boundary }) => boundary}
                        columns={[
                            { label: 'Boundary', cell: (row) => formatMoment(row.boundary) },
                            { label: 'Redeemed at', number: true, cell: (row) => dollarText(row.lower_share_price, 6) },
                            { label: 'Issued at', number: true, cell: (row) => dollarText(row.upper_share_price, 6) },
                            { label: 'Gain', number: true, cell: (row) => row.gain ?? '—' },
                            { label: 'Deposited', number: true, cell: (row) => dollarText(row.deposited) },
                            { label: 'Unsettled', number: true, cell: (row) => dollarText(row.unsettled) },
                            { label: 'Requests', number: true, cell: (row) => row.requests },
                            { label: 'Signature', cell: (row) => <Short text={row.signature} label="signature" /> },
                        ]}
                    />
                )}
            </History>
        </section>
    );
}

function Queue() {
    const { directory } = useConnection();
    const pool = readPool(useAccountBytes(directory.pool));
    const { now } = useClock();
    if (!pool) return null;
    const { quoteDecimals } = directory;
    const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
    const waiting = [...pool.queue.waiting, pool.queue.rest].filter(
        ({ deposits, withdrawals }) => sum(deposits.amounts) > 0n || sum(withdrawals.amounts) > 0n,
    );
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Queue</h2>
                <span className="muted">by boundary</span>
            </div>
            {waiting.length === 0 ? (
                <p className="empty">Nobody waits to enter or leave.</p>
            ) : (
                <Table
                    label="Queue"
                    rows={waiting}
                    rowKey={({ boundary }) => boundary.toString()}
                    columns={[
                        {
                            label: 'Boundary',
                            cell: ({ boundary }) =>
                                boundary === 0n
                                    ? 'the next that somebody asks for'
                                    : `${formatMoment(boundary)}${boundary > now ? `, in ${formatSpan(boundary - now)}` : ', due'}`,
                        },
                        {
                            label: 'Enter',
                            number: true,
                            cell: ({ deposits }) => formatMoney(sum(deposits.amounts), quoteDecimals),
                        },
                        {
                            label: 'Leave, shares',
                            number: true,
                            cell: ({ withdrawals }) =>
                                formatRatio(sum(withdrawals.amounts), 10n ** BigInt(quoteDecimals), { places: 2 }),
                        },
                    ]}
                />
            )}
        </section>
    );
}

export default function PoolPage() {
    const { directory } = useConnection();
    const pool = readPool(useAccountBytes(directory.pool));
    const quote = usePoolView()?.pool;
    const { shares: shareAccount } = useTokenAccounts();
    const held = readTokenBalance(useAccountBytes(shareAccount));
    if (!pool) return <p className="empty">The pool&apos;s account cannot be read.</p>;
    const { quoteDecimals } = directory;
    const { cash, placed, insurance, shares, settling } = pool.state;
    return (
        <div className="page">
            <header className="page-intro">
                <h1>Pool</h1>
                <p>
                    The pool is the other side of every trade. Its providers earn what traders pay and lose, and lose
                    what they win. Shares are redeemed at the lower price and issued at the upper one.
                </p>
            </header>
            <div className="columns">
                <section className="panel">
                    <div className="panel-head">
                        <h2>Share price now</h2>
                    </div>
                    <dl className="panel-body rows">
                        <Row
                            label="Redeemed at"
                            title="What is left of the pool's cash once winners and claims are paid"
                        >
                            <strong>{quote ? sharePrice(quote.lower, quote.shares) : '—'}</strong>
                        </Row>
                        <Row label="Issued at" title="All of the pool's cash, placed or not">
                            <strong>{quote ? sharePrice(quote.upper, quote.shares) : '—'}</strong>
                        </Row>
                        <Row label="At the last close">{sharePrice(pool.state.last.upper, pool.state.last.shares)}</Row>
                        <Row label="Shares">{formatRatio(shares, 10n ** BigInt(quoteDecimals), { places: 2 })}</Row>
                        <Row label="Yours">
                            {formatRatio(held, 10n ** BigInt(quoteDecimals), { places: 2 })} (
                            {formatShare(held, shares, 2)})
                        </Row>
                    </dl>
                </section>
                <section className="panel">
                    <div className="panel-head">
                        <h2>Cash</h2>
                    </div>
                    <dl className="panel-body rows">
                        <Row label="Not placed: pays leavers">{formatMoneyShort(cash, quoteDecimals)}</Row>
                        <Row label="Placed in markets">{formatMoneyShort(placed, quoteDecimals)}</Row>
                        <Meter part={placed} whole={placed + cash} />
                        <Row label="Set apart for settlements">{formatMoney(settling, quoteDecimals)}</Row>
                        <Row label="Shared insurance, not the pool's">{formatMoneyShort(insurance, quoteDecimals)}</Row>
                        <Row label="Unsettled profit and loss of traders">
                            {quote ? formatMoney(quote.unsettled, quoteDecimals) : '—'}
                        </Row>
                    </dl>
                </section>
                <section className="panel">
                    <div className="panel-head">
                        <h2>Enter or leave</h2>
                    </div>
                    <RequestForm />
                </section>
            </div>
            <Requests />
            <Placement />
            <Queue />
            <Epochs />
        </div>
    );
}
