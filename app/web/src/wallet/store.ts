// Who looks at the page: the connected wallet, or an address that is only watched, and which of its accounts.

import type { Address } from '@solana/kit';
import type { SolanaSignTransactionFeature } from '@solana/wallet-standard-features';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import type {
    StandardConnectFeature,
    StandardDisconnectFeature,
    StandardEventsFeature,
} from '@wallet-standard/features';
import { useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type UsableWallet = Wallet & {
    features: StandardConnectFeature &
        Partial<StandardDisconnectFeature & StandardEventsFeature> &
        SolanaSignTransactionFeature;
};

export interface Session {
    wallet: UsableWallet | null;
    account: WalletAccount | null;
    /** An address that is looked at without its keys. */
    watched: Address | null;
    /** Number of the margin account that is shown. */
    subAccount: number;
}

const LAST = 'last-wallet';

export const session = createStore<Session>(() => ({ wallet: null, account: null, watched: null, subAccount: 0 }));

export function useSession<T>(select: (state: Session) => T): T {
    return useStore(session, select);
}

/** Whose accounts are shown. */
export function ownerOf(state: Session): Address | null {
    return state.watched ?? (state.account?.address as Address | undefined) ?? null;
}

/** Whether what is shown may be acted on with the connected wallet. */
export function mayAct(state: Session): boolean {
    return state.account !== null && (state.watched === null || state.watched === state.account.address);
}

function isUsable(wallet: Wallet): wallet is UsableWallet {
    return (
        'standard:connect' in wallet.features &&
        'solana:signTransaction' in wallet.features &&
        wallet.chains.some((chain) => chain.startsWith('solana:'))
    );
}

const registry = getWallets();
let offered: readonly UsableWallet[] = registry.get().filter(isUsable);

function subscribe(listener: () => void): () => void {
    const changed = () => {
        offered = registry.get().filter(isUsable);
        listener();
    };
    changed();
    const stops = [registry.on('register', changed), registry.on('unregister', changed)];
    return () => {
        for (const stop of stops) stop();
    };
}

/** The wallets that this browser offers and that can sign for Solana. */
export function useOfferedWallets(): readonly UsableWallet[] {
    return useSyncExternalStore(subscribe, () => offered);
}

let forget: (() => void) | undefined;

export async function connectWallet(wallet: UsableWallet, silent = false): Promise<void> {
    const { accounts } = await wallet.features['standard:connect'].connect(silent ? { silent } : undefined);
    const account = accounts[0];
    if (!account) {
        if (silent) return;
        throw new Error(`${wallet.name} offers no account`);
    }
    forget?.();
    forget = wallet.features['standard:events']?.on('change', ({ accounts: changed }) => {
        if (changed === undefined) return;
        const next = changed[0];
        if (next) session.setState({ account: next });
        else session.setState({ wallet: null, account: null });
    });
    localStorage.setItem(LAST, wallet.name);
    session.setState({ wallet, account, watched: null, subAccount: 0 });
}

/** Connects again to the wallet of the last visit, without asking anything. */
export async function reconnectWallet(): Promise<void> {
    const name = localStorage.getItem(LAST);
    const wallet = registry
        .get()
        .filter(isUsable)
        .find((candidate) => candidate.name === name);
    if (wallet) await connectWallet(wallet, true).catch(() => undefined);
}

export async function disconnectWallet(): Promise<void> {
    const { wallet } = session.getState();
    forget?.();
    forget = undefined;
    localStorage.removeItem(LAST);
    session.setState({ wallet: null, account: null, subAccount: 0 });
    await wallet?.features['standard:disconnect']?.disconnect();
}
