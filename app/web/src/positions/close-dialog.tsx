// Closing a position, whole or in part, with what it would do beforehand.
import { anyPrice, PPM, parseSize } from '@perp-swap/client';
import type { PositionView } from '@perp-swap/client/engine';
import { useState } from 'react';
import type { OwnedAccount } from '../accounts/owned';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { useTrade, useWorld, useWorstPrice } from '../engine/hooks';
import { formatPrice, formatSize, magnitude, readTyped, typable } from '../format/units';
import { useSettings } from '../shell/settings';
import { partOf, signed } from '../ticket/amounts';
import { Receipt, Refused } from '../ticket/receipt';
import { useBusy } from '../transactions/store';
import { useSend } from '../transactions/use-send';
import { tradeWish } from '../transactions/wishes';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { Row } from '../ui/stat';

interface CloseDialogProps {
    position: PositionView;
    entry: MarketEntry;
    account: OwnedAccount;
    onClose: () => void;
}

/** Parts of the position, in ppm. */
const PARTS = [
    [250_000n, '25%'],
    [500_000n, '50%'],
    [750_000n, '75%'],
    [PPM, '100%'],
] as const;

export function CloseDialog({ position, entry, account, onClose }: CloseDialogProps) {
    const { directory } = useConnection();
    const engine = useWorld();
    const tolerance = useSettings((state) => state.tolerance);
    const busy = useBusy();
    const send = useSend();
    const { scale, base } = entry;
    const whole = magnitude(position.size);
    const side = position.size < 0n ? 'long' : 'short';
    const [text, setText] = useState('');
    const typed = readTyped(text, (plain) => parseSize(plain, scale));
    const amount = text === '' ? whole : typed.value;
    const size = amount === null ? null : signed(amount, side);
    const answer = useTrade(
        entry,
        size === null || size === 0n
            ? null
            : {
                  account: account.address,
                  size,
                  acceptablePrice: anyPrice(size),
                  reduceOnly: true,
              },
    );
    const bound = useWorstPrice(answer?.receipt?.averagePrice ?? null, side, tolerance);
    const ready = size !== null && bound !== null && !busy;
    return (
        <Dialog title={`Close ${entry.symbol}`} onClose={onClose}>
            <form
                className="rows"
                onSubmit={(event) => {
                    event.preventDefault();
                    if (!ready) return;
                    const order = { size, acceptablePrice: bound, reduceOnly: true };
                    void send(tradeWish(directory, entry, account, order)).then((done) => done && onClose());
                }}
            >
                <NumberField
                    label="How much"
                    value={text}
                    onChange={setText}
                    placeholder={`all: ${formatSize(whole, scale)}`}
                    unit={base}
                    problem={typed.problem}
                    autoFocus
                />
                <div className="quick">
                    {PARTS.map(([part, label]) => (
                        <button
                            key={label}
                            type="button"
                            className="button button-small"
                            onClick={() =>
                                setText(part === PPM ? '' : typable(partOf(engine, whole, part), scale.baseDecimals))
                            }
                        >
                            {label}
                        </button>
                    ))}
                </div>
                {answer?.refusal && (
                    <Refused
                        refusal={answer.refusal}
                        mend={text === '' ? null : { label: 'Close all of it', onClick: () => setText('') }}
                    />
                )}
                {answer?.receipt && (
                    <Receipt
                        receipt={answer.receipt}
                        entry={entry}
                        bound={bound !== null && <Row label="Never worse than">{formatPrice(bound, scale)}</Row>}
                    />
                )}
                <button type="submit" className="button button-primary button-wide" disabled={!ready}>
                    {busy ? 'A transaction is under way' : `Close ${formatSize(amount ?? 0n, scale)} ${base}`}
                </button>
            </form>
        </Dialog>
    );
}
