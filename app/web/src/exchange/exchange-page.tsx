// The state of the exchange for everybody: what stands behind it, market by market, and who may do what.
import { useAccount, useChain, useClock, useConnection } from '../chain/context';
import { readExchange, readMarket, readPool, readTokenBalance } from '../chain/decoded';
import type { MarketEntry } from '../chain/directory';
import { formatMoment, formatSpanTo } from '../format/time';
import { formatExactShort, formatMoney, formatMoneyShort, formatShare } from '../format/units';
import { Coverage, MarketStatus } from '../markets/status';
import { Short } from '../ui/signature';
import { Meter, Row } from '../ui/stat';

function MarketCard({ entry }: { entry: MarketEntry }) {
    const market = useChain((accounts) => readMarket(accounts.get(entry.address)));
    if (!market) return null;
    const { ledger, parameters, targetBacking } = market.state;
    const { quoteDecimals } = entry.scale;
    const money = (atoms: bigint) => formatMoneyShort(atoms, quoteDecimals);
    const [long, short] = ledger.sides;
    return (
        <section className="panel" aria-label={entry.symbol}>
            <div className="panel-head">
                <h2>{entry.symbol}</h2>
                <MarketStatus entry={entry} />
            </div>
            <dl className="panel-body rows">
                <Row label="Coverage" title="Surplus against the loss of the stress move">
                    <Coverage entry={entry} />
                </Row>
                <Row label="Backing, of its target">
                    {money(ledger.backing)} of {money(targetBacking)}
                </Row>
                <Meter part={ledger.backing} whole={targetBacking} />
                <Row label="Insurance of its own">{formatMoney(ledger.insurance, quoteDecimals)}</Row>
                <Row label="Drawn of the shared insurance, ever">
                    {formatMoney(ledger.sharedDrawn, quoteDecimals)} of {money(parameters.sharedDrawLimit)}
                </Row>
                <Row label="Long, of the cap">{formatShare(long!.openInterest, parameters.openInterestCap)}</Row>
                <Row label="Short, of the cap">{formatShare(short!.openInterest, parameters.openInterestCap)}</Row>
                <Row label="Claims it owes">{formatMoney(ledger.claims, quoteDecimals)}</Row>
                <Row label="Set aside for claims">{formatMoney(ledger.claimsReserve, quoteDecimals)}</Row>
                <Row label="Debts owed to it">{formatMoney(ledger.debts, quoteDecimals)}</Row>
                <Row label="Written off, ever">{formatMoney(ledger.writtenOff, quoteDecimals)}</Row>
                <Row label="Volume, ever">{formatExactShort(ledger.counters.volume, quoteDecimals)}</Row>
                <Row label="Liquidated, ever">
                    {formatExactShort(ledger.counters.liquidated, quoteDecimals)} in{' '}
                    {ledger.counters.liquidations.toString()}
                </Row>
                <Row label="Fees, ever">{formatMoney(ledger.counters.fees, quoteDecimals)}</Row>
                <Row label="Fills, ever">{ledger.counters.trades.toString()}</Row>
            </dl>
        </section>
    );
}

export default function ExchangePage() {
    const { directory, deployment } = useConnection();
    const exchange = readExchange(useAccount(directory.exchange));
    const pool = readPool(useAccount(directory.pool));
    const vault = readTokenBalance(useAccount(directory.vault));
    const { now, slot } = useClock();
    if (!exchange || !pool) return null;
    const { quoteDecimals } = directory;
    const { pause, reduceOnly } = exchange.state;
    const status = pause.until > now ? 'paused' : reduceOnly.until > now ? 'reduce-only' : 'active';
    const { sharedDraw } = pool.state;
    return (
        <div className="page">
            <header className="page-intro">
                <h1>State of the exchange</h1>
                <p>
                    What stands behind every position, read from the chain: backing, insurance, claims and debts of each
                    market. Not audited; for tests only.
                </p>
            </header>
            <div className="columns">
                <section className="panel">
                    <div className="panel-head">
                        <h2>Exchange</h2>
                        <span className={`badge ${status === 'active' ? 'badge-long' : 'badge-warn'}`}>{status}</span>
                    </div>
                    <dl className="panel-body rows">
                        {status !== 'active' && (
                            <Row label="Until">
                                {formatMoment(pause.until > now ? pause.until : reduceOnly.until)} (
                                {formatSpanTo(pause.until > now ? pause.until : reduceOnly.until, now)})
                            </Row>
                        )}
                        <Row label="Tokens in the vault">{formatMoneyShort(vault, quoteDecimals)}</Row>
                        <Row label="Shared insurance">{formatMoney(pool.state.insurance, quoteDecimals)}</Row>
                        <Row label="Drawn of it in this window">{formatMoney(sharedDraw.drawn, quoteDecimals)}</Row>
                        <Row label="Boundary that is awaited">
                            {exchange.state.boundary === 0n ? 'none' : formatMoment(exchange.state.boundary)}
                        </Row>
                        <Row label="Clock of the chain">
                            {formatMoment(now)}, slot {slot.toString()}
                        </Row>
                    </dl>
                </section>
                <section className="panel">
                    <div className="panel-head">
                        <h2>Who may do what</h2>
                    </div>
                    <dl className="panel-body rows">
                        <Row label="Admin: lists markets, takes fees">
                            <Short text={exchange.admin} label="admin" />
                        </Row>
                        <Row label="Risk admin: statuses, backing">
                            <Short text={exchange.riskAdmin} label="risk admin" />
                        </Row>
                        <Row label="Guardian: makes a status stricter">
                            <Short text={exchange.guardian} label="guardian" />
                        </Row>
                        <Row label="Exchange">
                            <Short text={directory.exchange} label="exchange" />
                        </Row>
                        <Row label="Vault">
                            <Short text={directory.vault} label="vault" />
                        </Row>
                        <Row label="Node">{deployment.rpcUrl}</Row>
                    </dl>
                    <p className="panel-body muted">None of them can move anybody&apos;s collateral.</p>
                </section>
            </div>
            <div className="columns">
                {directory.markets.map((entry) => (
                    <MarketCard key={entry.symbol} entry={entry} />
                ))}
            </div>
        </div>
    );
}
