// Test money on the local validator. No cluster knows these methods.
import { type Address, type Lamports, lamports } from '@solana/kit';
import { type ExchangeAddresses, tokensOf } from '../addresses.js';

/** A local validator did not do what was asked. */
export class FaucetError extends Error {
    override readonly name = 'FaucetError';
}

/** Calls a method of a node whose client does not know it. Amounts are written as whole numbers, however large. */
async function call(url: string, method: string, params: unknown[]): Promise<unknown> {
    const digits = /"#(\d+)"/g;
    const marked = (_: string, value: unknown) => (typeof value === 'bigint' ? `#${value}` : value);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }, marked).replace(digits, '$1');
    let answer: { result?: unknown; error?: { message?: string } };
    try {
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        answer = await response.json();
    } catch (error) {
        throw new FaucetError(`${url} does not answer (${error}): start the local validator, or check the URL`);
    }
    if (answer.error !== undefined) {
        const message = answer.error.message ?? 'no reason given';
        throw new FaucetError(`${url} refuses ${method} (${message}): only a local validator hands out test money`);
    }
    return answer.result;
}

/** Gives `owner` lamports of the local validator. */
export async function requestLamports(
    url: string,
    owner: Address,
    amount: Lamports = lamports(10_000_000_000n),
): Promise<void> {
    await call(url, 'requestAirdrop', [owner, amount, { commitment: 'confirmed' }]);
}

/** Sets what the owner's associated account of the exchange's quote token holds, in atoms; the account is made where there is none. */
export async function setTokens(
    url: string,
    addresses: ExchangeAddresses,
    owner: Address,
    atoms: bigint,
): Promise<Address> {
    const { quoteMint, tokenProgram } = addresses;
    await call(url, 'surfnet_setTokenAccount', [owner, quoteMint, { amount: atoms }, tokenProgram]);
    return tokensOf(addresses, owner);
}

/** Lamports for fees, and test tokens: what somebody needs who tries the exchange on a local validator. */
export async function faucet(url: string, addresses: ExchangeAddresses, owner: Address, atoms: bigint): Promise<void> {
    await requestLamports(url, owner);
    await setTokens(url, addresses, owner, atoms);
}

/** Where everything of a running local validator is: the file `exchange.json` beside its keypairs. */
export type LocalExchange = {
    readonly rpc_url: string;
    readonly websocket_url: string;
    readonly prices_url: string;
    readonly program: Address;
    readonly exchange: Address;
    readonly pool: Address;
    readonly vault: Address;
    readonly mint: Address;
    readonly markets: readonly {
        readonly index: number;
        readonly symbol: string;
        readonly market: Address;
        readonly oracle: Address;
    }[];
};
