// What `npm pack` makes of both packages; they are compiled before.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** Paths in a package, and its version. */
function packed(folder: string): { version: string; files: string[] } {
    const cwd = fileURLToPath(new URL(folder, root));
    const { stdout, stderr, status } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd,
        encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const [{ version, files }] = JSON.parse(stdout);
    return { version, files: files.map(({ path }: { path: string }) => path) };
}

const version = /\[workspace\.package\]\nversion = "([^"]+)"/.exec(read('Cargo.toml'))?.[1];

test.each(['app/client', 'app/mcp'])('%s has the version of the workspace', (folder) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(packed(folder).version).toBe(version);
});

test('the client is packed with the interface as it is committed', () => {
    const { files } = packed('app/client');
    for (const name of ['perp_swap.json', 'errors.json', 'turning.json']) {
        expect(files).toContain(`dist/idl/${name}`);
        expect(read(`app/client/dist/idl/${name}`)).toBe(read(`idl/${name}`));
    }
    expect(files).toEqual(
        expect.arrayContaining([
            ...['README.md', 'dist/index.js', 'dist/index.d.ts'],
            ...['core', 'rest', 'paper'].map((name) => `dist/perp_wasm_${name}.wasm`),
        ]),
    );
    expect(files.filter((path) => !path.startsWith('dist/'))).toEqual(expect.arrayContaining(['package.json']));
    expect(files.some((path) => path.includes('test') && !path.startsWith('dist/'))).toBe(false);
});
