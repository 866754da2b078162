// Every parameter of every market and of the pool: what is stored, and what it means.
import { marketParameters, poolParameters } from 'virtual:parameter-meanings';
import { useState } from 'react';
import { useAccount, useConnection, useMarket } from '../chain/context';
import { readPool } from '../chain/decoded';
import { Table } from '../ui/table';
import { parameterText } from './parameter-value';

/** `taker_fee` as the decoded account names it: `takerFee`. */
function camel(name: string): string {
    return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

interface ParametersProps {
    label: string;
    meanings: typeof marketParameters;
    values: Readonly<Record<string, unknown>>;
    scale: { baseDecimals: number; quoteDecimals: number };
    /** The asset that sizes are of. */
    base: string;
}

function Parameters({ label, meanings, values, scale, base }: ParametersProps) {
    const rows = meanings.flatMap(({ name, meaning }) => {
        const stored = values[camel(name)];
        if (typeof stored !== 'bigint' && typeof stored !== 'number') return [];
        return [{ name, meaning, stored: BigInt(stored) }];
    });
    return (
        <Table
            label={label}
            rows={rows}
            rowKey={({ name }) => name}
            columns={[
                { label: 'Parameter', wide: true, cell: ({ name }) => <span className="mono">{name}</span> },
                {
                    label: 'Value',
                    number: true,
                    cell: ({ name, meaning, stored }) => (
                        <strong>{parameterText(name, meaning, stored, scale, base)}</strong>
                    ),
                },
                {
                    label: 'Stored',
                    number: true,
                    cell: ({ stored }) => <span className="muted mono">{stored.toString()}</span>,
                },
                { label: 'Meaning', wide: true, prose: true, cell: ({ meaning }) => meaning },
            ]}
        />
    );
}

export default function ParametersPage() {
    const { directory } = useConnection();
    const [shown, setShown] = useState(directory.markets[0]?.symbol ?? '');
    const entry = directory.markets.find(({ symbol }) => symbol === shown) ?? directory.markets[0];
    const market = useMarket(entry!);
    const pool = readPool(useAccount(directory.pool));
    return (
        <div className="page">
            <header className="page-intro">
                <h1>Parameters</h1>
                <p>
                    What is stored on chain at this moment, and what each number means. A market&apos;s parameters are
                    set when it is listed and cannot be changed afterwards.
                </p>
            </header>
            <section className="panel">
                <div className="panel-head">
                    <h2>Market</h2>
                    <select
                        className="select"
                        aria-label="Market"
                        value={shown}
                        onChange={(event) => setShown(event.target.value)}
                    >
                        {directory.markets.map(({ symbol }) => (
                            <option key={symbol}>{symbol}</option>
                        ))}
                    </select>
                </div>
                {market && entry && (
                    <Parameters
                        label={`Parameters of ${entry.symbol}`}
                        meanings={marketParameters}
                        values={market.state.parameters as unknown as Record<string, unknown>}
                        scale={entry.scale}
                        base={entry.base}
                    />
                )}
            </section>
            <section className="panel">
                <div className="panel-head">
                    <h2>Pool</h2>
                </div>
                {pool && (
                    <Parameters
                        label="Parameters of the pool"
                        meanings={poolParameters}
                        values={pool.state.parameters as unknown as Record<string, unknown>}
                        base=""
                        scale={{ baseDecimals: 0, quoteDecimals: directory.quoteDecimals }}
                    />
                )}
            </section>
        </div>
    );
}
