// What is unusual about the world right now, above everything else.

import type { Exchange, Market } from '@perp-swap/client';
import type { MarketView } from '@perp-swap/client/engine';
import { useLocation } from 'wouter';
import { useAccount, useChain, useClock, useConnection, useNode } from '../chain/context';
import { readExchange, readMarket } from '../chain/decoded';
import { useMarketView } from '../engine/hooks';
import { formatMoment, formatSpanTo, secondsAfter } from '../format/time';
import { formatPpm, ppmOf } from '../format/units';
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
    const graceEnds = secondsAfter(pause.until, GRACE_SECONDS);
    const notices: Notice[] = [];
    if (pause.until > now) {
        notices.push({
            key: 'paused',
            bad: true,
            text:
                `The exchange is paused until ${formatMoment(pause.until)}, for ${formatSpanTo(pause.until, now)}. Deposits, and ` +
                'withdrawals of accounts without positions, work meanwhile; nobody is liquidated.',
        });
    } else if (pause.until > 0n && now < graceEnds) {
        notices.push({
            key: 'grace-of-pause',
            bad: false,
            text:
                `A pause has ended. For ${formatSpanTo(graceEnds, now)} nothing is increased, and the price ` +
                'before it counts for you as well: reduce, or add margin.',
        });
    }
    if (reduceOnly.until > now) {
        notices.push({
            key: 'reduce-only',
            bad: false,
            text: `The exchange accepts only reductions until ${formatMoment(reduceOnly.until)}, for ${formatSpanTo(reduceOnly.until, now)}.`,
        });
    }
    return notices;
}

/** What the engine says of a market's price. */
type PriceView = Pick<MarketView, 'age' | 'isDead'>;

export function marketNotices(market: Market, view: PriceView, symbol: string, now: bigint): Notice[] {
    const { price, parameters, grace, settlement, reduceOnly, ledger } = market.state;
    const notices: Notice[] = [];
    const say = (key: string, bad: boolean, text: string) =>
        notices.push({ key: `${symbol}-${key}`, bad, text: `${symbol}: ${text}` });
    if (settlement.movedAt !== 0n) {
        say('ended', true, 'the market has ended. Positions count at its final price and are closed by anybody.');
        return notices;
    }
    if (settlement.delistedFrom !== 0n) {
        say(
            'delisted',
            true,
            settlement.delistedFrom > now
                ? `delisted; nothing is traded in ${formatSpanTo(settlement.delistedFrom, now)}.`
                : 'delisted; nothing is traded any more.',
        );
    }
    if (price.outageSince !== 0n) {
        say(
            'outage',
            true,
            `${view.isDead === 1n ? 'its oracle is dead' : 'an oracle outage is reported'}, for ${formatSpanTo(now, price.outageSince)}. ` +
                'Nothing is traded; positions count at a range of prices. Adding margin works.',
        );
    } else if (view.age > BigInt(parameters.maxAgeTrade)) {
        say(
            'stale',
            false,
            `the price is ${formatSpanTo(now, price.published)} old, and orders need one of ${parameters.maxAgeTrade} s. They wait for the oracle.`,
        );
    }
    const confidence = ppmOf(price.confidence, price.price);
    if (confidence > BigInt(parameters.maxConfidenceToIncrease)) {
        const most = formatPpm(parameters.maxConfidenceToIncrease);
        say('wide', false, `the oracle is uncertain by ${formatPpm(confidence)}; increasing needs at most ${most}.`);
    }
    if (grace.until > now) {
        say(
            'grace',
            false,
            `after a silence nothing is increased for ${formatSpanTo(grace.until, now)}; the price before it counts as well.`,
        );
    }
    if (reduceOnly.until > now)
        say('reduce-only', false, `accepts only reductions, for ${formatSpanTo(reduceOnly.until, now)}.`);
    if (ledger.short !== 0)
        say('short', true, 'could not pay everybody. Profit is noted as claims and paid as backing recovers.');
    return notices;
}

function useShownMarket() {
    const { directory } = useConnection();
    const [location] = useLocation();
    const symbol = location.startsWith('/trade/') ? location.slice('/trade/'.length) : '';
    const entry = directory.markets.find((market) => market.symbol === symbol);
    const market = useChain((accounts) => (entry ? readMarket(accounts.get(entry.address)) : null));
    const view = useMarketView(entry?.index ?? null);
    return entry && market && view ? { market, view, symbol: entry.symbol } : null;
}

export function Notices() {
    const { directory, deployment } = useConnection();
    const exchange = readExchange(useAccount(directory.exchange));
    const { trouble } = useNode();
    const silence = useSilence();
    const { now } = useClock();
    const shown = useShownMarket();
    const notices: Notice[] = [];
    if (silence >= LATE_SECONDS) {
        const reason = trouble === undefined ? '' : ` (${trouble})`;
        notices.push({
            key: 'connection',
            bad: true,
            text: `The connection to ${deployment.rpcUrl} is lost${reason}. What is shown is ${silence} s old.`,
        });
    }
    if (exchange) notices.push(...exchangeNotices(exchange, now));
    if (shown) notices.push(...marketNotices(shown.market, shown.view, shown.symbol, now));
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
