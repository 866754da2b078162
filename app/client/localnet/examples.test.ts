// The examples, on the package as it is packed: installed into a folder of its own, compiled, and run.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const here = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'perp-examples-'));
const QUIET = ['--ignore-scripts', '--no-fund', '--no-audit'];

function run(command: string, args: string[], cwd: string): string {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) {
        throw new Error(
            `${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? ''}\n${stdout}\n${stderr}`,
        );
    }
    return stdout;
}

beforeAll(() => {
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], here);
    const packed = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    cpSync(join(here, 'examples'), folder, { recursive: true, filter: (path) => !/node_modules|build$/.test(path) });
    run('npm', ['ci', ...QUIET], folder);
    run('npm', ['install', ...QUIET, '--no-save', join(folder, packed)], folder);
    run(join(folder, 'node_modules/.bin/tsc'), [], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = (name: string) =>
    run(process.execPath, [join('build', `${name}.js`), join(inject('keys'), 'exchange.json')], folder);

test('trade: from the first deposit to the last withdrawal', () => {
    const printed = example('trade');
    expect(printed).toContain('deposit: built\ndeposit: signed\ndeposit: sent\ndeposit: confirmed\n');
    // 0.04 % of 2.5 · $140.615937 = $0.140615937, and half of it for a trade that makes the market less one-sided.
    expect(printed).toContain('at an index of 140.615937: position 2.5, fee 0.140616 USDC');
    expect(printed).toContain('position 0, fee 0.070308 USDC');
    expect(printed).toMatch(/withdrawn: 99\d\.\d+ USDC\n$/);
});

test('orders: six are placed and cancelled', () => {
    const printed = example('orders');
    expect(printed.match(/^place \d+: at [\d.]+$/gm)).toEqual([
        'place 0: at 130',
        'place 1: at 120',
        'place 2: at 160',
        'place 3: at 125',
        'place 4: at 122',
        'place 5: at 119',
    ]);
    expect(printed).toContain('cancelled: OrdersPlaced');
});

test('watch: both markets are seen to change', () => {
    const printed = example('watch');
    expect(printed).toContain('SOL-PERP 140.615937, long ');
    expect(printed).toContain('BTC-PERP ');
    expect(new Set(printed.match(/clock says \d+/g)).size).toBeGreaterThan(1);
});
