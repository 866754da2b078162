-- What the events mean. Everything here can be rebuilt from "events".

CREATE TABLE markets (
    market BIGINT PRIMARY KEY,
    address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    base_decimals BIGINT NOT NULL
);

-- A market after each event that may have moved its price, funding or open interest.
CREATE TABLE moments (
    place BIGINT PRIMARY KEY,
    market BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    time BIGINT NOT NULL,
    price BIGINT NOT NULL,
    funding_rate BIGINT NOT NULL,
    long_funding_index BIGINT NOT NULL,
    short_funding_index BIGINT NOT NULL,
    long_open_interest BIGINT NOT NULL,
    short_open_interest BIGINT NOT NULL,
    funding_seconds BIGINT NOT NULL
);
CREATE INDEX moments_market ON moments (market, place);

-- Fills of market orders, and of resting ones: of those "order_number" is the number among the account's.
CREATE TABLE fills (
    place BIGINT PRIMARY KEY,
    market BIGINT NOT NULL,
    time BIGINT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    trader TEXT NOT NULL,
    order_number BIGINT,
    index_price BIGINT NOT NULL,
    size BIGINT NOT NULL,
    notional TEXT NOT NULL,
    spread TEXT NOT NULL,
    impact TEXT NOT NULL,
    fee BIGINT NOT NULL,
    realized BIGINT NOT NULL,
    funding BIGINT NOT NULL,
    size_before BIGINT NOT NULL,
    size_after BIGINT NOT NULL
);
CREATE INDEX fills_market ON fills (market, place);
CREATE INDEX fills_account ON fills (account, place);
CREATE INDEX fills_owner ON fills (owner, place);

CREATE TABLE liquidations (
    place BIGINT PRIMARY KEY,
    market BIGINT NOT NULL,
    time BIGINT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    liquidator TEXT NOT NULL,
    liquidator_account TEXT NOT NULL,
    reason TEXT NOT NULL,
    index_price BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    notional TEXT NOT NULL,
    realized BIGINT NOT NULL,
    funding BIGINT NOT NULL,
    penalty BIGINT NOT NULL,
    bounty BIGINT NOT NULL,
    insurance BIGINT NOT NULL,
    backing BIGINT NOT NULL,
    added BIGINT NOT NULL,
    size_before BIGINT NOT NULL,
    size_after BIGINT NOT NULL,
    equity_before BIGINT NOT NULL,
    equity_after BIGINT NOT NULL,
    maintenance_before BIGINT NOT NULL,
    maintenance_after BIGINT NOT NULL
);
CREATE INDEX liquidations_market ON liquidations (market, place);
CREATE INDEX liquidations_account ON liquidations (account, place);
CREATE INDEX liquidations_owner ON liquidations (owner, place);

-- Everything that moved a margin account's cash without an order or a liquidation: collateral in and out, funding and
-- profit settled, claims paid, debts resolved, bounties and rewards received, what an order cost that could not be filled.
CREATE TABLE transfers (
    place BIGINT NOT NULL,
    account TEXT NOT NULL,
    time BIGINT NOT NULL,
    kind TEXT NOT NULL,
    market BIGINT,
    amount BIGINT NOT NULL,
    balance_before BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    PRIMARY KEY (place, account)
);
CREATE INDEX transfers_account ON transfers (account, place);

-- What each life of a margin account has counted, as the account itself counts it, and its balance after its last event.
-- Its volume is "volume" atoms and "volume_rest" in 2^-40 atoms, less than one. "kept" is the number of its last event in
-- "checkpoints".
CREATE TABLE lives (
    stream BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    opened_at BIGINT,
    closed_at BIGINT,
    last_place BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    deposited BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    realized BIGINT NOT NULL,
    funding BIGINT NOT NULL,
    fees BIGINT NOT NULL,
    penalties BIGINT NOT NULL,
    bounties BIGINT NOT NULL,
    volume BIGINT NOT NULL,
    volume_rest BIGINT NOT NULL,
    trades BIGINT NOT NULL,
    kept BIGINT NOT NULL
);
CREATE INDEX lives_account ON lives (account);
CREATE INDEX lives_last ON lives (last_place);
CREATE INDEX lives_owner ON lives (owner);

-- A position from the order that opened it until its size is zero again. What is settled of it afterwards still counts.
CREATE TABLE positions (
    opened BIGINT NOT NULL,
    account TEXT NOT NULL,
    market BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    owner TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    size BIGINT NOT NULL,
    largest BIGINT NOT NULL,
    realized BIGINT NOT NULL,
    funding BIGINT NOT NULL,
    fees BIGINT NOT NULL,
    penalties BIGINT NOT NULL,
    volume TEXT NOT NULL,
    trades BIGINT NOT NULL,
    PRIMARY KEY (account, market, opened)
);
CREATE INDEX positions_open ON positions (account) WHERE size <> 0;
CREATE INDEX positions_account ON positions (account, opened);
CREATE INDEX positions_owner ON positions (owner, opened);

