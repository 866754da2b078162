// A local validator with keeper and history, and the page over it, for the stories. Everything runs on free ports and is ended
// with them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const HERE = fileURLToPath(new URL('..', import.meta.url));

/** Where the programs of the workspace lie; PERP_PROGRAMS names another folder. */
const PROGRAMS = process.env.PERP_PROGRAMS ?? join(HERE, '../../target/debug');

function program(name: string): string {
    const path = join(PROGRAMS, name);
    if (!existsSync(path)) throw new Error(`${path} is not there: run cargo build -p ${name}, or set PERP_PROGRAMS`);
    return path;
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
    const socket = createSocket();
    await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
    const address = socket.address();
    await new Promise((resolve) => socket.close(resolve));
    if (address === null || typeof address === 'string') throw new Error('no port is free');
    return address.port;
}

/** Waits until something is there. */
export async function until<T>(
    what: string,
    seconds: number,
    look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
        const found = await look();
        if (found !== undefined) return found;
        await sleep(150);
    }
    throw new Error(`${what}: not within ${seconds} s`);
}

/** Waits until the history has a row at a path. */
export async function inHistory({ historyUrl }: World, path: string): Promise<void> {
    await until(`a row of ${path}`, 120, async () => {
        const answer = await fetch(historyUrl + path).catch(() => undefined);
        const rows = answer?.ok ? ((await answer.json()) as { data: unknown[] }).data : [];
        return rows.length > 0 ? true : undefined;
    });
}

/** How long a keeper may take over what it is waited for, before another takes its place. */
const KEEPER_MILLISECONDS = 25_000;

/**
 * Waits until the keeper has brought something about. The local validator loses some of what it should push, and a keeper reads
 * everything anew every five minutes, or when it starts: where nothing has come of it for long, it starts anew.
 */
export async function kept(world: World, what: string, look: () => Promise<boolean>): Promise<void> {
    let since = Date.now();
    await until(what, 180, async () => {
        if (await look()) return true;
        if (Date.now() - since < KEEPER_MILLISECONDS) return undefined;
        console.info(`the keeper starts anew: ${what} has not come about`);
        await world.withoutKeeper(async () => undefined);
        since = Date.now();
        return undefined;
    });
}

export interface Service {
    child: ChildProcess;
    end: () => Promise<void>;
}

function start(name: string, folder: string, args: string[]): Service {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const child = spawn(program(name), args, { stdio: ['ignore', log, log], cwd: join(HERE, '../..') });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return {
        child,
        end: async () => {
            child.kill('SIGTERM');
            await Promise.race([ended, sleep(10_000).then(() => child.kill('SIGKILL'))]);
        },
    };
}

export interface Exchange {
    rpc_url: string;
    websocket_url: string;
    exchange: string;
    mint: string;
    markets: { symbol: string; oracle: string }[];
}

export interface World {
    folder: string;
    keys: string;
    exchange: Exchange;
    /** Where the page is. */
    url: string;
    /** Does something while no keeper is there. */
    withoutKeeper: (meanwhile: () => Promise<void>) => Promise<void>;
    history: Service;
    localnet: Service;
    historyUrl: string;
    end: () => Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
};

/** Serves a built page, with the deployment beside it. */
async function serve(folder: string, deployment: () => object): Promise<{ url: string; server: Server }> {
    const server = createServer((request, response) => {
        const path = new URL(request.url ?? '/', 'http://page').pathname;
        if (path === '/deployment.json') {
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify(deployment()));
            return;
        }
        const file = join(folder, path === '/' ? 'index.html' : path);
        if (!file.startsWith(folder) || !existsSync(file)) {
            response.statusCode = 404;
            response.end();
            return;
        }
        response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
        response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the page has no port');
    return { url: `http://127.0.0.1:${address.port}/`, server };
}

/** Builds the page with its development wallet. */
export function buildPage(): string {
    const folder = join(HERE, 'dist-development');
    const vite = join(HERE, 'node_modules/vite/bin/vite.js');
    const built = spawnSync('node', [vite, 'build', '--mode', 'development', '--outDir', folder, '--emptyOutDir'], {
        cwd: HERE,
        encoding: 'utf8',
        // Else React and others would be those of production, and say less.
        env: { ...process.env, NODE_ENV: 'development' },
    });
    if (built.status !== 0) throw new Error(`the page cannot be built: ${built.stderr}`);
    return folder;
}

/** The keys folder again, for a keeper that finds no price server: where a story says the prices, nobody else posts any. */
function withoutPrices(keys: string, exchange: Exchange): string {
    const folder = `${keys}-of-keeper`;
    cpSync(keys, folder, { recursive: true });
    writeFileSync(join(folder, 'exchange.json'), JSON.stringify({ ...exchange, prices_url: 'http://127.0.0.1:9' }));
    return folder;
}

export interface WorldOptions {
    /** Flags of perp-localnet, such as how prices move. */
    prices?: string[];
    /** Whether the story says the prices itself. */
    ownOracle?: boolean;
}

export async function openWorld(page: string, { prices = [], ownOracle = false }: WorldOptions = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'perp-stories-'));
    const keys = join(folder, 'keys');
    const [rpc, websocket, hermes, historyPort, keeperPort] = await Promise.all(Array.from({ length: 5 }, freePort));
    const localnet = start('perp-localnet', folder, [
        ...['--rpc-port', `${rpc}`, '--ws-port', `${websocket}`, '--prices-port', `${hermes}`],
        ...['--keys', keys],
        ...prices,
    ]);
    const file = join(keys, 'exchange.json');
    const exchange = await until('the local validator', 60, () => {
        if (localnet.child.exitCode !== null) throw new Error(`perp-localnet has ended: see ${folder}`);
        return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Exchange) : undefined;
    });
    const historyUrl = `http://127.0.0.1:${historyPort}`;
    const history = start('perp-indexer', folder, [
        ...['--rpc-url', exchange.rpc_url, '--exchange', exchange.exchange],
        ...['--database', `sqlite:${join(folder, 'history.db')}`, '--listen', `127.0.0.1:${historyPort}`],
    ]);
    const keeperKeys = ownOracle ? withoutPrices(keys, exchange) : keys;
    const startKeeper = () =>
        start('perp-keeper', folder, ['--localnet', keeperKeys, '--unpaid', '--listen', `127.0.0.1:${keeperPort}`]);
    let keeper = startKeeper();
    await until('the history', 30, async () => {
        const answer = await fetch(`${historyUrl}/healthz`).catch(() => undefined);
        return answer?.ok ? true : undefined;
    });
    const { url, server } = await serve(page, () => ({
        name: 'local validator',
        indexer_url: historyUrl,
        ...exchange,
    }));
    return {
        folder,
        keys,
        exchange,
        url,
        withoutKeeper: async (meanwhile) => {
            await keeper.end();
            await meanwhile();
            keeper = startKeeper();
        },
        history,
        localnet,
        historyUrl,
        end: async () => {
            server.close();
            await Promise.all([keeper.end(), history.end(), localnet.end()]);
            rmSync(folder, { recursive: true, force: true });
        },
    };
}
