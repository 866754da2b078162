import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useConnection } from '../chain/context';
import { type Page, type Parameters, question } from './api';

interface HistoryProps<T> {
    query: UseQueryResult<Page<T>, Error>;
    /** What is said where there are no rows. */
    empty: string;
    children: (rows: T[]) => ReactNode;
}

/** Rows of history, or in words why there are none. */
export function History<T>({ query, empty, children }: HistoryProps<T>) {
    const { indexerUrl } = useConnection().deployment;
    if (indexerUrl === null) {
        return (
            <p className="empty">
                This deployment names no indexer, so there is no history here. Trading works without it.
            </p>
        );
    }
    if (query.data && query.data.data.length > 0) {
        return (
            <>
                {query.error && (
                    <p className="notice notice-warn">
                        {query.error.message} What follows is of {new Date(query.dataUpdatedAt).toLocaleTimeString()}.
                    </p>
                )}
                {children(query.data.data)}
            </>
        );
    }
    if (query.error) {
        return <p className="empty">{query.error.message} History comes back with it; trading works without it.</p>;
    }
    return <p className="empty">{query.data ? empty : 'Asking the indexer…'}</p>;
}

/** The same rows as a file. */
export function CsvLink({ path, parameters }: { path: string; parameters: Parameters }) {
    const { indexerUrl } = useConnection().deployment;
    if (indexerUrl === null) return null;
    const href = question(indexerUrl, path, { ...parameters, limit: 1_000, format: 'csv' });
    return (
        <a className="button button-small" href={href} download>
            CSV
        </a>
    );
}
