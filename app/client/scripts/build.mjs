// Compiles src to dist, and puts the engine's module and the interface beside it: packed, all are of one version.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(here, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(here, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit' });
cpSync(join(here, '../../idl'), join(here, 'dist/idl'), { recursive: true });
const engine = process.env.PERP_ENGINE_WASM ?? join(here, '../../artifacts/perp_wasm.wasm');
if (existsSync(engine)) {
    copyFileSync(engine, join(here, 'dist/perp_wasm.wasm'));
} else {
    console.warn(
        `${engine} is not there: the package is without the engine's module. crates/perp-wasm/README.md says how it is built.`,
    );
}
process.exit(status ?? 1);
