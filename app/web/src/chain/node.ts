// The node that the page asks, and what it keeps up to date of it.
import { AccountStore } from '@perp-swap/client';
import {
    createDefaultRpcTransport,
    createSolanaRpcFromTransport,
    createSolanaRpcSubscriptions,
    type Rpc,
    type SolanaRpcApi,
} from '@solana/kit';
import type { Deployment } from './deployment';

const POLL_MILLISECONDS = 1_000;
/** Longest answer the page waits for; a node that is slower counts as gone. */
const ANSWER_MILLISECONDS = 8_000;

export interface Node {
    rpc: Rpc<SolanaRpcApi>;
    store: AccountStore;
}

export function openNode({ rpcUrl, websocketUrl }: Deployment): Node {
    const transport = createDefaultRpcTransport({ url: rpcUrl });
    const rpc = createSolanaRpcFromTransport((request) => {
        const signals = [request.signal, AbortSignal.timeout(ANSWER_MILLISECONDS)];
        const signal = AbortSignal.any(signals.filter((given) => given !== undefined));
        return transport({ ...request, signal });
    }) as Rpc<SolanaRpcApi>;
    const subscriptions = createSolanaRpcSubscriptions(websocketUrl);
    return { rpc, store: new AccountStore(rpc, subscriptions, { pollMilliseconds: POLL_MILLISECONDS }) };
}
