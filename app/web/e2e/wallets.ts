// What others do meanwhile, with the test keys of the local validator: the admin, and anybody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendTransaction } from '@perp-swap/client';
import { getSetExchangeStatusInstruction } from '@perp-swap/client/generated';
import { type Address, createKeyPairSignerFromBytes, createSolanaRpc, type KeyPairSigner } from '@solana/kit';
import type { World } from './world.ts';

/** A byte of the exchange's status. */
const PAUSED = 2;

function wallet({ keys }: World, name: string): Promise<KeyPairSigner> {
    const bytes = JSON.parse(readFileSync(join(keys, `${name}.json`), 'utf8')) as number[];
    return createKeyPairSignerFromBytes(Uint8Array.from(bytes));
}

/** The admin pauses the exchange for so many seconds. */
export async function pause(world: World, seconds: number): Promise<void> {
    const authority = await wallet(world, 'admin');
    const instruction = getSetExchangeStatusInstruction({
        authority,
        exchange: world.exchange.exchange as Address,
        status: PAUSED,
        seconds,
    });
    const rpc = createSolanaRpc(world.exchange.rpc_url);
    const outcome = await sendTransaction(rpc, { payer: authority, instructions: [instruction] });
    if (outcome.step !== 'confirmed') throw new Error(`the exchange was not paused: ${JSON.stringify(outcome)}`);
}
