// Where everything is: program-derived addresses and token accounts.
import {
    type Account,
    type Address,
    getAddressEncoder,
    getProgramDerivedAddress,
    type ReadonlyUint8Array,
} from '@solana/kit';
import type { Exchange } from './generated/accounts/index.js';
import {
    findEventAuthorityPda,
    findExchangePda,
    findMarginAccountPda,
    findMarketPda,
    findOrdersPda,
    findPoolPda,
    findRecordPda,
    findRequestPda,
    findShareEscrowPda,
    findShareMintPda,
    findVaultPda,
} from './generated/pdas/index.js';
import { PERP_SWAP_PROGRAM_ADDRESS } from './generated/programs/index.js';

export { PERP_SWAP_PROGRAM_ADDRESS };
export const SYSTEM_PROGRAM = '11111111111111111111111111111111' as Address<'11111111111111111111111111111111'>;
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' as Address;
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb' as Address;
export const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL' as Address;
/** What an account stores for "nobody" and "any account". */
export const NO_ADDRESS = SYSTEM_PROGRAM;

/** A name or symbol is empty, too long for its bytes on chain, or would not come back as it was written. */
export class NameError extends Error {
    override readonly name = 'NameError';

    constructor(
        readonly text: string,
        readonly limit: number,
    ) {
        super(`"${text}" is not a name of 1 to ${limit} bytes without zero bytes: choose another`);
    }
}

/** A name as accounts store it: UTF-8, zero-padded to so many bytes. */
export function padded(text: string, length: number): Uint8Array {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length === 0 || bytes.length > length || bytes.includes(0)) {
        throw new NameError(text, length);
    }
    const name = new Uint8Array(length);
    name.set(bytes);
    return name;
}

/** The text of a zero-padded name; bytes that are no UTF-8 show as replacement characters. */
export function unpadded(name: ReadonlyUint8Array): string {
    const end = name.indexOf(0);
    return new TextDecoder().decode(new Uint8Array(name.slice(0, end < 0 ? name.length : end)));
}

/** Addresses of one exchange that its instructions need, and from which all its others are derived. */
export type ExchangeAddresses = {
    readonly exchange: Address;
    /** Mint of the quote token. */
    readonly quoteMint: Address;
    /** Owns the quote mint, the share mint and every token account of the exchange. */
    readonly tokenProgram: Address;
    /** The liquidity pool. */
    readonly pool: Address;
    /** Holds every token of the exchange. */
    readonly vault: Address;
    /** Mint of the liquidity shares. */
    readonly shareMint: Address;
    /** Holds the shares of withdrawal requests. */
    readonly shareEscrow: Address;
};

/** `exchange` with the mint it takes as collateral and the program that owns that mint. */
export async function deriveExchangeAddresses(
    exchange: Address,
    quoteMint: Address,
    tokenProgram: Address,
): Promise<ExchangeAddresses> {
    const of = { exchange };
    const found = await Promise.all([findPoolPda(of), findVaultPda(of), findShareMintPda(of), findShareEscrowPda(of)]);
    const [[pool], [vault], [shareMint], [shareEscrow]] = found;
    return { exchange, quoteMint, tokenProgram, pool, vault, shareMint, shareEscrow };
}

/** Those that an exchange's account has stored. */
export function addressesOfExchange({ address, data }: Account<Exchange>): ExchangeAddresses {
    const { quoteMint, tokenProgram, pool, vault, shareMint, shareEscrow } = data;
    return { exchange: address, quoteMint, tokenProgram, pool, vault, shareMint, shareEscrow };
}

/** The exchange that `creator` made under `name`. */
export async function exchangeAddress(creator: Address, name: string): Promise<Address> {
    return (await findExchangePda({ creator, name: padded(name, 32) }))[0];
}

/** The market of this index. */
export async function marketAddress(
    { exchange }: Pick<ExchangeAddresses, 'exchange'>,
    index: number,
): Promise<Address> {
    return (await findMarketPda({ exchange, index }))[0];
}

/** The owner's margin account of this number. */
export async function marginAccountAddress(
    { exchange }: ExchangeAddresses,
    owner: Address,
    subAccount: number,
): Promise<Address> {
    return (await findMarginAccountPda({ exchange, owner, subAccount }))[0];
}

/** The account of a margin account's resting orders. */
export async function ordersAddress(marginAccount: Address): Promise<Address> {
    return (await findOrdersPda({ marginAccount }))[0];
}

/** The owner's liquidity request of this number. */
export async function requestAddress({ exchange }: ExchangeAddresses, owner: Address, nonce: bigint): Promise<Address> {
    return (await findRequestPda({ exchange, owner, nonce }))[0];
}

/** The record of the epoch that ended at this boundary, once it is closed and until its last request is paid. */
export async function epochAddress({ exchange }: ExchangeAddresses, boundary: bigint): Promise<Address> {
    return (await findRecordPda({ exchange, boundary }))[0];
}

/** Who signs for the events that the program sends to itself. */
export async function eventAuthority(): Promise<Address> {
    return (await findEventAuthorityPda())[0];
}

/** The associated token account of `owner` for `mint`. */
export async function associatedTokenAddress(owner: Address, mint: Address, tokenProgram: Address): Promise<Address> {
    const seeds = [owner, tokenProgram, mint].map((seed) => getAddressEncoder().encode(seed));
    return (await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM, seeds }))[0];
}

/** The owner's associated token account for the quote token. */
export function tokensOf({ quoteMint, tokenProgram }: ExchangeAddresses, owner: Address): Promise<Address> {
    return associatedTokenAddress(owner, quoteMint, tokenProgram);
}

/** The owner's associated token account for liquidity shares. */
export function sharesOf({ shareMint, tokenProgram }: ExchangeAddresses, owner: Address): Promise<Address> {
    return associatedTokenAddress(owner, shareMint, tokenProgram);
}
