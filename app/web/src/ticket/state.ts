// What stands in the order ticket: text as it was typed, until the engine is asked.
import { secondsAfter } from '../format/time';

export type OrderKind = 'market' | 'limit' | 'stop' | 'trailing' | 'target' | 'next' | 'twap' | 'ladder';

export type Side = 'long' | 'short';

/** In what the size is typed. */
export type SizeUnit = 'base' | 'usd' | 'percent';

export type Expiry = 'never' | 'hour' | 'day' | 'week';

export interface TicketState {
    kind: OrderKind;
    side: Side;
    unit: SizeUnit;
    size: string;
    reduceOnly: boolean;
    /** Of a limit its price, of a stop, a target and a ladder where it begins. */
    price: string;
    /** Where a ladder ends. */
    priceTo: string;
    steps: string;
    /** Percent of the best price. */
    trailing: string;
    /** The worst acceptable average price; empty for the one that follows from the preview and the tolerance. */
    bound: string;
    /** Where a stop and a target protect what is opened; empty for none. */
    stop: string;
    target: string;
    slices: string;
    secondsBetween: string;
    expiry: Expiry;
    /** A limit and a stop entry of one group: a fill of one cancels the other. */
    otherPrice: string;
}

export const EMPTY_TICKET: TicketState = {
    kind: 'market',
    side: 'long',
    unit: 'base',
    size: '',
    reduceOnly: false,
    price: '',
    priceTo: '',
    steps: '5',
    trailing: '2',
    bound: '',
    stop: '',
    target: '',
    slices: '6',
    secondsBetween: '60',
    expiry: 'never',
    otherPrice: '',
};

export type TicketAction = Partial<TicketState> | 'sent';

/** After an order was sent side and kind stay, what was typed for it goes. */
export function changeTicket(state: TicketState, action: TicketAction): TicketState {
    if (action === 'sent') {
        const { kind, side, unit, expiry } = state;
        return { ...EMPTY_TICKET, kind, side, unit, expiry };
    }
    const next = { ...state, ...action };
    // A size in another unit means another amount.
    if (action.unit !== undefined && action.unit !== state.unit && action.size === undefined) next.size = '';
    return next;
}

/** Kinds that only reduce the position there is. */
export function onlyReduces(kind: OrderKind): boolean {
    return kind === 'trailing' || kind === 'target';
}

const SECONDS: Readonly<Record<Expiry, bigint>> = { never: 0n, hour: 3_600n, day: 86_400n, week: 604_800n };

/** When an order of this expiry ends, by the chain's clock; zero for never. */
export function expiryTime(expiry: Expiry, now: bigint): bigint {
    return expiry === 'never' ? 0n : secondsAfter(now, SECONDS[expiry]);
}
