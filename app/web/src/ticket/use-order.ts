// What the ticket comes to: the size it means, what the engine says of it, and what the button does.
import { anyPrice, type OrderTerms, parseAtoms, parsePrice, parseSize } from '@perp-swap/client';
import { useShownAccount } from '../accounts/owned';
import { useClock, useMarket } from '../chain/context';
import type { MarketEntry } from '../chain/directory';
import {
    useLargestOrder,
    usePartOf,
    usePlacement,
    useSizeWorth,
    useTrade,
    useWorld,
    useWorstPrice,
} from '../engine/hooks';
import { readTyped } from '../format/units';
import { useRestingOrders } from '../orders/resting';
import { useSettings } from '../shell/settings';
import { signed } from './amounts';
import { parsePercent } from './percent';
import type { TicketState } from './state';
import { type Circumstances, freeGroup, placedOrder, protection, restingTerms, type Terms } from './terms';

const NO_ORDERS: readonly OrderTerms[] = [];

export function useOrder(state: TicketState, entry: MarketEntry) {
    const { scale } = entry;
    const account = useShownAccount();
    const market = useMarket(entry);
    const { now } = useClock();
    const tolerance = useSettings((settings) => settings.tolerance);
    const groups = useRestingOrders(account).map(({ order }) => order.group);
    const address = account?.address ?? null;
    const indexPrice = market?.state.price.price ?? 0n;

    const largest = useLargestOrder(address, entry.index, state.side);
    const worth = readTyped(state.unit === 'usd' ? state.size : '', (text) => parseAtoms(text, scale.quoteDecimals));
    const ofWorth = useSizeWorth(indexPrice, worth.value);
    const base = readTyped(state.unit === 'base' ? state.size : '', (text) => parseSize(text, scale));
    const percent = readTyped(state.unit === 'percent' ? state.size : '', parsePercent);
    const ofPercent = usePartOf(largest, percent.value);

    const size = { base: base.value, usd: ofWorth, percent: ofPercent }[state.unit];
    const sizeProblem = { base: base.problem, usd: worth.problem, percent: percent.problem }[state.unit];

    const question =
        size === null || size === 0n
            ? null
            : {
                  account: address,
                  size: signed(size, state.side),
                  acceptablePrice: anyPrice(signed(size, state.side)),
                  reduceOnly: state.reduceOnly,
              };
    const free = useTrade(entry, question);
    const typedBound = readTyped(state.bound, (text) => parsePrice(text, scale));
    const average = free?.receipt?.averagePrice ?? null;
    const tolerated = useWorstPrice(average, state.side, tolerance);
    const bound = typedBound.value ?? tolerated;
    const bounded = useTrade(
        entry,
        question && typedBound.value !== null ? { ...question, acceptablePrice: typedBound.value } : null,
    );
    const answer = typedBound.value === null ? free : bounded;

    const circumstances: Circumstances = {
        engine: useWorld(),
        scale,
        indexPrice,
        now,
        tolerance,
        group: freeGroup(groups),
    };
    const waits = state.kind !== 'market';
    const terms: Terms = waits
        ? restingTerms(state, size, circumstances)
        : state.reduceOnly
          ? { problem: null, orders: [] }
          : protection(state, state.side, circumstances);
    const placement = usePlacement(
        entry,
        address,
        { cancel: 0n },
        (waits && terms.orders ? terms.orders : NO_ORDERS).map(placedOrder),
    );
    return {
        account,
        size,
        placement,
        sizeProblem: sizeProblem ?? typedBound.problem,
        largest,
        answer,
        bound,
        terms,
        waits,
    };
}

export type TicketOrder = ReturnType<typeof useOrder>;
