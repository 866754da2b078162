// The exchange as it stands, and where things of it are.
import {
    ACCOUNTS,
    decodeAccount,
    type MarginAccount,
    type Market,
    marginAccountAddress,
    type Orders,
    ordersAddress,
    readEncoded,
    readSnapshot,
    type Snapshot,
    unpadded,
} from '@perp-swap/client';
import { type Account, type Address, createSolanaRpc } from '@solana/kit';

/** Something was asked for that is not there. */
export class NotFoundError extends Error {
    override readonly name = 'NotFoundError';
}

/** What a node is asked through. */
export type Node = ReturnType<typeof createSolanaRpc>;

/** A connection to a node. Nothing is sent yet. */
export function connect(url: string): Node {
    return createSolanaRpc(url);
}

/** A margin account with its resting orders, as they lie on chain. */
export type Owned = {
    readonly address: Address;
    readonly account: Account<MarginAccount>;
    readonly orders: Account<Orders> | undefined;
};

/** The exchange at this moment. Throws `AccountError`. */
export function readWorld(node: Node, exchange: Address): Promise<Snapshot> {
    return readSnapshot(node, exchange);
}

/** The owner's margin account of this number; `undefined` where he has not opened it. */
export async function readOwned(
    node: Node,
    world: Snapshot,
    owner: Address,
    subAccount: number,
): Promise<Owned | undefined> {
    const address = await marginAccountAddress(world.addresses, owner, subAccount);
    const book = await ordersAddress(address);
    const found = await readEncoded(node, [address, book]);
    const encoded = found.get(address);
    if (encoded === undefined) {
        return undefined;
    }
    const orders = found.get(book);
    return {
        address,
        account: decodeAccount(ACCOUNTS.marginAccount, encoded),
        orders: orders && decodeAccount(ACCOUNTS.orders, orders),
    };
}

/** What a market is called. */
export function symbolOf({ data }: Account<Market>): string {
    return unpadded(data.symbol);
}

/** The market of a symbol such as `SOL-PERP`, or of an index such as `0`. Throws `NotFoundError`, which names those there are. */
export function findMarket(world: Snapshot, name: string): Account<Market> {
    const found = world.markets.find(
        (market) => symbolOf(market) === name.toUpperCase() || market.data.state.index.toString() === name,
    );
    if (found === undefined) {
        const there = world.markets.map((market) => `${symbolOf(market)} (${market.data.state.index})`).join(', ');
        throw new NotFoundError(`there is no market "${name}": expected one of ${there}`);
    }
    return found;
}
