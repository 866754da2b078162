import { type AccountMeta, AccountRole, type Address, type Instruction, type TransactionSigner } from '@solana/kit';
import { type ExchangeAddresses, marketAddress } from '../addresses.js';
import type { MarginAccountState, Position } from '../generated/types/index.js';

/** A signer and the margin account it acts for. */
export type Authority = {
    /** Owner of the margin account; where the instruction allows it, its delegate. */
    readonly signer: TransactionSigner;
    readonly marginAccount: Address;
};

/** The market an instruction acts on. */
export type TargetMarket = {
    /** The market's index. */
    readonly market: number;
    /** Account a price is taken from first; none to use the cached price. */
    readonly oracle?: Address | undefined;
};

/** Positions of an account's occupied slots, in the order of the slots. */
export function occupied(account: Pick<MarginAccountState, 'positions'>): Position[] {
    return account.positions.filter((position) => position.occupied === 1);
}

/** Whether any slot holds an open position; claims and debts are none. */
export function hasOpenPosition(account: Pick<MarginAccountState, 'positions'>): boolean {
    return account.positions.some((position) => position.size !== 0n);
}

/** Indices of the markets of the account's occupied slots in order, but for `except`. */
export function marketsOf(account: Pick<MarginAccountState, 'positions'>, except?: number): number[] {
    return occupied(account)
        .map((position) => position.market)
        .filter((market) => market !== except);
}

/**
 * `instruction` with the markets of the account's occupied slots behind its named accounts, but for `except`. The account's state
 * is of when it was read: markets it has left since are passed over by the program; one it has entered since is missing, and
 * refused with `MarketMissing`.
 */
export async function withMarkets(
    addresses: ExchangeAddresses,
    instruction: Instruction,
    account: Pick<MarginAccountState, 'positions'>,
    except?: number,
): Promise<Instruction> {
    const markets = await Promise.all(marketsOf(account, except).map((market) => marketAddress(addresses, market)));
    return withAccounts(instruction, markets.map(readOnly));
}

export function withAccounts(instruction: Instruction, more: readonly AccountMeta[]): Instruction {
    return Object.freeze({ ...instruction, accounts: [...(instruction.accounts ?? []), ...more] });
}

export function readOnly(address: Address): AccountMeta {
    return { address, role: AccountRole.READONLY };
}

export function writable(address: Address): AccountMeta {
    return { address, role: AccountRole.WRITABLE };
}
