// An exchange as it stands: clock, exchange, pool, markets and the accounts of their prices, of one moment.
import { type Account, type Address, type EncodedAccount, getI64Decoder, getU64Decoder } from '@solana/kit';
import { ACCOUNTS } from '../accounts.js';
import { addressesOfExchange, type ExchangeAddresses, marketAddress, NO_ADDRESS } from '../addresses.js';
import type { Exchange, Market, Pool } from '../generated/accounts/index.js';
import { type AccountRpc, decodeFrom, readEncoded, readExchange, readMarkets } from './account.js';

/** Where the chain keeps its clock. */
export const CLOCK_ADDRESS = 'SysvarC1ock11111111111111111111111111111111' as Address;

/** The chain's clock, by which ages count: not the browser's. */
export type Clock = { readonly slot: bigint; readonly unixTimestamp: bigint };

/** The clock in the bytes of its account. */
export function decodeClock(data: EncodedAccount['data']): Clock {
    // Slot, start of the epoch, epoch, epoch of the next leaders, time: eight bytes each.
    return { slot: getU64Decoder().decode(data, 0), unixTimestamp: getI64Decoder().decode(data, 32) };
}

/** An exchange at one moment. */
export type Snapshot = {
    readonly clock: Clock;
    readonly addresses: ExchangeAddresses;
    readonly exchange: Account<Exchange>;
    readonly pool: Account<Pool>;
    /** In the order of their indices. */
    readonly markets: readonly Account<Market>[];
    /** The bytes of everything that was read, the markets' price accounts and the clock included. */
    readonly encoded: ReadonlyMap<Address, EncodedAccount>;
};

/** Addresses of what a snapshot of an exchange consists of. */
export async function snapshotAddresses(
    exchange: Account<Exchange>,
    markets: readonly Account<Market>[],
): Promise<Address[]> {
    const indices = Array.from({ length: exchange.data.marketCount }, (_, index) => index);
    const of = { exchange: exchange.address };
    const oracles = markets.flatMap(({ data }) => [data.oracle.account, data.secondOracle.account]);
    const all = [
        CLOCK_ADDRESS,
        exchange.address,
        exchange.data.pool,
        ...(await Promise.all(indices.map((index) => marketAddress(of, index)))),
        ...oracles.filter((address) => address !== NO_ADDRESS),
    ];
    return [...new Set(all)];
}

/** The exchange at `address` as it stands. Throws `AccountError` where something else is there. */
export async function readSnapshot(rpc: AccountRpc, address: Address): Promise<Snapshot> {
    const exchange = await readExchange(rpc, address);
    const markets = await readMarkets(rpc, exchange);
    return snapshotFrom(await readEncoded(rpc, await snapshotAddresses(exchange, markets)), address);
}

/** The exchange in accounts that were read, for instance by a store. Throws `AccountError` where one is missing. */
export async function snapshotFrom(encoded: ReadonlyMap<Address, EncodedAccount>, address: Address): Promise<Snapshot> {
    const exchange = decodeFrom(encoded, ACCOUNTS.exchange, address);
    const indices = Array.from({ length: exchange.data.marketCount }, (_, index) => index);
    const markets = await Promise.all(indices.map((index) => marketAddress({ exchange: address }, index)));
    const clock = encoded.get(CLOCK_ADDRESS);
    if (clock === undefined) {
        throw new Error(`the chain's clock, ${CLOCK_ADDRESS}, was not read`);
    }
    return {
        clock: decodeClock(clock.data),
        addresses: addressesOfExchange(exchange),
        exchange,
        pool: decodeFrom(encoded, ACCOUNTS.pool, exchange.data.pool),
        markets: markets.map((market) => decodeFrom(encoded, ACCOUNTS.market, market)),
        encoded,
    };
}
