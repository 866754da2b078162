// The pool: what a share is worth, where it is placed, what it is exposed to, who waits, and how to enter and leave.
import { type Pool, PriceLimit, parseAtoms } from '@perp-swap/client';
import { useState } from 'react';
import { useTokenAccounts } from '../accounts/owned';
import { useAccount, useClock, useConnection } from '../chain/context';
import { readPool, readTokenBalance } from '../chain/decoded';
import { usePoolView } from '../engine/hooks';
import { dollarText, smallNumber } from '../format/text';
import { formatMoment, formatSpan, formatSpanTo } from '../format/time';
import {
    formatExact,
    formatMoney,
    formatMoneyShort,
    formatPpm,
    formatShare,
    formatSharePrice,
    formatShares,
    formatSize,
    readTyped,
    typable,
} from '../format/units';
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

function RequestForm() {
    const { directory } = useConnection();
    const pool = readPool(useAccount(directory.pool));
    const { tokens, shares } = useTokenAccounts();
    const held = { enter: readTokenBalance(useAccount(tokens)), leave: readTokenBalance(useAccount(shares)) };
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
              ? `More than you hold, ${formatShares(held[way], quoteDecimals)}.`
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
                        onClick={() => setText(typable(held[way], quoteDecimals))}
                    >
                        You hold {formatShares(held[way], quoteDecimals)}
                    </button>
                }
            />
            <div className="field">
                <label htmlFor="price-limit">Come back where a share&apos;s price has moved against you</label>
                <select
                    id="price-limit"
                    className="select"
                    value={limit}
                    onChange={(event) => setLimit(smallNumber(event.target.value))}
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
                        cell: ({ earned }) => formatExact(earned, quoteDecimals, { plus: true }),
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

/** How far a share's price may have moved against a request of each kind, in the order in which the queue keeps them. */
const LIMIT_NAMES = LIMITS.map(({ label }) => label.toLowerCase());

/** Everything that waits for one boundary, by how far the price may have moved. */
function waitingAt({ boundary, deposits, withdrawals }: Pool['queue']['rest']) {
    return LIMIT_NAMES.map((limit, at) => ({
        key: `${boundary}-${limit}`,
        boundary,
        limit,
        entering: deposits.amounts[at] ?? 0n,
        leaving: withdrawals.amounts[at] ?? 0n,
    })).filter(({ entering, leaving }) => entering > 0n || leaving > 0n);
}

function Queue() {
    const { directory } = useConnection();
    const pool = readPool(useAccount(directory.pool));
    const { now } = useClock();
    if (!pool) return null;
    const { quoteDecimals } = directory;
    const waiting = [...pool.queue.waiting, pool.queue.rest].flatMap(waitingAt);
    return (
        <section className="panel">
            <div className="panel-head">
                <h2>Queue</h2>
                <span className="muted">by boundary, and by how far the price may have moved</span>
            </div>
            {waiting.length === 0 ? (
                <p className="empty">Nobody waits to enter or leave.</p>
            ) : (
                <Table
                    label="Queue"
                    rows={waiting}
                    rowKey={({ key }) => key}
                    columns={[
                        {
                            label: 'Boundary',
                            cell: ({ boundary }) =>
                                boundary === 0n
                                    ? 'the next that somebody asks for'
                                    : `${formatMoment(boundary)}${boundary > now ? `, in ${formatSpanTo(boundary, now)}` : ', due'}`,
                        },
                        { label: 'Limit', cell: ({ limit }) => limit },
                        { label: 'Enter', number: true, cell: ({ entering }) => formatMoney(entering, quoteDecimals) },
                        {
                            label: 'Leave, shares',
                            number: true,
                            cell: ({ leaving }) => formatShares(leaving, quoteDecimals),
                        },
                    ]}
                />
            )}
        </section>
    );
}

export default function PoolPage() {
    const { directory } = useConnection();
    const pool = readPool(useAccount(directory.pool));
    const quote = usePoolView()?.pool;
    const { shares: shareAccount } = useTokenAccounts();
    const held = readTokenBalance(useAccount(shareAccount));
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
                            <strong>{quote ? formatSharePrice(quote.lower, quote.shares) : '—'}</strong>
                        </Row>
                        <Row label="Issued at" title="All of the pool's cash, placed or not">
                            <strong>{quote ? formatSharePrice(quote.upper, quote.shares) : '—'}</strong>
                        </Row>
                        <Row label="At the last close">
                            {formatSharePrice(pool.state.last.upper, pool.state.last.shares)}
                        </Row>
                        <Row label="Shares">{formatShares(shares, quoteDecimals)}</Row>
                        <Row label="Yours">
                            {formatShares(held, quoteDecimals)} ({formatShare(held, shares, 2)})
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
                        {quote && <Meter part={placed} whole={quote.upper} />}
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
