// What is unusual about the world right now, above everything else.

import type { Exchange, Market } from '@perp-swap/client';
import { useLocation } from 'wouter';
import { useAccountBytes, useChain, useClock, useConnection } from '../chain/context';
import { readExchange, readMarket } from '../chain/decoded';
import { formatMoment, formatSpan } from '../format/time';
import { formatPpm } from '../format/units';
import { Icon } from '../ui/icon';
import { LATE_SECONDS, useSilence } from './freshness';

export interface Notice {
    key: string;
    /** Whether something cannot be done at all. */
    bad: boolean;
    text: string;
}

/** Seconds for which nothing is increased after a pause. */
const GRACE_SECONDS = 120n;

export function exchangeNotices(exchange: Exchange, now: bigint): Notice[] {
    const { pause, reduceOnly } = exchange.state;
    const notices: Notice[] = [];
    if (pause.until > now) {
        notices.push({
            key: 'paused',
            bad: true,
            text:
                `The exchange is paused until ${formatMoment(pause.until)}, for ${formatSpan(pause.until - now)}. Deposits, and ` +
                'withdrawals of accounts without positions, work meanwhile; nobody is liquidated.',
        });
    } else if (pause.until > 0n && now < pause.until + GRACE_SECONDS) {
        notices.push({
            key: 'grace-of-pause',
            bad: false,
            text:
                `A pause has ended. For ${formatSpan(pause.until + GRACE_SECONDS - now)} nothing is increased, and the price ` +
                'before it counts for you as well: reduce, or add margin.',
        });
    }
    if (reduceOnly.until > now) {
        notices.push({
            key: 'reduce-only',
            bad: false,
            text: `The exchange accepts only reductions until ${formatMoment(reduceOnly.until)}, for ${formatSpan(reduceOnly.until - now)}.`,
        });
    }
    return notices;
}

export function marketNotices(market: Market, symbol: string, now: bigint): Notice[] {
    const { price, parameters, grace, settlement, reduceOnly, ledger } = market.state;
    const notices: Notice[] = [];
    const say = (key: string, bad: boolean, text: string) =>
        notices.push({ key: `${symbol}-${key}`, bad, text: `${symbol}: ${text}` });
    if (settlement.movedAt !== 0n) {
        say('ended', true, 'the market has ended. Positions count at its final price and are closed by anybody.');
        return notices;
    }
    if (settlement.delistedFrom !== 0n) {
        const left = settlement.delistedFrom - now;
        say(
            'delisted',
            true,
            left > 0n ? `delisted; nothing is traded in ${formatSpan(left)}.` : 'delisted; nothing is traded any more.',
        );
    }
    const age = now - price.published;
    if (price.outageSince !== 0n) {
        const dead = now >= price.outageSince + BigInt(parameters.outageDelay);
        say(
            'outage',
            true,
            `${dead ? 'its oracle is dead' : 'an oracle outage is reported'}, for ${formatSpan(now - price.outageSince)}. ` +
                'Nothing is traded; positions count at a range of prices. Adding margin works.',
        );
    } else if (age > BigInt(parameters.maxAgeTrade)) {
        say(
            'stale',
            false,
            `the price is ${formatSpan(age)} old, and orders need one of ${parameters.maxAgeTrade} s. They wait for the oracle.`,
        );
    }
    if (price.price > 0n) {
        const confidence = (price.confidence * 1_000_000n) / price.price;
        if (confidence > BigInt(parameters.maxConfidenceToIncrease)) {
            say(
                'wide',
                false,
                `the oracle is uncertain by ${formatPpm(confidence)}; increasing needs at most ${formatPpm(parameters.maxConfidenceToIncrease)}.`,
            );
        }
    }
    if (grace.until > now) {
        say(
            'grace',
            false,
            `after a silence nothing is increased for ${formatSpan(grace.until - now)}; the price before it counts as well.`,
        );
    }
    if (reduceOnly.until > now)
        say('reduce-only', false, `accepts only reductions, for ${formatSpan(reduceOnly.until - now)}.`);
    if (ledger.short !== 0)
        say('short', true, 'could not pay everybody. Profit is noted as claims and paid as backing recovers.');
    return notices;
}

function useShownMarket() {
    const { directory } = useConnection();
    const [location] = useLocation();
    const symbol = location.startsWith('/trade/') ? location.slice('/trade/'.length) : '';
    const entry = directory.markets.find((market) => market.symbol === symbol);
    const market = useChain((state) => (entry ? readMarket(state.accounts.get(entry.address)) : null));
    return entry && market ? { market, symbol: entry.symbol } : null;
}

export function Notices() {
    const { directory, deployment } = useConnection();
    const exchange = readExchange(useAccountBytes(directory.exchange));
    const failure = useChain((state) => state.failure);
    const silence = useSilence();
    const { now } = useClock();
    const shown = useShownMarket();
    const notices: Notice[] = [];
    if (silence >= LATE_SECONDS) {
        const reason = failure === null ? '' : ` (${failure})`;
        notices.push({
            key: 'connection',
            bad: true,
            text: `The connection to ${deployment.rpcUrl} is lost${reason}. What is shown is ${silence} s old.`,
        });
    }
    if (exchange) notices.push(...exchangeNotices(exchange, now));
    if (shown) notices.push(...marketNotices(shown.market, shown.symbol, now));
    return (
        <div className="notices" aria-live="polite">
            {notices.map(({ key, bad, text }) => (
                <p key={key} className={bad ? 'notice notice-bad' : 'notice notice-warn'}>
                    <Icon name="warn" />
                    <span>{text}</span>
                </p>
            ))}
        </div>
    );
}
