-- What the chain said. The same statements run on SQLite and PostgreSQL, so there are two types: BIGINT and TEXT. Amounts
-- in atoms are below 2^62 and sizes below 2^57; exact amounts in 2^-40 atoms have 128 bits and are decimal text; 64-bit
-- counters that wrap are stored as the signed number of the same bits.

-- What this database is of: exchange, program, decimals of the quote token.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Slots in which the exchange's program was called: those that can still be abandoned, and the newest that cannot. "digest"
-- tells two lists of signatures apart, "newest" is the last one.
CREATE TABLE blocks (
    slot BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    newest TEXT NOT NULL,
    final BIGINT NOT NULL
);
CREATE INDEX blocks_not_final ON blocks (slot) WHERE final = 0;

-- Transactions that had events, or of which not everything is known: then "fault" says why. A place is slot, number
-- within the slot and number within the transaction in one number, so it orders everything that happened.
CREATE TABLE transactions (
    place BIGINT PRIMARY KEY,
    signature TEXT NOT NULL,
    fault TEXT
);
CREATE UNIQUE INDEX transactions_signature ON transactions (signature);
CREATE INDEX transactions_faulty ON transactions (place) WHERE fault IS NOT NULL;

-- Every event as it was logged, in base64.
CREATE TABLE events (
    place BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    time BIGINT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX events_time ON events (time, place);

-- Whatever numbers its events: the exchange, the pool, each market, each life of a margin account (which begins anew at 1
-- when it is opened again; "opened" is the place of the life's first event, zero where that is not known). All events up to
-- number "contiguous" are known.
CREATE TABLE streams (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    opened BIGINT NOT NULL,
    contiguous BIGINT NOT NULL,
    highest BIGINT NOT NULL
);
CREATE UNIQUE INDEX streams_address ON streams (address, opened);

CREATE TABLE numbers (
    stream BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (stream, sequence)
);
CREATE INDEX numbers_place ON numbers (place);

-- Events without a number of their own, which follow the one of a margin account that has this number.
CREATE TABLE followers (
    place BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    sequence BIGINT NOT NULL
);
CREATE INDEX followers_account ON followers (account, place);

-- Runs of missing numbers, and the attempts to find their events.
CREATE TABLE gaps (
    stream BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (stream, first)
);
CREATE INDEX gaps_next ON gaps (next_attempt, stream, first);

-- Faulty transactions, and the attempts to read them again.
CREATE TABLE retries (
    signature TEXT PRIMARY KEY,
    attempts BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL
);
CREATE INDEX retries_next ON retries (next_attempt);

-- How often history was written, so that a process notices that another one writes the same database.
CREATE TABLE writes (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO writes (id, number) VALUES (1, 0);

-- By how much a counter of the chain is known to exceed the database's, where history is lost for good.
CREATE TABLE accepted (
    subject TEXT NOT NULL,
    counter TEXT NOT NULL,
    difference TEXT NOT NULL,
    PRIMARY KEY (subject, counter)
);
