// What an order would do, in the engine's numbers, or the rule that refuses it and one button that mends it.

import type { HealthView, TradeReceipt } from '@perp-swap/client/engine';
import type { ReactNode } from 'react';
import type { MarketEntry } from '../chain/directory';
import { itemsOf, UNBOUNDED, useAsked } from '../engine/hooks';
import type { Refusal } from '../engine/refusal';
import { formatRatio } from '../format/decimal';
import {
    exactly,
    formatBasisPoints,
    formatExact,
    formatMoney,
    formatPrice,
    formatShare,
    formatSize,
    formatTimes,
    negated,
} from '../format/units';
import { Row } from '../ui/stat';

function BeforeAfter({ before, after }: { before: string; after: string }) {
    if (before === after) return <>{after}</>;
    return (
        <span className="before-after">
            <span className="before">{before}</span> → <strong>{after}</strong>
        </span>
    );
}

interface CostProps {
    label: string;
    title: string;
    /** In 2^-40 atoms, as the notional. */
    part: bigint;
    notional: bigint;
    decimals: number;
}

function Cost({ label, title, part, notional, decimals }: CostProps) {
    return (
        <Row label={label} title={title}>
            <span className="muted">{formatBasisPoints(part, notional)}</span>{' '}
            {formatExact(part, decimals, { places: 4 })}
        </Row>
    );
}

const DAY = 86_400n;
const WEEK = 604_800n;

/** What the position would cost to hold, if price and open interest stay. */
function Holding({ size, entry }: { size: bigint; entry: MarketEntry }) {
    const asked = useAsked('holdingCost', size === 0n ? null : { market: BigInt(entry.index), size }, [
        { seconds: DAY },
        { seconds: WEEK },
    ]);
    const [day, week] = itemsOf(asked);
    if (!day || !week) return null;
    const money = (cost: bigint) => formatMoney(negated(cost), entry.scale.quoteDecimals, { plus: true });
    return (
        <Row
            label="Funding in a day, a week"
            title="Funding and carry, if price and open interest stay; positive where you receive"
        >
            {money(day.cost)}, {money(week.cost)}
        </Row>
    );
}

/** Health: equity as a part of the margin it must not fall below. */
export function healthText({ equity, maintenanceMargin }: HealthView): string {
    return maintenanceMargin === 0n ? 'no margin needed' : formatShare(equity, maintenanceMargin, 0);
}

export function leverageText(leverage: bigint): string {
    return leverage === UNBOUNDED ? '—' : formatTimes(leverage);
}

export function liquidationText(price: bigint, entry: MarketEntry): string {
    return price === 0n ? 'none' : formatPrice(price, entry.scale);
}

interface ReceiptProps {
    receipt: TradeReceipt;
    entry: MarketEntry;
    bound: ReactNode;
}

export function Receipt({ receipt, entry, bound }: ReceiptProps) {
    const { scale, base } = entry;
    const { before, after, indexNotional } = receipt;
    const decimals = scale.quoteDecimals;
    const cost = { notional: indexNotional, decimals };
    return (
        <section className="receipt" aria-label="What the order would do">
            <dl className="rows receipt-group">
                <Row label="Average price">
                    <strong>{formatPrice(receipt.averagePrice, scale)}</strong>
                </Row>
                <Row label="Index">{formatPrice(receipt.indexPrice, scale)}</Row>
                {bound}
            </dl>
            <dl className="rows receipt-group">
                <Row label="Value at the index">{formatExact(indexNotional, decimals)}</Row>
                <Cost
                    label="Spread"
                    title="What the price may have moved since it was published"
                    part={receipt.spread}
                    {...cost}
                />
                <Cost
                    label="Impact"
                    title="By how much the order makes the market more one-sided"
                    part={receipt.impact}
                    {...cost}
                />
                <Cost label="Fee" title="Taker fee, from your balance" part={exactly(receipt.fee)} {...cost} />
                <Row label="Cost in all">
                    <span className="muted">{formatRatio(receipt.costPart, 100n, { places: 2 })} bp</span>{' '}
                    <strong>{formatMoney(receipt.cost, decimals)}</strong>
                </Row>
                {receipt.realized !== 0n && (
                    <Row label="Realized">
                        <span className={receipt.realized < 0n ? 'short' : 'long'}>
                            {formatMoney(receipt.realized, decimals, { plus: true })}
                        </span>
                    </Row>
                )}
            </dl>
            <dl className="rows receipt-group">
                <Holding size={after.position.size} entry={entry} />
                <Row label={`Position, ${base}`}>
                    <BeforeAfter
                        before={formatSize(before.position.size, scale, true)}
                        after={formatSize(after.position.size, scale, true)}
                    />
                </Row>
                <Row label="Leverage" title="Value of all positions against equity">
                    <BeforeAfter before={leverageText(before.leverage)} after={leverageText(after.leverage)} />
                </Row>
                <Row label="Health" title="Equity against maintenance margin: you are liquidated below 100 %">
                    <BeforeAfter before={healthText(before.health)} after={healthText(after.health)} />
                </Row>
                <Row label="Liquidated at">
                    <BeforeAfter
                        before={liquidationText(before.position.liquidationPrice, entry)}
                        after={liquidationText(after.position.liquidationPrice, entry)}
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
