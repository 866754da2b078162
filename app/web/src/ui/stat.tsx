import type { ReactNode } from 'react';
import { fraction } from '../format/units';

/** A labeled number. */
export function Stat({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
    return (
        <div className="stat">
            <dt title={title}>{label}</dt>
            <dd>{children}</dd>
        </div>
    );
}

/** A line of a list of labeled numbers. */
export function Row({ label, title, children }: { label: ReactNode; title?: string; children: ReactNode }) {
    return (
        <div className="row">
            <dt title={title} className={title ? 'help' : undefined}>
                {label}
            </dt>
            <dd>{children}</dd>
        </div>
    );
}

/** How much of a whole is used, drawn; the number stands beside it as text. */
export function Meter({ part, whole, color = 'var(--accent)' }: { part: bigint; whole: bigint; color?: string }) {
    return (
        <div className="meter" aria-hidden="true">
            <span style={{ width: `${fraction(part, whole) * 100}%`, background: color }} />
        </div>
    );
}
