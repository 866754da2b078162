// Generates from the IDL the type that Anchor's client checks calls against.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import anchor from '@anchor-lang/core';

const here = fileURLToPath(new URL('.', import.meta.url));
const path = process.argv[2] ?? fileURLToPath(new URL('../../idl/perp_swap.json', import.meta.url));
const idl = JSON.parse(readFileSync(path, 'utf8'));

const type = JSON.stringify(anchor.convertIdlToCamelCase(idl), undefined, 2);
mkdirSync(`${here}/anchor/generated`, { recursive: true });
writeFileSync(
    `${here}/anchor/generated/perp_swap.ts`,
    `export type PerpSwap = ${type};\n\nexport const PERP_SWAP: unknown = ${JSON.stringify(idl, undefined, 2)};\n`,
);
