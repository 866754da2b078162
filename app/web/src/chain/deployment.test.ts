import { expect, test } from 'vitest';
import { DeploymentError, readDeployment } from './deployment';

const FILE = {
    name: 'local validator',
    rpc_url: 'http://127.0.0.1:8899',
    websocket_url: 'ws://127.0.0.1:8900',
    exchange: '5QTydPwRcvs4vJgEGacPhvr8UTQEv3JaZowEBPz17TDV',
};

test('the file that the local validator writes is a deployment without an indexer', () => {
    expect(readDeployment(FILE)).toEqual({
        name: 'local validator',
        rpcUrl: 'http://127.0.0.1:8899',
        websocketUrl: 'ws://127.0.0.1:8900',
        exchange: FILE.exchange,
        indexerUrl: null,
    });
});

test('a wrong file names the key, what it holds and what would be right', () => {
    const refusal = (change: Record<string, unknown>) => {
        try {
            readDeployment({ ...FILE, ...change });
        } catch (error) {
            expect(error).toBeInstanceOf(DeploymentError);
            return (error as Error).message;
        }
        throw new Error('it was accepted');
    };
    expect(refusal({ rpc_url: 'ftp://node' })).toBe(
        'deployment.json: "rpc_url" must be a URL that begins with http:// or https://, and is ftp://node',
    );
    expect(refusal({ websocket_url: undefined })).toBe(
        'deployment.json: "websocket_url" must be text, and is undefined',
    );
    expect(refusal({ exchange: 'nobody' })).toBe(
        'deployment.json: "exchange" must be the address of an exchange, and is nobody',
    );
});
