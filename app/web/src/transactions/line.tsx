// The last transaction, always in sight: where it is, and what came of it. It never says "done" before the chain does.
import { useState } from 'react';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { isRunning, type Sent, type Stage, useSent } from './store';

const STEPS: readonly [Stage, string][] = [
    ['building', 'Built'],
    ['signing', 'Signed'],
    ['sending', 'Sent'],
    ['confirming', 'Confirmed'],
];

const WAITING: Partial<Record<Stage, string>> = {
    building: 'Building…',
    signing: 'Waiting for your signature…',
    sending: 'Sending…',
    confirming: 'Sent. Waiting for the chain to confirm it…',
};

/** What is known of a transaction, in one sentence. */
export function sentence({ stage, outcome, told }: Sent): string {
    const waiting = WAITING[stage];
    if (waiting) return waiting;
    switch (outcome?.step) {
        case 'confirmed':
            return told ?? 'Confirmed.';
        case 'refused':
            return `Refused: ${outcome.refusal.message}${outcome.inBlock ? '' : ' Nothing was charged.'}`;
        case 'unsent':
            return `Not sent: ${outcome.reason}`;
        case 'expired':
            return 'Expired: no block took it in time. It did not happen and cannot any more; try again.';
        case 'unknown':
            return `Unknown: ${outcome.reason}. It may still happen; look the signature up before you send it again.`;
        default:
            return '';
    }
}

function Steps({ stage }: { stage: Stage }) {
    const at = STEPS.findIndex(([step]) => step === stage);
    const done = stage === 'confirmed';
    return (
        <ol className="txline-steps" aria-hidden="true">
            {STEPS.map(([step, label], index) => {
                const state = done || (at >= 0 && index < at) ? 'done' : index === at ? 'now' : 'later';
                return (
                    <li key={step} data-state={state}>
                        {state === 'done' && <Icon name="check" size={13} />}
                        {label}
                    </li>
                );
            })}
        </ol>
    );
}

const BADGES: Partial<Record<Stage, [string, string]>> = {
    confirmed: ['badge-long', 'Confirmed'],
    refused: ['badge-short', 'Refused'],
    unsent: ['badge-short', 'Not sent'],
    expired: ['badge-warn', 'Expired'],
    unknown: ['badge-warn', 'Unknown'],
};

function Details({ sent, onClose }: { sent: readonly Sent[]; onClose: () => void }) {
    return (
        <Dialog title="Transactions of this visit" wide onClose={onClose}>
            <ul className="rows">
                {sent.map((one) => {
                    const badge = BADGES[one.stage];
                    const refusal = one.outcome?.step === 'refused' ? one.outcome.refusal : null;
                    return (
                        <li key={one.id} className="panel panel-body rows">
                            <div className="row">
                                <strong>{one.title}</strong>
                                <span className={`badge ${badge?.[0] ?? ''}`}>{badge?.[1] ?? 'Under way'}</span>
                            </div>
                            <p>{sentence(one)}</p>
                            {refusal?.explanation && <p className="muted">What to do: {refusal.explanation.remedy}</p>}
                            {one.signature && <p className="mono muted">{one.signature}</p>}
                            {refusal && refusal.logs.length > 0 && (
                                <details>
                                    <summary>Program logs</summary>
                                    <pre className="mono logs">{refusal.logs.join('\n')}</pre>
                                </details>
                            )}
                        </li>
                    );
                })}
            </ul>
        </Dialog>
    );
}

export function TransactionLine() {
    const sent = useSent();
    const [open, setOpen] = useState(false);
    const last = sent[0];
    const badge = last && BADGES[last.stage];
    return (
        <section className="txline" aria-label="Transactions">
            <div className="txline-text" role="status" aria-live="polite">
                {last ? (
                    <p>
                        {badge && <span className={`badge ${badge[0]}`}>{badge[1]}</span>} <strong>{last.title}</strong>
                        {' · '}
                        {sentence(last)}
                    </p>
                ) : (
                    <p className="muted">No transaction sent yet. Each one shows here from signing to confirmation.</p>
                )}
            </div>
            {last && (isRunning(last) || last.stage === 'confirmed') && <Steps stage={last.stage} />}
            {last && (
                <button
                    type="button"
                    className="button button-small"
                    aria-haspopup="dialog"
                    onClick={() => setOpen(true)}
                >
                    Details
                </button>
            )}
            {open && <Details sent={sent} onClose={() => setOpen(false)} />}
        </section>
    );
}
