// From nothing to the exchange: the deployment is read, the exchange found, and then everything is shown.

import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { type Connection, ConnectionProvider } from './chain/context';
import { fetchDeployment } from './chain/deployment';
import { openDirectory } from './chain/directory';
import { openNode } from './chain/node';
import { PriceHistory } from './chart/history';
import { EngineWorld, startEngine } from './engine/world';
import { queryClient } from './indexer/api';
import { Shell } from './shell/shell';
import { offerDevelopmentWallet } from './wallet/offer';
import { reconnectWallet } from './wallet/store';

const RETRY_MILLISECONDS = 3_000;

async function connect(): Promise<Connection> {
    const deployment = await fetchDeployment();
    const node = openNode(deployment);
    const { rpc, store } = node;
    try {
        const [engine, directory] = await Promise.all([startEngine(), openDirectory(node, deployment)]);
        const world = await EngineWorld.open(engine, store, directory);
        // Nobody waits for a wallet to see a price.
        void offerDevelopmentWallet(deployment).then(reconnectWallet);
        return { deployment, rpc, store, directory, history: new PriceHistory(store, directory.markets), world };
    } catch (error) {
        store.close();
        throw error;
    }
}

function endConnection({ store, history, world }: Connection): void {
    world.stop();
    history.stop();
    store.close();
}

export function App() {
    const [connection, setConnection] = useState<Connection | null>(null);
    const [failure, setFailure] = useState<string | null>(null);
    const [attempt, setAttempt] = useState(0);

    // biome-ignore lint/correctness/useExhaustiveDependencies: every attempt connects anew
    useEffect(() => {
        let current = true;
        let timer: ReturnType<typeof setTimeout> | undefined;
        connect().then(
            (found) => {
                if (current) setConnection(found);
                else endConnection(found);
            },
            (error: unknown) => {
                if (!current) return;
                setFailure(error instanceof Error ? error.message : String(error));
                timer = setTimeout(() => setAttempt((number) => number + 1), RETRY_MILLISECONDS);
            },
        );
        return () => {
            current = false;
            clearTimeout(timer);
        };
    }, [attempt]);

    if (!connection) {
        return (
            <main className="splash">
                <div className="splash-box" role="status">
                    <h1>Perp Swap</h1>
                    {failure === null ? (
                        <p className="muted">Reading the exchange…</p>
                    ) : (
                        <>
                            <p className="notice notice-bad">{failure}</p>
                            <p className="muted">
                                Nothing is shown that the chain has not said. Trying again every 3 s.
                            </p>
                        </>
                    )}
                </div>
            </main>
        );
    }
    return (
        <ConnectionProvider connection={connection}>
            <QueryClientProvider client={queryClient}>
                <Router hook={useHashLocation}>
                    <Shell />
                </Router>
            </QueryClientProvider>
        </ConnectionProvider>
    );
}
