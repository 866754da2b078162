// What is unusual about the world right now, above everything else.
import { useAccountBytes, useChain, useClock, useConnection } from '../chain/context';
import { readExchange } from '../chain/decoded';
import { formatMoment, formatSpan } from '../format/time';
import { Icon } from '../ui/icon';
import { useSilence } from './freshness';

export function Notices() {
    const { directory, deployment } = useConnection();
    const exchange = readExchange(useAccountBytes(directory.exchange));
    const failure = useChain((state) => state.failure);
    const silence = useSilence();
    const { now } = useClock();
    const notices: { key: string; bad: boolean; text: string }[] = [];
    if (failure !== null || silence >= 5) {
        const reason = failure === null ? '' : ` (${failure})`;
        notices.push({
            key: 'connection',
            bad: true,
            text: `Connection to ${deployment.rpcUrl} lost${reason}. What is shown is ${silence} s old; nothing can be sent until it is back.`,
        });
    }
    if (exchange && exchange.state.pause.until > now) {
        const { until } = exchange.state.pause;
        notices.push({
            key: 'paused',
            bad: true,
            text: `The exchange is paused until ${formatMoment(until)} (${formatSpan(until - now)}). Deposits, and withdrawals of accounts without positions, work meanwhile.`,
        });
    }
    if (exchange && exchange.state.reduceOnly.until > now) {
        const { until } = exchange.state.reduceOnly;
        notices.push({
            key: 'reduce-only',
            bad: false,
            text: `The exchange accepts only reductions until ${formatMoment(until)} (${formatSpan(until - now)}).`,
        });
    }
    return (
        <div className="notices" aria-live="polite">
            {notices.map(({ key, bad, text }) => (
                <p key={key} className={bad ? 'notice notice-bad' : 'notice notice-warn'}>
                    <Icon name="warn" />
                    {text}
                </p>
            ))}
        </div>
    );
}
