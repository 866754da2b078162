import { ACCOUNTS, type Exchange, type Market } from '@perp-swap/client';
import { expect, test } from 'vitest';
import { exchangeNotices, marketNotices } from './notices';

/** An exchange and a market all of whose numbers are zero. */
const exchange = (): Exchange => ACCOUNTS.exchange.decoder.decode(new Uint8Array(ACCOUNTS.exchange.space));
const market = (): Market => ACCOUNTS.market.decoder.decode(new Uint8Array(ACCOUNTS.market.space));

const NOW = 1_000_000n;

/** A market whose price was published just now. */
function fresh(): Market {
    const zero = market();
    zero.state.price = { ...zero.state.price, price: 1_000_000n, confidence: 500n, published: NOW };
    zero.state.parameters = {
        ...zero.state.parameters,
        maxAgeTrade: 5,
        maxConfidenceToIncrease: 5_000,
        outageDelay: 300,
    };
    return zero;
}

/** What the engine says of a price: of the last seconds, older, held for dead. */
const ALIVE = { age: 5n, isDead: 0n };
const STALE = { age: 6n, isDead: 0n };
const DEAD = { age: 320n, isDead: 1n };

const keys = (notices: { key: string }[]) => notices.map(({ key }) => key);

test('an ordinary day has nothing to say', () => {
    expect(exchangeNotices(exchange(), NOW)).toEqual([]);
    expect(marketNotices(fresh(), ALIVE, 'SOL-PERP', NOW)).toEqual([]);
});

test('a pause says until when, and for two minutes after it that nothing is increased', () => {
    const paused = exchange();
    paused.state.pause = { ...paused.state.pause, until: NOW + 90n };
    expect(exchangeNotices(paused, NOW)[0]).toMatchObject({ key: 'paused', bad: true });
    expect(exchangeNotices(paused, NOW)[0]!.text).toContain('1 min 30 s');
    expect(exchangeNotices(paused, NOW + 100n)[0]).toMatchObject({ key: 'grace-of-pause', bad: false });
    expect(exchangeNotices(paused, NOW + 90n + 120n)).toEqual([]);
});

test('a price too old for orders is stale, and once an outage is reported that is said instead', () => {
    const old = fresh();
    expect(marketNotices(old, ALIVE, 'SOL-PERP', NOW + 5n)).toEqual([]);
    expect(keys(marketNotices(old, STALE, 'SOL-PERP', NOW + 6n))).toEqual(['SOL-PERP-stale']);
    old.state.price = { ...old.state.price, outageSince: NOW + 20n };
    expect(marketNotices(old, STALE, 'SOL-PERP', NOW + 30n)[0]!.text).toContain('an oracle outage is reported');
    expect(marketNotices(old, DEAD, 'SOL-PERP', NOW + 320n)[0]!.text).toContain('its oracle is dead');
});

test('an uncertain oracle says by how much', () => {
    const wide = fresh();
    // 6 000 of 1 000 000 is 0.6 %, and positions increase up to 0.5 %.
    wide.state.price = { ...wide.state.price, confidence: 6_000n };
    expect(marketNotices(wide, ALIVE, 'SOL-PERP', NOW)[0]!.text).toContain('uncertain by 0.6%');
});

test('a market that ended says nothing else', () => {
    const ended = fresh();
    ended.state.settlement = { ...ended.state.settlement, movedAt: NOW - 10n, delistedFrom: NOW - 100n };
    expect(keys(marketNotices(ended, STALE, 'SOL-PERP', NOW + 1_000n))).toEqual(['SOL-PERP-ended']);
});
