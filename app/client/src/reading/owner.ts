// Everything that is an owner's: margin accounts with their orders, requests to the pool, tokens, shares and lamports.
import {
    type Account,
    type Address,
    type Base58EncodedBytes,
    type EncodedAccount,
    type GetBalanceApi,
    type GetProgramAccountsApi,
    getAddressDecoder,
    getBase58Decoder,
    getBase64Encoder,
    getU64Decoder,
    type Rpc,
} from '@solana/kit';
import { ACCOUNTS, type AccountType, decodeAccount } from '../accounts.js';
import { type ExchangeAddresses, ordersAddress, PERP_SWAP_PROGRAM_ADDRESS, sharesOf, tokensOf } from '../addresses.js';
import type { EpochRecord, Exchange, LiquidityRequest, MarginAccount, Orders } from '../generated/accounts/index.js';
import { type AccountRpc, COMMITMENT, readEncoded } from './account.js';

/** What finding accounts asks of a node. */
export type OwnerRpc = AccountRpc & Rpc<GetProgramAccountsApi & GetBalanceApi>;

/** Where an account's exchange begins, and the owner of one that has an owner. */
const EXCHANGE_OFFSET = 8n;
const OWNER_OFFSET = 40n;

/** Where a token account keeps its amount, as 64 bits, in both token programs. */
export const TOKEN_AMOUNT_OFFSET = 64;

/** What an owner has on an exchange. */
export type Holdings = {
    readonly owner: Address;
    /** In the order of their numbers. */
    readonly marginAccounts: readonly Account<MarginAccount>[];
    /** Resting orders by margin account, of those that have opened their account. */
    readonly orders: ReadonlyMap<Address, Account<Orders>>;
    /** In the order of their numbers. */
    readonly requests: readonly Account<LiquidityRequest>[];
    /** Atoms in the associated token account; `undefined` where there is none. */
    readonly tokens: bigint | undefined;
    /** Shares in the associated token account; `undefined` where there is none. */
    readonly shares: bigint | undefined;
    readonly lamports: bigint;
};

/** Every account of a type, all of whose `bytes` are where they are to be. Throws `AccountError` where one is of another version. */
export async function findAccounts<T extends object & { version: number }>(
    rpc: Rpc<GetProgramAccountsApi>,
    type: AccountType<T>,
    filters: readonly { readonly offset: bigint; readonly address: Address }[] = [],
): Promise<Account<T>[]> {
    const begins = { offset: 0n, bytes: getBase58Decoder().decode(type.discriminator) as Base58EncodedBytes };
    const equals = filters.map(({ offset, address }) => ({ offset, bytes: address as string as Base58EncodedBytes }));
    const found = await rpc
        .getProgramAccounts(PERP_SWAP_PROGRAM_ADDRESS, {
            encoding: 'base64',
            commitment: COMMITMENT,
            filters: [
                { dataSize: BigInt(type.space) },
                ...[begins, ...equals].map((memcmp) => ({ memcmp: { ...memcmp, encoding: 'base58' as const } })),
            ],
        })
        .send();
    return found.map(({ pubkey, account }) => {
        const encoded: EncodedAccount = {
            address: pubkey,
            data: getBase64Encoder().encode(account.data[0]),
            executable: account.executable,
            lamports: account.lamports,
            programAddress: account.owner,
            space: account.space,
        };
        return decodeAccount(type, encoded);
    });
}

/** Every exchange of the program. */
export function findExchanges(rpc: Rpc<GetProgramAccountsApi>): Promise<Account<Exchange>[]> {
    return findAccounts(rpc, ACCOUNTS.exchange);
}

/** Records of closed epochs of which requests are still to be paid, in the order of their boundaries. */
export async function findEpochRecords(
    rpc: Rpc<GetProgramAccountsApi>,
    { exchange }: ExchangeAddresses,
): Promise<Account<EpochRecord>[]> {
    const found = await findAccounts(rpc, ACCOUNTS.epochRecord, [{ offset: EXCHANGE_OFFSET, address: exchange }]);
    return found.sort((one, other) => (one.data.state.boundary < other.data.state.boundary ? -1 : 1));
}

/** Everything of an owner on an exchange. */
export async function readHoldings(rpc: OwnerRpc, addresses: ExchangeAddresses, owner: Address): Promise<Holdings> {
    const filters = [
        { offset: EXCHANGE_OFFSET, address: addresses.exchange },
        { offset: OWNER_OFFSET, address: owner },
    ];
    const [marginAccounts, requests, tokenAccount, shareAccount, { value: lamports }] = await Promise.all([
        findAccounts(rpc, ACCOUNTS.marginAccount, filters),
        findAccounts(rpc, ACCOUNTS.liquidityRequest, filters),
        tokensOf(addresses, owner),
        sharesOf(addresses, owner),
        rpc.getBalance(owner, { commitment: COMMITMENT }).send(),
    ]);
    const books = await Promise.all(
        marginAccounts
            .filter(({ data }) => data.state.ordersOpen === 1)
            .map(async ({ address }) => [address, await ordersAddress(address)] as const),
    );
    const encoded = await readEncoded(rpc, [tokenAccount, shareAccount, ...books.map(([, orders]) => orders)]);
    const orders = books.flatMap(([marginAccount, address]) => {
        const found = encoded.get(address);
        return found === undefined ? [] : [[marginAccount, decodeAccount(ACCOUNTS.orders, found)] as const];
    });
    return {
        owner,
        marginAccounts: marginAccounts.sort((one, other) => one.data.subAccount - other.data.subAccount),
        orders: new Map(orders),
        requests: requests.sort((one, other) => (one.data.nonce < other.data.nonce ? -1 : 1)),
        tokens: tokenAmount(encoded.get(tokenAccount), owner),
        shares: tokenAmount(encoded.get(shareAccount), owner),
        lamports,
    };
}

/** What a token account of `owner` holds; `undefined` where it is none, or another's. */
function tokenAmount(account: EncodedAccount | undefined, owner: Address): bigint | undefined {
    if (account === undefined || account.data.length < TOKEN_AMOUNT_OFFSET + 8) {
        return undefined;
    }
    const isOwners = getAddressDecoder().decode(account.data, 32) === owner;
    return isOwners ? getU64Decoder().decode(account.data, TOKEN_AMOUNT_OFFSET) : undefined;
}
