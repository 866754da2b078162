// The index as candles, with the levels that matter to the account and its own fills. Levels that stand for orders can be
// dragged; whoever uses the keyboard edits them in the table of orders.
import {
    type AutoscaleInfo,
    type CandlestickData,
    CandlestickSeries,
    createChart,
    createSeriesMarkers,
    type IChartApi,
    type IPriceLine,
    type ISeriesApi,
    type ISeriesMarkersPluginApi,
    LineStyle,
    type SeriesMarker,
    type Time,
    type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import type { Candle } from './candles';

export interface Level {
    id: string;
    title: string;
    price: number;
    color: 'long' | 'short' | 'accent' | 'warn' | 'muted';
    /** Called with the price it was dragged to. */
    onMove?: (price: number) => void;
}

export interface FillMark {
    time: number;
    buys: boolean;
    text: string;
}

interface PriceChartProps {
    candles: readonly Candle[];
    levels: readonly Level[];
    fills: readonly FillMark[];
    decimals: number;
    theme: string;
}

/** Pixels around a level within which it is taken hold of. */
const REACH = 7;

function colorOf(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export default function PriceChart({ candles, levels, fills, decimals, theme }: PriceChartProps) {
    const container = useRef<HTMLDivElement>(null);
    const chart = useRef<IChartApi>(null);
    const series = useRef<ISeriesApi<'Candlestick'>>(null);
    const markers = useRef<ISeriesMarkersPluginApi<Time>>(null);
    const lines = useRef(new Map<string, IPriceLine>());
    const current = useRef(levels);
    current.current = levels;

    useEffect(() => {
        const element = container.current!;
        const created = createChart(element, {
            autoSize: true,
            layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
            timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 6, borderVisible: false },
            rightPriceScale: { borderVisible: false },
        });
        chart.current = created;
        series.current = created.addSeries(CandlestickSeries, {
            autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => withLevels(original(), current.current),
        });
        markers.current = createSeriesMarkers(series.current, []);
        const stop = dragLevels(element, series.current, created, lines.current, () => current.current);
        return () => {
            stop();
            lines.current.clear();
            created.remove();
        };
    }, []);

    // biome-ignore lint/correctness/useExhaustiveDependencies: the colors are read from the theme that is in force
    useEffect(() => {
        chart.current?.applyOptions({
            layout: { background: { color: 'transparent' }, textColor: colorOf('muted') },
            grid: { vertLines: { color: colorOf('line') }, horzLines: { color: colorOf('line') } },
        });
        series.current?.applyOptions({
            upColor: colorOf('long'),
            wickUpColor: colorOf('long'),
            downColor: colorOf('short'),
            wickDownColor: colorOf('short'),
            borderVisible: false,
            priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals },
        });
    }, [theme, decimals]);

    useEffect(() => {
        series.current?.setData(candles as unknown as CandlestickData<UTCTimestamp>[]);
    }, [candles]);

    // biome-ignore lint/correctness/useExhaustiveDependencies: the colors are read from the theme that is in force
    useEffect(() => {
        const shown = lines.current;
        for (const [id, line] of shown) {
            if (levels.some((level) => level.id === id)) continue;
            series.current?.removePriceLine(line);
            shown.delete(id);
        }
        for (const level of levels) {
            const options = {
                price: level.price,
                title: level.onMove ? `⠿ ${level.title}` : level.title,
                color: colorOf(level.color),
                lineWidth: 1 as const,
                lineStyle: level.onMove ? LineStyle.Solid : LineStyle.Dashed,
                axisLabelVisible: true,
            };
            const line = shown.get(level.id);
            if (line) line.applyOptions(options);
            else if (series.current) shown.set(level.id, series.current.createPriceLine(options));
        }
    }, [levels, theme]);

    // biome-ignore lint/correctness/useExhaustiveDependencies: the colors are read from the theme that is in force
    useEffect(() => {
        const first = candles[0]?.time ?? Number.POSITIVE_INFINITY;
        const shown: SeriesMarker<Time>[] = fills
            .filter((fill) => fill.time >= first)
            .map((fill) => ({
                time: fill.time as UTCTimestamp,
                position: fill.buys ? 'belowBar' : 'aboveBar',
                shape: fill.buys ? 'arrowUp' : 'arrowDown',
                color: colorOf(fill.buys ? 'long' : 'short'),
                text: fill.text,
            }));
        markers.current?.setMarkers(shown);
    }, [fills, candles, theme]);

    return <div ref={container} />;
}

/** How far beyond the candles a level may be, as a part of the price, and still be brought into the picture. */
const IN_SIGHT = 0.2;

/** The range of the candles, widened to the levels that are not too far away. */
function withLevels(info: AutoscaleInfo | null, levels: readonly Level[]): AutoscaleInfo | null {
    if (!info?.priceRange) return info;
    const { minValue, maxValue } = info.priceRange;
    const seen = levels
        .map(({ price }) => price)
        .filter((price) => price > minValue * (1 - IN_SIGHT) && price < maxValue * (1 + IN_SIGHT));
    return {
        ...info,
        priceRange: { minValue: Math.min(minValue, ...seen), maxValue: Math.max(maxValue, ...seen) },
    };
}

/** Lets levels that stand for orders be dragged with a mouse or a finger. */
function dragLevels(
    element: HTMLElement,
    series: ISeriesApi<'Candlestick'>,
    chart: IChartApi,
    lines: Map<string, IPriceLine>,
    levels: () => readonly Level[],
): () => void {
    let held: Level | null = null;
    const at = (event: PointerEvent) => event.clientY - element.getBoundingClientRect().top;
    const near = (event: PointerEvent) =>
        levels().find((level) => {
            const y = series.priceToCoordinate(level.price);
            return level.onMove !== undefined && y !== null && Math.abs(y - at(event)) <= REACH;
        });
    const down = (event: PointerEvent) => {
        held = near(event) ?? null;
        if (!held) return;
        event.preventDefault();
        event.stopPropagation();
        element.setPointerCapture(event.pointerId);
        chart.applyOptions({ handleScroll: false, handleScale: false });
    };
    const move = (event: PointerEvent) => {
        if (!held) {
            element.style.cursor = near(event) ? 'ns-resize' : '';
            return;
        }
        const price = series.coordinateToPrice(at(event));
        if (price !== null) lines.get(held.id)?.applyOptions({ price });
    };
    const up = (event: PointerEvent) => {
        if (!held) return;
        const price = series.coordinateToPrice(at(event));
        const level = held;
        held = null;
        chart.applyOptions({ handleScroll: true, handleScale: true });
        if (price !== null && price > 0) level.onMove?.(price);
    };
    element.addEventListener('pointerdown', down, { capture: true });
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    return () => {
        element.removeEventListener('pointerdown', down, { capture: true });
        element.removeEventListener('pointermove', move);
        element.removeEventListener('pointerup', up);
    };
}
