// usage: PERP_LOCALNET=path/of/perp-localnet node scripts/check.mjs
// Everything that this package must pass: installed as pinned, generated, linted, compiled, tested against what the client in Rust
// does, packed, and traded with on a local validator of its own.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const localnet = process.env.PERP_LOCALNET;
if (!localnet) {
    console.error('PERP_LOCALNET is not set: run `cargo build -p perp-localnet` and name target/debug/perp-localnet');
    process.exit(1);
}

function step(what, ...command) {
    console.log(`== ${what}`);
    const env = { ...process.env, PERP_LOCALNET: resolve(localnet) };
    const { status, error } = spawnSync('npm', command, { cwd: here, env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) {
        console.error(`error: ${what} failed: ${error?.message ?? `npm ${command.join(' ')} ended with ${status}`}`);
        process.exit(1);
    }
}

step('Install', 'ci', '--ignore-scripts', '--no-fund', '--no-audit');
step('Generate and compile', 'run', 'build');
step('Check types', 'run', 'typecheck');
step('Lint, and look for formulas', 'run', 'lint');
step('Compare with the client in Rust', 'test');
step('Trade on a local validator', 'run', 'test:localnet');
