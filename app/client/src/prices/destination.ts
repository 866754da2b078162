// Where a market's price has to be posted.
import { type Address, getBase16Decoder, type TransactionSigner } from '@solana/kit';
import { NO_ADDRESS } from '../addresses.js';
import { type OracleBinding, OracleKind } from '../generated/types/index.js';
import { addressOf, feedAddress, type PriceAccount, RECEIVERS, type Receiver } from './receiver.js';

/** Shards that are tried: sponsors write the first, and others take one of the next. */
const SHARDS = 64;

/** An account that a market reads, and how its price gets there. */
export type Destination = {
    /** The program that writes it. */
    readonly receiver: Receiver;
    /** Pyth's number of the feed, 64 hexadecimal digits. */
    readonly feed: string;
    /** One of the poster's, as any will do for the market; or the one that the push oracle keeps for the feed. */
    readonly place:
        | { readonly kind: 'own'; readonly account: PriceAccount }
        | { readonly kind: 'shared'; readonly account: Address; readonly shard: number };
};

/** Nobody can post a price for a market; the message says why. */
export class DestinationError extends Error {
    override readonly name = 'DestinationError';
}

/** The feed of a market's price, 64 hexadecimal digits. */
export function feedOf(binding: Pick<OracleBinding, 'feedId'>): string {
    return getBase16Decoder().decode(binding.feedId);
}

/** For a market with this binding. `own` gives an account of the poster's, used where the market takes any. */
export async function destinationOf(
    binding: OracleBinding,
    own: () => Promise<PriceAccount> | PriceAccount,
): Promise<Destination> {
    const receiver = RECEIVERS.find(({ program }) => program === binding.program);
    if (receiver === undefined || binding.kind !== OracleKind.Pull) {
        throw new DestinationError(`the market reads accounts of ${binding.program}, to which no update can be posted`);
    }
    const feed = feedOf(binding);
    const { account } = binding;
    if (account === NO_ADDRESS) {
        return { receiver, feed, place: { kind: 'own', account: await own() } };
    }
    for (let shard = 0; shard < SHARDS; shard++) {
        if ((await feedAddress(receiver, shard, feed)) === account) {
            return { receiver, feed, place: { kind: 'shared', account, shard } };
        }
    }
    const owner = "no account of Pyth's push oracle: only its owner can post there";
    throw new DestinationError(`the market reads ${account} alone, which is ${owner}`);
}

/** The account to hand in with the market. */
export function accountOf({ place }: Destination): Address {
    return addressOf(place.account);
}

/** The key that signs where the account is made by the post. */
export function newAccountOf({ place }: Destination): TransactionSigner | undefined {
    return typeof place.account === 'string' ? undefined : place.account;
}
