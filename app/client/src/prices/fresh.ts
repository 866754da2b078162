// A fresh price posted in the user's own transaction: asked for, planned, and sent.
import {
    type Account,
    type Address,
    fetchEncodedAccount,
    type GetMinimumBalanceForRentExemptionApi,
    generateKeyPairSigner,
    type Instruction,
    type Rpc,
    type TransactionSigner,
} from '@solana/kit';
import { NO_ADDRESS } from '../addresses.js';
import type { Market } from '../generated/accounts/index.js';
import type { OracleBinding } from '../generated/types/index.js';
import type { PricedMarket } from '../instructions/market.js';
import { type AccountRpc, COMMITMENT } from '../reading/account.js';
import { unitLimit } from '../transactions/budget.js';
import { type Outcome, type Progress, type SendOptions, type SendRpc, sendTransaction } from '../transactions/send.js';
import { closeEncodedVaa, encodedVaaLength } from './bridge.js';
import { accountOf, type Destination, destinationOf } from './destination.js';
import { type PricePlan, planPosting } from './posting.js';
import { ConfigError, configAddress, parseConfig, RECEIVERS, type Receiver, type ReceiverConfig } from './receiver.js';
import type { PriceServer } from './server.js';

/** What planning asks of a node. */
export type FreshRpc = AccountRpc & Rpc<GetMinimumBalanceForRentExemptionApi>;

/** A transaction that brings the prices it needs. */
export type FreshTransaction = {
    /** Signs, pays, and owns what is posted. */
    readonly payer: TransactionSigner;
    /** Markets whose prices to bring, each once. */
    readonly markets: readonly Account<Market>[];
    /**
     * The second, in Unix time, whose first prices to bring instead of the latest: those at which an order fills, or of a boundary. They
     * go to accounts of the payer's own, as shared ones keep the newest.
     */
    readonly at?: bigint;
    /** What uses the prices, given the accounts that will hold them, in the order of the markets. */
    readonly use: (prices: readonly PricedMarket[]) => Promise<readonly Instruction[]>;
    /** Priority fee in millionths of a lamport per compute unit. */
    readonly unitPrice?: bigint;
};

/** Settings of a receiver as they are now. Throws `ConfigError`. */
export async function readReceiverConfig(rpc: AccountRpc, receiver: Receiver): Promise<ReceiverConfig> {
    const address = await configAddress(receiver);
    const account = await fetchEncodedAccount(rpc, address, { commitment: COMMITMENT });
    if (!account.exists) {
        throw new ConfigError(address);
    }
    return parseConfig(receiver, account);
}

/**
 * The transactions that bring these markets the latest prices of one second and use them. A price ages while a wallet is asked: sign and
 * send at once. Throws `ServerError`, `DestinationError`, `ConfigError`, `TransactionTooLargeError`, `TooHeavyError`.
 */
export async function planFresh(rpc: FreshRpc, server: PriceServer, fresh: FreshTransaction): Promise<PricePlan> {
    const { payer, markets, unitPrice = 0n } = fresh;
    const all = await Promise.all(
        markets.map(({ data }) =>
            destinationOf(fresh.at === undefined ? data.oracle : anyAccount(data.oracle), generateKeyPairSigner),
        ),
    );
    // Two markets of one feed and account share the post.
    const destinations = all.filter((one, place) => all.findIndex((other) => isSame(one, other)) === place);
    const [receiver = RECEIVERS[0] as Receiver] = destinations.map((destination) => destination.receiver);
    const prices = markets.map(({ data }, place) => ({
        market: data.state.index,
        oracle: accountOf(destinations.find((one) => isSame(one, all[place] as Destination)) as Destination),
    }));
    const feeds = destinations.map(({ feed }) => feed);
    const uses = await fresh.use(prices);
    const [config, update] = await Promise.all([
        readReceiverConfig(rpc, receiver),
        fresh.at === undefined ? server.latest(feeds) : server.at(feeds, fresh.at),
    ]);
    const vaaLamports = await rpc.getMinimumBalanceForRentExemption(BigInt(encodedVaaLength(update.vaa))).send();
    const treasury = Math.floor(Math.random() * 256);
    const number = BigInt(Date.now());
    const poster = { payer, treasury };
    const usesUnits = unitLimit(uses);
    return planPosting({ config, poster, update, destinations, uses, usesUnits, unitPrice, number, vaaLamports });
}

/** The binding of a market that takes any account of its feed, as readings of a second do whatever the market's own is. */
function anyAccount(binding: OracleBinding): OracleBinding {
    return { ...binding, account: NO_ADDRESS };
}

/** Whether a market can read what is posted for the other: an account of one's own per feed, or the same shared one. */
function isSame(one: Destination, other: Destination): boolean {
    const isOwn = one.place.kind === 'own' && other.place.kind === 'own';
    return one.receiver === other.receiver && one.feed === other.feed && (isOwn || accountOf(one) === accountOf(other));
}

/** Where the transactions of a plan are: which of them, and how it is doing. */
export type PlanProgress = Progress & { readonly part: number; readonly parts: number };

/** How a plan ended: as the transaction that uses the prices did, or the one before it that kept it from being sent. */
export type PlanOutcome = {
    readonly outcome: Outcome;
    /** The account of the message, where it is left open: its rent is the payer's who closes it. */
    readonly leftOpen: Address | undefined;
};

/**
 * Sends the transactions one after the other, each once the one before is confirmed. Where one fails, the account of the message is
 * closed. Throws nothing.
 */
export async function sendPlan(
    rpc: SendRpc,
    plan: PricePlan,
    options: Omit<SendOptions, 'onProgress'> & { readonly onProgress?: (progress: PlanProgress) => void } = {},
): Promise<PlanOutcome> {
    const { poster, unitPrice, transactions, uses } = plan;
    const { payer } = poster;
    let used: Outcome | undefined;
    for (const [part, { instructions, units }] of transactions.entries()) {
        const onProgress = (progress: Progress) =>
            options.onProgress?.({ ...progress, part: part + 1, parts: transactions.length });
        const outcome = await sendTransaction(
            rpc,
            { payer, instructions, units, unitPrice },
            { ...options, onProgress },
        );
        if (part === uses) {
            used = outcome;
        }
        if (outcome.step !== 'confirmed') {
            const account = part > 0 ? plan.encodedVaa : undefined;
            if (account === undefined) {
                return { outcome: used ?? outcome, leftOpen: undefined };
            }
            const closed = await sendTransaction(rpc, { payer, instructions: [closeEncodedVaa(account)] }, {});
            return { outcome: used ?? outcome, leftOpen: closed.step === 'confirmed' ? undefined : account.address };
        }
    }
    return { outcome: used as Outcome, leftOpen: undefined };
}
