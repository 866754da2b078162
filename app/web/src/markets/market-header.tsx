// The market at a glance: its index price with confidence and age, funding, open interest by side, coverage, status.
import { useLocation } from 'wouter';
import { useClock, useConnection, useMarket } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { useMarketView } from '../engine/hooks';
import { formatSpanTo } from '../format/time';
import { formatHourlyRate, formatMoneyShort, formatPrice, formatShare, formatSize } from '../format/units';
import { Meter, Stat } from '../ui/stat';
import { Coverage, MarketStatus } from './status';

function MarketSelect({ entry }: { entry: MarketEntry }) {
    const { directory } = useConnection();
    const [, navigate] = useLocation();
    return (
        <select
            className="select"
            aria-label="Market"
            value={entry.symbol}
            onChange={(event) => navigate(`/trade/${event.target.value}`)}
        >
            {directory.markets.map(({ symbol }) => (
                <option key={symbol} value={symbol}>
                    {symbol}
                </option>
            ))}
        </select>
    );
}

export function MarketHeader({ entry }: { entry: MarketEntry }) {
    const market = useMarket(entry);
    const { now } = useClock();
    const view = useMarketView(entry.index);
    if (!market) return <section className="panel market-header" aria-label="Market" />;
    const { price, ledger, parameters } = market.state;
    const [long, short] = ledger.sides;
    return (
        <section className="panel market-header" aria-label="Market">
            <div className="market-name">
                <MarketSelect entry={entry} />
            </div>
            <div className="market-price">
                <strong>{formatPrice(price.price, entry.scale)}</strong>
                <span className="muted">
                    ± {formatPrice(price.confidence, entry.scale, 4)} · {formatSpanTo(now, price.published)} old
                </span>
            </div>
            <dl className="stats">
                <Stat
                    label="Funding an hour, and in a day"
                    title="Positive: longs pay shorts. Where it heads if price and open interest stay"
                >
                    {formatHourlyRate(view?.fundingRate ?? ledger.fundingRate)}
                    {view && <span className="muted"> → {formatHourlyRate(view.fundingRateInADay)}</span>}
                </Stat>
                <Stat label={`Long ${formatShare(long!.openInterest, parameters.openInterestCap)} of cap`}>
                    <span>
                        {formatSize(long!.openInterest, entry.scale)} {entry.base}
                    </span>
                    <Meter part={long!.openInterest} whole={parameters.openInterestCap} color="var(--long)" />
                </Stat>
                <Stat label={`Short ${formatShare(short!.openInterest, parameters.openInterestCap)} of cap`}>
                    <span>
                        {formatSize(short!.openInterest, entry.scale)} {entry.base}
                    </span>
                    <Meter part={short!.openInterest} whole={parameters.openInterestCap} color="var(--short)" />
                </Stat>
                <Stat
                    label="Coverage of a stress move"
                    title="Surplus against what the stress move would cost the market"
                >
                    <Coverage entry={entry} />
                </Stat>
                <Stat label="Backing">{formatMoneyShort(ledger.backing, entry.scale.quoteDecimals)}</Stat>
                <Stat label="Spread now">{view ? formatPrice(view.spread, entry.scale, 4) : '—'}</Stat>
                <Stat label="Status">
                    <MarketStatus entry={entry} />
                </Stat>
            </dl>
        </section>
    );
}
