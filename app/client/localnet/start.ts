// Starts the local validator that the environment names, on free ports and with keys in a folder of its own, for all tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { LocalExchange } from '../src/local/index.js';

const START_MILLISECONDS = 120_000;
const STOP_MILLISECONDS = 10_000;

declare module 'vitest' {
    export interface ProvidedContext {
        local: LocalExchange;
        keys: string;
    }
}

/** Ports that nobody listens on, below those that outgoing connections take. */
async function freePorts(count: number): Promise<string[]> {
    const free = new Set<number>();
    while (free.size < count) {
        const port = 20_000 + Math.floor(Math.random() * 10_000);
        const isFree = await new Promise((resolve) => {
            const server = createServer();
            server.once('error', () => resolve(false));
            server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
        });
        if (isFree) {
            free.add(port);
        }
    }
    return [...free].map(String);
}

/** Resolves once the validator says that it is running. */
function running(child: ChildProcess, localnet: string): Promise<void> {
    return new Promise((resolve, reject) => {
        const late = () => reject(new Error(`${localnet} was not running after ${START_MILLISECONDS / 1000} s`));
        const timer = setTimeout(late, START_MILLISECONDS);
        let printed = '';
        child.stdout?.on('data', (text) => {
            printed += text;
            if (/^Running/m.test(printed)) {
                clearTimeout(timer);
                resolve();
            }
        });
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`${localnet} ended with ${code}:\n${printed}`)));
    });
}

async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
        child.kill('SIGTERM');
        await ended;
        clearTimeout(timer);
    }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
    const localnet = process.env.PERP_LOCALNET;
    if (localnet === undefined) {
        throw new Error(
            'PERP_LOCALNET is not set: run `cargo build -p perp-localnet` and name target/debug/perp-localnet',
        );
    }
    const keys = mkdtempSync(join(tmpdir(), 'perp-keys-'));
    const [rpc, ws, prices] = (await freePorts(3)) as [string, string, string];
    const ports = ['--rpc-port', rpc, '--ws-port', ws, '--prices-port', prices];
    const child = spawn(localnet, [...ports, '--keys', keys], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill('SIGKILL'));
    const end = async () => {
        await stop(child);
        rmSync(keys, { recursive: true, force: true });
    };
    try {
        await running(child, localnet);
        project.provide('local', JSON.parse(readFileSync(join(keys, 'exchange.json'), 'utf8')));
        project.provide('keys', keys);
    } catch (error) {
        await end();
        throw error;
    }
    return end;
}
