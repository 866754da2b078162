// usage: node scripts/codegen.mjs [IDL]
// Writes src/generated from the interface file: instructions, accounts, types and addresses by Codama; events, constants, errors
// and compute budgets, which Codama does not draw, by the functions of generate.mjs.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import { createFromRoot } from 'codama';
import { engine } from './engine.mjs';
import { budgets, constants, errors, events } from './generate.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = join(here, '../..');
const read = (path) => readFileSync(join(repository, path), 'utf8');
const idlPath = process.argv[2] ?? join(repository, 'idl/perp_swap.json');
const idl = JSON.parse(readFileSync(idlPath, 'utf8'));
const generated = join(here, 'src/generated');

rmSync(generated, { recursive: true, force: true });
// Without the list of events Codama draws their types like any other.
await createFromRoot(rootNodeFromAnchor({ ...idl, events: [] })).accept(
    renderVisitor(here, { generatedFolder: 'src/generated', kitImportStrategy: 'rootOnly', syncPackageJson: false }),
);

const own = {
    'budgets.ts': budgets(idl, read('tests/budgets.toml')),
    'constants.ts': constants(idl),
    'error-table.ts': errors(
        JSON.parse(read('idl/errors.json')),
        JSON.parse(read('app/client/interface/framework.json')),
    ),
    'engine.ts': engine(JSON.parse(read('crates/perp-wasm/abi.json'))),
    'events.ts': events(idl),
};
for (const [name, text] of Object.entries(own)) {
    writeFileSync(join(generated, name), text);
}

// Codama imports folders and files without an extension, which Node's own modules do not resolve.
const files = readdirSync(generated, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const paths = new Set(files.map((file) => join(file.parentPath, file.name)));
for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    const resolved = text.replaceAll(/from (["'])(\.[^"']*)\1/g, (whole, _quote, target) => {
        if (target.endsWith('.js')) return whole;
        const base = join(dirname(path), target);
        const found = [`${base}.ts`, join(base, 'index.ts')].find((candidate) => paths.has(candidate));
        if (found === undefined) throw new Error(`${relative(here, path)} imports ${target}, which is not there`);
        const from = relative(dirname(path), found).replace(/\.ts$/, '.js');
        return `from '${from.startsWith('.') ? from : `./${from}`}'`;
    });
    if (resolved !== text) writeFileSync(path, resolved);
}
