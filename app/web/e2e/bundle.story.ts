// What a visitor downloads, how soon it shows something, and what must not be in it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, openBrowser } from './desk.ts';
import { HERE, openWorld } from './world.ts';

/** Most bytes after gzip of everything but the chart and the engine's modules, and of each of these: the core, and the rest on demand. */
const LIMIT = 200_000;
const MODULE_LIMIT = 50_000;
/** Most bytes of a module as it is. */
const RAW_MODULE_LIMIT = 100_000;

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'perp-bundle-'));
    const vite = join(HERE, 'node_modules/vite/bin/vite.js');
    const env = { ...process.env, NODE_ENV: 'production' };
    const built = spawnSync('node', [vite, 'build', '--outDir', folder], { cwd: HERE, encoding: 'utf8', env });
    expect(built.status, built.stderr).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function files(): string[] {
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
    return all.filter((path) => statSync(path).isFile());
}

test('the page without its chart is at most 200 kB after gzip, the core of the engine 50 kB more', () => {
    const sizeOf = (paths: string[]) => paths.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
    const charts = files().filter((path) => path.includes('price-chart'));
    const engines = files().filter((path) => path.endsWith('.wasm'));
    const [core, rest] = ['core', 'rest'].map((name) =>
        engines.filter((path) => path.includes(`perp_wasm_${name}`)),
    ) as [string[], string[]];
    expect([charts.length, core.length, rest.length, engines.length]).toEqual([1, 1, 1, 2]);
    const others = files().filter((path) => !charts.includes(path) && !engines.includes(path));
    console.info(
        `${sizeOf(others)} bytes after gzip, the chart ${sizeOf(charts)}, the engine's core ${sizeOf(core)}, its rest ${sizeOf(rest)}`,
    );
    expect(sizeOf(others)).toBeLessThanOrEqual(LIMIT);
    for (const module of engines) {
        expect(sizeOf([module])).toBeLessThanOrEqual(MODULE_LIMIT);
        expect(statSync(module).size).toBeLessThanOrEqual(RAW_MODULE_LIMIT);
    }
});

test('the development wallet and its faucet are in no production bundle', () => {
    for (const path of files()) {
        const text = readFileSync(path, 'latin1');
        for (const trace of ['Development wallet', 'development-wallet', 'surfnet', 'beforeNextSignature']) {
            expect(text.includes(trace), `${trace} in ${path}`).toBe(false);
        }
    }
});

test('the first number is there, and how soon is told', async () => {
    const [world, browser] = await Promise.all([openWorld(folder), openBrowser()]);
    try {
        const desk = await Desk.open(browser, world, 'speed');
        await desk.page.getByText('140.616').first().waitFor();
        const began = Date.now();
        await desk.page.reload({ waitUntil: 'commit' });
        await desk.page.getByText('140.616').first().waitFor();
        // How long that takes depends on the machine, so it is told and not required.
        console.info(`first number ${Date.now() - began} ms after the load began`);
        await desk.close();
    } finally {
        await browser.close();
        await world.end();
    }
});
