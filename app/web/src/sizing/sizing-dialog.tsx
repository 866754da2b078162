// How large a position ought to be: by what it may lose, by how volatile it is, by what it must survive, by its edge.
import { parseAtoms, parsePrice } from '@perp-swap/client';
import type { Refused } from '@perp-swap/client/engine';
import { type ReactNode, useState } from 'react';
import { useShownAccount } from '../accounts/owned';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { answerOf, useAccountView, useAsked, useMarketView, useNumber } from '../engine/hooks';
import { describe } from '../engine/refusal';
import { formatMoney, formatPpm, formatSize, formatTimes, magnitude, readTyped } from '../format/units';
import { sideWord } from '../ticket/amounts';
import { parseCount, parsePercent } from '../ticket/percent';
import type { Side } from '../ticket/state';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { Segments } from '../ui/segments';
import { Row } from '../ui/stat';

const WAYS = [
    { value: 'risk', label: 'Risk' },
    { value: 'survive', label: 'Survive' },
    { value: 'volatility', label: 'Volatility' },
    { value: 'kelly', label: 'Kelly' },
] as const;

type Way = (typeof WAYS)[number]['value'];

interface ToolProps {
    entry: MarketEntry;
    side: Side;
    onUse: (size: bigint) => void;
}

/** A size found, and what leads to it; or why there is none. */
function Found({
    entry,
    size,
    refused,
    onUse,
    children,
}: {
    entry: MarketEntry;
    size: bigint | null;
    refused: Refused | null;
    onUse: (size: bigint) => void;
    children?: ReactNode;
}) {
    const shown = size === null ? null : magnitude(size);
    return (
        <>
            {refused && <p className="notice notice-warn">{describe(refused, entry.scale).message}</p>}
            <dl className="rows">
                <Row label="Size">
                    <strong>{shown === null ? '—' : `${formatSize(shown, entry.scale)} ${entry.base}`}</strong>
                </Row>
                {children}
            </dl>
            <button
                type="button"
                className="button button-primary button-wide"
                disabled={!shown}
                onClick={() => shown && onUse(shown)}
            >
                Use this size
            </button>
        </>
    );
}

function ByRisk({ entry, side, onUse }: ToolProps) {
    const { quoteDecimals } = useConnection().directory;
    const [stopText, setStop] = useState('');
    const [riskText, setRisk] = useState('100');
    const stop = readTyped(stopText, (text) => parsePrice(text, entry.scale));
    const risk = readTyped(riskText, (text) => parseAtoms(text, quoteDecimals));
    const asked = useAsked(
        'sizeForRisk',
        stop.value === null || risk.value === null
            ? null
            : { market: BigInt(entry.index), side: sideWord(side), stop: stop.value, risk: risk.value },
    );
    const answer = answerOf(asked);
    return (
        <>
            <p className="muted">
                The largest position that loses no more than an amount at its stop, costs of both orders included.
            </p>
            <div className="two">
                <NumberField label="Stop" value={stopText} onChange={setStop} unit="USDC" problem={stop.problem} />
                <NumberField label="May lose" value={riskText} onChange={setRisk} unit="USDC" problem={risk.problem} />
            </div>
            <Found entry={entry} size={answer?.size ?? null} refused={asked?.refused ?? null} onUse={onUse}>
                {answer && <Row label="Loses at the stop">{formatMoney(answer.loss, quoteDecimals)}</Row>}
                {answer && <Row label="Of that, costs">{formatMoney(answer.costs, quoteDecimals)}</Row>}
            </Found>
        </>
    );
}

function BySurvival({ entry, side, onUse }: ToolProps) {
    const account = useShownAccount();
    const number = useNumber(account?.address ?? null);
    const [moveText, setMove] = useState('10');
    const move = readTyped(moveText, parsePercent);
    const asked = useAsked(
        'largestOrderSurviving',
        move.value === null || number === null
            ? null
            : { account: number, market: BigInt(entry.index), side: sideWord(side), adverse: move.value },
    );
    const answer = answerOf(asked);
    return (
        <>
            <p className="muted">
                The largest order after which the account survives a move against it without liquidation.
            </p>
            <NumberField label="Adverse move" value={moveText} onChange={setMove} unit="%" problem={move.problem} />
            <Found entry={entry} size={answer?.size ?? null} refused={asked?.refused ?? null} onUse={onUse} />
        </>
    );
}

