// The engine's answers for what is shown, renewed when an account they depend on has changed.
import type { Address } from '@solana/kit';
import type { AccountQuote, Answer, MarketQuote, PoolQuote, TradePreview, Withdrawable } from './types';

export interface TradeQuestion {
    account: Address | null;
    market: number;
    size: bigint;
    acceptablePrice: bigint;
    reduceOnly: boolean;
}

export function useWithdrawable(_account: Address | null): Withdrawable | null {
    return null;
}

export function usePoolQuote(): PoolQuote | null {
    return null;
}

export function useMarketQuote(_market: number): MarketQuote | null {
    return null;
}

export function useAccountQuote(_account: Address | null): AccountQuote | null {
    return null;
}

export function useTradePreview(_question: TradeQuestion | null): Answer<TradePreview> | null {
    return null;
}

/** The largest market order that would be filled now, without a sign; null where none would or nothing is known. */
export function useLargestOrder(_account: Address | null, _market: number, _buys: boolean): bigint | null {
    return null;
}

/** The size that is worth so much at the index. */
export function useSizeWorth(_market: number, _atoms: bigint | null): bigint | null {
    return null;
}
