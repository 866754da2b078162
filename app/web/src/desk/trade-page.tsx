import { Redirect } from 'wouter';
import { useConnection } from '../chain/context';
import { MarketHeader } from '../markets/market-header';

/** The desk: one market, its chart, the order ticket, and what the account holds. */
export function TradePage({ symbol }: { symbol: string }) {
    const { directory } = useConnection();
    const entry = directory.markets.find((market) => market.symbol === symbol);
    if (!entry) return <Redirect to="/trade" replace />;
    return (
        <div className="desk">
            <h1 className="sr-only">{entry.symbol}</h1>
            <MarketHeader entry={entry} />
        </div>
    );
}
