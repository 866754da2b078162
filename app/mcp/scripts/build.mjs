// Compiles src to dist, and puts the committed engine beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = join(here, '../..');
for (const folder of ['dist', 'engine']) {
    rmSync(join(here, folder), { recursive: true, force: true });
}
const { status } = spawnSync(join(here, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit' });
cpSync(join(repository, 'artifacts/perp_wasm.wasm'), join(here, 'engine/perp_engine.wasm'));
cpSync(join(repository, 'crates/perp-wasm/abi.json'), join(here, 'engine/abi.json'));
process.exit(status ?? 1);
