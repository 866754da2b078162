// The engine's answers for what is shown, renewed when an account they depend on has changed.
import type { Address } from '@solana/kit';
import type { MarketQuote, PoolQuote, Withdrawable } from './types';

export function useWithdrawable(_account: Address): Withdrawable | null {
    return null;
}

export function usePoolQuote(): PoolQuote | null {
    return null;
}

export function useMarketQuote(_market: number): MarketQuote | null {
    return null;
}
