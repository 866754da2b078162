// Moments and spans in words. Chain times are Unix seconds.

/** A span of seconds, in the two largest units that matter. */
export function formatSpan(seconds: bigint | number): string {
    const whole = Math.max(0, Number(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
    return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
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
