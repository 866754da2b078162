// Compiles src to dist, and puts the engine's modules and the interface beside it: packed, all are of one version.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(here, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(here, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit' });
cpSync(join(here, '../../idl'), join(here, 'dist/idl'), { recursive: true });
for (const module of ['perp_wasm_core.wasm', 'perp_wasm_rest.wasm', 'perp_wasm_paper.wasm']) {
    const from = join(process.env.PERP_ENGINE ?? join(here, '../../artifacts'), module);
    if (existsSync(from)) {
        copyFileSync(from, join(here, 'dist', module));
    } else {
        console.warn(
            `${from} is not there: the package is without this module of the engine. crates/perp-wasm/README.md says how it is built.`,
        );
    }
}
process.exit(status ?? 1);
