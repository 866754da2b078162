// Compiles src to dist, and puts the interface beside it: packed, both are of one version.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(here, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(here, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit' });
cpSync(join(here, '../../idl'), join(here, 'dist/idl'), { recursive: true });
process.exit(status ?? 1);