/** The shown account's equity; without one that of the engine's visitor. */
function useEquity(): bigint | null {
    const account = useShownAccount();
    return useAccountView(account?.address ?? null)?.health.equity ?? null;
}

function ByVolatility({ entry, onUse }: ToolProps) {
    const equity = useEquity();
    const view = useMarketView(entry.index);
    const [targetText, setTarget] = useState('20');
    const [volatilityText, setVolatility] = useState('80');
    const target = readTyped(targetText, parsePercent);
    const volatility = readTyped(volatilityText, parsePercent);
    const asked = useAsked(
        'sizeForVolatility',
        equity === null || view === null || target.value === null || volatility.value === null
            ? null
            : { equity, price: view.price, volatility: volatility.value, target: target.value },
    );
    const answer = answerOf(asked);
    return (
        <>
            <p className="muted">
                The size that makes your equity as volatile as you want it, by the price&apos;s own volatility.
            </p>
            <div className="two">
                <NumberField
                    label="Of the price, a year"
                    value={volatilityText}
                    onChange={setVolatility}
                    unit="%"
                    problem={volatility.problem}
                />
                <NumberField
                    label="Wanted of equity"
                    value={targetText}
                    onChange={setTarget}
                    unit="%"
                    problem={target.problem}
                />
            </div>
            <Found entry={entry} size={answer?.size ?? null} refused={asked?.refused ?? null} onUse={onUse}>
                {view && <Row label="Measured over minutes">{formatPpm(view.fastVolatility)}</Row>}
            </Found>
        </>
    );
}

function ByKelly({ entry, onUse }: ToolProps) {
    const equity = useEquity();
    const view = useMarketView(entry.index);
    const [meanText, setMean] = useState('30');
    const [volatilityText, setVolatility] = useState('80');
    const [daysText, setDays] = useState('730');
    const mean = readTyped(meanText, parsePercent);
    const volatility = readTyped(volatilityText, parsePercent);
    const days = parseCount(daysText);
    const HALF = 500_000n;
    const kelly = useAsked(
        'kelly',
        mean.value === null || volatility.value === null || days === null
            ? null
            : { mean: mean.value, volatility: volatility.value, days: BigInt(days), fraction: HALF },
    );
    const found = answerOf(kelly);
    const advised = found && found.leverage > 0n ? found.leverage : null;
    const asked = useAsked(
        'sizeOfLeverage',
        equity === null || view === null || advised === null ? null : { equity, price: view.price, leverage: advised },
    );
    const answer = answerOf(asked);
    return (
        <>
            <p className="muted">
                Half of the leverage that grows equity fastest for an edge, shrunk by how little is known of it.
            </p>
            <div className="two">
                <NumberField label="Edge, a year" value={meanText} onChange={setMean} unit="%" problem={mean.problem} />
                <NumberField
                    label="Volatility, a year"
                    value={volatilityText}
                    onChange={setVolatility}
                    unit="%"
                    problem={volatility.problem}
                />
            </div>
            <NumberField
                label="Observed for"
                value={daysText}
                onChange={setDays}
                unit="days"
                problem={days === null ? 'A whole number of days.' : null}
            />
            <Found
                entry={entry}
                size={answer?.size ?? null}
                refused={kelly?.refused ?? asked?.refused ?? null}
                onUse={onUse}
            >
                {found && <Row label="Full Kelly, if the edge were known">{formatTimes(found.full)}</Row>}
                {found && (
                    <Row label="One standard error lower, higher">
                        {formatTimes(found.low)}, {formatTimes(found.high)}
                    </Row>
                )}
                {found && <Row label="Advised">{formatTimes(found.leverage)}</Row>}
            </Found>
        </>
    );
}

const TOOLS = { risk: ByRisk, survive: BySurvival, volatility: ByVolatility, kelly: ByKelly };

export function SizingDialog({ entry, side, onUse, onClose }: ToolProps & { onClose: () => void }) {
    const [way, setWay] = useState<Way>('risk');
    const Tool = TOOLS[way];
    return (
        <Dialog title="How large" onClose={onClose}>
            <Segments label="By what" choices={WAYS} value={way} onChange={setWay} />
            <Tool
                entry={entry}
                side={side}
                onUse={(size) => {
                    onUse(size);
                    onClose();
                }}
            />
        </Dialog>
    );
}
