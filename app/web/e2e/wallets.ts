// What others do meanwhile, with the test keys of the local validator: the admin, and anybody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fundClaims as fundClaimsOf, readSnapshot, sendTransaction, updatePrices } from '@perp-swap/client';
import { getSetExchangeStatusInstruction } from '@perp-swap/client/generated';
import {
    type Address,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    type Instruction,
    type KeyPairSigner,
} from '@solana/kit';
import type { World } from './world.ts';

/** A byte of the exchange's status. */
const PAUSED = 2;

function wallet({ keys }: World, name: string): Promise<KeyPairSigner> {
    const bytes = JSON.parse(readFileSync(join(keys, `${name}.json`), 'utf8')) as number[];
    return createKeyPairSignerFromBytes(Uint8Array.from(bytes));
}

async function send(world: World, payer: KeyPairSigner, instructions: Instruction[]): Promise<void> {
    const rpc = createSolanaRpc(world.exchange.rpc_url);
    const outcome = await sendTransaction(rpc, { payer, instructions });
    if (outcome.step !== 'confirmed') throw new Error(`it did not take place: ${JSON.stringify(outcome)}`);
}

/** The admin pauses the exchange for so many seconds. */
export async function pause(world: World, seconds: number): Promise<void> {
    const authority = await wallet(world, 'admin');
    const exchange = world.exchange.exchange as Address;
    const instruction = getSetExchangeStatusInstruction({ authority, exchange, status: PAUSED, seconds });
    await send(world, authority, [instruction]);
}

/** Anybody brings a market's price, and sets aside for its claims what cash it has where that is asked for. */
async function update(world: World, symbol: string, funds: boolean): Promise<void> {
    const { exchange } = world;
    const { addresses } = await readSnapshot(createSolanaRpc(exchange.rpc_url), exchange.exchange as Address);
    const market = exchange.markets.findIndex((listed) => listed.symbol === symbol);
    const oracle = exchange.markets[market]!.oracle as Address;
    const instructions = [await updatePrices(addresses, [{ market, oracle }])];
    if (funds) instructions.push(await fundClaimsOf(addresses, market));
    await send(world, await wallet(world, 'admin'), instructions);
}

/** Anybody brings a market's price. */
export const bringPrice = (world: World, symbol: string) => update(world, symbol, false);

/** Anybody sets aside for the claims on a market what cash it has, at a price of now. */
export const fundClaims = (world: World, symbol: string) => update(world, symbol, true);
