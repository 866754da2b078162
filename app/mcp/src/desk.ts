// Where an account is: on paper, or on chain with a key that signs. Tools ask a desk and do not care which.
import type { MarginAccount, Market, Order, Orders, OrderTerms, Snapshot } from '@perp-swap/client';
import type { Account, Address } from '@solana/kit';
import type { Sitting } from './engine.js';

/** The account that a desk acts for, at a moment. */
export type Seat = {
    readonly world: Snapshot;
    readonly account: MarginAccount;
    readonly orders: Orders['state'] | undefined;
    /** The exchange of that moment in the engine, with this account. */
    readonly sit: () => Sitting;
};

/** What came of something that was done, as it is told to whoever asked. */
export type Done = Record<string, unknown>;

/** Does what it is told with one margin account. Everything is previewed by the engine first: what it refuses is not sent. */
export type Desk = {
    /** Whether anything is signed. */
    readonly mode: 'paper' | 'live';
    /** The margin account's address. */
    readonly address: Address;
    /** What may still be ordered, in atoms; `undefined` where nothing limits it. */
    readonly left: () => bigint | undefined;
    /** The account at this moment; `undefined` where it is not open yet. */
    readonly seat: () => Promise<Seat | undefined>;
    readonly deposit: (amount: bigint) => Promise<Done>;
    readonly withdraw: (seat: Seat, amount: bigint) => Promise<Done>;
    readonly trade: (seat: Seat, market: Account<Market>, order: Order) => Promise<Done>;
    readonly settle: (seat: Seat, market: Account<Market>) => Promise<Done>;
    readonly place: (seat: Seat, market: Account<Market>, orders: readonly OrderTerms[]) => Promise<Done>;
    readonly cancel: (seat: Seat, places: readonly number[]) => Promise<Done>;
    /** What was done on paper, oldest first; `undefined` where the history knows it. */
    readonly journal: () => readonly Done[] | undefined;
};
