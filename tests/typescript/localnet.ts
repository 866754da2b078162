// The local validator that `run.mjs` has started, and what every one of them begins with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function setting(name: string): string {
    const value = process.env[name];
    if (value === undefined) {
        throw new Error(`${name} is not set: run \`node run.mjs\`, which starts a local validator`);
    }
    return value;
}

export const RPC_URL = setting('PERP_RPC_URL');
export const WS_URL = setting('PERP_WS_URL');

/** The 64 bytes of a test keypair. */
export function keypairBytes(name: string): Uint8Array {
    return Uint8Array.from(JSON.parse(readFileSync(join(setting('PERP_KEYS'), `${name}.json`), 'utf8')));
}

const POLL_MILLISECONDS = 200;
const POLLS = 150;

/** What `poll` finds at last. The local validator's notifications can get lost, so whoever waits asks again. */
export async function until<T>(what: string, poll: () => Promise<T | undefined>): Promise<T> {
    for (let at = 0; at < POLLS; at++) {
        const found = await poll();
        if (found !== undefined) {
            return found;
        }
        await sleep(POLL_MILLISECONDS);
    }
    throw new Error(`${what}: not within ${(POLLS * POLL_MILLISECONDS) / 1000} s`);
}

/** The exchange of migrations/localnet.toml, whose creator is the keypair `admin`: its name, padded with zeros. */
export const EXCHANGE_NAME = Uint8Array.from({ length: 32 }, (_, at) => 'localnet'.charCodeAt(at) || 0);

/** SOL-PERP, the first market of that exchange. */
export const SOL_PERP = 0;
/** Atoms of a USDC: it has 6 decimals. */
export const USDC = 1_000_000n;
/** Base units of a SOL in SOL-PERP: it has 9 decimals. */
export const SOL = 1_000_000_000n;
/**
 * The price at which SOL stays, $140.615937, in 2^-40 atoms per base unit.
 *
 * 140.615937 · 10^(6 − 9) · 2^40 = 154 608 857 782.4…
 */
export const SOL_PRICE = 154_608_857_782n;
