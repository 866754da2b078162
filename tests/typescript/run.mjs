// usage: PERP_LOCALNET=path/of/perp-localnet node run.mjs [IDL]
// Generates Anchor's client from the program's IDL, checks its types, and trades with it on a local validator of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const START_MILLISECONDS = 120_000;
const STOP_MILLISECONDS = 10_000;
const TEST_MILLISECONDS = 120_000;

const here = fileURLToPath(new URL('.', import.meta.url));
const build = join(here, 'build');

function step(what, command, ...args) {
    console.log(`== ${what}`);
    const { status, error } = spawnSync(command, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) {
        throw new Error(`${what} failed: ${error?.message ?? `${command} ended with ${status}`}`);
    }
}

/** A port that nobody listens on, below those that outgoing connections take. */
async function freePort() {
    for (;;) {
        const port = 20_000 + Math.floor(Math.random() * 10_000);
        const free = await new Promise((resolve) => {
            const server = createServer();
            server.once('error', () => resolve(false));
            server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
        });
        if (free) {
            return port;
        }
    }
}

/** Starts the validator; resolves once it says that it is running. */
function start(localnet, rpcPort, wsPort, keys) {
    const child = spawn(localnet, ['--rpc-port', rpcPort, '--ws-port', wsPort, '--keys', keys], {
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const running = new Promise((resolve, reject) => {
        const late = () => reject(new Error(`${localnet} was not running after ${START_MILLISECONDS / 1000} s`));
        const timer = setTimeout(late, START_MILLISECONDS);
        let printed = '';
        child.stdout.on('data', (text) => {
            printed += text;
            if (/^Running/m.test(printed)) {
                clearTimeout(timer);
                resolve();
            }
        });
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`${localnet} ended with ${code}:\n${printed}`)));
    });
    return { child, running };
}

async function stop(child) {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
        child.kill('SIGTERM');
        await ended;
        clearTimeout(timer);
    }
}

async function trade(results) {
    const files = [join(build, 'anchor/trade.js')];
    const events = run({ files, concurrency: false, timeout: TEST_MILLISECONDS });
    events.on('test:pass', () => (results.passed += 1));
    events.on('test:fail', () => (results.failed += 1));
    for await (const text of events.compose(spec)) {
        process.stdout.write(text);
    }
}

async function main(results) {
    const localnet = process.env.PERP_LOCALNET;
    if (!localnet) {
        const remedy = 'run `cargo build -p perp-localnet` and name target/debug/perp-localnet';
        throw new Error(`PERP_LOCALNET is not set: ${remedy}`);
    }
    step('Install', 'npm', 'ci', '--ignore-scripts', '--no-fund', '--no-audit');
    step('Generate', process.execPath, 'generate.mjs', ...process.argv.slice(2));
    rmSync(build, { recursive: true, force: true });
    step('Check types', join('node_modules', '.bin', 'tsc'));
    // What TypeScript compiles here is CommonJS, which finds the generated folders' index files.
    writeFileSync(join(build, 'package.json'), '{ "type": "commonjs" }\n');

    console.log('== Trade');
    const keys = mkdtempSync(join(tmpdir(), 'perp-keys-'));
    process.once('exit', () => rmSync(keys, { recursive: true, force: true }));
    const [rpcPort, wsPort] = [await freePort(), await freePort()];
    process.env.PERP_RPC_URL = `http://127.0.0.1:${rpcPort}`;
    process.env.PERP_WS_URL = `ws://127.0.0.1:${wsPort}`;
    process.env.PERP_KEYS = keys;
    const { child, running } = start(localnet, rpcPort, wsPort, keys);
    try {
        await running;
        await trade(results);
    } finally {
        await stop(child);
    }
}

// An interrupted run leaves no validator behind either.
for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => process.exit(1));
}
const results = { passed: 0, failed: 0 };
try {
    await main(results);
} catch (error) {
    results.failed += 1;
    console.error(`error: ${error.message}`);
}
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed === 0 && results.passed > 0 ? 0 : 1);
