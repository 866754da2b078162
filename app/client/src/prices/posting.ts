// The transactions that post prices and use them at once, in order. A message short enough goes to the receiver as it is. One with
// the signatures of a mainnet quorum does not fit into a transaction beside anything else: it is written to an account and verified
// there first, and posted in the transaction that uses it, or before where that is full. All instructions that use the prices are in
// one transaction, the last but for what closes accounts.
import type { Blockhash, Instruction, ReadonlyUint8Array } from '@solana/kit';
import { MOST_UNITS } from '../transactions/budget.js';
import { composeTransaction, TransactionTooLargeError } from '../transactions/message.js';
import {
    closeEncodedVaa,
    createEncodedVaa,
    type EncodedVaa,
    encodedVaa,
    encodedVaaLength,
    verifyEncodedVaa,
    writeEncodedVaa,
} from './bridge.js';
import { accountOf, type Destination, DestinationError, newAccountOf } from './destination.js';
import {
    type Poster,
    postUpdate,
    postUpdateAtomic,
    type ReceiverConfig,
    reclaimRent,
    updatePriceFeed,
} from './receiver.js';
import { type PriceUpdate, priceOf } from './update.js';

/** A part of a message shorter than this waits for the next transaction. */
const SHORTEST_PART = 32;

/** Compute units to ask for: what Pyth's own kit asks for the same steps, and a reserve. */
const UNITS = {
    signature: 30_000,
    create: 10_000,
    write: 5_000,
    verify: 20_000,
    post: 60_000,
    push: 90_000,
    close: 30_000,
    budget: 500,
} as const;

/** What to post, and what for. */
export type Posting = {
    /** Settings of the receiver that all destinations share. */
    readonly config: ReceiverConfig;
    readonly poster: Poster;
    readonly update: PriceUpdate;
    /** Where the prices go. An account that a key makes is closed after use, and its rent comes back. */
    readonly destinations: readonly Destination[];
    /** What uses the prices, together in one transaction. */
    readonly uses: readonly Instruction[];
    /** Compute units that takes. */
    readonly usesUnits: number;
    /** Priority fee, in millionths of a lamport per compute unit. */
    readonly unitPrice: bigint;
    /** Tells the account of a message from others that the poster has open at the same time. */
    readonly number: bigint;
    /** Lamports that exempt the account of the message from rent. */
    readonly vaaLamports: bigint;
};

/** One transaction of a plan. */
export type PlannedTransaction = { readonly instructions: readonly Instruction[]; readonly units: number };

/** Transactions in the order in which they are sent. */
export type PricePlan = {
    readonly poster: Poster;
    readonly unitPrice: bigint;
    readonly transactions: readonly PlannedTransaction[];
    /** Which of them uses the prices; those after it close accounts. */
    readonly uses: number;
    /** The account of the message, where there is one. If a transaction fails after the first, it stays open: close it. */
    readonly encodedVaa: EncodedVaa | undefined;
};

/** What is to be in one transaction takes more compute units than any transaction has. */
export class TooHeavyError extends Error {
    override readonly name = 'TooHeavyError';

    constructor(readonly units: number) {
        super(`what is to be in one transaction takes ${units} compute units of ${MOST_UNITS}: do less at once`);
    }
}

/** The transactions. Throws `UpdateError`, `DestinationError`, `TransactionTooLargeError`, `TooHeavyError`. */
export async function planPosting(posting: Posting): Promise<PricePlan> {
    for (const { feed, receiver } of posting.destinations) {
        priceOf(posting.update, feed);
        if (receiver.program !== posting.config.receiver.program) {
            throw new DestinationError(`feed ${feed} is posted to another receiver than the others: post it by itself`);
        }
    }
    if (posting.destinations.length === 0) {
        return finish(posting, new Packing(posting), undefined);
    }
    // One transaction is better than two: they are tried in the order of what they cost.
    return (await atomic(posting)) ?? (await throughBridge(posting));
}

/** Everything in one transaction whose posts carry the message; none where that does not fit, or the push oracle asks for more. */
async function atomic(posting: Posting): Promise<PricePlan | undefined> {
    const { config, poster, update, destinations } = posting;
    const packing = new Packing(posting);
    const units = UNITS.post + update.signed.signatures * UNITS.signature;
    for (const { place, feed } of destinations) {
        if (place.kind === 'shared') {
            return undefined;
        }
        const price = priceOf(update, feed);
        const post = await postUpdateAtomic(config, poster, place.account, update.signed, update.vaa, price);
        if (!packing.tryAdd([post], units)) {
            return undefined;
        }
    }
    const plan = finish(posting, packing, undefined);
    return plan.uses === 0 ? plan : undefined;
}

