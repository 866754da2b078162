// Compiles src to dist.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(here, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(here, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit' });
process.exit(status ?? 1);
