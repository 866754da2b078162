// What an order would do, in the engine's numbers, or the rule that refuses it and one button that mends it.
import type { ReactNode } from 'react';
import type { MarketEntry } from '../chain/directory';
import type { Refusal, Standing, TradePreview } from '../engine/types';
import { formatRatio } from '../format/decimal';
import { formatMoney, formatPrice, formatShare, formatSize } from '../format/units';
import { Row } from '../ui/stat';

function BeforeAfter({ before, after }: { before: string; after: string }) {
    if (before === after) return <>{after}</>;
    return (
        <span className="before-after">
            <span className="before">{before}</span> → <strong>{after}</strong>
        </span>
    );
}

/** A part of the notional in basis points. */
function basisPoints(part: bigint, notional: bigint): string {
    return notional === 0n ? '—' : `${formatRatio(part * 10_000n, notional, { places: 2 })} bp`;
}

function Cost({
    label,
    title,
    part,
    preview,
    decimals,
}: {
    label: string;
    title: string;
    part: bigint;
    preview: TradePreview;
    decimals: number;
}) {
    return (
        <Row label={label} title={title}>
            <span className="muted">{basisPoints(part, preview.notional)}</span>{' '}
            {formatMoney(part, decimals, { places: 4 })}
        </Row>
    );
}

/** Health: equity as a part of the margin it must not fall below. */
export function healthText({ maintenance }: Standing): string {
    return maintenance.margin === 0n ? 'no margin needed' : formatShare(maintenance.equity, maintenance.margin, 0);
}

export function leverageText(leverage: bigint | null): string {
    return leverage === null ? '—' : `${formatRatio(leverage, 1_000_000n, { places: 2 })}x`;
}

export function liquidationText(price: bigint | null, entry: MarketEntry): string {
    return price === null ? 'none' : formatPrice(price, entry.scale);
}

export function Receipt({ preview, entry, bound }: { preview: TradePreview; entry: MarketEntry; bound: ReactNode }) {
    const { scale, base } = entry;
    const { before, after } = preview;
    const decimals = scale.quoteDecimals;
    return (
        <section className="receipt" aria-label="What the order would do">
            <dl className="rows receipt-group">
                <Row label="Average price">
                    <strong>{formatPrice(preview.averagePrice, scale)}</strong>
                </Row>
                <Row label="Index">{formatPrice(preview.indexPrice, scale)}</Row>
                {bound}
            </dl>
            <dl className="rows receipt-group">
                <Row label="Value at the index">{formatMoney(preview.notional, decimals)}</Row>
                <Cost
                    label="Spread"
                    title="What the price may have moved since it was published"
                    part={preview.spread}
                    preview={preview}
                    decimals={decimals}
                />
                <Cost
                    label="Impact"
                    title="By how much the order makes the market more one-sided"
                    part={preview.impact}
                    preview={preview}
                    decimals={decimals}
                />
                <Cost
                    label="Fee"
                    title="Taker fee, from your balance"
                    part={preview.fee}
                    preview={preview}
                    decimals={decimals}
                />
                {preview.realized !== 0n && (
                    <Row label="Realized">
                        <span className={preview.realized < 0n ? 'short' : 'long'}>
                            {formatMoney(preview.realized, decimals, { plus: true })}
                        </span>
                    </Row>
                )}
            </dl>
            <dl className="rows receipt-group">
                <Row label={`Position, ${base}`}>
                    <BeforeAfter
                        before={formatSize(before.size, scale, true)}
                        after={formatSize(after.size, scale, true)}
                    />
                </Row>
                <Row label="Leverage" title="Value of all positions against equity">
                    <BeforeAfter before={leverageText(before.leverage)} after={leverageText(after.leverage)} />
                </Row>
                <Row label="Health" title="Equity against maintenance margin: you are liquidated below 100 %">
                    <BeforeAfter before={healthText(before)} after={healthText(after)} />
                </Row>
                <Row label="Liquidated at">
                    <BeforeAfter
                        before={liquidationText(before.liquidationPrice, entry)}
                        after={liquidationText(after.liquidationPrice, entry)}
                    />
                </Row>
            </dl>
        </section>
    );
}

interface RefusedProps {
    refusal: Refusal;
    /** The one button that mends it. */
    mend: { label: string; onClick: () => void } | null;
}

export function Refused({ refusal, mend }: RefusedProps) {
    return (
        <section className="refusal" aria-label="Why the order would be refused">
            <strong>{refusal.message}</strong>
            {refusal.numbers.length > 0 && (
                <dl className="rows">
                    {refusal.numbers.map(({ label, text }) => (
                        <Row key={label} label={label}>
                            {text}
                        </Row>
                    ))}
                </dl>
            )}
            <p className="muted">{refusal.remedy}</p>
            {mend && (
                <button type="button" className="button" onClick={mend.onClick}>
                    {mend.label}
                </button>
            )}
        </section>
    );
}
