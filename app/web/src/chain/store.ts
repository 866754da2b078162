// What the chain has said, as bytes: one store, which one feed fills and everything reads.
import type { Address } from '@solana/kit';
import { createStore } from 'zustand/vanilla';

export interface AccountBytes {
    /** Null where the chain says that there is no such account. */
    bytes: Uint8Array | null;
    owner: Address | null;
    lamports: bigint;
}

export interface ChainState {
    accounts: ReadonlyMap<Address, AccountBytes>;
    /** When the newest answer came, by `performance.now()`; null before the first. */
    heardAt: number | null;
    /** What the last poll failed with; null where it was answered. */
    failure: string | null;
}

export const chainStore = createStore<ChainState>(() => ({ accounts: new Map(), heardAt: null, failure: null }));

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
    if (a === null || b === null) return a === b;
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Takes answers in; an account whose bytes are the same keeps its identity, so that what depends on it does not render. */
export function takeAccounts(answers: [Address, AccountBytes][]): void {
    chainStore.setState((state) => {
        let accounts: Map<Address, AccountBytes> | null = null;
        for (const [address, account] of answers) {
            const held = state.accounts.get(address);
            if (held && held.lamports === account.lamports && sameBytes(held.bytes, account.bytes)) continue;
            accounts ??= new Map(state.accounts);
            accounts.set(address, account);
        }
        return { accounts: accounts ?? state.accounts, heardAt: performance.now(), failure: null };
    });
}
