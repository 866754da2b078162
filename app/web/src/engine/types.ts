// What the engine answers, in the chain's units: atoms, base units, prices of 2^-40 atoms per base unit, ppm.

/** Equity against what is demanded of it. */
export interface Health {
    equity: bigint;
    margin: bigint;
}

export interface Withdrawable {
    largest: bigint;
    /** Equity at adverse prices, and the initial margin that must stay. */
    equity: bigint;
    margin: bigint;
    /** Why nothing can be withdrawn now, where a rule forbids it. */
    refusal: string | null;
}

/** What the pool is exposed to in a market. */
export interface MarketExposure {
    market: number;
    /** What it is worth to the pool: to leavers, to entrants. */
    lower: bigint;
    upper: bigint;
    placed: bigint;
    backing: bigint;
    /** Base units; positive where the pool gains by a rise. */
    delta: bigint;
    deltaNotional: bigint;
    stressLoss: bigint;
    earned: bigint;
}

export interface PoolQuote {
    lower: bigint;
    upper: bigint;
    unsettled: bigint;
    shares: bigint;
    markets: MarketExposure[];
}

/** What a market can bear and what it charges now. */
export interface MarketQuote {
    /** Atoms: assets less liabilities, and what the stress move would cost. */
    surplus: bigint;
    stressLoss: bigint;
}
