// A wallet whose keys lie in the page's storage, for local validators: their money is worth nothing. Development builds alone
// have it, and it refuses every node that is not on this machine.

import { parseAtoms } from '@perp-swap/client';
import { faucet } from '@perp-swap/client/local';
import {
    type Address,
    createKeyPairSignerFromPrivateKeyBytes,
    getBase58Encoder,
    getTransactionDecoder,
    getTransactionEncoder,
    type KeyPairSigner,
} from '@solana/kit';
import { SolanaSignTransaction, type SolanaSignTransactionFeature } from '@solana/wallet-standard-features';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import {
    StandardConnect,
    type StandardConnectFeature,
    StandardDisconnect,
    type StandardDisconnectFeature,
    StandardEvents,
    type StandardEventsFeature,
} from '@wallet-standard/features';
import { registerWallet } from '@wallet-standard/wallet';
import type { Deployment } from '../chain/deployment';
import type { Directory } from '../chain/directory';
import { DEVELOPMENT_WALLET, isLoopback } from './loopback';

const SEED = 'development-wallet-seed';
const ICON =
    'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAyMCAyMCI+PHJlY3Qgd2lkdGg9IjIwIiBoZWlnaHQ9IjIwIiByeD0iNSIgZmlsbD0iI2YyYjk1MCIvPjwvc3ZnPg==';

/** What whoever holds the wallet does before the next signature: takes time over it, or throws where he rejects it. The stories set it. */
declare global {
    interface Window {
        beforeNextSignature?: () => Promise<void>;
    }
}

async function signer(): Promise<KeyPairSigner> {
    let hex = localStorage.getItem(SEED);
    if (hex === null || !/^[0-9a-f]{64}$/.test(hex)) {
        hex = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join(
            '',
        );
        localStorage.setItem(SEED, hex);
    }
    const seed = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    return createKeyPairSignerFromPrivateKeyBytes(seed);
}

function walletOf(key: KeyPairSigner): Wallet {
    const account: WalletAccount = {
        address: key.address,
        publicKey: getBase58Encoder().encode(key.address),
        chains: ['solana:localnet'],
        features: [SolanaSignTransaction],
        label: 'Development',
    };
    let accounts: readonly WalletAccount[] = [];
    const listeners = new Set<(change: { accounts?: readonly WalletAccount[] }) => void>();
    const become = (next: readonly WalletAccount[]) => {
        accounts = next;
        for (const listener of listeners) listener({ accounts });
    };
    const features: StandardConnectFeature &
        StandardDisconnectFeature &
        StandardEventsFeature &
        SolanaSignTransactionFeature = {
        [StandardConnect]: {
            version: '1.0.0',
            connect: async () => {
                become([account]);
                return { accounts };
            },
        },
        [StandardDisconnect]: { version: '1.0.0', disconnect: async () => become([]) },
        [StandardEvents]: {
            version: '1.0.0',
            on: (_event, listener) => {
                listeners.add(listener);
                return () => listeners.delete(listener);
            },
        },
        [SolanaSignTransaction]: {
            version: '1.0.0',
            supportedTransactionVersions: ['legacy', 0],
            signTransaction: async (...inputs) => {
                const asked = window.beforeNextSignature;
                window.beforeNextSignature = undefined;
                await asked?.();
                return Promise.all(
                    inputs.map(async ({ transaction }) => {
                        const unsigned = getTransactionDecoder().decode(transaction);
                        const [signatures] = await key.signTransactions([unsigned as never]);
                        const signed = { ...unsigned, signatures: { ...unsigned.signatures, ...signatures } };
                        return { signedTransaction: getTransactionEncoder().encode(signed) as Uint8Array };
                    }),
                );
            },
        },
    };
    return {
        version: '1.0.0',
        name: DEVELOPMENT_WALLET,
        icon: ICON,
        chains: ['solana:localnet'],
        features,
        get accounts() {
            return accounts;
        },
    };
}

let offered = false;

/** Offers the wallet where the node is on this machine, once. */
export async function registerDevelopmentWallet(deployment: Deployment): Promise<void> {
    if (offered || !isLoopback(deployment.rpcUrl)) return;
    offered = true;
    registerWallet(walletOf(await signer()));
}

const FAUCET_DOLLARS = '100000';

/** Puts SOL for fees and 100 000 test USDC into a wallet, as only a local validator allows. */
export async function dispense(deployment: Deployment, directory: Directory, owner: Address): Promise<void> {
    await faucet(deployment.rpcUrl, directory, owner, parseAtoms(FAUCET_DOLLARS, directory.quoteDecimals));
}
