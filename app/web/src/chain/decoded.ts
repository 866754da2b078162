// Accounts decoded, once per change of their bytes: what did not change keeps its identity, so that nothing renders for it.
import { ACCOUNTS, type AccountType, decodeAccount, decodeClock, TOKEN_AMOUNT_OFFSET } from '@perp-swap/client';
import { type EncodedAccount, getU64Decoder } from '@solana/kit';

/** Null where there is no account, and where it is none of this kind: what the page shows then is that it has none. */
function reader<T>(decode: (account: EncodedAccount) => T) {
    const known = new WeakMap<EncodedAccount, { value: T | null }>();
    return (account: EncodedAccount | undefined): T | null => {
        if (!account) return null;
        const before = known.get(account);
        if (before) return before.value;
        let value: T | null = null;
        try {
            value = decode(account);
        } catch {
            value = null;
        }
        known.set(account, { value });
        return value;
    };
}

const dataOf = <T extends object & { version: number }>(type: AccountType<T>) =>
    reader((account) => decodeAccount(type, account).data);

export const readExchange = dataOf(ACCOUNTS.exchange);
export const readPool = dataOf(ACCOUNTS.pool);
export const readMarket = dataOf(ACCOUNTS.market);
export const readMarginAccount = dataOf(ACCOUNTS.marginAccount);
export const readOrders = dataOf(ACCOUNTS.orders);
export const readRequest = dataOf(ACCOUNTS.liquidityRequest);
export const readClock = reader(({ data }) => decodeClock(data));

const readAmount = reader(({ data }) => getU64Decoder().decode(data, TOKEN_AMOUNT_OFFSET));

/** Atoms in a token account; none where there is no account. */
export function readTokenBalance(account: EncodedAccount | undefined): bigint {
    return readAmount(account) ?? 0n;
}
