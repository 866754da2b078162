// A transaction sent, with what is known of it at every moment: built, signed, sent, and confirmed or refused.
import {
    type GetBlockHeightApi,
    type GetLatestBlockhashApi,
    type GetMultipleAccountsApi,
    type GetSignatureStatusesApi,
    type GetTransactionApi,
    getBase64EncodedWireTransaction,
    getSignatureFromTransaction,
    isSolanaError,
    type Rpc,
    type SendTransactionApi,
    type Signature,
    SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
    signTransactionMessageWithSigners,
} from '@solana/kit';
import { buildTransaction, type TransactionPlan } from './message.js';
import { readTransaction, type TransactionRecord } from './record.js';
import { describeRefusal, type Refusal } from './refusal.js';

/** What sending asks of a node. */
export type SendRpc = Rpc<
    GetBlockHeightApi &
        GetLatestBlockhashApi &
        GetMultipleAccountsApi &
        GetSignatureStatusesApi &
        GetTransactionApi &
        SendTransactionApi
>;

/** How a transaction ended. Only `confirmed` says that it took place. */
export type Outcome =
    | { readonly step: 'confirmed'; readonly signature: Signature; readonly record: TransactionRecord }
    /** A program or the runtime refused it; nothing of it took place. In a block it has cost its fee. */
    | { readonly step: 'refused'; readonly signature: Signature; readonly inBlock: boolean; readonly refusal: Refusal }
    /** It was not sent: it could not be put together, or was not signed. */
    | { readonly step: 'unsent'; readonly reason: string; readonly error: unknown }
    /** Its blockhash has passed and it is in no block: it did not take place and cannot any more. */
    | { readonly step: 'expired'; readonly signature: Signature }
    /** It may still take place: look the signature up before sending it again. */
    | { readonly step: 'unknown'; readonly signature: Signature; readonly reason: string };

/** Where a transaction is. */
export type Progress =
    | { readonly step: 'built'; readonly units: number; readonly bytes: number }
    | { readonly step: 'signed'; readonly signature: Signature }
    | { readonly step: 'sent'; readonly signature: Signature }
    | Outcome;

/** How a transaction is sent. */
export type SendOptions = {
    /** Hears of every step, the last one included. */
    readonly onProgress?: (progress: Progress) => void;
    /** Milliseconds between two looks at what has become of it. */
    readonly pollMilliseconds?: number;
    /** Milliseconds after which it is sent again, for nodes that dropped it. */
    readonly rebroadcastMilliseconds?: number;
    /** Milliseconds after which nothing more is asked. */
    readonly patienceMilliseconds?: number;
    /** Whether the node tries it first and refuses what would fail; a refusal costs no fee then. */
    readonly preflight?: boolean;
};

const POLL = 400;
const REBROADCAST = 2_000;
const PATIENCE = 120_000;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Builds, signs and sends a transaction and waits until it is known what became of it. Throws nothing. */
export async function sendTransaction(
    rpc: SendRpc,
    plan: TransactionPlan,
    options: SendOptions = {},
): Promise<Outcome> {
    const tell = (progress: Progress) => options.onProgress?.(progress);
    const outcome = await send(rpc, plan, options, tell);
    tell(outcome);
    return outcome;
}

async function send(
    rpc: SendRpc,
    plan: TransactionPlan,
    options: SendOptions,
    tell: (progress: Progress) => void,
): Promise<Outcome> {
    let signed: Signed;
    try {
        const { message, units, bytes } = await buildTransaction(rpc, plan);
        tell({ step: 'built', units, bytes });
        const transaction = await signTransactionMessageWithSigners(message);
        // A wallet may have set another blockhash.
        const lifetime = { ...message.lifetimeConstraint, ...transaction.lifetimeConstraint };
        signed = {
            signature: getSignatureFromTransaction(transaction),
            wire: getBase64EncodedWireTransaction(transaction),
            lastHeight: lifetime.lastValidBlockHeight,
        };
    } catch (error) {
        return { step: 'unsent', reason: words(error), error };
    }
    const { signature } = signed;
    tell({ step: 'signed', signature });
    const answer = await broadcast(rpc, signed, !(options.preflight ?? true));
    if (answer === 'taken') {
        tell({ step: 'sent', signature });
    } else if (answer !== 'unclear') {
        return answer;
    }
    return follow(rpc, signed, options);
}

type Signed = {
    readonly signature: Signature;
    readonly wire: ReturnType<typeof getBase64EncodedWireTransaction>;
    readonly lastHeight: bigint;
};

/** Hands the transaction to the node: its refusal, or whether it took it, which without an answer nobody knows. */
async function broadcast(
    rpc: SendRpc,
    { wire, signature }: Signed,
    skipPreflight: boolean,
): Promise<Outcome | 'taken' | 'unclear'> {
    try {
        await rpc
            .sendTransaction(wire, {
                encoding: 'base64',
                preflightCommitment: 'confirmed',
                skipPreflight,
                maxRetries: 0n,
            })
            .send();
        return 'taken';
    } catch (error) {
        if (isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)) {
            const refusal = describeRefusal(error.context.logs ?? [], error.cause ?? error);
            return { step: 'refused', signature, inBlock: false, refusal };
        }
        // Codes below zero are the node's own answers; what goes wrong on the way to it has others.
        const isAnswer = isSolanaError(error) && error.context.__code < 0;
        return isAnswer ? { step: 'unsent', reason: words(error), error } : 'unclear';
    }
}

async function follow(rpc: SendRpc, signed: Signed, options: SendOptions): Promise<Outcome> {
    const { signature, lastHeight } = signed;
    const { pollMilliseconds = POLL, rebroadcastMilliseconds = REBROADCAST, patienceMilliseconds = PATIENCE } = options;
    const began = Date.now();
    let sentAt = began;
    let trouble = 'the node has not said what became of it';
    while (Date.now() - began < patienceMilliseconds) {
        try {
            const height = await rpc.getBlockHeight({ commitment: 'confirmed' }).send();
            const [status] = (await rpc.getSignatureStatuses([signature]).send()).value;
            if (status != null && status.confirmationStatus !== 'processed') {
                const record = await readTransaction(rpc, signature);
                if (record !== undefined) {
                    return settled(record);
                }
            } else if (status == null && height > lastHeight) {
                return { step: 'expired', signature };
            } else if (status == null && Date.now() - sentAt >= rebroadcastMilliseconds) {
                sentAt = Date.now();
                await broadcast(rpc, signed, true);
            }
        } catch (error) {
            trouble = words(error);
        }
        await pause(pollMilliseconds);
    }
    return { step: 'unknown', signature, reason: trouble };
}

function settled(record: TransactionRecord): Outcome {
    const { signature, error, logs } = record;
    return error === undefined
        ? { step: 'confirmed', signature, record }
        : { step: 'refused', signature, inBlock: true, refusal: describeRefusal(logs, error) };
}
