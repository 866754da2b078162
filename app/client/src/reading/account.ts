// Single accounts, read and checked.
import {
    type Account,
    type Address,
    type Commitment,
    type EncodedAccount,
    fetchEncodedAccount,
    fetchEncodedAccounts,
    type GetAccountInfoApi,
    type GetMultipleAccountsApi,
    type Rpc,
} from '@solana/kit';
import { ACCOUNTS, AccountError, type AccountType, decodeAccount } from '../accounts.js';
import { marketAddress } from '../addresses.js';
import type { Exchange, Market } from '../generated/accounts/index.js';

/** What reading asks of a node. */
export type AccountRpc = Rpc<GetAccountInfoApi & GetMultipleAccountsApi>;

/** Everything is read as of confirmed blocks. */
export const COMMITMENT: Commitment = 'confirmed';

/** Most accounts that a node tells at once. */
export const ACCOUNTS_AT_ONCE = 100;

/** The account of this type at an address. Throws `AccountError` where there is none, or something else. */
export async function readAccount<T extends object & { version: number }>(
    rpc: AccountRpc,
    type: AccountType<T>,
    address: Address,
): Promise<Account<T>> {
    const found = await readAccountIfAny(rpc, type, address);
    if (found === undefined) {
        throw new AccountError(address, type.label, { kind: 'Missing' });
    }
    return found;
}

/** The same; `undefined` where there is nothing at the address. Throws `AccountError` where there is something else. */
export async function readAccountIfAny<T extends object & { version: number }>(
    rpc: AccountRpc,
    type: AccountType<T>,
    address: Address,
): Promise<Account<T> | undefined> {
    const found = await fetchEncodedAccount(rpc, address, { commitment: COMMITMENT });
    return found.exists ? decodeAccount(type, found) : undefined;
}

/** The bytes at these addresses, as many at once as a node tells; nothing of addresses at which there is none. */
export async function readEncoded(
    rpc: AccountRpc,
    addresses: readonly Address[],
): Promise<Map<Address, EncodedAccount>> {
    const parts: Address[][] = [];
    for (let at = 0; at < addresses.length; at += ACCOUNTS_AT_ONCE) {
        parts.push(addresses.slice(at, at + ACCOUNTS_AT_ONCE));
    }
    const read = await Promise.all(parts.map((part) => fetchEncodedAccounts(rpc, part, { commitment: COMMITMENT })));
    return new Map(read.flat().flatMap((found) => (found.exists ? [[found.address, found] as const] : [])));
}

/** The exchange at an address. Throws `AccountError`. */
export function readExchange(rpc: AccountRpc, address: Address): Promise<Account<Exchange>> {
    return readAccount(rpc, ACCOUNTS.exchange, address);
}

/** Every market of an exchange, in the order of the indices. Throws `AccountError`. */
export async function readMarkets(rpc: AccountRpc, exchange: Account<Exchange>): Promise<Account<Market>[]> {
    const indices = Array.from({ length: exchange.data.marketCount }, (_, index) => index);
    const addresses = await Promise.all(indices.map((index) => marketAddress({ exchange: exchange.address }, index)));
    const found = await readEncoded(rpc, addresses);
    return addresses.map((address) => decodeFrom(found, ACCOUNTS.market, address));
}

/** The account of this type among those read. Throws `AccountError` where there is none, or something else. */
export function decodeFrom<T extends object & { version: number }>(
    accounts: ReadonlyMap<Address, EncodedAccount>,
    type: AccountType<T>,
    address: Address,
): Account<T> {
    const found = accounts.get(address);
    if (found === undefined) {
        throw new AccountError(address, type.label, { kind: 'Missing' });
    }
    return decodeAccount(type, found);
}
