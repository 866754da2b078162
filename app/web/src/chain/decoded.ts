// Accounts decoded, once per change of their bytes.
import { ACCOUNTS, type AccountType, decodeAccount } from '@perp-swap/client';
import type { Address } from '@solana/kit';
import type { AccountBytes } from './store';

/** Null where there is no account, and where it is none of this kind: what the page shows then is that it has none. */
function reader<T extends object & { version: number }>(type: AccountType<T>) {
    const cache = new WeakMap<Uint8Array, T | null>();
    return (account: AccountBytes | undefined): T | null => {
        const bytes = account?.bytes;
        if (!bytes) return null;
        const known = cache.get(bytes);
        if (known !== undefined) return known;
        let decoded: T | null = null;
        try {
            const programAddress = account.owner as Address;
            const encoded = { data: bytes, programAddress, executable: false, space: BigInt(bytes.length) };
            decoded = decodeAccount(type, {
                ...encoded,
                address: programAddress,
                lamports: account.lamports as never,
            }).data;
        } catch {
            decoded = null;
        }
        cache.set(bytes, decoded);
        return decoded;
    };
}

export const readExchange = reader(ACCOUNTS.exchange);
export const readPool = reader(ACCOUNTS.pool);
export const readMarket = reader(ACCOUNTS.market);
export const readMarginAccount = reader(ACCOUNTS.marginAccount);
export const readOrders = reader(ACCOUNTS.orders);
export const readRequest = reader(ACCOUNTS.liquidityRequest);

export const CLOCK = 'SysvarC1ock11111111111111111111111111111111' as Address;

/** The chain's clock: slot, then Unix time as the last of five words. */
export function readClock(account: AccountBytes | undefined): { slot: bigint; now: bigint } | null {
    const bytes = account?.bytes;
    if (!bytes || bytes.length < 40) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { slot: view.getBigUint64(0, true), now: view.getBigInt64(32, true) };
}

/** Balance of a token account: 64 bits behind mint and owner, in both token programs. */
export function readTokenBalance(account: AccountBytes | undefined): bigint {
    const bytes = account?.bytes;
    if (!bytes || bytes.length < 72) return 0n;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(64, true);
}
