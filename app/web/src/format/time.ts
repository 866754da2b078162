// Moments and spans in words. Chain times are Unix seconds.

/** A moment of the chain's clock as a number, for tables and drawings. */
export function unixSeconds(time: bigint): number {
    return Number(time);
}

/** A span of seconds, in the two largest units that matter. */
export function formatSpan(seconds: bigint | number): string {
    const whole = Math.max(0, Number(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
    return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

/** The span from one moment to a later one; none where it has passed. */
export function formatSpanTo(later: bigint, now: bigint): string {
    return formatSpan(later > now ? later - now : 0n);
}

/** So many seconds after a moment. */
export function secondsAfter(moment: bigint, seconds: bigint): bigint {
    return moment + seconds;
}

const TIME = new Intl.DateTimeFormat(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
});
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** A moment in the reader's own time zone. */
export function formatMoment(unix: bigint | number): string {
    const date = new Date(Number(unix) * 1_000);
    return `${DAY.format(date)} ${TIME.format(date)}`;
}
