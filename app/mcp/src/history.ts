// What happened, as a perp-indexer tells it.

/** The history did not answer. */
export class HistoryError extends Error {
    override readonly name = 'HistoryError';
}

/** Lists of the past of one margin account. */
export const LISTS = ['fills', 'liquidations', 'orders', 'positions', 'transfers', 'accounts'] as const;

/** The newest rows of a list, in decimal numbers. Throws `HistoryError`. */
export async function readHistory(
    url: string,
    list: (typeof LISTS)[number],
    account: string,
    limit: number,
): Promise<unknown> {
    const query = new URLSearchParams({ account, limit: limit.toString(), numbers: 'decimal' });
    const asked = `${url.replace(/\/+$/, '')}/v1/${list}?${query}`;
    let response: Response;
    try {
        response = await fetch(asked, { signal: AbortSignal.timeout(10_000) });
    } catch (error) {
        throw new HistoryError(
            `the history at ${new URL(url).origin} does not answer (${error}): is perp-indexer running?`,
        );
    }
    const answer = await response.text();
    if (!response.ok) {
        throw new HistoryError(`the history refuses (${response.status}): ${answer.slice(0, 500)}`);
    }
    return JSON.parse(answer);
}
