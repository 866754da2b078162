// Accounts decoded, once per change of their bytes.
import type { Address, Decoder } from '@solana/kit';
import {
    EXCHANGE_DISCRIMINATOR,
    type Exchange,
    getExchangeDecoder,
    getMarginAccountDecoder,
    getMarketDecoder,
    getOrdersDecoder,
    getPoolDecoder,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    MARKET_DISCRIMINATOR,
    type MarginAccount,
    type Market,
    ORDERS_DISCRIMINATOR,
    type Orders,
    PERP_SWAP_PROGRAM_ADDRESS,
    POOL_DISCRIMINATOR,
    type Pool,
} from '@perp-swap/client/generated';
import type { AccountBytes } from './store';

/** A decoder that answers null for what is not an account of its kind, and decodes the same bytes once. */
function reader<T>(decoder: Decoder<T>, discriminator: ArrayLike<number>) {
    const cache = new WeakMap<Uint8Array, T>();
    return (account: AccountBytes | undefined): T | null => {
        const bytes = account?.bytes;
        if (!bytes || account.owner !== PERP_SWAP_PROGRAM_ADDRESS) return null;
        const known = cache.get(bytes);
        if (known) return known;
        for (let at = 0; at < discriminator.length; at++) if (bytes[at] !== discriminator[at]) return null;
        const decoded = decoder.decode(bytes);
        cache.set(bytes, decoded);
        return decoded;
    };
}

export const readExchange = reader<Exchange>(getExchangeDecoder(), EXCHANGE_DISCRIMINATOR);
export const readPool = reader<Pool>(getPoolDecoder(), POOL_DISCRIMINATOR);
export const readMarket = reader<Market>(getMarketDecoder(), MARKET_DISCRIMINATOR);
export const readMarginAccount = reader<MarginAccount>(getMarginAccountDecoder(), MARGIN_ACCOUNT_DISCRIMINATOR);
export const readOrders = reader<Orders>(getOrdersDecoder(), ORDERS_DISCRIMINATOR);

export const CLOCK = 'SysvarC1ock11111111111111111111111111111111' as Address;

/** The chain's clock: slot, then Unix time as the last of five words. */
export function readClock(account: AccountBytes | undefined): { slot: bigint; now: bigint } | null {
    const bytes = account?.bytes;
    if (!bytes || bytes.length < 40) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { slot: view.getBigUint64(0, true), now: view.getBigInt64(32, true) };
}

/** Text in fixed bytes, zero-padded. */
export function readText(bytes: ArrayLike<number>): string {
    const text = Uint8Array.from(bytes);
    const end = text.indexOf(0);
    return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
}
