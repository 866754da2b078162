// Written by scripts/engine.mjs: do not edit.
export const INTERFACE = 1;

/** One margin account. */
export interface OfAccount {
    /** The margin account's number, as it was loaded. In number. */
    account: bigint;
}

/** One market. */
export interface OfMarket {
    /** The market's index. In number. */
    market: bigint;
}

/** One margin account in one market. */
export interface OfPosition {
    /** The margin account's number. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
}

/** A market order. */
export interface Trade {
    /** The margin account's number. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
    /** Signed size; positive buys. In base units. */
    size: bigint;
    /** Worst acceptable average price; 2^64 - 1 accepts any for a buy, 1 for a sale. In price. */
    acceptablePrice: bigint;
    /** 1 where it shrinks to the position and never opens one. In flag. */
    reduceOnly: bigint;
}

/** One side of a market, for an account. */
export interface OfSide {
    /** The margin account's number. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
    /** The side of the order. In 0 long, 1 short. */
    side: bigint;
}

/** Collateral in or out. */
export interface Transfer {
    /** The margin account's number. In number. */
    account: bigint;
    /** How much. In atoms. */
    amount: bigint;
}

/** Margin from one account to another of the same owner: a withdrawal and a deposit in one transaction. */
export interface MarginTransfer {
    /** The margin account it leaves. In number. */
    from: bigint;
    /** The margin account it enters. In number. */
    to: bigint;
    /** How much. In atoms. */
    amount: bigint;
}

/** Orders cancelled and placed in one market, all of them or none. Items: the new orders. */
export interface Placement {
    /** The margin account's number; its orders are loaded, or none rest. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
    /** Places of orders to cancel: bit 0 for place 0. In bits. */
    cancel: bigint;
}

/** A new order. */
export interface PlacedOrder {
    /** Signed size of one fill; positive buys. In base units. */
    size: bigint;
    /** When it is to fill. In 0 at a time, 1 at or above, 2 at or below. */
    trigger: bigint;
    /** The price that meets it; zero by time, and for one that trails. In price. */
    triggerPrice: bigint;
    /** Distance from the best price of an order that trails; zero for every other. In ppm. */
    trailing: bigint;
    /** Worst acceptable average price. In price. */
    acceptablePrice: bigint;
    /** 1 where it only reduces the position. In flag. */
    reduceOnly: bigint;
    /** From when on it may be met; what is past stands for now. In unix time. */
    activeFrom: bigint;
    /** After this it is no longer armed; zero for never. In unix time. */
    expires: bigint;
    /** Fills: 1, or more by time. In count. */
    slices: bigint;
    /** From one fill to the next; zero for a single one. In seconds. */
    secondsBetween: bigint;
    /** A fill cancels the account's other orders with this number; zero for none. In number. */
    group: bigint;
    /** Which of the orders placed before it in the same question it sleeps for, counted from 1; zero for none. In count. */
    parent: bigint;
    /** For whoever fills it. In lamports. */
    lamports: bigint;
}

/** A request for liquidity. */
export interface OfRequest {
    /** What it asks for. In 0 deposit, 1 withdrawal. */
    kind: bigint;
    /** Tokens that enter, or shares that leave. In atoms or shares. */
    amount: bigint;
    /** Shares that the provider has; not read of a deposit. In shares. */
    owned: bigint;
    /** Price limit: 0 for any price, 1 to 4 for one, two, five or ten percent. In number. */
    limit: bigint;
}

/** Changes of a market's price for one account. Items: changes in ppm; -30 % to +30 % in steps of five where there are none. */
export interface Ladder {
    /** The margin account's number. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
}

/** Changes of a market's price for all accounts loaded. Items: changes in ppm, as of a ladder. */
export interface Cascade {
    /** The market's index. In number. */
    market: bigint;
}

/** A change of a price. */
export interface Change {
    /** Change of the price. In ppm. */
    change: bigint;
}

/** The largest position that loses no more than an amount at its stop. */
export interface RiskToStop {
    /** The market's index. In number. */
    market: bigint;
    /** The side of the position. In 0 long, 1 short. */
    side: bigint;
    /** Where it is closed. In price. */
    stop: bigint;
    /** The most that it may lose. In atoms. */
    risk: bigint;
}

/** A position whose moves make the equity's volatility. */
export interface VolatilityTarget {
    /** Equity. In atoms. */
    equity: bigint;
    /** The market's price. In price. */
    price: bigint;
    /** Volatility of the price. In ppm per root year. */
    volatility: bigint;
    /** Volatility wanted of the equity. In ppm per root year. */
    target: bigint;
}

/** An edge and the fraction of its Kelly leverage that is taken. */
export interface OfEdge {
    /** What a long position of one is expected to gain, costs taken off. In ppm per year. */
    mean: bigint;
    /** Volatility of the price. In ppm per root year. */
    volatility: bigint;
    /** Days of observation that the mean was estimated from. In days. */
    days: bigint;
    /** The fraction that is taken; at most 1 000 000. In ppm. */
    fraction: bigint;
}

/** A position whose notional is a multiple of the equity. */
export interface OfLeverage {
    /** Equity. In atoms. */
    equity: bigint;
    /** The market's price. In price. */
    price: bigint;
    /** Notional as a multiple of the equity. In ppm. */
    leverage: bigint;
}

/** The largest order that survives an adverse move. */
export interface Survival {
    /** The margin account's number. In number. */
    account: bigint;
    /** The market's index. In number. */
    market: bigint;
    /** The side of the order. In 0 long, 1 short. */
    side: bigint;
    /** The move against it. In ppm. */
    adverse: bigint;
}

/** What candles tell. Items: candles in the order of time, without gaps. */
export interface History {
    /** The side of the position. In 0 long, 1 short. */
    side: bigint;
    /** Candles for which it is held. In count. */
    holding: bigint;
    /** Seconds of a candle. In seconds. */
    interval: bigint;
}

/** The prices of one interval. */
export interface PriceCandle {
    /** The first. In price. */
    open: bigint;
    /** The highest. In price. */
    high: bigint;
    /** The lowest. In price. */
    low: bigint;
    /** The last. In price. */
    close: bigint;
}

/** What a position costs while it is held. Items: times from now. */
export interface Holding {
    /** The market's index. In number. */
    market: bigint;
    /** Signed size of the position. In base units. */
    size: bigint;
}

/** A time from now. */
export interface Ahead {
    /** Seconds from now; they rise. In seconds. */
    seconds: bigint;
}

/** An account's equity and requirements, with all funding accrued. */
export interface HealthView {
    /** Equity, rounded down. In atoms. */
    equity: bigint;
    /** Margin demanded: liquidatable when equity is below. In atoms. */
    maintenanceMargin: bigint;
    /** Equity with only cash counted. In atoms. */
    cashEquity: bigint;
    /** Margin demanded of that: below it somebody may be paid for settling its profits. In atoms. */
    cashMargin: bigint;
    /** Equity at adverse prices, profit and claims not counted. In atoms. */
    adverseEquity: bigint;
    /** What an increase and a withdrawal must leave of that. In atoms. */
    initialMargin: bigint;
}

/** A position at its market's price, with funding accrued up to now. All zero without one. */
export interface PositionView {
    /** Index of the market. In number. */
    market: bigint;
    /** Signed size; positive is long. In base units. */
    size: bigint;
    /** What a base unit was bought or sold for on average, rounded down; zero without a size. In price. */
    entryPrice: bigint;
    /** The market's price. In price. */
    price: bigint;
    /** Notional at that price, rounded up. In atoms. */
    notional: bigint;
    /** Unrealized profit at that price, rounded down; funding is not in it. In atoms. */
    profit: bigint;
    /** Funding owed and not settled; negative where it is to be received. In atoms. */
    fundingOwed: bigint;
    /** Margin of the notional: maintenance. In atoms. */
    maintenanceMargin: bigint;
    /** Margin of the notional: initial. In atoms. */
    initialMargin: bigint;
    /** What the market owes of profits it could not pay. In atoms. */
    claim: bigint;
    /** What of that no cash is set aside for. In atoms. */
    claimUnfunded: bigint;
    /** What the account owes for its dealings there. In atoms. */
    debt: bigint;
    /** Price at which the account becomes liquidatable, all else as it is; zero where none does it. In price. */
    liquidationPrice: bigint;
    /** How far that is from the market's price; below zero where it is lower. In ppm. */
    distance: bigint;
    /** Profit realized since the slot was taken. In atoms. */
    realized: bigint;
    /** Funding received since then; negative where paid. In atoms. */
    funding: bigint;
    /** Fees charged since then. In atoms. */
    fees: bigint;
    /** When the slot was taken. In unix time. */
    openedAt: bigint;
    /** Slot from which on its owner may reduce it. In slot. */
    reducibleFrom: bigint;
}

/** How an account stands, and its position in one market. */
export interface StandingView {
    /** Cash. In atoms. */
    balance: bigint;
    /** Equity and requirements. */
    health: HealthView;
    /** Notional of all positions. In atoms. */
    notional: bigint;
    /** That as a multiple of equity; 2^64 - 1 where equity is not above zero. In ppm. */
    leverage: bigint;
    /** The position in the market. */
    position: PositionView;
}

/** A whole account. */
export interface AccountView {
    /** Cash. In atoms. */
    balance: bigint;
    /** Equity and requirements. */
    health: HealthView;
    /** Notional of all positions. In atoms. */
    notional: bigint;
    /** That as a multiple of equity; 2^64 - 1 where equity is not above zero. In ppm. */
    leverage: bigint;
    /** Adverse equity less initial margin. In atoms. */
    freeCollateral: bigint;
    /** 1 where equity is below the maintenance margin. In flag. */
    isLiquidatable: bigint;
    /** The most that can be taken out now. In atoms. */
    largestWithdrawal: bigint;
    /** The rule that keeps one atom more from it. In code. */
    withdrawalCode: bigint;
    /** Until when nothing is withdrawn and no trade increases anything; zero for never. In unix time. */
    armedUntil: bigint;
    /** Slots taken. In count. */
    positions: bigint;
}

/** What a market order would come to. */
export interface TradeReceipt {
    /** What is filled. In base units. */
    size: bigint;
    /** Size of the old position that is closed. In base units. */
    closed: bigint;
    /** Size that is opened. In base units. */
    opened: bigint;
    /** The market's price. In price. */
    indexPrice: bigint;
    /** What a base unit is bought or sold for on average, rounded down. In price. */
    averagePrice: bigint;
    /** Notional at the index. In 2^-40 atoms. */
    indexNotional: bigint;
    /** What it is bought or sold for. In 2^-40 atoms. */
    notional: bigint;
    /** What the spread costs. In 2^-40 atoms. */
    spread: bigint;
    /** What the impact costs. In 2^-40 atoms. */
    impact: bigint;
    /** The taker fee. In atoms. */
    fee: bigint;
    /** Spread, impact and fee together, rounded up. In atoms. */
    cost: bigint;
    /** That as a part of the notional at the index, rounded up. In ppm. */
    costPart: bigint;
    /** Profit realized; negative for a loss. In atoms. */
    realized: bigint;
    /** Funding received on the way; negative where paid. In atoms. */
    funding: bigint;
    /** Claim paid out on the way. In atoms. */
    redeemed: bigint;
    /** Debt paid. In atoms. */
    repaid: bigint;
    /** What admitted it after the order: adverse equity where it increases, else equity. In atoms. */
    admittedEquity: bigint;
    /** Initial margin where it increases, else the margin of all notionals. In atoms. */
    admittedMargin: bigint;
    /** How the account stands. */
    before: StandingView;
    /** How it stands after the order. */
    after: StandingView;
}

/** The largest order that is filled. */
export interface LargestOrder {
    /** Signed size; zero where none is filled. In base units. */
    size: bigint;
}

/** How an account stands before and after collateral moved. */
export interface TransferView {
    /** Cash after it. In atoms. */
    balance: bigint;
    /** Equity and requirements. */
    before: HealthView;
    /** The same after it. */
    after: HealthView;
}

/** How both accounts stand after margin moved. */
export interface MarginTransferView {
    /** The account it leaves. */
    from: TransferView;
    /** The account it enters. */
    to: TransferView;
}

/** What settling, redeeming or waiving would move. */
export interface SettlementView {
    /** Profit turned into cash; negative for a loss. In atoms. */
    profit: bigint;
    /** Cash that moves between the account and the market's backing. In atoms. */
    moved: bigint;
    /** Funding received; negative where paid. In atoms. */
    funding: bigint;
    /** Claim paid out. In atoms. */
    redeemed: bigint;
    /** Claim given up. In atoms. */
    waived: bigint;
    /** Debt paid. In atoms. */
    repaid: bigint;
    /** How the account stands. */
    before: StandingView;
    /** How it stands after it. */
    after: StandingView;
}

/** What a market says of itself, with funding accrued up to now. */
export interface MarketView {
    /** Its valid price: the index. In price. */
    price: bigint;
    /** Half of the interval that the oracle claims. In price. */
    confidence: bigint;
    /** When that was published. In unix time. */
    published: bigint;
    /** How old that is. In seconds. */
    age: bigint;
    /** What may be done now. In 0 active, 1 reduce-only, 2 paused. */
    status: bigint;
    /** Until when its own status only reduces; past or zero where it does not. In unix time. */
    reduceOnlyUntil: bigint;
    /** 1 where it is a price of the last seconds. In flag. */
    isFresh: bigint;
    /** 1 where it is held for dead, after an outage was reported. In flag. */
    isDead: bigint;
    /** When an outage was reported; zero while none is. In unix time. */
    outageSince: bigint;
    /** When its delisting is due; zero while none is announced. In unix time. */
    delistedFrom: bigint;
    /** When it was moved to settlement; zero before. In unix time. */
    settledAt: bigint;
    /** Spread of one base unit. In price. */
    spread: bigint;
    /** Funding now; positive where longs pay. In 2^-60 per second. */
    fundingRate: bigint;
    /** In an hour, if price and open interest stay. In 2^-60 per second. */
    fundingRateInAnHour: bigint;
    /** In a day. In 2^-60 per second. */
    fundingRateInADay: bigint;
    /** Open interest of longs. In base units. */
    longInterest: bigint;
    /** Open interest of shorts. In base units. */
    shortInterest: bigint;
    /** Most of a side. In base units. */
    interestCap: bigint;
    /** Long minus short. In base units. */
    skew: bigint;
    /** Cash that stands behind it. In atoms. */
    backing: bigint;
    /** Where that is moved to. In atoms. */
    targetBacking: bigint;
    /** Its insurance. In atoms. */
    insurance: bigint;
    /** What it owes closed positions. In atoms. */
    claims: bigint;
    /** What of that cash is set aside for. In atoms. */
    claimsReserve: bigint;
    /** What closed positions owe it. In atoms. */
    debts: bigint;
    /** 1 where it could not pay everybody. In flag. */
    isShort: bigint;
    /** Assets less liabilities. In atoms. */
    surplus: bigint;
    /** What it loses in a move by its stress move: it must cover that to open more. In atoms. */
    stressLoss: bigint;
    /** Both sides over the backing; 2^64 - 1 without backing. In ppm. */
    grossLeverage: bigint;
    /** The skew over the backing. In ppm. */
    netLeverage: bigint;
    /** Measured over minutes. In ppm per root year. */
    fastVolatility: bigint;
    /** Measured over tens of minutes. In ppm per root year. */
    slowVolatility: bigint;
    /** Initial margin of the smallest position, of its notional. In ppm. */
    initialFraction: bigint;
    /** Maintenance margin of the smallest position. In ppm. */
    maintenanceFraction: bigint;
    /** One base unit is 10^-n of the asset. In count. */
    baseDecimals: bigint;
    /** One atom is 10^-n of the quote token. In count. */
    quoteDecimals: bigint;
}

/** What placing and cancelling would come to. */
export interface PlacementView {
    /** What the new orders hold. In lamports. */
    paid: bigint;
    /** What of cancelled ones goes home. In lamports. */
    returned: bigint;
    /** Until when the account withdraws and increases nothing; zero where nothing is armed at once. In unix time. */
    armedUntil: bigint;
}

/** A resting order as it stands now. */
export interface OrderView {
    /** Its place. In number. */
    place: bigint;
    /** Which of the account's orders it is. In number. */
    number: bigint;
    /** Index of its market. In number. */
    market: bigint;
    /** Signed size of one fill. In base units. */
    size: bigint;
    /** What it waits for; 5 where a rule keeps it from being armed. In 0 waiting, 1 met, 2 armed, 3 asleep, 4 dead, 5 refused. */
    state: bigint;
    /** The price at which it is met; zero by time, and while one that trails has no best price. In price. */
    trigger: bigint;
    /** How far that is from the market's price; below zero where it is lower. In ppm. */
    distance: bigint;
    /** From when on a reading fills it, while it is armed. In unix time. */
    fillsFrom: bigint;
    /** Until when, while it is armed. In unix time. */
    fillsUntil: bigint;
    /** The most that it reduces, while it is armed and reduce-only. In base units. */
    armedSize: bigint;
    /** Margin it holds, while it is armed and may increase. In atoms. */
    marginHeld: bigint;
    /** Fills that are left. In count. */
    slices: bigint;
    /** What whoever fills it gets. In lamports. */
    tip: bigint;
    /** The rule that keeps it from being armed, where the state is 5. In code. */
    code: bigint;
}

/** What whoever holds shares is exposed to. Items: markets. */
export interface PoolView {
    /** What all shares are worth to whoever leaves. In atoms. */
    lower: bigint;
    /** To whoever enters. In atoms. */
    upper: bigint;
    /** What is won or lost and not settled. In atoms. */
    unsettled: bigint;
    /** Shares there are. In shares. */
    shares: bigint;
    /** Cash, which leavers are paid from. In atoms. */
    cash: bigint;
    /** Principal placed in markets. In atoms. */
    placed: bigint;
    /** Tokens that wait to enter. In atoms. */
    entering: bigint;
    /** Shares that wait to leave. In shares. */
    leaving: bigint;
    /** The boundary that the exchange waits for; zero for none. In unix time. */
    boundary: bigint;
    /** The last that was closed. In unix time. */
    lastBoundary: bigint;
    /** The cash there was then. In atoms. */
    lastUpper: bigint;
    /** The shares there were then. In shares. */
    lastShares: bigint;
    /** Markets that follow. In count. */
    markets: bigint;
}

/** What the pool is exposed to in a market. */
export interface ExposureView {
    /** Index of the market. In number. */
    market: bigint;
    /** What it is worth to whoever leaves. In atoms. */
    lower: bigint;
    /** To whoever enters. In atoms. */
    upper: bigint;
    /** What is won or lost there and not settled. In atoms. */
    unsettled: bigint;
    /** Principal placed there. In atoms. */
    placed: bigint;
    /** Cash there, all of which the pool can lose. In atoms. */
    backing: bigint;
    /** How much of the asset the pool holds by being the other side. In base units. */
    delta: bigint;
    /** That at the market's price. In atoms. */
    deltaNotional: bigint;
    /** What it loses in a move by the stress move against it. In atoms. */
    stressLoss: bigint;
    /** What liquidity has earned there since it was listed. In 2^-40 atoms. */
    earned: bigint;
}

/** What a request for liquidity would pay and get. */
export interface RequestView {
    /** The first boundary that it can belong to. In unix time. */
    boundary: bigint;
    /** What it pays for the boundary; what is left comes back. In lamports. */
    lamports: bigint;
    /** Shares that it gets if it is served alone, at what the pool is worth now. In shares. */
    shares: bigint;
    /** Tokens that it gets then. In atoms. */
    tokens: bigint;
    /** What waits for another boundary for want of cash. In shares. */
    rest: bigint;
}

/** A market's price changed, for one account. */
export interface RungView {
    /** Change of the price. In ppm. */
    change: bigint;
    /** The price. In price. */
    price: bigint;
    /** Profit of the position at that price, less the funding it owes. In atoms. */
    profit: bigint;
    /** Equity. In atoms. */
    equity: bigint;
    /** Margin demanded: liquidatable when equity is below. In atoms. */
    maintenanceMargin: bigint;
}

/** A market's price changed, for all accounts. */
export interface CascadeView {
    /** Change of the price. In ppm. */
    change: bigint;
    /** The price. In price. */
    price: bigint;
    /** Accounts with a position there that become liquidatable. In count. */
    accounts: bigint;
    /** Open interest of longs that they hold there. In base units. */
    longInterest: bigint;
    /** Open interest of shorts that they hold there. In base units. */
    shortInterest: bigint;
}

/** A size, what it loses at its stop, and what of that are costs. */
export interface RiskView {
    /** Signed size; zero where even one base unit loses more. In base units. */
    size: bigint;
    /** What it loses, costs of both orders in it. In atoms. */
    loss: bigint;
    /** Spread, impact and fee of both orders. In atoms. */
    costs: bigint;
}

/** A size without a sign. */
export interface SizeView {
    /** The size. In base units. */
    size: bigint;
}

/** The leverage that an edge bears, positive for long. */
export interface KellyView {
    /** The leverage that grows equity fastest if the edge were known. In ppm. */
    full: bigint;
    /** For an edge one standard error lower. In ppm. */
    low: bigint;
    /** For an edge one standard error higher. In ppm. */
    high: bigint;
    /** What is left of it because the edge is estimated. In ppm. */
    shrinkage: bigint;
    /** What is advised. In ppm. */
    leverage: bigint;
    /** What equity then grows by if the edge is as estimated. In ppm per year. */
    growth: bigint;
}

/** What candles tell. */
export interface HistoryView {
    /** The furthest that the price went against the side within the holding. In ppm. */
    adverse: bigint;
    /** Volatility from close to close. In ppm per root year. */
    volatility: bigint;
}

/** What a position pays until some time from now. */
export interface HoldingView {
    /** Seconds from now. In seconds. */
    seconds: bigint;
    /** Funding and carry; negative where it receives. In atoms. */
    cost: bigint;
    /** What the price must move in its favor to make up for that. In ppm. */
    breakEven: bigint;
    /** The funding rate then; positive where longs pay. In 2^-60 per second. */
    fundingRate: bigint;
}

/** Everybody's positions over what stands behind them. */
export interface SystemView {
    /** All open interest. In atoms. */
    tradersNotional: bigint;
    /** Equity of the accounts loaded, where it is positive. In atoms. */
    tradersEquity: bigint;
    /** One over the other. In ppm. */
    tradersLeverage: bigint;
    /** The skews of all markets, without their signs. In atoms. */
    poolNotional: bigint;
    /** The pool's value to whoever leaves. In atoms. */
    poolValue: bigint;
    /** One over the other. In ppm. */
    poolLeverage: bigint;
}

/** What an answer says in place of the structs when it is refused. */
export interface Refusal {
    /** The rule's code, where the status is 1; else zero. In code. */
    code: bigint;
    /** The first of its numbers, in the order in which they are listed. */
    first: bigint;
    /** The second. */
    second: bigint;
    /** The third. */
    third: bigint;
}

/** Nothing more. */
export type Nothing = Record<string, never>;

/** Every struct, with the first word of each of its fields. */
export const STRUCTS = {
    OfAccount: { words: 1, fields: [['account', 'u64', 0]] },
    OfMarket: { words: 1, fields: [['market', 'u64', 0]] },
    OfPosition: { words: 2, fields: [['account', 'u64', 0], ['market', 'u64', 1]] },
    Trade: { words: 5, fields: [['account', 'u64', 0], ['market', 'u64', 1], ['size', 'i64', 2], ['acceptablePrice', 'u64', 3], ['reduceOnly', 'u64', 4]] },
    OfSide: { words: 3, fields: [['account', 'u64', 0], ['market', 'u64', 1], ['side', 'u64', 2]] },
    Transfer: { words: 2, fields: [['account', 'u64', 0], ['amount', 'u64', 1]] },
    MarginTransfer: { words: 3, fields: [['from', 'u64', 0], ['to', 'u64', 1], ['amount', 'u64', 2]] },
    Placement: { words: 3, fields: [['account', 'u64', 0], ['market', 'u64', 1], ['cancel', 'u64', 2]] },
    PlacedOrder: { words: 13, fields: [['size', 'i64', 0], ['trigger', 'u64', 1], ['triggerPrice', 'u64', 2], ['trailing', 'u64', 3], ['acceptablePrice', 'u64', 4], ['reduceOnly', 'u64', 5], ['activeFrom', 'i64', 6], ['expires', 'i64', 7], ['slices', 'u64', 8], ['secondsBetween', 'u64', 9], ['group', 'u64', 10], ['parent', 'u64', 11], ['lamports', 'u64', 12]] },
    OfRequest: { words: 4, fields: [['kind', 'u64', 0], ['amount', 'u64', 1], ['owned', 'u64', 2], ['limit', 'u64', 3]] },
    Ladder: { words: 2, fields: [['account', 'u64', 0], ['market', 'u64', 1]] },
    Cascade: { words: 1, fields: [['market', 'u64', 0]] },
    Change: { words: 1, fields: [['change', 'i64', 0]] },
    RiskToStop: { words: 4, fields: [['market', 'u64', 0], ['side', 'u64', 1], ['stop', 'u64', 2], ['risk', 'u64', 3]] },
    VolatilityTarget: { words: 4, fields: [['equity', 'i64', 0], ['price', 'u64', 1], ['volatility', 'u64', 2], ['target', 'u64', 3]] },
    OfEdge: { words: 4, fields: [['mean', 'i64', 0], ['volatility', 'u64', 1], ['days', 'u64', 2], ['fraction', 'u64', 3]] },
    OfLeverage: { words: 3, fields: [['equity', 'i64', 0], ['price', 'u64', 1], ['leverage', 'u64', 2]] },
    Survival: { words: 4, fields: [['account', 'u64', 0], ['market', 'u64', 1], ['side', 'u64', 2], ['adverse', 'u64', 3]] },
    History: { words: 3, fields: [['side', 'u64', 0], ['holding', 'u64', 1], ['interval', 'u64', 2]] },
    PriceCandle: { words: 4, fields: [['open', 'u64', 0], ['high', 'u64', 1], ['low', 'u64', 2], ['close', 'u64', 3]] },
    Holding: { words: 2, fields: [['market', 'u64', 0], ['size', 'i64', 1]] },
    Ahead: { words: 1, fields: [['seconds', 'u64', 0]] },
    HealthView: { words: 6, fields: [['equity', 'i64', 0], ['maintenanceMargin', 'u64', 1], ['cashEquity', 'i64', 2], ['cashMargin', 'u64', 3], ['adverseEquity', 'i64', 4], ['initialMargin', 'u64', 5]] },
    PositionView: { words: 19, fields: [['market', 'u64', 0], ['size', 'i64', 1], ['entryPrice', 'u64', 2], ['price', 'u64', 3], ['notional', 'u64', 4], ['profit', 'i64', 5], ['fundingOwed', 'i64', 6], ['maintenanceMargin', 'u64', 7], ['initialMargin', 'u64', 8], ['claim', 'u64', 9], ['claimUnfunded', 'u64', 10], ['debt', 'u64', 11], ['liquidationPrice', 'u64', 12], ['distance', 'i64', 13], ['realized', 'i64', 14], ['funding', 'i64', 15], ['fees', 'u64', 16], ['openedAt', 'i64', 17], ['reducibleFrom', 'u64', 18]] },
    StandingView: { words: 28, fields: [['balance', 'u64', 0], ['health', 'HealthView', 1], ['notional', 'u64', 7], ['leverage', 'u64', 8], ['position', 'PositionView', 9]] },
    AccountView: { words: 15, fields: [['balance', 'u64', 0], ['health', 'HealthView', 1], ['notional', 'u64', 7], ['leverage', 'u64', 8], ['freeCollateral', 'i64', 9], ['isLiquidatable', 'u64', 10], ['largestWithdrawal', 'u64', 11], ['withdrawalCode', 'u64', 12], ['armedUntil', 'i64', 13], ['positions', 'u64', 14]] },
    TradeReceipt: { words: 78, fields: [['size', 'i64', 0], ['closed', 'u64', 1], ['opened', 'u64', 2], ['indexPrice', 'u64', 3], ['averagePrice', 'u64', 4], ['indexNotional', 'i128', 5], ['notional', 'i128', 7], ['spread', 'i128', 9], ['impact', 'i128', 11], ['fee', 'u64', 13], ['cost', 'u64', 14], ['costPart', 'u64', 15], ['realized', 'i64', 16], ['funding', 'i64', 17], ['redeemed', 'u64', 18], ['repaid', 'u64', 19], ['admittedEquity', 'i64', 20], ['admittedMargin', 'u64', 21], ['before', 'StandingView', 22], ['after', 'StandingView', 50]] },
    LargestOrder: { words: 1, fields: [['size', 'i64', 0]] },
    TransferView: { words: 13, fields: [['balance', 'u64', 0], ['before', 'HealthView', 1], ['after', 'HealthView', 7]] },
    MarginTransferView: { words: 26, fields: [['from', 'TransferView', 0], ['to', 'TransferView', 13]] },
    SettlementView: { words: 62, fields: [['profit', 'i64', 0], ['moved', 'u64', 1], ['funding', 'i64', 2], ['redeemed', 'u64', 3], ['waived', 'u64', 4], ['repaid', 'u64', 5], ['before', 'StandingView', 6], ['after', 'StandingView', 34]] },
    MarketView: { words: 36, fields: [['price', 'u64', 0], ['confidence', 'u64', 1], ['published', 'i64', 2], ['age', 'u64', 3], ['status', 'u64', 4], ['reduceOnlyUntil', 'i64', 5], ['isFresh', 'u64', 6], ['isDead', 'u64', 7], ['outageSince', 'i64', 8], ['delistedFrom', 'i64', 9], ['settledAt', 'i64', 10], ['spread', 'u64', 11], ['fundingRate', 'i64', 12], ['fundingRateInAnHour', 'i64', 13], ['fundingRateInADay', 'i64', 14], ['longInterest', 'u64', 15], ['shortInterest', 'u64', 16], ['interestCap', 'u64', 17], ['skew', 'i64', 18], ['backing', 'u64', 19], ['targetBacking', 'u64', 20], ['insurance', 'u64', 21], ['claims', 'u64', 22], ['claimsReserve', 'u64', 23], ['debts', 'u64', 24], ['isShort', 'u64', 25], ['surplus', 'i64', 26], ['stressLoss', 'u64', 27], ['grossLeverage', 'u64', 28], ['netLeverage', 'u64', 29], ['fastVolatility', 'u64', 30], ['slowVolatility', 'u64', 31], ['initialFraction', 'u64', 32], ['maintenanceFraction', 'u64', 33], ['baseDecimals', 'u64', 34], ['quoteDecimals', 'u64', 35]] },
    PlacementView: { words: 3, fields: [['paid', 'u64', 0], ['returned', 'u64', 1], ['armedUntil', 'i64', 2]] },
    OrderView: { words: 14, fields: [['place', 'u64', 0], ['number', 'u64', 1], ['market', 'u64', 2], ['size', 'i64', 3], ['state', 'u64', 4], ['trigger', 'u64', 5], ['distance', 'i64', 6], ['fillsFrom', 'i64', 7], ['fillsUntil', 'i64', 8], ['armedSize', 'u64', 9], ['marginHeld', 'u64', 10], ['slices', 'u64', 11], ['tip', 'u64', 12], ['code', 'u64', 13]] },
    PoolView: { words: 13, fields: [['lower', 'u64', 0], ['upper', 'u64', 1], ['unsettled', 'u64', 2], ['shares', 'u64', 3], ['cash', 'u64', 4], ['placed', 'u64', 5], ['entering', 'u64', 6], ['leaving', 'u64', 7], ['boundary', 'i64', 8], ['lastBoundary', 'i64', 9], ['lastUpper', 'u64', 10], ['lastShares', 'u64', 11], ['markets', 'u64', 12]] },
    ExposureView: { words: 11, fields: [['market', 'u64', 0], ['lower', 'u64', 1], ['upper', 'u64', 2], ['unsettled', 'u64', 3], ['placed', 'u64', 4], ['backing', 'u64', 5], ['delta', 'i64', 6], ['deltaNotional', 'i64', 7], ['stressLoss', 'u64', 8], ['earned', 'i128', 9]] },
    RequestView: { words: 5, fields: [['boundary', 'i64', 0], ['lamports', 'u64', 1], ['shares', 'u64', 2], ['tokens', 'u64', 3], ['rest', 'u64', 4]] },
    RungView: { words: 5, fields: [['change', 'i64', 0], ['price', 'u64', 1], ['profit', 'i64', 2], ['equity', 'i64', 3], ['maintenanceMargin', 'u64', 4]] },
    CascadeView: { words: 5, fields: [['change', 'i64', 0], ['price', 'u64', 1], ['accounts', 'u64', 2], ['longInterest', 'u64', 3], ['shortInterest', 'u64', 4]] },
    RiskView: { words: 3, fields: [['size', 'i64', 0], ['loss', 'u64', 1], ['costs', 'u64', 2]] },
    SizeView: { words: 1, fields: [['size', 'u64', 0]] },
    KellyView: { words: 6, fields: [['full', 'i64', 0], ['low', 'i64', 1], ['high', 'i64', 2], ['shrinkage', 'u64', 3], ['leverage', 'i64', 4], ['growth', 'i64', 5]] },
    HistoryView: { words: 2, fields: [['adverse', 'u64', 0], ['volatility', 'u64', 1]] },
    HoldingView: { words: 4, fields: [['seconds', 'u64', 0], ['cost', 'i64', 1], ['breakEven', 'i64', 2], ['fundingRate', 'i64', 3]] },
    SystemView: { words: 6, fields: [['tradersNotional', 'u64', 0], ['tradersEquity', 'i64', 1], ['tradersLeverage', 'u64', 2], ['poolNotional', 'u64', 3], ['poolValue', 'i64', 4], ['poolLeverage', 'u64', 5]] },
    Refusal: { words: 4, fields: [['code', 'u64', 0], ['first', 'u64', 1], ['second', 'u64', 2], ['third', 'u64', 3]] },
    Nothing: { words: 0, fields: [] },
} as const;

/** Every question, with the names of its structs. */
export const QUESTIONS = {
    trade: { number: 1, question: 'Trade', questionItems: null, answer: 'TradeReceipt', answerItems: null },
    largestOrder: { number: 2, question: 'OfSide', questionItems: null, answer: 'LargestOrder', answerItems: null },
    deposit: { number: 3, question: 'Transfer', questionItems: null, answer: 'TransferView', answerItems: null },
    withdraw: { number: 4, question: 'Transfer', questionItems: null, answer: 'TransferView', answerItems: null },
    transferMargin: { number: 5, question: 'MarginTransfer', questionItems: null, answer: 'MarginTransferView', answerItems: null },
    settlePnl: { number: 6, question: 'OfPosition', questionItems: null, answer: 'SettlementView', answerItems: null },
    settleFunding: { number: 7, question: 'OfPosition', questionItems: null, answer: 'SettlementView', answerItems: null },
    redeemClaim: { number: 8, question: 'OfPosition', questionItems: null, answer: 'SettlementView', answerItems: null },
    waiveClaim: { number: 9, question: 'OfPosition', questionItems: null, answer: 'SettlementView', answerItems: null },
    account: { number: 10, question: 'OfAccount', questionItems: null, answer: 'AccountView', answerItems: null },
    positions: { number: 11, question: 'OfAccount', questionItems: null, answer: null, answerItems: 'PositionView' },
    market: { number: 12, question: 'OfMarket', questionItems: null, answer: 'MarketView', answerItems: null },
    placeOrders: { number: 13, question: 'Placement', questionItems: 'PlacedOrder', answer: 'PlacementView', answerItems: null },
    orders: { number: 14, question: 'OfAccount', questionItems: null, answer: null, answerItems: 'OrderView' },
    pool: { number: 15, question: 'Nothing', questionItems: null, answer: 'PoolView', answerItems: 'ExposureView' },
    requestLiquidity: { number: 16, question: 'OfRequest', questionItems: null, answer: 'RequestView', answerItems: null },
    ladder: { number: 17, question: 'Ladder', questionItems: 'Change', answer: null, answerItems: 'RungView' },
    cascade: { number: 18, question: 'Cascade', questionItems: 'Change', answer: null, answerItems: 'CascadeView' },
    sizeForRisk: { number: 19, question: 'RiskToStop', questionItems: null, answer: 'RiskView', answerItems: null },
    sizeForVolatility: { number: 20, question: 'VolatilityTarget', questionItems: null, answer: 'SizeView', answerItems: null },
    kelly: { number: 21, question: 'OfEdge', questionItems: null, answer: 'KellyView', answerItems: null },
    sizeOfLeverage: { number: 22, question: 'OfLeverage', questionItems: null, answer: 'SizeView', answerItems: null },
    largestOrderSurviving: { number: 23, question: 'Survival', questionItems: null, answer: 'LargestOrder', answerItems: null },
    history: { number: 24, question: 'History', questionItems: 'PriceCandle', answer: 'HistoryView', answerItems: null },
    holdingCost: { number: 25, question: 'Holding', questionItems: 'Ahead', answer: null, answerItems: 'HoldingView' },
    system: { number: 26, question: 'Nothing', questionItems: null, answer: 'SystemView', answerItems: null },
} as const;

/** What each question takes and gives. */
export interface Questions {
    /** What a market order would come to. */
    trade: { question: Trade; questionItem: never; answer: TradeReceipt; answerItem: never };
    /** The largest order that the exchange would fill. */
    largestOrder: { question: OfSide; questionItem: never; answer: LargestOrder; answerItem: never };
    /** What a deposit would leave. */
    deposit: { question: Transfer; questionItem: never; answer: TransferView; answerItem: never };
    /** What a withdrawal would leave. */
    withdraw: { question: Transfer; questionItem: never; answer: TransferView; answerItem: never };
    /** What moving margin between two accounts would leave. */
    transferMargin: { question: MarginTransfer; questionItem: never; answer: MarginTransferView; answerItem: never };
    /** What settling a position's profit or loss would move. */
    settlePnl: { question: OfPosition; questionItem: never; answer: SettlementView; answerItem: never };
    /** What settling a position's funding would move. */
    settleFunding: { question: OfPosition; questionItem: never; answer: SettlementView; answerItem: never };
    /** What redeeming a claim would pay. */
    redeemClaim: { question: OfPosition; questionItem: never; answer: SettlementView; answerItem: never };
    /** What waiving a claim would give up. */
    waiveClaim: { question: OfPosition; questionItem: never; answer: SettlementView; answerItem: never };
    /** How a whole account stands. */
    account: { question: OfAccount; questionItem: never; answer: AccountView; answerItem: never };
    /** The positions, claims and debts of an account. */
    positions: { question: OfAccount; questionItem: never; answer: null; answerItem: PositionView };
    /** What a market says of itself. */
    market: { question: OfMarket; questionItem: never; answer: MarketView; answerItem: never };
    /** What cancelling and placing orders would come to. */
    placeOrders: { question: Placement; questionItem: PlacedOrder; answer: PlacementView; answerItem: never };
    /** What the orders of an account wait for. */
    orders: { question: OfAccount; questionItem: never; answer: null; answerItem: OrderView };
    /** What whoever holds shares is exposed to. */
    pool: { question: Nothing; questionItem: never; answer: PoolView; answerItem: ExposureView };
    /** What a request for liquidity would pay and get. */
    requestLiquidity: { question: OfRequest; questionItem: never; answer: RequestView; answerItem: never };
    /** Profit and health at changed prices. */
    ladder: { question: Ladder; questionItem: Change; answer: null; answerItem: RungView };
    /** The open interest that changed prices liquidate. */
    cascade: { question: Cascade; questionItem: Change; answer: null; answerItem: CascadeView };
    /** The size that risks no more than an amount up to its stop. */
    sizeForRisk: { question: RiskToStop; questionItem: never; answer: RiskView; answerItem: never };
    /** The size that makes the equity as volatile as wanted. */
    sizeForVolatility: { question: VolatilityTarget; questionItem: never; answer: SizeView; answerItem: never };
    /** The leverage that an edge bears. */
    kelly: { question: OfEdge; questionItem: never; answer: KellyView; answerItem: never };
    /** The size of a leverage. */
    sizeOfLeverage: { question: OfLeverage; questionItem: never; answer: SizeView; answerItem: never };
    /** The largest order that survives an adverse move. */
    largestOrderSurviving: { question: Survival; questionItem: never; answer: LargestOrder; answerItem: never };
    /** The worst move and the volatility of candles. */
    history: { question: History; questionItem: PriceCandle; answer: HistoryView; answerItem: never };
    /** What a position costs while it is held. */
    holdingCost: { question: Holding; questionItem: Ahead; answer: null; answerItem: HoldingView };
    /** The leverage of everybody, with every market and margin account loaded. */
    system: { question: Nothing; questionItem: never; answer: SystemView; answerItem: never };
}

/** What the first word of an answer means. */
export const STATUSES: ReadonlyMap<number, { name: string; text: string; numbers: readonly string[] }> = new Map([
    [0, { name: 'Answered', text: "The answer follows.", numbers: [] }],
    [1, { name: 'Rule', text: "A rule of the exchange refuses: code and numbers follow.", numbers: [] }],
    [2, { name: 'NoMarket', text: "The market is not loaded.", numbers: ["market"] }],
    [3, { name: 'NoAccount', text: "The margin account is not loaded.", numbers: ["account"] }],
    [4, { name: 'NoOrder', text: "No order rests at this place.", numbers: ["place"] }],
    [5, { name: 'UnknownQuestion', text: "There is no question of this number.", numbers: ["question"] }],
    [6, { name: 'WrongLength', text: "A question is shorter or longer than its structs.", numbers: ["words","expected"] }],
    [7, { name: 'NoExchange', text: "The exchange is not loaded: it comes first.", numbers: [] }],
    [8, { name: 'AnswerTooLong', text: "The answer is longer than the output buffer.", numbers: [] }],
    [9, { name: 'StopOnWrongSide', text: "A stop of a long position must be below the price, that of a short one above it.", numbers: ["price","stop"] }],
    [10, { name: 'NoEquity', text: "The equity is not above zero.", numbers: ["equity"] }],
    [11, { name: 'NoVolatility', text: "The volatility is zero.", numbers: [] }],
    [12, { name: 'NoObservations', text: "There are no days of observation.", numbers: [] }],
    [13, { name: 'TooFewCandles', text: "There are too few candles.", numbers: ["candles","needed"] }],
    [14, { name: 'BrokenCandle', text: "A candle's low and high do not enclose it.", numbers: ["place"] }],
    [15, { name: 'OutOfRange', text: "A field holds a number that it cannot: a side, a kind, a limit.", numbers: ["number"] }],
    [16, { name: 'WrongType', text: "The bytes are no account of the program.", numbers: [] }],
    [17, { name: 'WrongAccountLength', text: "The account is not as long as accounts of its type are.", numbers: ["length","space"] }],
    [18, { name: 'WrongVersion', text: "The account has another layout version than this module reads.", numbers: ["version"] }],
    [19, { name: 'NotNext', text: "Margin accounts are numbered from zero up without gaps.", numbers: ["next"] }],
    [20, { name: 'NoReading', text: "The numbers are no oracle's reading.", numbers: [] }],
    [21, { name: 'Unsupported', text: "The exchange has no such thing: an operation of its own, not a rule.", numbers: [] }],
]);

/** Rules by code, with the names and types of their numbers. */
export const RULES: ReadonlyMap<number, { name: string; numbers: readonly { name: string; type: string }[] }> = new Map([
    [0, { name: 'Overflow', numbers: [] }],
    [1, { name: 'SizeOutOfRange', numbers: [] }],
    [2, { name: 'PriceOutOfRange', numbers: [] }],
    [3, { name: 'NotionalOutOfRange', numbers: [] }],
    [4, { name: 'AmountZero', numbers: [] }],
    [5, { name: 'FundingIndexFull', numbers: [] }],
    [6, { name: 'PriceTooHighToIncrease', numbers: [] }],
    [7, { name: 'SideNotionalTooLarge', numbers: [] }],
    [10, { name: 'MarketParameters', numbers: [{"name":"rule","type":"MarketRule"}] }],
    [11, { name: 'PoolParameters', numbers: [{"name":"rule","type":"PoolRule"}] }],
    [20, { name: 'ClockBehind', numbers: [{"name":"until","type":"i64"}] }],
    [21, { name: 'PriceStale', numbers: [{"name":"age","type":"u64"},{"name":"allowed","type":"u64"}] }],
    [23, { name: 'PriceTooUncertain', numbers: [{"name":"confidence","type":"u64"},{"name":"allowed","type":"u64"}] }],
    [25, { name: 'PriceStillFresh', numbers: [{"name":"age","type":"u64"},{"name":"allowed","type":"u64"}] }],
    [26, { name: 'OutageAlreadyReported', numbers: [{"name":"since","type":"i64"}] }],
    [27, { name: 'NoSecondOracle', numbers: [] }],
    [28, { name: 'NoPriceYet', numbers: [] }],
    [30, { name: 'Paused', numbers: [] }],
    [31, { name: 'ReduceOnly', numbers: [] }],
    [32, { name: 'MarketSettled', numbers: [] }],
    [33, { name: 'SettlementNotDue', numbers: [{"name":"from","type":"i64"}] }],
    [34, { name: 'SettlementNotice', numbers: [{"name":"until","type":"i64"}] }],
    [35, { name: 'AlreadyDelisted', numbers: [] }],
    [36, { name: 'SettlementDue', numbers: [] }],
    [40, { name: 'MarketMissing', numbers: [{"name":"expected","type":"u16"}] }],
    [42, { name: 'NoFreePosition', numbers: [] }],
    [43, { name: 'NoPosition', numbers: [] }],
    [44, { name: 'IsolatedToAnotherMarket', numbers: [{"name":"bound_to","type":"u16"}] }],
    [45, { name: 'ReduceOnlyViolated', numbers: [] }],
    [46, { name: 'SameSlotReduction', numbers: [] }],
    [47, { name: 'AcceptablePriceZero', numbers: [] }],
    [48, { name: 'PriceBoundExceeded', numbers: [{"name":"average","type":"Price"},{"name":"acceptable","type":"Price"}] }],
    [49, { name: 'BelowMinimumPosition', numbers: [{"name":"minimum","type":"Atoms"}] }],
    [50, { name: 'OpenInterestCap', numbers: [{"name":"cap","type":"Size"}] }],
    [51, { name: 'IsolatedMarket', numbers: [{"name":"market","type":"u16"}] }],
    [60, { name: 'InitialMargin', numbers: [{"name":"equity","type":"SignedAtoms"},{"name":"required","type":"Atoms"}] }],
    [61, { name: 'ReductionWorsensHealth', numbers: [{"name":"equity","type":"SignedAtoms"},{"name":"margin","type":"Atoms"}] }],
    [63, { name: 'NegativeEquity', numbers: [{"name":"equity","type":"SignedAtoms"}] }],
    [64, { name: 'DebtOutstanding', numbers: [{"name":"market","type":"u16"},{"name":"debt","type":"Atoms"}] }],
    [65, { name: 'MarketCapacity', numbers: [{"name":"surplus","type":"SignedAtoms"},{"name":"stress_loss","type":"Atoms"}] }],
    [66, { name: 'InsufficientBalance', numbers: [{"name":"balance","type":"Atoms"}] }],
    [67, { name: 'AccountNotEmpty', numbers: [] }],
    [80, { name: 'NotLiquidatable', numbers: [{"name":"equity","type":"SignedAtoms"},{"name":"maintenance","type":"Atoms"}] }],
    [81, { name: 'LiquidationWorsensHealth', numbers: [{"name":"equity","type":"SignedAtoms"},{"name":"margin","type":"Atoms"}] }],
    [82, { name: 'BountyTooSmall', numbers: [{"name":"bounty","type":"Atoms"}] }],
    [83, { name: 'PositionsOpen', numbers: [] }],
    [84, { name: 'NotBankrupt', numbers: [{"name":"equity","type":"SignedAtoms"}] }],
    [85, { name: 'NoDebt', numbers: [] }],
    [86, { name: 'ClaimNotRedeemed', numbers: [{"name":"market","type":"u16"}] }],
    [90, { name: 'NothingToFund', numbers: [] }],
    [91, { name: 'NothingToRedeem', numbers: [] }],
    [92, { name: 'NoClaim', numbers: [] }],
    [93, { name: 'ProfitsNotNoted', numbers: [{"name":"open","type":"Atoms"}] }],
    [100, { name: 'WithinHysteresis', numbers: [] }],
    [101, { name: 'NothingToMove', numbers: [] }],
    [102, { name: 'NoProtocolFees', numbers: [] }],
    [110, { name: 'RequestTooSmall', numbers: [{"name":"minimum","type":"Atoms"}] }],
    [111, { name: 'UnknownPriceLimit', numbers: [] }],
    [112, { name: 'NoBoundary', numbers: [] }],
    [113, { name: 'BoundaryAhead', numbers: [{"name":"boundary","type":"i64"}] }],
    [114, { name: 'BoundaryNear', numbers: [{"name":"boundary","type":"i64"}] }],
    [115, { name: 'MarketValued', numbers: [{"name":"market","type":"u16"}] }],
    [116, { name: 'NoBoundaryReading', numbers: [{"name":"until","type":"i64"}] }],
    [117, { name: 'MarketsNotValued', numbers: [{"name":"markets","type":"u16"},{"name":"valued","type":"u16"}] }],
    [118, { name: 'WrongEpoch', numbers: [{"name":"boundary","type":"i64"}] }],
    [130, { name: 'GuardianOnlyTightens', numbers: [] }],
    [131, { name: 'StatusAllowance', numbers: [{"name":"wanted","type":"u64"},{"name":"left","type":"u64"},{"name":"ready","type":"i64"}] }],
    [132, { name: 'MarketsDoNotPause', numbers: [] }],
    [140, { name: 'NoOrder', numbers: [] }],
    [141, { name: 'NoFreeOrder', numbers: [] }],
    [142, { name: 'OrderTerms', numbers: [] }],
    [143, { name: 'OrderTipTooSmall', numbers: [{"name":"minimum","type":"u64"}] }],
    [144, { name: 'OrderArmed', numbers: [{"name":"until","type":"i64"}] }],
    [145, { name: 'OrderNotArmed', numbers: [] }],
    [146, { name: 'OrderNotMet', numbers: [] }],
    [147, { name: 'OrderAsleep', numbers: [] }],
    [148, { name: 'OrderDead', numbers: [] }],
    [149, { name: 'OrderAlive', numbers: [] }],
    [150, { name: 'OrderGroupArmed', numbers: [] }],
    [151, { name: 'NoFillReading', numbers: [{"name":"from","type":"i64"},{"name":"until","type":"i64"}] }],
]);
