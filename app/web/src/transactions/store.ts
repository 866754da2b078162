// What was sent, and what became of it: the page's only record of it, beside the chain's.

import type { Outcome, TransactionRecord } from '@perp-swap/client';
import type { Signature } from '@solana/kit';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type Stage = 'building' | 'signing' | 'sending' | 'confirming' | Outcome['step'];

export interface Sent {
    id: number;
    /** What the reader asked for, such as "Buy 2 SOL". */
    title: string;
    stage: Stage;
    signature: Signature | null;
    outcome: Outcome | null;
    /** What the events say that was done; only of a confirmed transaction. */
    told: string | null;
    startedAt: number;
}

export const transactions = createStore<{ sent: readonly Sent[] }>(() => ({ sent: [] }));

const KEPT = 50;
let next = 1;

export function beginTransaction(title: string): Sent {
    const sent: Sent = {
        id: next++,
        title,
        stage: 'building',
        signature: null,
        outcome: null,
        told: null,
        startedAt: Date.now(),
    };
    transactions.setState((state) => ({ sent: [sent, ...state.sent].slice(0, KEPT) }));
    return sent;
}

export function changeTransaction(id: number, change: Partial<Sent>): void {
    transactions.setState((state) => ({
        sent: state.sent.map((sent) => (sent.id === id ? { ...sent, ...change } : sent)),
    }));
}

export function isRunning({ stage }: Sent): boolean {
    return stage === 'building' || stage === 'signing' || stage === 'sending' || stage === 'confirming';
}

/** Whether a transaction is on its way: the next one waits until it is known what became of it. */
export function useBusy(): boolean {
    return useStore(transactions, ({ sent }) => sent.some(isRunning));
}

export function useSent(): readonly Sent[] {
    return useStore(transactions, ({ sent }) => sent);
}

export type Teller = (record: TransactionRecord) => string;
