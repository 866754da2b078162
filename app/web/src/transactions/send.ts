// One transaction from the reader's wish to what the chain says of it.
import { sendTransaction } from '@perp-swap/client';
import type { Instruction, TransactionSigner } from '@solana/kit';
import type { Connection } from '../chain/context';
import { settings } from '../shell/settings';
import { walletSigner } from '../wallet/signer';
import { session } from '../wallet/store';
import { beginTransaction, changeTransaction, isRunning, type Stage, type Teller, transactions } from './store';

export interface Wish {
    title: string;
    /** Makes the instructions, for this signer, from what is known now. */
    build: (signer: TransactionSigner) => Promise<Instruction[]>;
    /** Says what the events of the confirmed transaction say. */
    tell: Teller;
}

const NEXT: Readonly<Record<string, Stage>> = { built: 'signing', signed: 'sending', sent: 'confirming' };

const listeners = new Set<() => void>();

/** Hears of every transaction of the page's own that changed the chain. */
export function onConfirmed(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** Sends a transaction; true once it is confirmed. One at a time: while another is on its way nothing is sent. */
export async function send({ rpc, store }: Connection, wish: Wish): Promise<boolean> {
    const { wallet, account } = session.getState();
    if (!wallet || !account || transactions.getState().sent.some(isRunning)) return false;
    const { id } = beginTransaction(wish.title);
    const signer = walletSigner(wallet, account);
    let instructions: Instruction[];
    try {
        instructions = await wish.build(signer);
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        changeTransaction(id, { stage: 'unsent', outcome: { step: 'unsent', reason, error } });
        return false;
    }
    const plan = { payer: signer, instructions, unitPrice: settings.getState().unitPrice };
    const outcome = await sendTransaction(rpc, plan, {
        onProgress: (progress) => {
            const stage = NEXT[progress.step];
            if (stage) changeTransaction(id, { stage });
            if ('signature' in progress) changeTransaction(id, { signature: progress.signature });
        },
    });
    const told = outcome.step === 'confirmed' ? wish.tell(outcome.record) : null;
    changeTransaction(id, { stage: outcome.step, outcome, told });
    if (outcome.step !== 'confirmed') return false;
    await store.refetch();
    for (const listener of listeners) listener();
    return true;
}
