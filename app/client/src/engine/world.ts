// The engine loaded with an exchange as it stands.
import type { Account, Address } from '@solana/kit';
import type { MarginAccount, Orders } from '../generated/accounts/index.js';
import { getMarginAccountEncoder, getOrdersEncoder } from '../generated/accounts/index.js';
import type { Snapshot } from '../reading/snapshot.js';
import type { Engine } from './engine.js';
import { EngineError, type Refused } from './module.js';
import { readReading } from './reading.js';

/** A margin account to load, with its resting orders where it has any. */
export type LoadedAccount = { readonly account: Account<MarginAccount>; readonly orders?: Account<Orders> | undefined };

/**
 * Loads a snapshot and these margin accounts, and takes the markets' prices in as an instruction that passes them would. Gives the number
 * by which questions name each account. Whatever was loaded before is forgotten. Throws `EngineError` where the engine refuses one.
 */
export function loadSnapshot(
    engine: Engine,
    snapshot: Snapshot,
    accounts: readonly LoadedAccount[] = [],
): ReadonlyMap<Address, bigint> {
    const { clock, exchange, pool, markets, encoded } = snapshot;
    engine.reset();
    engine.setClock(clock);
    for (const { address } of [exchange, pool, ...markets]) {
        const data = encoded.get(address)?.data;
        taken(address, data === undefined ? undefined : engine.load(data), data !== undefined);
    }
    for (const { data } of markets) {
        const account = encoded.get(data.oracle.account);
        const reading = account && readReading(data.oracle, account);
        if (reading !== undefined) {
            // Whatever becomes of it, an account that a market reads is no mistake of the caller's.
            engine.takePrice(data.state.index, reading);
        }
    }
    const numbers = accounts.map(({ account, orders }, number) => {
        taken(account.address, engine.load(getMarginAccountEncoder().encode(account.data), number), true);
        if (orders !== undefined) {
            taken(orders.address, engine.load(getOrdersEncoder().encode(orders.data), number), true);
        }
        return [account.address, BigInt(number)] as const;
    });
    return new Map(numbers);
}

function taken(address: Address, refused: Refused | undefined, isThere: boolean): void {
    if (refused !== undefined || !isThere) {
        const why = refused === undefined ? 'it was not read' : refused.status;
        throw new EngineError(`the engine does not take the account ${address}: ${why}`);
    }
}
