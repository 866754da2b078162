import { useCallback } from 'react';
import { useConnection } from '../chain/context';
import { send, type Wish } from './send';

/** Sends a wish over the page's connection; true once the chain has confirmed it. */
export function useSend(): (wish: Wish) => Promise<boolean> {
    const connection = useConnection();
    return useCallback((wish) => send(connection, wish), [connection]);
}
