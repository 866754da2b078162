// The engine's answers for what is shown, renewed when an account they depend on has changed.
import { PPM } from '@perp-swap/client';
import type {
    AccountView,
    Answer,
    ExposureView,
    MarketView,
    PlacedOrder,
    Placement,
    PlacementView,
    PoolView,
    PositionView,
    QuestionName,
    Questions,
    Refused,
    SettlementView,
    TradeReceipt,
} from '@perp-swap/client/engine';
import type { Address } from '@solana/kit';
import { useMemo, useSyncExternalStore } from 'react';
import { useConnection } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import { magnitude } from '../format/units';
import { sideWord } from '../ticket/amounts';
import type { Side } from '../ticket/state';
import { describe, type Refusal } from './refusal';
import type { EngineWorld } from './world';

/** Leverage that nothing bounds. */
export const UNBOUNDED = 18_446_744_073_709_551_615n;

export function useWorld(): EngineWorld {
    return useConnection().world;
}

function useVersion(world: EngineWorld): number {
    return useSyncExternalStore(
        (listener) => world.subscribe(listener),
        () => world.version,
    );
}

/** Asks again whenever there is news; null while there is nothing to ask or the account is not loaded. */
function useAsked<N extends QuestionName>(
    name: N,
    question: Questions[N]['question'] | null,
    items?: readonly Questions[N]['questionItem'][],
): Answer<N> | null {
    const world = useWorld();
    const version = useVersion(world);
    const key =
        question === null
            ? null
            : JSON.stringify([question, items ?? []], (_, value) => (typeof value === 'bigint' ? `${value}` : value));
    // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for question and items, the version for the world
    return useMemo(() => (question === null ? null : world.ask(name, question, items)), [world, version, name, key]);
}

/** What comes of any question. */
type Given<Head, Item> =
    | { readonly refused: undefined; readonly answer: Head; readonly items: readonly Item[] }
    | { readonly refused: Refused };

/** The answer, or null where it was refused. */
export function answerOf<Head, Item>(asked: Given<Head, Item> | null): Head | null {
    return asked && asked.refused === undefined ? asked.answer : null;
}

const NOTHING: readonly never[] = [];

/** What the answer lists; nothing where it was refused. */
export function itemsOf<Head, Item>(asked: Given<Head, Item> | null): readonly Item[] {
    return asked && asked.refused === undefined ? asked.items : NOTHING;
}

/** Under which number the engine has an account; its visitor for nobody's, null while it has none. */
export function useNumber(account: Address | null): bigint | null {
    const world = useWorld();
    useVersion(world);
    return world.numberOf(account) ?? null;
}

export function useMarketView(market: number | null): MarketView | null {
    return answerOf(useAsked('market', market === null ? null : { market: BigInt(market) }));
}

export function usePoolView(): { pool: PoolView; markets: readonly ExposureView[] } | null {
    const asked = useAsked('pool', {});
    return asked && asked.refused === undefined ? { pool: asked.answer, markets: asked.items } : null;
}

/** How an account stands, or the engine's visitor where it is nobody's. */
export function useAccountView(account: Address | null): AccountView | null {
    const number = useNumber(account);
    return answerOf(useAsked('account', number === null ? null : { account: number }));
}

/** The slots of an account; null while the engine does not have it. */
export function usePositions(account: Address | null): readonly PositionView[] | null {
    const number = useNumber(account);
    const asked = useAsked('positions', account === null || number === null ? null : { account: number });
    return asked && asked.refused === undefined ? asked.items : null;
}

/** What redeeming the claim on a market would pay now; null where there is nothing to redeem. */
export function useRedeemable(account: Address, market: bigint): SettlementView | null {
    const number = useNumber(account);
    return answerOf(useAsked('redeemClaim', number === null ? null : { account: number, market }));
}

export interface TradeQuestion {
    /** Null for whoever has no account yet: the engine's visitor. */
    account: Address | null;
    size: bigint;
    acceptablePrice: bigint;
    reduceOnly: boolean;
}

export type TradeAnswer = { receipt: TradeReceipt; refusal: null } | { receipt: null; refusal: Refusal };

export function useTrade(entry: MarketEntry, question: TradeQuestion | null): TradeAnswer | null {
    const number = useNumber(question?.account ?? null);
    const asked = useAsked(
        'trade',
        question === null || number === null
            ? null
            : {
                  account: number,
                  market: BigInt(entry.index),
                  size: question.size,
                  acceptablePrice: question.acceptablePrice,
                  reduceOnly: question.reduceOnly ? 1n : 0n,
              },
    );
    if (!asked) return null;
    if (asked.refused !== undefined) return { receipt: null, refusal: describe(asked.refused, entry.scale) };
    return { receipt: asked.answer, refusal: null };
}

/** The largest market order that would be filled now, without a sign; zero where none would, null while nothing is known. */
export function useLargestOrder(account: Address | null, market: number, side: Side): bigint | null {
    const number = useNumber(account);
    const asked = useAsked(
        'largestOrder',
        number === null ? null : { account: number, market: BigInt(market), side: sideWord(side) },
    );
    const size = answerOf(asked)?.size ?? null;
    return size === null ? null : magnitude(size);
}

/** The size that is worth so many atoms at a price: that of a leverage of one. */
export function useSizeWorth(price: bigint, atoms: bigint | null): bigint | null {
    const asked = useAsked(
        'sizeOfLeverage',
        atoms === null || atoms === 0n || price === 0n ? null : { equity: atoms, price, leverage: PPM },
    );
    return answerOf(asked)?.size ?? null;
}

/** So many ppm of a size, cut to base units; null where one of them is missing or there is no such size. */
export function usePartOf(size: bigint | null, ppm: bigint | null): bigint | null {
    const asked = useAsked('partOfSize', size === null || ppm === null ? null : { size, part: ppm, whole: PPM });
    return answerOf(asked)?.size ?? null;
}

/** The price that is worse by a tolerance, for whoever buys or sells; null where there is none. */
export function useWorstPrice(price: bigint | null, side: Side, tolerance: bigint): bigint | null {
    const asked = useAsked('worstPrice', price === null ? null : { price, side: sideWord(side), tolerance });
    return answerOf(asked)?.price ?? null;
}

export type PlacementAnswer = { view: PlacementView; refusal: null } | { view: null; refusal: Refusal };

/** What placing orders would come to. */
export function usePlacement(
    entry: MarketEntry,
    account: Address | null,
    placement: Pick<Placement, 'cancel'>,
    orders: readonly PlacedOrder[],
): PlacementAnswer | null {
    const number = useNumber(account);
    const asked = useAsked(
        'placeOrders',
        account === null || number === null || orders.length === 0
            ? null
            : { account: number, market: BigInt(entry.index), cancel: placement.cancel },
        orders,
    );
    if (!asked) return null;
    if (asked.refused !== undefined) return { view: null, refusal: describe(asked.refused, entry.scale) };
    return { view: asked.answer, refusal: null };
}

export { useAsked };
