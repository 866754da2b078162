// In which state a market is, and whether it could pay what a stress move would cost it.
import { useClock, useMarket } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { useMarketView } from '../engine/hooks';
import { formatMoneyShort, formatShare } from '../format/units';

export function MarketStatus({ entry }: { entry: MarketEntry }) {
    const market = useMarket(entry);
    const view = useMarketView(entry.index);
    const { now } = useClock();
    if (!market || !view) return null;
    const { settlement, reduceOnly, price, grace, ledger, parameters } = market.state;
    const warn = (text: string, title?: string) => (
        <span className="badge badge-warn" title={title}>
            {text}
        </span>
    );
    if (settlement.movedAt !== 0n) return warn('ended', 'Positions are closed at the final price');
    if (settlement.delistedFrom !== 0n) return warn('delisted');
    if (price.outageSince !== 0n) {
        return warn(view.isDead === 1n ? 'oracle dead' : 'oracle outage');
    }
    if (reduceOnly.until > now) return warn('reduce-only');
    if (grace.until > now) return warn('grace', 'After a silence or a pause nothing is increased for two minutes');
    if (ledger.short !== 0) return warn('short', 'It could not pay everybody: profit becomes claims');
    if (view.age > BigInt(parameters.maxAgeTrade)) return warn('price stale', 'Orders need a newer price');
    return <span className="badge badge-long">active</span>;
}

export function Coverage({ entry }: { entry: MarketEntry }) {
    const view = useMarketView(entry.index);
    if (!view) return <span className="muted">—</span>;
    const { surplus, stressLoss } = view;
    const short = surplus < stressLoss;
    return (
        <span className={short ? 'short' : undefined}>
            {stressLoss === 0n ? 'no loss to cover' : formatShare(surplus, stressLoss, 0)}
            <span className="muted"> · surplus {formatMoneyShort(surplus, entry.scale.quoteDecimals)}</span>
        </span>
    );
}
