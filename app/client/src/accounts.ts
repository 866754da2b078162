// Accounts of the program, decoded from their bytes. Generated decoders take any bytes that are long enough; these check owner,
// discriminator, length and layout version first.
import { type Account, type Address, containsBytes, type EncodedAccount, type FixedSizeDecoder } from '@solana/kit';
import {
    EPOCH_RECORD_DISCRIMINATOR,
    type EpochRecord,
    EXCHANGE_DISCRIMINATOR,
    type Exchange,
    getEpochRecordDecoder,
    getExchangeDecoder,
    getLiquidityRequestDecoder,
    getMarginAccountDecoder,
    getMarketDecoder,
    getOrdersDecoder,
    getPoolDecoder,
    LIQUIDITY_REQUEST_DISCRIMINATOR,
    type LiquidityRequest,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    MARKET_DISCRIMINATOR,
    type MarginAccount,
    type Market,
    ORDERS_DISCRIMINATOR,
    type Orders,
    POOL_DISCRIMINATOR,
    type Pool,
} from './generated/accounts/index.js';
import { PERP_SWAP_PROGRAM_ADDRESS } from './generated/programs/index.js';

/** Layout version that this client reads. */
export const VERSION = 1;

/** Why an account is not of the type asked for. */
export type AccountFault =
    | { readonly kind: 'Missing' }
    | { readonly kind: 'WrongOwner'; readonly owner: Address }
    | { readonly kind: 'WrongType' }
    | { readonly kind: 'WrongLength'; readonly length: number; readonly space: number }
    | { readonly kind: 'WrongVersion'; readonly version: number };

/** An account is not of the type asked for. */
export class AccountError extends Error {
    override readonly name = 'AccountError';

    constructor(
        readonly address: Address,
        /** What was asked for, such as `margin account`. */
        readonly expected: string,
        readonly fault: AccountFault,
    ) {
        super(text(address, expected, fault));
    }
}

function text(address: Address, expected: string, fault: AccountFault): string {
    switch (fault.kind) {
        case 'Missing':
            return `there is no ${expected} at ${address}: check the address and the cluster`;
        case 'WrongOwner':
            return `${address} is not a ${expected}: it belongs to program ${fault.owner}; check the address and the cluster`;
        case 'WrongType':
            return `${address} is not a ${expected}: it is another type of account of the program`;
        case 'WrongLength':
            return `${address} is not a ${expected}: it holds ${fault.length} bytes instead of ${fault.space}`;
        case 'WrongVersion':
            return `${address} has version ${fault.version} of ${expected}, and this client reads version ${VERSION}: update the client`;
    }
}

/** A type of account: what it is called, its first eight bytes, its length in bytes, and its decoder. */
export type AccountType<T extends object> = {
    readonly label: string;
    readonly discriminator: Uint8Array;
    readonly space: number;
    readonly decoder: FixedSizeDecoder<T>;
};

function type<T extends object>(
    label: string,
    discriminator: Iterable<number>,
    decoder: FixedSizeDecoder<T>,
): AccountType<T> {
    return { label, discriminator: Uint8Array.from(discriminator), space: decoder.fixedSize, decoder };
}

/** Every type of account of the program. */
export const ACCOUNTS = {
    exchange: type<Exchange>('exchange', EXCHANGE_DISCRIMINATOR, getExchangeDecoder()),
    pool: type<Pool>('pool', POOL_DISCRIMINATOR, getPoolDecoder()),
    market: type<Market>('market', MARKET_DISCRIMINATOR, getMarketDecoder()),
    marginAccount: type<MarginAccount>('margin account', MARGIN_ACCOUNT_DISCRIMINATOR, getMarginAccountDecoder()),
    orders: type<Orders>('account of orders', ORDERS_DISCRIMINATOR, getOrdersDecoder()),
    liquidityRequest: type<LiquidityRequest>(
        'liquidity request',
        LIQUIDITY_REQUEST_DISCRIMINATOR,
        getLiquidityRequestDecoder(),
    ),
    epochRecord: type<EpochRecord>('epoch record', EPOCH_RECORD_DISCRIMINATOR, getEpochRecordDecoder()),
} as const;

/**
 * The account of this type in these bytes.
 *
 * Throws `AccountError` where the account belongs to another program, begins otherwise, is of another length or of another version.
 */
export function decodeAccount<T extends object & { version: number }>(
    type: AccountType<T>,
    account: EncodedAccount,
): Account<T> {
    const { address, programAddress, data } = account;
    const refuse = (fault: AccountFault): never => {
        throw new AccountError(address, type.label, fault);
    };
    if (programAddress !== PERP_SWAP_PROGRAM_ADDRESS) {
        return refuse({ kind: 'WrongOwner', owner: programAddress });
    }
    if (data.length < type.discriminator.length || !containsBytes(data, type.discriminator, 0)) {
        return refuse({ kind: 'WrongType' });
    }
    if (data.length !== type.space) {
        return refuse({ kind: 'WrongLength', length: data.length, space: type.space });
    }
    const decoded = type.decoder.decode(data);
    if (decoded.version !== VERSION) {
        return refuse({ kind: 'WrongVersion', version: decoded.version });
    }
    return { ...account, data: decoded };
}
