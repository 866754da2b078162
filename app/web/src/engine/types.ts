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

/** How an account stands. */
export interface Standing {
    /** Equity against the maintenance margin: liquidatable where it is less. */
    maintenance: Health;
    /** Equity at adverse prices against the initial margin: what an increase must leave. */
    initial: Health;
    /** Price of the market at which the account becomes liquidatable; null where none does. */
    liquidationPrice: bigint | null;
    /** Notional of all positions against equity, in ppm; null without equity. */
    leverage: bigint | null;
    /** Size in the market. */
    size: bigint;
}

/** What a market order would do. */
export interface TradePreview {
    /** What is filled, signed base units. */
    size: bigint;
    indexPrice: bigint;
    averagePrice: bigint;
    /** Index value of what is filled, and what it costs above that, in atoms; spread and impact rounded up. */
    notional: bigint;
    spread: bigint;
    impact: bigint;
    fee: bigint;
    /** Atoms; negative for a loss. */
    realized: bigint;
    before: Standing;
    after: Standing;
}

/** A rule that refuses, with what is known of why. */
export interface Refusal {
    /** As in the interface file, such as `InitialMargin`. */
    rule: string;
    message: string;
    remedy: string;
    /** Numbers of the rule, by name. */
    numbers: readonly { label: string; text: string }[];
}

export type Answer<T> = { refused: false; value: T } | { refused: true; refusal: Refusal };

/** A slot of an account: an open position, a claim or a debt. */
export interface PositionQuote {
    market: number;
    /** Signed base units; zero where only a claim or a debt is left. */
    size: bigint;
    entryPrice: bigint;
    notional: bigint;
    /** Atoms, before funding. */
    profit: bigint;
    /** Funding that is not settled yet, positive where it is received. */
    funding: bigint;
    /** Maintenance margin of this position. */
    margin: bigint;
    liquidationPrice: bigint | null;
    /** How far that is from the index, in ppm of the index. */
    distance: bigint | null;
    claim: bigint;
    /** What of the claim is funded and can be redeemed now. */
    redeemable: bigint;
    debt: bigint;
}

export interface AccountQuote {
    cash: bigint;
    maintenance: Health;
    initial: Health;
    leverage: bigint | null;
    positions: PositionQuote[];
}
