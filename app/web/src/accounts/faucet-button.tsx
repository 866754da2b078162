import { useState } from 'react';
import { useConnection } from '../chain/context';
import { DEVELOPMENT_WALLET } from '../wallet/loopback';
import { ownerOf, useSession } from '../wallet/store';

/** Money of a local validator, in development builds. */
export function FaucetButton() {
    const { deployment, directory, store } = useConnection();
    const owner = useSession(ownerOf);
    const isDevelopment = useSession(({ wallet }) => wallet?.name === DEVELOPMENT_WALLET);
    const [state, setState] = useState<'ready' | 'busy' | string>('ready');
    if (owner === null || !isDevelopment) return null;
    const take = async () => {
        setState('busy');
        try {
            const { dispense } = await import('../wallet/development');
            await dispense(deployment, directory, owner);
            await store.refetch();
            setState('ready');
        } catch (error) {
            setState(error instanceof Error ? error.message : String(error));
        }
    };
    return (
        <>
            <button type="button" className="button" disabled={state === 'busy'} onClick={() => void take()}>
                {state === 'busy' ? 'Asking…' : 'Test money'}
            </button>
            {state !== 'ready' && state !== 'busy' && <p className="short">{state}</p>}
        </>
    );
}
