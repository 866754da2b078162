// What only the exchange's admin may do, with the test key of the local validator.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendTransaction } from '@perp-swap/client';
import { getSetExchangeStatusInstruction } from '@perp-swap/client/generated';
import { type Address, createKeyPairSignerFromBytes, createSolanaRpc } from '@solana/kit';
import type { World } from './world.ts';

/** A byte of the exchange's status. */
const PAUSED = 2;

/** Pauses the exchange for so many seconds. */
export async function pause({ exchange, keys }: World, seconds: number): Promise<void> {
    const bytes = Uint8Array.from(JSON.parse(readFileSync(join(keys, 'admin.json'), 'utf8')) as number[]);
    const authority = await createKeyPairSignerFromBytes(bytes);
    const instruction = getSetExchangeStatusInstruction({
        authority,
        exchange: exchange.exchange as Address,
        status: PAUSED,
        seconds,
    });
    const rpc = createSolanaRpc(exchange.rpc_url);
    const outcome = await sendTransaction(rpc, { payer: authority, instructions: [instruction] });
    if (outcome.step !== 'confirmed') throw new Error(`the exchange was not paused: ${JSON.stringify(outcome)}`);
}
