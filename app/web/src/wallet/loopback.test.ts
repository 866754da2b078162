import { expect, test } from 'vitest';
import { isLoopback } from './loopback';

test('only a node on this machine is offered the development wallet', () => {
    for (const url of ['http://127.0.0.1:8899', 'http://localhost:1', 'http://[::1]:8899', 'http://127.9.8.7']) {
        expect(isLoopback(url), url).toBe(true);
    }
    for (const url of [
        'https://api.mainnet-beta.solana.com',
        'http://127.0.0.1.evil.example',
        'http://localhost.example',
        'http://10.0.0.1',
    ]) {
        expect(isLoopback(url), url).toBe(false);
    }
});