-- A resting order from its placing until it is over, as it was last told of. "place" is that of its placing, or of the first
-- event that is known of it; then "placed_at" is none. What it holds of the lamports it began with, what was paid of them to
-- whoever filled it and what went home add up to "lamports". "slot" is its place among the account's orders, and "parent" that
-- of the order with whose fill it wakes. Where events are missing so that nobody knows how it ended its state is "lost".
CREATE TABLE orders (
    place BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    market BIGINT NOT NULL,
    number BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    placed_at BIGINT,
    ended_at BIGINT,
    last_place BIGINT NOT NULL,
    state TEXT NOT NULL,
    size BIGINT NOT NULL,
    kind TEXT NOT NULL,
    trigger_price BIGINT NOT NULL,
    trailing_ppm BIGINT NOT NULL,
    best BIGINT NOT NULL,
    acceptable_price BIGINT NOT NULL,
    reduce_only BIGINT NOT NULL,
    position_number BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    slices BIGINT NOT NULL,
    slices_left BIGINT NOT NULL,
    seconds_between BIGINT NOT NULL,
    group_number BIGINT NOT NULL,
    parent BIGINT,
    armings BIGINT NOT NULL,
    armed_at BIGINT,
    fills_from BIGINT NOT NULL,
    armed_size BIGINT NOT NULL,
    margin_held BIGINT NOT NULL,
    fills BIGINT NOT NULL,
    filled BIGINT NOT NULL,
    notional TEXT NOT NULL,
    fees BIGINT NOT NULL,
    realized BIGINT NOT NULL,
    forfeited BIGINT NOT NULL,
    lamports BIGINT NOT NULL,
    held BIGINT NOT NULL,
    tips BIGINT NOT NULL,
    returned BIGINT NOT NULL
);
CREATE INDEX orders_account ON orders (account, place);
CREATE INDEX orders_owner ON orders (owner, place);
CREATE INDEX orders_market ON orders (market, place);
CREATE INDEX orders_last ON orders (last_place);
CREATE INDEX orders_state ON orders (state, place);
CREATE INDEX orders_open ON orders (place) WHERE ended_at IS NULL;
CREATE INDEX orders_open_account ON orders (account) WHERE ended_at IS NULL;

-- Margin accounts as they were after an event, in base64: what comes later can be gone through again without what came
-- before. A version that keeps them otherwise has to delete all of them.
CREATE TABLE checkpoints (
    account TEXT NOT NULL,
    place BIGINT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (account, place)
);

-- What a market has counted, as the market itself counts it.
CREATE TABLE market_totals (
    market BIGINT PRIMARY KEY,
    volume TEXT NOT NULL,
    liquidated TEXT NOT NULL,
    spread TEXT NOT NULL,
    impact TEXT NOT NULL,
    traders_result BIGINT NOT NULL,
    penalties BIGINT NOT NULL,
    penalties_to_insurance BIGINT NOT NULL,
    bounties BIGINT NOT NULL,
    trades BIGINT NOT NULL,
    liquidations BIGINT NOT NULL
);

-- What both sides of a market had come to owe after an event, in 2^-40 atoms, so that a comparison goes on there.
CREATE TABLE accruals (
    market BIGINT PRIMARY KEY,
    place BIGINT NOT NULL,
    sum TEXT NOT NULL
);

-- Prices of an interval, and the market's funding and open interest at its end.
CREATE TABLE candles (
    market BIGINT NOT NULL,
    width BIGINT NOT NULL,
    start BIGINT NOT NULL,
    open BIGINT NOT NULL,
    high BIGINT NOT NULL,
    low BIGINT NOT NULL,
    close BIGINT NOT NULL,
    volume TEXT NOT NULL,
    trades BIGINT NOT NULL,
    funding_rate BIGINT NOT NULL,
    long_funding_index BIGINT NOT NULL,
    short_funding_index BIGINT NOT NULL,
    long_open_interest BIGINT NOT NULL,
    short_open_interest BIGINT NOT NULL,
    PRIMARY KEY (market, width, start)
);

CREATE TABLE epochs (
    place BIGINT PRIMARY KEY,
    boundary BIGINT NOT NULL,
    time BIGINT NOT NULL,
    lower BIGINT NOT NULL,
    upper BIGINT NOT NULL,
    unsettled BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    deposits_accepted BIGINT NOT NULL,
    withdrawals_accepted BIGINT NOT NULL,
    deposited BIGINT NOT NULL,
    issued BIGINT NOT NULL,
    leaving BIGINT NOT NULL,
    redeemed BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    shares_before BIGINT NOT NULL,
    shares_after BIGINT NOT NULL,
    cash_after BIGINT NOT NULL,
    settling_before BIGINT NOT NULL,
    settling_after BIGINT NOT NULL
);
CREATE INDEX epochs_boundary ON epochs (boundary);

-- Requests of liquidity and what they were paid.
CREATE TABLE liquidity (
    place BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    request TEXT NOT NULL,
    owner TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    boundary BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    waiting BIGINT NOT NULL
);
CREATE INDEX liquidity_owner ON liquidity (owner, place);
CREATE INDEX liquidity_boundary ON liquidity (boundary);
