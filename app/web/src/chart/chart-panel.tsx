import { lazy, Suspense, useMemo, useState, useSyncExternalStore } from 'react';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { smallNumber } from '../format/text';
import { formatPrice } from '../format/units';
import { type CandleRow, type FillRow, useIndexer } from '../indexer/api';
import { Segments } from '../ui/segments';
import { useThemeName } from '../ui/theme';
import { ownerOf, useSession } from '../wallet/store';
import { type Candle, candlesOf, coordinateOf, joinCandles } from './candles';
import type { FillMark, Level } from './price-chart';

const PriceChart = lazy(() => import('./price-chart'));

const WIDTHS = [
    { value: '5', label: '5s' },
    { value: '60', label: '1m' },
    { value: '300', label: '5m' },
    { value: '900', label: '15m' },
    { value: '3600', label: '1h' },
    { value: '86400', label: '1d' },
] as const;

type Width = (typeof WIDTHS)[number]['value'];

const CANDLES = 500;
const FILLS = 100;
/** Shorter candles are of what the page has seen itself: the indexer keeps minutes. */
const SHORTEST_KEPT = 60;

function useLivePrices(symbol: string) {
    const { history } = useConnection();
    const [subscribe, snapshot] = useMemo(() => {
        let version = history.of(symbol).length;
        let points = [...history.of(symbol)];
        const listen = (listener: () => void) => history.subscribe(listener);
        const read = () => {
            const now = history.of(symbol);
            if (now.length !== version || now.at(-1) !== points.at(-1)) {
                version = now.length;
                points = [...now];
            }
            return points;
        };
        return [listen, read] as const;
    }, [history, symbol]);
    return useSyncExternalStore(subscribe, snapshot);
}

function kept(rows: readonly CandleRow[]): Candle[] {
    const candles = rows.map(({ start, open, high, low, close }) => ({
        time: start,
        open: coordinateOf(open),
        high: coordinateOf(high),
        low: coordinateOf(low),
        close: coordinateOf(close),
    }));
    return candles.reverse();
}

function useFills(market: string): FillMark[] {
    const owner = useSession(ownerOf);
    const { data } = useIndexer<FillRow>(
        '/v1/fills',
        { owner: owner ?? undefined, market, limit: FILLS },
        owner !== null,
    );
    return useMemo(
        () =>
            (data?.data ?? [])
                .map(({ time, size }) => ({ time, buys: !size.startsWith('-'), text: '' }))
                .sort((a, b) => a.time - b.time),
        [data],
    );
}

export function ChartPanel({ entry, levels }: { entry: MarketEntry; levels: readonly Level[] }) {
    const [width, setWidth] = useState<Width>('5');
    const theme = useThemeName();
    const seconds = smallNumber(width);
    const live = useLivePrices(entry.symbol);
    const query = useIndexer<CandleRow>(
        `/v1/markets/${entry.symbol}/candles`,
        { width: seconds, limit: CANDLES },
        seconds >= SHORTEST_KEPT,
    );
    const rows = seconds >= SHORTEST_KEPT ? query.data?.data : undefined;
    const candles = useMemo(
        () => joinCandles(kept(rows ?? []), candlesOf(live, seconds, entry.scale)),
        [rows, live, seconds, entry.scale],
    );
    const fills = useFills(entry.symbol);
    const last = live.at(-1);
    const source = rows ? 'Index by the indexer and the page' : 'Index as seen since this page was opened';
    return (
        <figure className="panel chart">
            <div className="chart-bar">
                <Segments label="Width of a candle" choices={WIDTHS} value={width} onChange={setWidth} />
                <figcaption className="muted">
                    {source}
                    {last && <span className="sr-only">, now {formatPrice(last.price, entry.scale)}</span>}
                </figcaption>
            </div>
            <div className="chart-canvas">
                <Suspense fallback={<p className="empty">Loading the chart…</p>}>
                    <PriceChart candles={candles} levels={levels} fills={fills} decimals={2} theme={theme} />
                </Suspense>
            </div>
        </figure>
    );
}
