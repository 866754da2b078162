import { Redirect } from 'wouter';
import { Activity } from '../activity/activity';
import { useConnection } from '../chain/context';
import { ChartPanel } from '../chart/chart-panel';
import { MarketHeader } from '../markets/market-header';
import { Tabs } from '../ui/tabs';

/** The desk: one market, its chart, the order ticket, and what the account holds. */
export function TradePage({ symbol }: { symbol: string }) {
    const { directory } = useConnection();
    const entry = directory.markets.find((market) => market.symbol === symbol);
    if (!entry) return <Redirect to="/trade" replace />;
    return (
        <div className="desk">
            <h1 className="sr-only">{entry.symbol}</h1>
            <MarketHeader entry={entry} />
            <ChartPanel entry={entry} levels={[]} />
            <section className="panel desk-tables" aria-label="Account">
                <Tabs label="Account" tabs={[{ value: 'activity', label: 'Activity', content: <Activity /> }]} />
            </section>
        </div>
    );
}
