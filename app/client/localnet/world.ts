// The local validator as every test finds it: a connection, the exchange, and wallets with test money.
import {
    type Account,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
    generateKeyPairSigner,
    type Instruction,
    type KeyPairSigner,
} from '@solana/kit';
import { expect, inject } from 'vitest';
import {
    ACCOUNTS,
    type Authority,
    deposit,
    type ExchangeEvent,
    type MarginAccount,
    type Market,
    marginAccountAddress,
    type Outcome,
    openAccount,
    type PricedMarket,
    type Progress,
    planFresh,
    priceServer,
    type Refusal,
    readAccount,
    readSnapshot,
    sendPlan,
    sendTransaction,
    tokensOf,
} from '../src/index.js';
import { faucet } from '../src/local/index.js';

export const local = inject('local');
export const rpc = createSolanaRpc(local.rpc_url);
export const subscriptions = createSolanaRpcSubscriptions(local.websocket_url);
export const prices = priceServer(local.prices_url);

/** Atoms of a USDC: it has 6 decimals. */
export const USDC = 1_000_000n;
/** Base units of a SOL in SOL-PERP: it has 9 decimals. */
export const SOL = 1_000_000_000n;

export const snapshot = () => readSnapshot(rpc, local.exchange);
export const { addresses } = await snapshot();

export async function market(index: number): Promise<Account<Market>> {
    return (await snapshot()).markets[index] as Account<Market>;
}

/** A wallet that nobody knows yet, with lamports and so many USDC. */
export async function newWallet(usdc: bigint): Promise<KeyPairSigner> {
    const wallet = await generateKeyPairSigner();
    await faucet(local.rpc_url, addresses, wallet.address, usdc * USDC);
    return wallet;
}

/** What a transaction did; fails where it did not take place. */
export function events(outcome: Outcome): ExchangeEvent[] {
    if (outcome.step !== 'confirmed') {
        const why = outcome.step === 'refused' ? `${outcome.refusal.message}\n${outcome.refusal.logs.join('\n')}` : '';
        throw new Error(`${outcome.step}: ${'reason' in outcome ? outcome.reason : why}`);
    }
    expect(outcome.record.events.gap).toBeUndefined();
    return outcome.record.events.seen;
}

/** The one event of this name. */
export function eventOf<Name extends ExchangeEvent['name']>(outcome: Outcome, name: Name) {
    const found = events(outcome).filter((event) => event.name === name);
    expect(found.length, `events ${name}`).toBe(1);
    return found[0]?.data as Extract<ExchangeEvent, { name: Name }>['data'];
}

/** Why a transaction was refused; fails where it was not. */
export function refusalOf(outcome: Outcome): Refusal {
    if (outcome.step !== 'refused') {
        throw new Error(`${outcome.step} instead of refused`);
    }
    return outcome.refusal;
}

export function send(
    payer: KeyPairSigner,
    instructions: readonly Instruction[],
    onProgress?: (progress: Progress) => void,
) {
    return sendTransaction(rpc, { payer, instructions }, onProgress === undefined ? {} : { onProgress });
}

/** Sends what uses fresh prices of these markets, and brings them along. */
export async function sendFresh(
    payer: KeyPairSigner,
    markets: readonly Account<Market>[],
    use: (prices: readonly PricedMarket[]) => Promise<readonly Instruction[]>,
): Promise<Outcome> {
    const plan = await planFresh(rpc, prices, { payer, markets, use });
    return (await sendPlan(rpc, plan)).outcome;
}

/** A trader with a margin account of this number that holds so many USDC. */
export async function newTrader(
    usdc: bigint,
    subAccount = 0,
): Promise<{ wallet: KeyPairSigner; authority: Authority }> {
    const wallet = await newWallet(usdc);
    const marginAccount = await marginAccountAddress(addresses, wallet.address, subAccount);
    const authority = { signer: wallet, marginAccount };
    const source = await tokensOf(addresses, wallet.address);
    const outcome = await send(wallet, [
        await openAccount(addresses, wallet, wallet, subAccount),
        deposit(addresses, authority, source, usdc * USDC),
    ]);
    events(outcome);
    return { wallet, authority };
}

export async function account({ marginAccount }: Authority): Promise<MarginAccount> {
    return (await readAccount(rpc, ACCOUNTS.marginAccount, marginAccount)).data;
}

/** What `poll` finds at last. */
export async function until<T>(what: string, poll: () => Promise<T | undefined>): Promise<T> {
    for (let at = 0; at < 150; at++) {
        const found = await poll();
        if (found !== undefined) {
            return found;
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${what}: not within 30 s`);
}

/** In the slot of an increase nothing may be reduced: waits for the next. */
export async function nextSlot(): Promise<void> {
    const now = await rpc.getSlot({ commitment: 'confirmed' }).send();
    await until('the next slot', async () => {
        const slot = await rpc.getSlot({ commitment: 'confirmed' }).send();
        return slot > now + 1n || undefined;
    });
}
