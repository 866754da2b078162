import type { ReactNode } from 'react';

export interface Column<T> {
    label: string;
    number?: boolean;
    wide?: boolean;
    /** Sentences, which may break. */
    prose?: boolean;
    cell: (row: T) => ReactNode;
}

interface TableProps<T> {
    label: string;
    columns: readonly Column<T>[];
    rows: readonly T[];
    rowKey: (row: T, at: number) => string | number;
}

/** A table that becomes a list of cards on a phone. */
export function Table<T>({ label, columns, rows, rowKey }: TableProps<T>) {
    return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        <section className="table-wrap" aria-label={label} tabIndex={0}>
            <table className="cards" aria-label={label}>
                <thead>
                    <tr>
                        {columns.map((column) => (
                            <th key={column.label} scope="col" className={column.number ? 'number' : undefined}>
                                {column.label === '' ? <span className="sr-only">Actions</span> : column.label}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row, at) => (
                        <tr key={rowKey(row, at)}>
                            {columns.map((column) => (
                                <td
                                    key={column.label}
                                    data-label={column.label || undefined}
                                    className={`${column.number ? 'number' : ''} ${column.wide ? 'wide' : ''} ${column.prose ? 'prose' : ''}`}
                                >
                                    {column.cell(row)}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}
