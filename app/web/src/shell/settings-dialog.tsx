import { useState } from 'react';
import { formatPpm, readTyped } from '../format/units';
import { parsePercent } from '../ticket/percent';
import { Dialog } from '../ui/dialog';
import { NumberField } from '../ui/field';
import { Icon } from '../ui/icon';
import { Segments } from '../ui/segments';
import { settings, useSettings } from './settings';

const FEES = [
    { value: '0', label: 'None' },
    { value: '10000', label: 'Low' },
    { value: '100000', label: 'Medium' },
    { value: '1000000', label: 'High' },
] as const;

function SettingsDialog({ onClose }: { onClose: () => void }) {
    const { unitPrice, tolerance } = useSettings((state) => state);
    const [typed, setTyped] = useState(formatPpm(tolerance, 4).replace('%', ''));
    const [fee, setFee] = useState(unitPrice.toString());
    const takeTolerance = (text: string) => {
        setTyped(text);
        const read = readTyped(text, parsePercent);
        if (read.value !== null && read.value > 0n && read.value < 1_000_000n)
            settings.setState({ tolerance: read.value });
    };
    const takeFee = (text: string) => {
        setFee(text);
        const read = readTyped(text, BigInt);
        if (read.value !== null && read.value <= 1_000_000_000n) settings.setState({ unitPrice: read.value });
    };
    const preset = FEES.find(({ value }) => value === fee)?.value ?? ('' as never);
    return (
        <Dialog title="Settings" onClose={onClose}>
            <NumberField
                label="How much worse than previewed a fill may be"
                value={typed}
                onChange={takeTolerance}
                unit="%"
                problem={readTyped(typed, parsePercent).problem}
            />
            <p className="muted">
                Every order has a bound. Beyond it the exchange refuses the order, and you keep your money.
            </p>
            <Segments label="Priority fee" choices={FEES} value={preset} onChange={takeFee} />
            <NumberField
                label="Priority fee"
                value={fee}
                onChange={takeFee}
                unit="µ-lamports per compute unit"
                problem={/^\d+$/.test(fee) ? null : 'A whole number.'}
            />
            <p className="muted">Paid to whoever builds the block, on top of 5,000 lamports for the signature.</p>
        </Dialog>
    );
}

export function SettingsButton() {
    const [open, setOpen] = useState(false);
    return (
        <>
            <button
                type="button"
                className="icon-button"
                aria-label="Settings"
                aria-haspopup="dialog"
                onClick={() => setOpen(true)}
            >
                <Icon name="gear" />
            </button>
            {open && <SettingsDialog onClose={() => setOpen(false)} />}
        </>
    );
}
