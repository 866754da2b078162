import { useEffect, useState } from 'react';
import { useConnection, useNode } from '../chain/context';

/** Data older than this is called old. */
export const LATE_SECONDS = 5;

/** Seconds since the chain was last heard of, counted by this machine. */
export function useSilence(): number {
    const { heardAt } = useNode();
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 1_000);
        return () => clearInterval(timer);
    }, []);
    return heardAt === undefined ? 0 : Math.max(0, Math.floor((now - heardAt) / 1_000));
}

/** Where the numbers come from and how old they are. */
export function Freshness() {
    const { deployment } = useConnection();
    const seconds = useSilence();
    const late = seconds >= LATE_SECONDS;
    return (
        <span className={late ? 'badge badge-warn' : 'badge'} title={deployment.rpcUrl}>
            <span aria-hidden="true" className={late ? 'warn' : 'long'}>
                ●
            </span>
            {late ? (
                <span>
                    <span className="wide-only">data </span>
                    {seconds} s old
                </span>
            ) : (
                <span className="wide-only">{deployment.name}</span>
            )}
        </span>
    );
}