async function throughBridge(posting: Posting): Promise<PricePlan> {
    const { config, poster, update, destinations } = posting;
    const { vaa, signed } = update;
    const packing = new Packing(posting);
    const account = await encodedVaa(config.bridge, poster.payer, posting.number);
    packing.add(createEncodedVaa(account, posting.vaaLamports, encodedVaaLength(vaa)), UNITS.create);
    packing.addMessage(account, vaa);
    const verify = await verifyEncodedVaa(account, signed.guardianSet);
    packing.add([verify], UNITS.verify + signed.signatures * UNITS.signature);
    for (const { place, feed } of destinations) {
        const price = priceOf(update, feed);
        if (place.kind === 'own') {
            packing.add([await postUpdate(config, poster, place.account, account.address, price)], UNITS.post);
        } else {
            packing.add([await updatePriceFeed(config, poster, place.shard, account.address, price)], UNITS.push);
        }
    }
    return finish(posting, packing, account);
}

/** What uses the prices, then what closes accounts. */
function finish(posting: Posting, packing: Packing, account: EncodedVaa | undefined): PricePlan {
    const { poster, unitPrice, config, destinations } = posting;
    packing.add(posting.uses, posting.usesUnits);
    const uses = packing.full.length;
    if (account !== undefined) {
        packing.add([closeEncodedVaa(account)], UNITS.close);
    }
    for (const destination of destinations) {
        if (newAccountOf(destination) !== undefined) {
            packing.add([reclaimRent(config.receiver, poster.payer, accountOf(destination))], UNITS.close);
        }
    }
    packing.end();
    return { poster, unitPrice, transactions: packing.full, uses, encodedVaa: account };
}

/** Transactions that are full, and the one that is being filled. */
class Packing {
    readonly full: PlannedTransaction[] = [];
    private open: Instruction[] = [];
    private units = 0;

    constructor(private readonly posting: Posting) {}

    /** Puts a step into the transaction before it where there is room, and into the next one else. */
    add(group: readonly Instruction[], units: number): void {
        if (group.length === 0) {
            return;
        }
        if (this.open.length > 0 && this.fault(group, units) !== undefined) {
            this.end();
        }
        const fault = this.fault(group, units);
        if (fault !== undefined) {
            throw fault;
        }
        this.open.push(...group);
        this.units += units;
    }

    /** The same; `false` where it does not fit even alone. */
    tryAdd(group: readonly Instruction[], units: number): boolean {
        try {
            this.add(group, units);
            return true;
        } catch (error) {
            if (error instanceof TransactionTooLargeError || error instanceof TooHeavyError) {
                return false;
            }
            throw error;
        }
    }

    /** As much of the message as there is room for, and the rest in the next transactions. */
    addMessage(account: EncodedVaa, vaa: ReadonlyUint8Array): void {
        let written = 0;
        while (written < vaa.length) {
            const rest = vaa.slice(written);
            const fits = (length: number) =>
                this.fault([writeEncodedVaa(account, written, rest.slice(0, length))], UNITS.write) === undefined;
            const length = longest(rest.length, fits);
            if (length < Math.min(rest.length, SHORTEST_PART) && this.open.length > 0) {
                this.end();
                continue;
            }
            this.add([writeEncodedVaa(account, written, rest.slice(0, Math.max(1, length)))], UNITS.write);
            written += Math.max(1, length);
        }
    }

    end(): void {
        if (this.open.length > 0) {
            this.full.push({ instructions: this.open, units: Math.min(MOST_UNITS, this.units + UNITS.budget) });
            this.open = [];
            this.units = 0;
        }
    }

    private fault(group: readonly Instruction[], units: number): Error | undefined {
        const { poster, unitPrice } = this.posting;
        const instructions = [...this.open, ...group];
        try {
            composeTransaction({ payer: poster.payer, instructions, unitPrice, units: MOST_UNITS }, SOME_LIFETIME);
        } catch (error) {
            if (error instanceof TransactionTooLargeError) {
                return error;
            }
            throw error;
        }
        const all = this.units + units + UNITS.budget;
        return all > MOST_UNITS ? new TooHeavyError(all) : undefined;
    }
}

/** A blockhash is as long as any other. */
const SOME_LIFETIME = { blockhash: '11111111111111111111111111111111' as Blockhash, lastValidBlockHeight: 0n };

/** The largest number up to `most` that fits; zero where none does. */
function longest(most: number, fits: (length: number) => boolean): number {
    let [low, high] = [0, most];
    while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        [low, high] = fits(middle) ? [middle, high] : [low, middle - 1];
    }
    return low;
}
