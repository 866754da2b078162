// Views asked by a transaction that a node only tries: nobody signs, and nothing changes.
import {
    type Address,
    appendTransactionMessageInstructions,
    compileTransaction,
    createNoopSigner,
    createTransactionMessage,
    type Decoder,
    getBase64EncodedWireTransaction,
    getBase64Encoder,
    type GetLatestBlockhashApi,
    type Instruction,
    pipe,
    type Rpc,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    type SimulateTransactionApi,
} from '@solana/kit';
import { PERP_SWAP_PROGRAM_ADDRESS } from '../generated/programs/index.js';
import { MOST_UNITS } from './budget.js';
import { describeRefusal, type Refusal } from './refusal.js';

/** A view was refused, or answered nothing. */
export class NotAnsweredError extends Error {
    override readonly name = 'NotAnsweredError';

    constructor(readonly refusal: Refusal | undefined) {
        super(refusal?.message ?? 'the exchange has answered nothing: is the last instruction a view of its?');
    }
}

/**
 * What the exchange answers to a view, the last of these instructions: `getHealthViewDecoder` and the like read it. `payer` is any
 * wallet with lamports. Throws `NotAnsweredError`.
 */
export async function ask<T>(
    rpc: Rpc<GetLatestBlockhashApi & SimulateTransactionApi>,
    payer: Address,
    instructions: readonly Instruction[],
    decoder: Decoder<T>,
): Promise<T> {
    const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayerSigner(createNoopSigner(payer), empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
        (alive) => setTransactionMessageComputeUnitLimit(MOST_UNITS, alive),
        (limited) => appendTransactionMessageInstructions(instructions, limited),
    );
    const wire = getBase64EncodedWireTransaction(compileTransaction(message));
    const options = { encoding: 'base64', replaceRecentBlockhash: true, commitment: 'confirmed' } as const;
    const { value } = await rpc.simulateTransaction(wire, options).send();
    const logs = value.logs ?? [];
    if (value.err !== null) throw new NotAnsweredError(describeRefusal(logs, value.err));
    const told = value.returnData;
    if (told?.programId !== PERP_SWAP_PROGRAM_ADDRESS) throw new NotAnsweredError(undefined);
    return decoder.decode(getBase64Encoder().encode(told.data[0]));
}
