// History from perp-indexer. Its numbers are decimal text and are shown as they came. Everything else works without it.
import { QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useConnection } from '../chain/context';

export interface Page<T> {
    data: T[];
    next: string | null;
}

export interface FillRow {
    time: number;
    signature: string;
    finalized: boolean;
    market: string;
    account: string;
    owner: string;
    order: number | null;
    size: string;
    index_price: string;
    notional: string;
    spread: string;
    impact: string;
    fee: string;
    realized: string;
    funding: string;
}

export interface LiquidationRow {
    time: number;
    signature: string;
    market: string;
    account: string;
    owner: string;
    liquidator: string;
    reason: string;
    index_price: string;
    closed: string;
    notional: string;
    penalty: string;
    bounty: string;
    insurance: string;
    backing: string;
    equity_before: string;
    maintenance_before: string;
}

export interface TransferRow {
    time: number;
    signature: string;
    account: string;
    kind: string;
    market: string | null;
    amount: string;
    balance_after: string;
}

export interface LeaderRow {
    rank: number;
    owner: string;
    net: string;
    realized: string;
    funding: string;
    fees: string;
    penalties: string;
    volume: string;
    trades: number;
}

export interface EpochRow {
    boundary: number;
    time: number;
    signature: string;
    lower_share_price: string;
    upper_share_price: string;
    gain: string | null;
    yearly: string | null;
    requests: number;
    deposited: string;
    unsettled: string;
}

export interface CandleRow {
    start: number;
    open: string;
    high: string;
    low: string;
    close: string;
}

export type Parameters = Readonly<Record<string, string | number | undefined>>;

/** The indexer's answer is late after so long. */
const ANSWER_MILLISECONDS = 8_000;

/** The address of a question; undefined parameters are left away. */
export function question(base: string, path: string, parameters: Parameters): string {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries({ numbers: 'decimal', ...parameters })) {
        if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
}

async function ask<T>(url: string): Promise<T> {
    let response: Response;
    try {
        response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
    } catch {
        throw new Error(`The indexer at ${new URL(url).origin} does not answer.`);
    }
    const body = await response.json();
    if (!response.ok) throw new Error(`The indexer refused ${body.parameter}: expected ${body.expected}.`);
    return body as T;
}

export const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: 1, refetchInterval: 5_000, staleTime: 2_000 } },
});

/** Asks again and again; disabled where the deployment names no indexer. */
export function useIndexer<T>(path: string, parameters: Parameters, enabled = true): UseQueryResult<Page<T>, Error> {
    const { indexerUrl } = useConnection().deployment;
    return useQuery({
        queryKey: [path, parameters],
        queryFn: () => ask<Page<T>>(question(indexerUrl!, path, parameters)),
        enabled: enabled && indexerUrl !== null,
    });
}
