// The local validator of `cargo run -p perp-localnet`, and a wallet with test money on it.
import { readFileSync } from 'node:fs';
import { formatAtoms, type Outcome, readSnapshot } from '@perp-swap/client';
import { faucet, type LocalExchange } from '@perp-swap/client/local';
import { createSolanaRpc, createSolanaRpcSubscriptions, generateKeyPairSigner } from '@solana/kit';

/** `exchange.json` in the folder of the local validator's keys: the first argument, or where it is by default. */
const path = process.argv[2] ?? '.localnet/keys/exchange.json';

export const local: LocalExchange = JSON.parse(readFileSync(path, 'utf8'));
export const rpc = createSolanaRpc(local.rpc_url);
export const subscriptions = createSolanaRpcSubscriptions(local.websocket_url);
export const snapshot = await readSnapshot(rpc, local.exchange);
export const { addresses } = snapshot;

/** A new wallet with lamports and so many atoms of the quote token. */
export async function newWallet(atoms: bigint) {
    const wallet = await generateKeyPairSigner();
    await faucet(local.rpc_url, addresses, wallet.address, atoms);
    return wallet;
}

export const usdc = (atoms: bigint) => `${formatAtoms(atoms, snapshot.exchange.data.quoteDecimals)} USDC`;

/** What a transaction did; ends the program where it did not take place. */
export function confirmed(outcome: Outcome) {
    if (outcome.step === 'confirmed') {
        return outcome.record;
    }
    const why = outcome.step === 'refused' ? outcome.refusal.message : JSON.stringify(outcome, ['step', 'reason']);
    throw new Error(`not confirmed: ${why}`);
}
