// What a transaction did, as a node has recorded it.
import { type Address, type GetTransactionApi, getBase58Encoder, type Rpc, type Signature } from '@solana/kit';
import { type Events, eventsInTransaction, type InnerInstruction } from '../events.js';

/** A transaction that is in a block. */
export type TransactionRecord = {
    readonly signature: Signature;
    readonly slot: bigint;
    /** Unix seconds; the block's, where the node tells it. */
    readonly blockTime: bigint | undefined;
    /** Lamports. */
    readonly fee: bigint;
    /** The runtime's error; `undefined` where it took place. */
    readonly error: unknown;
    readonly logs: readonly string[];
    /** Every event that could be read, in order, and why others may be missing. */
    readonly events: Events;
};

/** The record of a transaction; `undefined` where the node has none (yet). */
export async function readTransaction(
    rpc: Rpc<GetTransactionApi>,
    signature: Signature,
): Promise<TransactionRecord | undefined> {
    const found = await rpc
        .getTransaction(signature, { commitment: 'confirmed', encoding: 'json', maxSupportedTransactionVersion: 0 })
        .send();
    if (found === null || found.meta === null) {
        return undefined;
    }
    const { meta, transaction, slot, blockTime } = found;
    const loaded = meta.loadedAddresses;
    const addresses: readonly Address[] = [
        ...transaction.message.accountKeys,
        ...(loaded?.writable ?? []),
        ...(loaded?.readonly ?? []),
    ];
    const inner: InnerInstruction[] = (meta.innerInstructions ?? [])
        .flatMap(({ instructions }) => instructions)
        .flatMap(({ programIdIndex, data }) => {
            const programAddress = addresses[programIdIndex];
            return programAddress === undefined ? [] : [{ programAddress, data: getBase58Encoder().encode(data) }];
        });
    const logs = meta.logMessages ?? [];
    return {
        signature,
        slot,
        blockTime: blockTime ?? undefined,
        fee: meta.fee,
        error: meta.err ?? undefined,
        logs,
        events: meta.err === null ? eventsInTransaction(logs, inner) : { seen: [] },
    };
}
